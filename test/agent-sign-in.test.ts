import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { auth, PrivateKeyJwtProvider } from '@modelcontextprotocol/client'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  assertionOf,
  assertionType,
  base64url,
  claimsOf,
  compactJws,
  type Forged,
  keyObject,
  nowSeconds,
  postToken,
  type Signer,
  type TokenAnswer,
  tokenRequest,
} from './fixtures/assertions.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

let vault: TestVault
let agent: TestAgent
let signer: Signer
let stranger: TestAgent

beforeAll(async () => {
  vault = await startVault()
  agent = await vault.createAgentWithKey('signer')
  stranger = await vault.createAgentWithKey('stranger')
  signer = { agentId: agent.agentId, privateKey: agent.privateKey, issuer: vault.url }
})
afterAll(() => vault?.stop())

const present = (assertion: unknown) => postToken(vault.url, tokenRequest(assertion))
const sign = (claims: Record<string, unknown> = {}, forged: Forged = {}) =>
  assertionOf(signer, claims, forged)

/** What an agent that nobody knows gets: the measure of every refusal. */
const theRefusal = async () =>
  (await present(assertionOf({ ...signer, agentId: 'agt_00000000000000000000000000' }))).text

async function expectTheRefusal(answer: TokenAnswer): Promise<void> {
  expect([answer.status, answer.text]).toEqual([401, await theRefusal()])
  expect(answer.headers.get('cache-control')).toContain('no-store')
}
const expectGranted = (answer: TokenAnswer) => {
  expect(answer.text).toContain('"access_token":"spt_')
  expect(answer.status).toBe(200)
}

describe('what is accepted', () => {
  it('takes both grant types, as JSON and as a form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
    for (const grant_type of ['client_credentials', 'client_assertion']) {
      const members = { ...tokenRequest(sign()), grant_type, scope: 'x', resource: vault.url }
      expectGranted(await postToken(vault.url, members))
      const again = { ...members, client_assertion: sign(), client_id: agent.agentId }
      expectGranted(await postToken(vault.url, String(new URLSearchParams(again)), form))
    }
    const answer = await present(sign())
    expect(JSON.parse(answer.text)).toEqual({
      access_token: expect.stringMatching(/^spt_[A-Za-z0-9_-]{43}$/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    })
    expect(JSON.parse(answer.text).expires_in).toBeGreaterThanOrEqual(60)
    expect(answer.headers.get('cache-control')).toContain('no-store')
  })

  it('takes the headers that RFC 7523 and its update name', async () => {
    for (const header of [
      '{"alg":"ES256"}',
      '{"typ":"JWT","alg":"ES256"}',
      '{"alg":"ES256","typ":"client-authentication+jwt","kid":"any key id"}',
    ]) {
      expectGranted(await present(sign({}, { header })))
    }
  })

  it('takes the longest life and the furthest clock that it promises, and claims that it does not know', async () => {
    verifies('S-01')
    const now = nowSeconds()
    expectGranted(await present(sign({ iat: now, exp: now + 60 })))
    expectGranted(await present(sign({ iat: now + 8, exp: now + 60, nbf: now + 8 })))
    expectGranted(await present(sign({ iat: now - 65, exp: now - 5 })))
    expectGranted(await present(sign({ private: { nested: [1, 2.5, { deep: null }] } })))
  })
})

