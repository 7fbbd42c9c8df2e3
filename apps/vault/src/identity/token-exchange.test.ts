import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { type AgentPublicKey, Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { IdentityEvent } from './audit-event.ts'
import {
  type AgentKey,
  createTokenExchange,
  type TokenExchangeStore,
  type TokenGrant,
  toTokenErrorBody,
} from './token-exchange.ts'

const issuer = 'https://vault.example'
const nowMs = 1_800_000_000_500
const now = Math.floor(nowMs / 1000)
const agentId = 'agt_01k8v3t5m9r2c4x6z8b0d1f3h5'
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function jwkOf(key: KeyObject): AgentPublicKey {
  const { x, y } = key.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }
}

interface World {
  status?: AgentKey['status']
  hasKey?: boolean
  clockMs?: number
}

function createWorld({ status = 'active', hasKey = true, clockMs = nowMs }: World = {}) {
  const granted: TokenGrant[] = []
  const events: IdentityEvent[] = []
  const uses = new Set<string>()
  const store: TokenExchangeStore = {
    findAgentKey: async (id) =>
      id === agentId
        ? { workspaceId: 'wsp_1', status, publicKey: hasKey ? jwkOf(pair.publicKey) : null }
        : undefined,
    grantToken: async (grant) => {
      const use = `${grant.agentId} ${Buffer.from(grant.jtiHash).toString('hex')}`
      if (uses.has(use)) return 'replayed'
      uses.add(use)
      granted.push(grant)
      return 'granted'
    },
  }
  const exchange = createTokenExchange({
    store,
    record: async (event) => void events.push(event),
    issuer: () => issuer,
    tokenHash: (token) => Buffer.from(`hash of ${token}`),
    randomBytes,
    now: () => clockMs,
  })
  return { exchange, granted, events }
}

const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url')

interface Written {
  header?: string
  payload?: string
  key?: KeyObject
}
function compact({ header = '{"alg":"ES256"}', payload = '{}', key = pair.privateKey }: Written) {
  const input = `${base64url(header)}.${base64url(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${base64url(signature)}`
}

const goodClaims = (): Record<string, unknown> => ({
  iss: agentId,
  sub: agentId,
  aud: issuer,
  iat: now,
  exp: now + 30,
  jti: randomUUID(),
})
const assertion = (claims: Record<string, unknown> = {}, rest: Written = {}) =>
  compact({ payload: JSON.stringify({ ...goodClaims(), ...claims }), ...rest })
const request = (jwt: unknown): Record<string, unknown> => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: jwt,
})

async function refusal(world: ReturnType<typeof createWorld>, input: Record<string, unknown>) {
  try {
    await world.exchange(input)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Problem)
    if (!(thrown instanceof Problem)) throw thrown
    expect(thrown.status).toBe(401)
    expect(world.granted).toEqual([])
    return toTokenErrorBody(thrown)
  }
  throw new Error('the assertion was accepted')
}

const uniform = {
  error: 'invalid_client',
  error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
}
const refused = async (input: Record<string, unknown>, world = createWorld()) =>
  expect(await refusal(world, input)).toEqual(uniform)

describe('how often it is asked', () => {
  it('is counted for who proved to be the agent, before anything is kept, and for nobody else', async () => {
    const world = createWorld()
    const counted: string[] = []
    const admit = async (name: string) => {
      counted.push(name)
      if (counted.length > 2) throw new Problem('too-many-attempts', 'Too many.')
    }
    const jwt = assertion()
    await world.exchange(request(jwt), admit)
    // A captured one that is sent again fills the log as well.
    await expect(world.exchange(request(jwt), admit)).rejects.toMatchObject({ status: 401 })
    expect([world.granted.length, world.events.length]).toEqual([1, 2])
    for (const again of [jwt, assertion(), assertion({ iat: now + 3600, exp: now + 3630 })]) {
      const refused = world.exchange(request(again), admit)
      await expect(refused).rejects.toMatchObject({ type: 'too-many-attempts' })
    }
    expect([world.granted.length, world.events.length]).toEqual([1, 2])
    // Apart from what the agent asks with its tokens: nobody else uses that up. Nor does what is not of now use up what is.
    const [own, old] = [`tokens:${agentId}`, `refused-tokens:${agentId}`]
    expect(counted).toEqual([own, own, own, own, old])
    const { length } = counted
    const forged = assertion({}, { key: other.privateKey })
    await expect(world.exchange(request(forged), admit)).rejects.toMatchObject({ status: 401 })
    expect(counted).toHaveLength(length)
  })
})