describe('what is refused', () => {
  it('refuses every time that is no integer, is too far away or lives too long', async () => {
    verifies('S-01', 'S-05')
    const now = nowSeconds()
    for (const claims of [
      { exp: now + 61, iat: now },
      { exp: now + 30.5 },
      { exp: String(now + 30) },
      { exp: [now + 30] },
      { exp: null },
      { exp: true },
      { exp: undefined },
      { exp: 0 },
      { exp: -1 },
      { exp: Number.MAX_SAFE_INTEGER },
      { exp: 1e21 },
      { exp: 1e308 },
      { iat: now - 0.5 },
      { iat: String(now) },
      { iat: undefined },
      { iat: null },
      { iat: -1e300 },
      { iat: now + 20, exp: now + 10 },
      { iat: now, exp: now },
      { nbf: now - 1.5 },
      { nbf: String(now) },
      { nbf: null },
      { nbf: Number.MAX_VALUE },
      { nbf: {} },
    ]) {
      await expectTheRefusal(await present(sign(claims)))
    }
  })

  it('refuses times that JSON can write in more than one way', async () => {
    verifies('S-05')
    const now = nowSeconds()
    const write = (exp: string, iat = String(now)) => {
      const { jti } = claimsOf(signer)
      return `{"iss":"${signer.agentId}","sub":"${signer.agentId}","aud":"${vault.url}","jti":"${jti}","iat":${iat},"exp":${exp}}`
    }
    expectGranted(await present(sign({}, { payload: write(String(now + 30)) })))
    for (const payload of [
      write(`${now + 30}.0`),
      write(`${now + 30}e0`),
      write(`${(now + 30) / 10}E1`),
      write(`0${now + 30}`),
      write(`+${now + 30}`),
      write('1e999'),
      write('NaN'),
      write(String(now + 30), '-0'),
      write(`${now + 30}`, `${now}.000`),
    ]) {
      await expectTheRefusal(await present(sign({}, { payload })))
    }
  })

  it('refuses every audience but the issuer, written exactly so', async () => {
    verifies('S-04')
    const { port } = new URL(vault.url)
    for (const aud of [
      undefined,
      null,
      '',
      [vault.url],
      [vault.url, vault.url],
      { 0: vault.url, length: 1 },
      true,
      Number(port),
      `${vault.url}/`,
      `${vault.url}//`,
      ` ${vault.url}`,
      `${vault.url}\n`,
      `${vault.url}\u0000`,
      vault.url.toUpperCase(),
      vault.url.replace('http:', 'https:'),
      vault.url.replace('http:', 'HTTP:'),
      vault.url.replace('127.0.0.1', 'localhost'),
      vault.url.replace('127.0.0.1', '127.1'),
      vault.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
      `${vault.url}/v1/agents/token`,
      `${vault.url}?`,
      `${vault.url}#`,
      `${vault.url}@evil.example`,
      `${vault.url} https://other.example`,
    ]) {
      await expectTheRefusal(await present(sign({ aud })))
    }
    // Escapes are spelling; what they spell is what counts.
    const escaped = JSON.stringify(claimsOf(signer)).replace('"aud":"http', '"aud":"\\u0068ttp')
    expectGranted(await present(sign({}, { payload: escaped })))
  })

  it('refuses every key but the one that is registered for the subject', async () => {
    verifies('S-05')
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = publicKey.export({ format: 'jwk' })
    const others: string[] = [
      sign({}, { key: keyObject(stranger.privateKey) }),
      sign({}, { key: privateKey }),
      sign({}, { key: privateKey, header: JSON.stringify({ alg: 'ES256', jwk }) }),
      sign({}, { header: JSON.stringify({ alg: 'ES256', jwk: { ...jwk, d: undefined } }) }),
      sign({ iss: stranger.agentId }),
      sign({ sub: stranger.agentId }),
      sign({ iss: stranger.agentId, sub: stranger.agentId }),
      sign({ iss: [agent.agentId] }),
      sign({ sub: [agent.agentId] }),
      sign({ sub: { toString: agent.agentId } }),
      sign({ sub: agent.agentId.toUpperCase() }),
      sign({ sub: `${agent.agentId} ` }),
      sign({ sub: `${agent.agentId}\u0000` }),
      sign({ sub: '__proto__' }),
      sign({ sub: '' }),
      sign({ sub: 'x'.repeat(2000) }),
      sign({ iss: undefined }),
      sign({ sub: undefined }),
    ]
    for (const assertion of others) await expectTheRefusal(await present(assertion))
  })

  it('refuses every algorithm and header member beyond the few it names', async () => {
    verifies('S-05')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    const headers = [
      { alg: 'ES256', jku: `${vault.url}/keys` },
      { alg: 'ES256', x5u: `${vault.url}/keys` },
      { alg: 'ES256', x5c: ['MIIB'] },
      { alg: 'ES256', x5t: 'AAAA' },
      { alg: 'ES256', crit: ['exp'], exp: 1 },
      { alg: 'ES256', crit: ['b64'], b64: false },
      { alg: 'ES256', crit: [] },
      { alg: 'ES256', b64: true },
      { alg: 'ES256', zip: 'DEF' },
      { alg: 'ES256', cty: 'JWT' },
      { alg: 'ES256', kid: 7 },
      { alg: 'ES256', kid: null },
      { alg: 'ES256', typ: 'jwt' },
      { alg: 'ES256', typ: 'at+jwt' },
      { alg: 'ES256', typ: 'application/jwt' },
      { alg: 'ES256', typ: null },
      { alg: 'ES256', __proto__x: 1 },
      { alg: 'es256' },
      { alg: 'ES256K' },
      { alg: 'EdDSA' },
      { alg: ['ES256'] },
      { alg: 'none' },
      { alg: 'None' },
      { alg: '' },
      {},
    ].map((header) => JSON.stringify(header))
    headers.push('{"alg":"ES256","alg":"ES256"}', '{"alg":"none","\\u0061lg":"ES256"}')
    headers.push('{"alg":"ES256","__proto__":{"x":1}}', '["ES256"]', '"ES256"', 'null', '{', '')
    for (const header of headers) await expectTheRefusal(await present(sign({}, { header })))
    const input = (alg: string) =>
      `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify(claimsOf(signer)))}`
    const { x, y } = agent.privateKey
    const hmac = (secret: string) =>
      createHmac('sha256', secret).update(input('HS256')).digest('base64url')
    for (const assertion of [
      `${input('none')}.`,
      input('none'),
      `${input('HS256')}.${hmac(x + y)}`,
      `${input('HS256')}.${hmac(JSON.stringify({ kty: 'EC', crv: 'P-256', x, y }))}`,
      sign({}, { key: rsa, header: '{"alg":"RS256"}' }),
      sign({}, { key: rsa, header: '{"alg":"PS256"}' }),
      sign({}, { key: rsa }),
      sign({}, { key: p384, header: '{"alg":"ES384"}', hash: 'sha384' }),
      sign({}, { key: p384, hash: 'sha384' }),
      sign({}, { hash: 'sha384' }),
    ]) {
      await expectTheRefusal(await present(assertion))
    }
  })

  it('refuses JSON that two readers could understand differently, at any depth', async () => {
    verifies('S-05')
    const text = JSON.stringify(claimsOf(signer))
    const open = text.slice(0, -1)
    for (const payload of [
      `${open},"sub":"${agent.agentId}"}`,
      `${open},"exp":${nowSeconds() + 30}}`,
      `${open},"\\u0065xp":${nowSeconds() + 30}}`,
      `${open},"more":{"a":1,"a":1}}`,
      `${open},"more":[{"b":[{"c":1,"\\u0063":2}]}]}`,
      `${open},"__proto__":{},"__proto__":{}}`,
      `${open},}`,
      `${open},"more":'single'}`,
      `${open}}trailing`,
      `${open}}{}`,
      `/**/${text}`,
      `\uFEFF${text}`,
      `${open},"more":"\\ud800"}`,
      `${open},"more":"\u0001"}`,
      `${open},"more":${'['.repeat(1000)}${']'.repeat(1000)}}`,
      `[${text}]`,
      JSON.stringify(text),
      'null',
      '',
    ]) {
      await expectTheRefusal(await present(sign({}, { payload })))
    }
    const notUtf8 = Buffer.from(`${open},"more":"?"}`)
    notUtf8[notUtf8.lastIndexOf('?')] = 0xff
    await expectTheRefusal(await present(sign({}, { payload: notUtf8 })))
  })

  it('refuses every second spelling of a good assertion', async () => {
    verifies('S-05', 'S-06')
    const good = sign()
    const [header = '', payload = '', signature = ''] = good.split('.')
    const last = signature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const strayBits = alphabet[alphabet.indexOf(last) ^ 1] ?? ''
    const high = Buffer.from(signature, 'base64url')
    for (const assertion of [
      `${good}=`,
      `${good}==`,
      `${header}=.${payload}.${signature}`,
      ` ${good}`,
      `${good} `,
      `${good}\n`,
      `${header}.${payload}.${signature}\t`,
      `${header}. ${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -1)}${strayBits}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${Buffer.from(high).toString('base64')}`,
      `${header}.${payload}.${base64url(high.subarray(1))}`,
      `${header}.${payload}.${base64url(Buffer.concat([high, Buffer.alloc(1)]))}`,
      `${header}.${payload}.${base64url(Buffer.alloc(64))}`,
      `${header}.${payload}.${base64url(Buffer.alloc(64, 255))}`,
      `Bearer ${good}`,
      `${'A'.repeat(5 * 1024)}`,
      sign({ more: 'x'.repeat(5 * 1024) }),
      `${header}.${payload}.${signature}`.replace('.', '\u0000.'),
    ]) {
      await expectTheRefusal(await present(assertion))
    }
    // Nothing of the above has used it up: only what was accepted is.
    expectGranted(await present(good))
  })

  it('answers every malformed request alike, and never with a fault of its own', async () => {
    verifies('S-06')
    const good = tokenRequest(sign())
    const json = JSON.stringify(good)
    const type = { 'content-type': 'application/json' }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const encoded = String(new URLSearchParams(good as Record<string, string>))
    const bodies: [string | Uint8Array<ArrayBuffer> | undefined, Record<string, string>][] = [
      [undefined, {}],
      ['', type],
      ['[]', type],
      [`[${json}]`, type],
      ['null', type],
      ['7', type],
      ['"text"', type],
      ['{', type],
      [`${json}x`, type],
      [`\uFEFF\uFEFF${json}`, type],
      [
        Buffer.concat([
          Buffer.from(json.slice(0, -2)),
          Buffer.from([0xc3, 0x28]),
          Buffer.from('"}'),
        ]),
        type,
      ],
      [Buffer.from(json, 'utf16le'), type],
      [json, {}],
      [json, { 'content-type': 'text/plain' }],
      [json, { 'content-type': 'application/jsonx' }],
      [json, { 'content-type': 'application/xml' }],
      [json, { 'content-type': 'multipart/form-data' }],
      [json, form],
      [encoded, type],
      [`${encoded}&client_assertion=x`, form],
      [`${encoded}&grant_type=client_credentials`, form],
      ['&&&===%%%', form],
      ['%00=%00&__proto__=x&constructor=y', form],
      [JSON.stringify({ ...good, grant_type: 'authorization_code' }), type],
      [JSON.stringify({ ...good, grant_type: ['client_credentials'] }), type],
      [JSON.stringify({ ...good, grant_type: undefined }), type],
      [JSON.stringify({ ...good, client_assertion_type: 'urn:x' }), type],
      [JSON.stringify({ ...good, client_assertion_type: `${assertionType} ` }), type],
      [JSON.stringify({ ...good, client_assertion: [sign()] }), type],
      [JSON.stringify({ ...good, client_assertion: { toString: 1 } }), type],
      [JSON.stringify({ ...good, client_assertion: 0 }), type],
      [JSON.stringify({ ...good, client_id: stranger.agentId }), type],
      [JSON.stringify({ ...good, client_id: '' }), type],
      [JSON.stringify({ ...good, client_id: null }), type],
      [`{"__proto__":${json}}`, type],
      [`{"constructor":{"prototype":${json}}}`, type],
      ['{"a":'.repeat(50_000), type],
      [JSON.stringify({ ...good, padding: 'x'.repeat(300 * 1024) }), type],
      ['x'.repeat(2 * 1024 * 1024), type],
    ]
    for (const [body, headers] of bodies) {
      await expectTheRefusal(await postToken(vault.url, body, headers))
    }
  })

  it('says that a clock is off to the holder of the key, and to nobody else', async () => {
    verifies('S-01', 'S-06')
    const now = nowSeconds()
    const off = [
      { iat: now - 3600, exp: now - 3570 },
      { iat: now - 80, exp: now - 20 },
      { iat: now + 30, exp: now + 60 },
      { iat: now, exp: now + 30, nbf: now + 25 },
      { iat: now + 1e9, exp: now + 1e9 + 30 },
    ]
    for (const claims of off) {
      const answer = await present(sign(claims))
      expect(answer.status).toBe(401)
      const { reason, hint, ...body } = JSON.parse(answer.text)
      expect([reason, body]).toEqual(['clock_skew', JSON.parse(await theRefusal())])
      expect(hint).toMatch(/clock/)
      await expectTheRefusal(await present(sign(claims, { key: keyObject(stranger.privateKey) })))
      await expectTheRefusal(await present(sign({ ...claims, aud: 'https://other.example' })))
      await expectTheRefusal(await present(sign({ ...claims, jti: '' })))
    }
  })

  it('refuses an agent that has no key yet or is disabled like one that is not there', async () => {
    verifies('S-06')
    const pending = await vault.owner.call('createAgent', { name: 'pending' })
    await expectTheRefusal(await present(sign({ iss: pending.agent.id, sub: pending.agent.id })))
    const disabled = await vault.createAgentWithKey('disabled')
    await vault.owner.call('disableAgent', { agentId: disabled.agentId })
    const own = { ...disabled, issuer: vault.url }
    const now = nowSeconds()
    await expectTheRefusal(await present(assertionOf(own)))
    await expectTheRefusal(await present(assertionOf(own, { iat: now - 3600, exp: now - 3570 })))
    await vault.owner.call('enableAgent', { agentId: disabled.agentId })
    expectGranted(await present(assertionOf(own)))
  })
})

describe('an assertion', () => {
  it('is accepted once: again, changed in spelling, and fifty times at once', async () => {
    verifies('S-02', 'S-05')
    const assertion = sign()
    expectGranted(await present(assertion))
    await expectTheRefusal(await present(assertion))
    // The same (agent, jti), signed anew: other bytes, other times, another header.
    const jti = randomUUID()
    expectGranted(await present(sign({ jti })))
    await expectTheRefusal(await present(sign({ jti, exp: nowSeconds() + 50 })))
    await expectTheRefusal(await present(sign({ jti }, { header: '{"alg":"ES256","kid":"1"}' })))
    const escaped = JSON.stringify(claimsOf(signer, { jti: 'J' })).replace(
      '"jti":"J"',
      `"jti":"${[...jti].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`,
    )
    await expectTheRefusal(await present(sign({}, { payload: escaped })))
    const contested = sign()
    const answers = await Promise.all(Array.from({ length: 50 }, () => present(contested)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      await expectTheRefusal(answer)
    }
  })

  it('is told from others by its jti as code points: any text of 256 characters, and no more', async () => {
    verifies('S-02', 'S-06')
    const unique = randomUUID()
    const different = [`é${unique}`, `e\u0301${unique}`, `É${unique}`, ` ${unique}`, `${unique} `]
    different.push(`\u0000${unique}`, `${unique}\u0000`, `'${unique}`, `😀${unique}`)
    different.push('x'.repeat(256 - unique.length) + unique)
    for (const jti of different) expectGranted(await present(sign({ jti })))
    for (const jti of different) await expectTheRefusal(await present(sign({ jti })))
    for (const jti of ['', 'x'.repeat(257), 7, null, [unique], { unique }, undefined, true]) {
      await expectTheRefusal(await present(sign({ jti })))
    }
    // Another agent may use the same one.
    const theirs = { ...stranger, issuer: vault.url }
    expectGranted(await present(assertionOf(theirs, { jti: `é${unique}` })))
  })

  it('stays used after its exp, for as long as the leeway lets it in, and after a crash', async () => {
    verifies('S-02', 'S-03')
    const late = sign({ iat: nowSeconds() - 30, exp: nowSeconds() - 1 })
    const fresh = sign()
    expectGranted(await present(late))
    expectGranted(await present(fresh))
    await vault.kill()
    await vault.restart()
    await expectTheRefusal(await present(late))
    await expectTheRefusal(await present(fresh))
    expectGranted(await present(sign()))
  })
})

describe('the metadata', () => {
  it('is all that the private-key-JWT provider of an MCP SDK needs to sign in', async () => {
    const metadata = await (
      await fetch(`${vault.url}/.well-known/oauth-authorization-server`)
    ).json()
    expect(metadata).toMatchObject({
      issuer: vault.url,
      token_endpoint: `${vault.url}/v1/agents/token`,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256'],
      grant_types_supported: ['client_credentials'],
    })
    const provider = new PrivateKeyJwtProvider({
      clientId: agent.agentId,
      privateKey: { ...agent.privateKey },
      algorithm: 'ES256',
      jwtLifetimeSeconds: 60,
      expectedIssuer: vault.url,
    })
    expect(await auth(provider, { serverUrl: `${vault.url}/mcp` })).toBe('AUTHORIZED')
    const token = provider.tokens()?.access_token ?? ''
    const client = createClient({ baseUrl: vault.url, auth: { kind: 'bearer', token } })
    expect(await client.call('listMyConnections', {})).toEqual({ connections: [] })
  })
})

describe('enrolment', () => {
  const newKey = () => {
    const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'jwk',
    })
    return { kty: 'EC', crv: 'P-256', x, y } as const
  }
  const enrol = async (body: unknown) => {
    const response = await fetch(`${vault.url}/v1/agents/bootstrap`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('takes exactly one key for a code, twenty at once included, and records the second use', async () => {
    verifies('S-07')
    const { agent: made, bootstrapSecret } = await vault.owner.call('createAgent', { name: 'one' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => enrol({ bootstrapSecret, publicKey: newKey() })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
    const { entries } = await vault.owner.call('listAudit', { agentId: made.id, limit: 200 })
    const enrolments = entries.filter(({ operation }) => operation === 'bootstrapAgent')
    expect(enrolments.map(({ outcome }) => outcome).sort()).toEqual([
      'done',
      ...Array.from({ length: 19 }, () => 'refused'),
    ])
  })

  it('spends no code on a key that cannot be used, and takes a JWK of exactly four members', async () => {
    verifies('S-05', 'S-07')
    const { bootstrapSecret } = await vault.owner.call('createAgent', { name: 'keys' })
    const good = newKey()
    const zero = base64url(Buffer.alloc(32))
    const p = base64url(
      Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex'),
    )
    for (const publicKey of [
      { ...good, d: zero },
      { ...good, kid: 'x' },
      { ...good, alg: 'ES256' },
      { ...good, use: 'sig' },
      { ...good, key_ops: ['verify'] },
      { kty: 'EC', crv: 'P-256', x: good.x },
      { ...good, kty: 'ec' },
      { ...good, crv: 'P-384' },
      { ...good, crv: 'secp256k1' },
      { ...good, x: good.y, y: good.x },
      { ...good, x: zero, y: zero },
      { ...good, x: p },
      { ...good, x: `${good.x}=` },
      { ...good, x: `${good.x.slice(0, -1)}B` },
      { ...good, x: good.x.slice(1) },
      { ...good, x: [good.x] },
      { kty: 'oct', k: zero },
      [good],
      JSON.stringify(good),
      null,
    ]) {
      expect((await enrol({ bootstrapSecret, publicKey })).status).toBe(400)
    }
    expect(await enrol({ bootstrapSecret, publicKey: good, more: 1 })).toMatchObject({
      status: 400,
    })
    expect(await enrol({ bootstrapSecret, publicKey: good })).toMatchObject({ status: 200 })
    const used = await enrol({ bootstrapSecret, publicKey: good })
    const withoutId = ({ requestId: _, ...rest }: Record<string, unknown>) => rest
    for (const secret of ['', 'spb_', `spb_${'A'.repeat(43)}`, `${bootstrapSecret} `, '\u0000']) {
      const unknown = await enrol({ bootstrapSecret: secret, publicKey: good })
      expect([unknown.status, withoutId(unknown.body)]).toEqual([401, withoutId(used.body)])
    }
  })

  it('ends the old key and its tokens when an active agent enrols another', async () => {
    verifies('S-07', 'S-10')
    const rotating = await vault.createAgentWithKey('rotating')
    const { agentId } = rotating
    const old = { ...rotating, issuer: vault.url }
    const { access_token: token } = JSON.parse((await present(assertionOf(old))).text)
    const { bootstrapSecret: first } = await vault.owner.call('issueBootstrapSecret', { agentId })
    const { bootstrapSecret } = await vault.owner.call('issueBootstrapSecret', { agentId })
    expect(await enrol({ bootstrapSecret: first, publicKey: newKey() })).toMatchObject({
      status: 401,
    })
    expectGranted(await present(assertionOf(old)))
    expect(await enrol({ bootstrapSecret, publicKey: newKey() })).toMatchObject({ status: 200 })
    await expectTheRefusal(await present(assertionOf(old)))
    const answer = await fetch(`${vault.url}/v1/connections`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status).toBe(401)
  })
})

it('never answers a random body or assertion with a fault of its own', async () => {
  verifies('S-06')
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size))
  for (let round = 0; round < 60; round += 1) {
    const bytes = random(1 + round * 7)
    await expectTheRefusal(await postToken(vault.url, bytes))
    await expectTheRefusal(await present(Buffer.from(bytes).toString('latin1')))
    const jws = compactJws(keyObject(agent.privateKey), { payload: bytes })
    await expectTheRefusal(await present(jws))
  }
})