describe('what is accepted', () => {
  it.each(['client_credentials', 'client_assertion'])('grants a token for %s', async (grant) => {
    const world = createWorld()
    const answer = await world.exchange({ ...request(assertion()), grant_type: grant })
    expect(answer.access_token).toMatch(/^spt_[A-Za-z0-9_-]{43}$/)
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    expect(world.granted[0]?.expiresAtMs).toBe(nowMs + 600_000)
    expect(JSON.stringify(world.events)).not.toContain(answer.access_token)
    expect(world.events).toMatchObject([{ operation: 'issueAgentToken', outcome: 'done', agentId }])
  })

  it.each([
    '{"alg":"ES256","typ":"JWT"}',
    '{"typ":"client-authentication+jwt","alg":"ES256"}',
    ' { "alg" : "ES256" , "kid" : "anything" } ',
  ])('takes the header %s', async (header) => {
    await createWorld().exchange(request(assertion({}, { header })))
  })

  it('ignores scope, resource and what RFC 6749 does not know, and takes a client_id that is the subject', async () => {
    await createWorld().exchange({
      ...request(assertion({ extra: { deep: [1, 2] } })),
      client_id: agentId,
      scope: 'x',
      resource: 'https://elsewhere.example',
      constructor: 'y',
    })
  })

  it('takes an assertion until 10 s after its exp and from 10 s before its iat and nbf', async () => {
    await createWorld().exchange(request(assertion({ iat: now - 60, exp: now - 9 })))
    await createWorld().exchange(
      request(assertion({ iat: now + 10, nbf: now + 10, exp: now + 70 })),
    )
  })

  it('keeps a use until the leeway after exp is over', async () => {
    verifies('S-02')
    const world = createWorld()
    await world.exchange(request(assertion({ exp: now + 60 })))
    expect(world.granted[0]?.useExpiresAtMs).toBe((now + 70) * 1000)
  })
})

describe('single use', () => {
  it('refuses the second use, however the jti is escaped and the assertion is signed', async () => {
    verifies('S-02', 'S-05')
    const world = createWorld()
    const first = assertion({ jti: 'one' })
    await world.exchange(request(first))
    const again = JSON.stringify({ ...goodClaims(), jti: 'one', exp: now + 59 })
    const escaped = again.replace('"one"', '"\\u006fn\\u0065"')
    for (const jwt of [first, compact({ payload: again }), compact({ payload: escaped })]) {
      await expect(world.exchange(request(jwt))).rejects.toMatchObject({ type: 'invalid-client' })
    }
    expect(world.granted).toHaveLength(1)
    expect(world.events.slice(1)).toMatchObject(
      Array(3).fill({ outcome: 'refused', reason: 'replayed', agentId }),
    )
  })
})

interface Wrong {
  written?: Written
  claims?: Record<string, unknown>
  world?: World
}

describe('times', () => {
  it.each([
    ['a life of 61 s', { exp: now + 61 }],
    ['no life', { exp: now, iat: now }],
    ['an exp before iat', { exp: now - 1 }],
    ['a fractional exp', { exp: now + 30.5 }],
    ['a fractional iat', { iat: now - 0.5 }],
    ['a fractional nbf', { nbf: now - 0.5 }],
    ['a textual exp', { exp: String(now + 30) }],
    ['a null nbf', { nbf: null }],
    ['a boolean iat', { iat: true }],
    ['no exp', { exp: undefined }],
    ['no iat', { iat: undefined }],
    ['an endless exp', { exp: 1e300 }],
  ])('refuses %s like everything else', async (_, claims) => {
    verifies('S-01', 'S-05', 'S-06')
    await refused(request(assertion(claims)))
  })

  it.each(['.0', 'e0', 'E+0'])('refuses an exp written as an integer with %s', async (suffix) => {
    verifies('S-05')
    const payload = JSON.stringify({ ...goodClaims(), exp: 7 }).replace(
      '"exp":7',
      `"exp":${now + 30}${suffix}`,
    )
    await refused(request(compact({ payload })))
  })

  it.each([
    ['iat 11 s ahead', { iat: now + 11, exp: now + 40 }],
    ['nbf 11 s ahead', { nbf: now + 11 }],
    ['exp 10 s ago', { iat: now - 40, exp: now - 10 }],
    ['a clock an hour behind', { iat: now - 3600, exp: now - 3570 }],
    ['a clock an hour ahead', { iat: now + 3600, exp: now + 3630 }],
  ])('refuses %s and says that the clock is off', async (_, claims) => {
    verifies('S-01')
    expect(await refusal(createWorld(), request(assertion(claims)))).toEqual({
      ...uniform,
      reason: 'clock_skew',
      hint: expect.stringContaining('clock'),
    })
  })

  it.each([
    ['a forged signature', { written: { key: other.privateKey } }],
    ['another audience', { claims: { aud: 'https://other.example' } }],
    ['an audience in an array', { claims: { aud: [issuer] } }],
    ['an unknown agent', { claims: { sub: 'agt_x', iss: 'agt_x' } }],
    ['a life that is too long', { claims: { exp: now + 4000 } }],
    ['a disabled agent', { world: { status: 'disabled' as const } }],
  ])('says nothing about the clock to %s', async (_, wrong) => {
    verifies('S-06')
    const { written = {}, claims = {}, world = {} }: Wrong = wrong
    const off = { iat: now + 3600, exp: now + 3630 }
    await refused(request(assertion({ ...off, ...claims }, written)), createWorld(world))
  })
})

describe('audience, issuer, subject and jti', () => {
  it.each([
    { aud: `${issuer}/` },
    { aud: issuer.toUpperCase() },
    { aud: ` ${issuer}` },
    { aud: `${issuer}:443` },
    { aud: `${issuer}\u0000` },
    { aud: '' },
    { aud: null },
    { aud: { 0: issuer } },
    { aud: [issuer] },
    { aud: [issuer, 'x'] },
    { aud: [[issuer]] },
    { aud: [] },
    { aud: 1 },
    { aud: undefined },
  ])('refuses %j', async (claims) => {
    verifies('S-04')
    await refused(request(assertion(claims)))
  })

  it.each([
    { iss: 'agt_other' },
    { sub: 'agt_other' },
    { iss: undefined },
    { sub: undefined },
    { sub: [agentId] },
    { iss: [agentId] },
    { sub: '', iss: '' },
    { sub: '__proto__', iss: '__proto__' },
    { sub: 'agt_\u0000', iss: 'agt_\u0000' },
    { sub: `${agentId} `, iss: `${agentId} ` },
    { jti: '' },
    { jti: undefined },
    { jti: 1 },
    { jti: null },
    { jti: ['a'] },
    { jti: 'x'.repeat(257) },
    { jti: '\ud800' },
  ])('refuses %j', async (claims) => {
    verifies('S-05', 'S-06')
    await refused(request(assertion(claims)))
  })
})

describe('form', () => {
  it.each([
    '{"alg":"none"}',
    '{"alg":"HS256"}',
    '{"alg":"es256"}',
    '{"alg":["ES256"]}',
    '{}',
    '[]',
    'null',
    '"ES256"',
    '{"alg":"ES256","typ":"at+jwt"}',
    '{"alg":"ES256","typ":"jwt"}',
    '{"alg":"ES256","typ":null}',
    '{"alg":"ES256","kid":1}',
    '{"alg":"ES256","jwk":{}}',
    '{"alg":"ES256","jku":"https://x"}',
    '{"alg":"ES256","x5c":[]}',
    '{"alg":"ES256","crit":[]}',
    '{"alg":"ES256","b64":true}',
    '{"alg":"ES256","cty":"JWT"}',
    '{"alg":"ES256","alg":"ES256"}',
    '{"alg":"none","alg":"ES256"}',
    '{"alg":"ES256","__proto__":{}}',
    '{"alg":"ES256"}x',
    '\ufeff{"alg":"ES256"}',
  ])('refuses the header %s', async (header) => {
    verifies('S-05')
    await refused(request(assertion({}, { header })))
  })

  it('refuses a payload with a member twice, at any depth', async () => {
    verifies('S-05')
    const text = JSON.stringify(goodClaims())
    for (const twice of [
      `"sub":"${agentId}",`,
      '"s\\u0075b":"x",',
      '"a":1,"a":1,',
      '"a":{"b":1,"b":1},',
    ]) {
      await refused(request(compact({ payload: text.replace('{', `{${twice}`) })))
    }
  })

  it('refuses other encodings of a good assertion', async () => {
    const [header = '', payload = '', signature = ''] = assertion().split('.')
    const stray = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = stray.indexOf(signature.slice(-1))
    const respelled = signature.slice(0, -1) + stray[last + 1]
    for (const jwt of [
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature}==`,
      ` ${header}.${payload}.${signature}`,
      `${header}.${payload}.${signature}\n`,
      `${header}.${payload}.${respelled}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${payload}.${signature}AAAA`,
    ]) {
      await refused(request(jwt))
    }
  })

  it('refuses more than 4 KiB', async () => {
    const jwt = assertion({ padding: 'x'.repeat(4000) })
    expect(jwt.length).toBeGreaterThan(4096)
    await refused(request(jwt))
  })

  it('refuses another key and another algorithm of signing', async () => {
    await refused(request(assertion({}, { key: other.privateKey })))
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    await refused(request(assertion({}, { key: p384.privateKey })))
  })

  it.each([{ status: 'disabled' as const }, { status: 'pending' as const, hasKey: false }])(
    'refuses an agent that is %j',
    async (state) => {
      verifies('S-06')
      await refused(request(assertion()), createWorld(state))
    },
  )

  it.each([
    { grant_type: 'authorization_code' },
    { grant_type: undefined },
    { grant_type: ['client_credentials'] },
    { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
    { client_assertion_type: undefined },
    { client_id: 'agt_other' },
    { client_id: null },
    { client_id: [agentId] },
    { client_id: '' },
    { client_assertion: undefined },
    { client_assertion: ['x'] },
    { client_assertion: {} },
  ])('refuses %j with the same body', async (parameters) => {
    verifies('S-06')
    await refused({ ...request(assertion()), ...parameters })
  })
})

describe('audit', () => {
  it('records nothing about what the holder of the key did not write', async () => {
    const world = createWorld()
    await refusal(world, request(assertion({}, { key: other.privateKey })))
    await refusal(world, request(assertion({ sub: 'agt_x', iss: 'agt_x' })))
    await refusal(world, request('x'))
    expect(world.events).toEqual([])
  })

  it('records that a disabled agent tried', async () => {
    const world = createWorld({ status: 'disabled' })
    await refusal(world, request(assertion()))
    expect(world.events).toMatchObject([{ outcome: 'refused', reason: 'the agent is disabled' }])
  })
})

describe('any input', () => {
  const odd = fc.oneof(
    fc.anything({ withBigInt: true, withNullPrototype: true }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '\ud800',
      '\u0000',
      '__proto__',
      'constructor',
      'a.b.c',
      '..',
      'e30.e30.e30',
      'x'.repeat(1e6),
    ),
  )

  it('ends in the one 401', async () => {
    verifies('S-06')
    const key = fc.constantFrom(
      'grant_type',
      'client_assertion_type',
      'client_assertion',
      'client_id',
      '__proto__',
      'scope',
    )
    await fc.assert(
      fc.asyncProperty(key, odd, odd, async (name, value, jwt) => {
        const input = { ...request(jwt), [name]: value }
        await refused(input)
      }),
      { numRuns: 300 },
    )
  })

  it('ends in the one 401 when it is signed well and any claim or header is not as it should be', async () => {
    verifies('S-05', 'S-06')
    const claim = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'jti')
    const value = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.integer({ min: now + 61, max: now + 1e6 }),
      fc.constantFrom('\ud800', '', '\u0000', `${agentId}\u0000`, [agentId], { a: 1 }),
    )
    await fc.assert(
      fc.asyncProperty(claim, value, async (name, wrong) => {
        // Any text will do for a jti, and a double may be a good time by chance.
        fc.pre(!(name === 'jti' && typeof wrong === 'string' && wrong !== '' && wrong !== '\ud800'))
        fc.pre(!(Number.isInteger(wrong) && Math.abs(Number(wrong) - now) <= 60))
        const body = await refusal(createWorld(), request(assertion({ [name]: wrong })))
        expect(body).toMatchObject(uniform)
      }),
      { numRuns: 400 },
    )
  })

  it('ends in the one 401 when a good assertion is cut, flipped or spliced anywhere', async () => {
    verifies('S-05', 'S-06')
    const good = assertion()
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.string({ unit: 'binary', maxLength: 3 }),
        fc.nat(3),
        async (at, insert, cut) => {
          const mangled = good.slice(0, at) + insert + good.slice(at + cut)
          fc.pre(mangled !== good)
          await refused(request(mangled))
        },
      ),
      { numRuns: 400 },
    )
  })
})
