import { generateKeyPairSync } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { readSigningKey } from '../../credentials/signing-key.ts'
import { isAnswerLost } from './oauth-problem.ts'
import { createTokenEndpoint, type TokenClient } from './token-endpoint.ts'

const refreshToken = 'refresh-token-0123456789'
const clientSecret = 'client-secret-0123456789'
const nowMs = Date.parse('2026-11-21T10:00:00.000Z')

const client: TokenClient = {
  provider: 'example',
  clientId: 'the-client_1.example',
  authentication: 'client_secret_basic',
  clientSecret,
  tokenEndpoint: 'https://idp.example/token',
  revocationEndpoint: 'https://idp.example/revoke',
}

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly form: URLSearchParams
}

/** A token endpoint whose provider answers so, and what it was asked. */
function answering(answer: () => Response | Promise<Response>, mayUse: true | string = true) {
  const asked: Asked[] = []
  const endpoint = createTokenEndpoint({
    now: () => nowMs,
    mayUseOrigin: () => mayUse,
    readSigningKey,
    async fetch(url, { headers, body }) {
      asked.push({ url, headers, form: new URLSearchParams(String(body)) })
      return answer()
    },
  })
  return { endpoint, asked }
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
const good = { access_token: 'access-token-1', token_type: 'Bearer', expires_in: 3600 }

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw new Error(`Expected a problem, got ${String(error)}`)
}

const refresh = (answer: () => Response | Promise<Response>, provider = 'example') =>
  answering(answer).endpoint.refresh({ ...client, provider }, refreshToken)

describe('what a provider answers to a refresh', () => {
  it.each([
    ['invalid_grant', json({ error: 'invalid_grant' }, 400)],
    ['invalid_grant as forbidden', json({ error: 'invalid_grant' }, 403)],
    [
      'invalid_grant with a challenge',
      json({ error: 'invalid_grant' }, 401, { 'www-authenticate': 'Basic realm="x"' }),
    ],
    ['invalid_grant with the status of a success', json({ error: 'invalid_grant' }, 200)],
    [
      'invalid_grant of an unusual content type',
      json({ error: 'invalid_grant' }, 400, { 'content-type': 'text/plain' }),
    ],
  ])('means that the account has to be connected anew: %s', async (_, answer) => {
    verifies('S-32')
    expect((await problemOf(refresh(() => answer))).type).toBe('connection-needs-reauth')
  })

  it.each([
    [
      'invalid_client',
      json({ error: 'invalid_client' }, 401, { 'www-authenticate': 'Basic' }),
      'provider-refused',
    ],
    ['unauthorized_client', json({ error: 'unauthorized_client' }, 400), 'provider-refused'],
    ['invalid_scope', json({ error: 'invalid_scope' }, 400), 'provider-refused'],
    ['INVALID_GRANT', json({ error: 'INVALID_GRANT' }, 400), 'provider-refused'],
    ['invalid_grant_type', json({ error: 'invalid_grant_type' }, 400), 'provider-refused'],
    ['another provider’s word', json({ error: 'bad_refresh_token' }, 400), 'provider-refused'],
    [
      'invalid_grant in a sentence',
      json({ error: 'x', error_description: 'invalid_grant' }, 400),
      'provider-refused',
    ],
    ['a page', json('<h1>invalid_grant</h1>', 400), 'provider-refused'],
    ['404', json('', 404), 'provider-refused'],
    ['invalid_grant in a list', json([{ error: 'invalid_grant' }], 400), 'provider-refused'],
    [
      'an error that is no text',
      json({ error: { code: 'invalid_grant' } }, 400),
      'provider-refused',
    ],
    [
      'a redirect',
      json('', 302, { location: 'https://idp.example/login' }),
      'provider-unavailable',
    ],
    ['a redirect with an error', json('{}', 307), 'provider-unavailable'],
    [
      'temporarily_unavailable',
      json({ error: 'temporarily_unavailable' }, 400),
      'provider-unavailable',
    ],
    ['server_error', json({ error: 'server_error' }, 400), 'provider-unavailable'],
    ['500', json('', 500), 'provider-unavailable'],
    ['503 with invalid_grant', json({ error: 'invalid_grant' }, 503), 'provider-unavailable'],
    ['429 with invalid_grant', json({ error: 'invalid_grant' }, 429), 'provider-unavailable'],
    ['408', json({ error: 'invalid_grant' }, 408), 'provider-unavailable'],
    ['a page that is well', json('<h1>Hello</h1>'), 'provider-unavailable'],
    ['nothing', json(''), 'provider-unavailable'],
    ['null', json('null'), 'provider-unavailable'],
    ['a list', json('[]'), 'provider-unavailable'],
    ['half a token', json('{"access_token":"half'), 'provider-unavailable'],
    ['no token', json({ token_type: 'Bearer' }), 'provider-unavailable'],
    ['a token that is no text', json({ ...good, access_token: 7 }), 'provider-unavailable'],
    [
      'a token that ends a header',
      json({ ...good, access_token: 'abcdefghij\r\nx: y' }),
      'provider-unavailable',
    ],
    [
      'a token with a letter that headers have not',
      json({ ...good, access_token: 'abcdefghijé' }),
      'provider-unavailable',
    ],
    [
      'a token that is too short to be kept back',
      json({ ...good, access_token: 'abc' }),
      'provider-unavailable',
    ],
    [
      'a token that is too long',
      json({ ...good, access_token: 'a'.repeat(20_000) }),
      'provider-unavailable',
    ],
    ['a type that is sent otherwise', json({ ...good, token_type: 'mac' }), 'provider-unavailable'],
    ['DPoP', json({ ...good, token_type: 'DPoP' }), 'provider-unavailable'],
    ['a type that is no text', json({ ...good, token_type: 7 }), 'provider-unavailable'],
    [
      'a refresh token that is no text',
      json({ ...good, refresh_token: 7 }),
      'provider-unavailable',
    ],
    [
      'a redirect that says invalid_grant on the way',
      json({ error: 'invalid_grant' }, 302),
      'provider-unavailable',
    ],
    [
      'a refresh token without end',
      json({ ...good, refresh_token: 'r'.repeat(20_000) }),
      'provider-unavailable',
    ],
    [
      'a refresh token that breaks the line',
      json({ ...good, refresh_token: 'r1\nr2' }),
      'provider-unavailable',
    ],
  ])('keeps the account: %s', async (_, answer, type) => {
    verifies('S-32')
    const problem = await problemOf(refresh(() => answer))
    expect(problem.type).toBe(type)
    expect(problem.next).toBeTruthy()
    if (type === 'provider-unavailable') expect(problem.retryAfterSeconds).toBeGreaterThan(0)
  })

  it('never means that the account has to be connected anew, whatever it is but invalid_grant', async () => {
    verifies('S-32')
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 599 }).filter((status) => ![204, 205, 304].includes(status)),
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((error) => JSON.stringify({ error })),
        ),
        async (status, body) => {
          const problem = await refresh(() => json(body, status)).then(
            () => undefined,
            (error: unknown) => error,
          )
          if (problem === undefined) return
          expect(problem).toBeInstanceOf(Problem)
          expect(problem).toMatchObject({ type: expect.stringMatching(/^provider-/) })
        },
      ),
    )
  })

  it.each([
    ['seconds', '120', 120],
    ['a date', new Date(nowMs + 90_000).toUTCString(), 90],
    ['more than is believed', '99999999', 3600],
    ['a time that is over', new Date(nowMs - 90_000).toUTCString(), 5],
    ['nothing', '', 5],
    ['garbage', 'soon', 5],
    ['a number that is none', '-5', 5],
  ])('names when to come back: %s', async (_, value, seconds) => {
    const problem = await problemOf(refresh(() => json('', 503, { 'retry-after': value })))
    expect(problem.retryAfterSeconds).toBe(seconds)
  })

  it('may have been lost where it did not come whole, and was not where the provider said no', async () => {
    const lost = async (answer: () => Response | Promise<Response>) =>
      isAnswerLost(await problemOf(refresh(answer)))
    const failing = (type: 'upstream-timeout' | 'upstream-unreachable') => () =>
      Promise.reject(new Problem(type))
    expect(await lost(failing('upstream-timeout'))).toBe(true)
    expect(await lost(() => json('{"access'))).toBe(true)
    expect(await lost(failing('upstream-unreachable'))).toBe(false)
    expect(await lost(() => json('', 503))).toBe(false)
    expect(await lost(() => json({ error: 'invalid_client' }, 401))).toBe(false)
  })

  it('is passed on as what the way out says where nobody could be asked', async () => {
    const refused = new Problem('address-refused', 'The address is not public.', {
      next: 'Ask the operator.',
    })
    const problem = await problemOf(refresh(() => Promise.reject(refused)))
    expect(problem).toMatchObject({ type: 'provider-unavailable', next: 'Ask the operator.' })
    expect(problem.detail).toContain('The address is not public.')
  })
})

describe('a sentence about a provider', () => {
  it.each([refreshToken, encodeURIComponent(refreshToken), btoa(refreshToken), clientSecret])(
    'holds no secret that the provider sends back: %s',
    async (secret) => {
      verifies('S-38')
      const body = { error: 'invalid_grant', error_description: `No such token: ${secret}.` }
      const problem = await problemOf(refresh(() => json(body, 400)))
      const all = `${problem.detail} ${problem.next} ${String(problem.cause)} ${JSON.stringify(problem)}`
      expect(all).not.toContain(secret)
      expect(problem.type).toBe('connection-needs-reauth')
    },
  )

  it('holds no secret in place of the error itself', async () => {
    verifies('S-38')
    const problem = await problemOf(refresh(() => json({ error: refreshToken }, 400)))
    expect(JSON.stringify([problem.detail, problem.next, String(problem.cause)])).not.toContain(
      refreshToken,
    )
  })

  it('shows a stranger’s text bounded and in plain characters', async () => {
    verifies('S-28')
    const body = { error: 'x\u202e', error_description: `a\r\nb\u202ec ${'word '.repeat(500)}` }
    const { detail } = await problemOf(refresh(() => json(body, 400)))
    expect(detail).toMatch(/^[\x20-\x7e“”’]*$/)
    expect(detail.length).toBeLessThan(400)
  })
})

describe('an answer that departs a little', () => {
  const read = (answer: object, provider?: string) => refresh(() => json(answer), provider)

  it.each([
    ['no type', { ...good, token_type: undefined }],
    ['Slack’s type', { ...good, token_type: 'bot' }],
    ['a type in capitals', { ...good, token_type: 'BEARER' }],
    ['a type of null', { ...good, token_type: null }],
    ['another success', good],
    ['an id token that nobody asked for', { ...good, id_token: 'no.jwt.at-all' }],
    ['a refresh token of null', { ...good, refresh_token: null }],
    ['an empty refresh token', { ...good, refresh_token: '' }],
    ['an error that is empty', { ...good, error: '' }],
  ])('is taken: %s', async (_, answer) => {
    expect(await read(answer)).toEqual({ accessToken: 'access-token-1', expiresInSeconds: 3600 })
  })

  it.each([undefined, null, 0, -5, 'never', {}, 1e300, '1e300', Number.NaN])(
    'has no end where its life is %s',
    async (life) => {
      expect(await read({ ...good, expires_in: life })).toEqual({ accessToken: 'access-token-1' })
    },
  )

  it.each([
    ['a b  b', ['a', 'b']],
    ['a,b', ['a', 'b']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['', []],
    [7, undefined],
  ])('may write its scopes as %j', async (scope, scopes) => {
    expect((await read({ ...good, expires_in: '60', scope })).scopes).toEqual(scopes)
  })

  it('is read in the provider’s own words where it is documented', async () => {
    const answer = () => json({ error: 'bad_refresh_token' }, 200)
    expect((await problemOf(refresh(answer, 'github'))).type).toBe('connection-needs-reauth')
  })

  it('holds the new refresh token', async () => {
    expect((await read({ ...good, refresh_token: 'r2' })).refreshToken).toBe('r2')
  })
})

describe('a client', () => {
  const ask = async (change: Partial<TokenClient>) => {
    const { endpoint, asked } = answering(() => json(good))
    await endpoint.refresh({ ...client, ...change }, refreshToken)
    const [only, ...more] = asked
    expect(more).toEqual([])
    if (only === undefined) throw new Error('nothing was asked')
    return only
  }

  it('is named in Basic so that a server that decodes and one that does not find it', async () => {
    const { headers, form, url } = await ask({ clientSecret: 'a:b +%é_-.~12' })
    const [, encoded = ''] = (headers.authorization ?? '').split(' ')
    const [name, secret = ''] = Buffer.from(encoded, 'base64').toString().split(':')
    expect(name).toBe('the-client_1.example')
    expect(decodeURIComponent(secret.replaceAll('+', ' '))).toBe('a:b +%é_-.~12')
    expect([url, form.get('client_secret')]).toEqual(['https://idp.example/token', null])
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    })
  })

  it('sends its secret in the form where the provider wants it there', async () => {
    const { headers, form } = await ask({ authentication: 'client_secret_post' })
    expect(headers.authorization).toBeUndefined()
    expect([form.get('client_id'), form.get('client_secret')]).toEqual([
      client.clientId,
      clientSecret,
    ])
  })

  it('that is public sends its name alone', async () => {
    const { clientSecret: _, ...rest } = client
    const { endpoint, asked } = answering(() => json(good))
    await endpoint.refresh({ ...rest, authentication: 'none' }, refreshToken)
    expect(asked[0]?.form.get('client_id')).toBe(client.clientId)
  })

  it.each([
    [undefined, undefined, 'https://idp.example/token', undefined],
    ['https://issuer.example', 'key-1', 'https://issuer.example', 'key-1'],
  ])('signs for the issuer %s', async (...[issuer, keyId, audience, kid]) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { form, headers } = await ask({
      authentication: 'private_key_jwt',
      privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      ...(issuer !== undefined && { issuer }),
      ...(keyId !== undefined && { keyId }),
    })
    const assertion = form.get('client_assertion') ?? ''
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'ES256', ...(kid && { kid }) })
    const { clientId } = client
    expect(decodeJwt(assertion)).toMatchObject({ iss: clientId, sub: clientId, aud: audience })
    expect(headers.authorization).toBeUndefined()
  })

  it.each([
    { authentication: 'client_secret_basic' },
    { authentication: 'client_secret_post' },
    { authentication: 'private_key_jwt' },
    { authentication: 'private_key_jwt', privateKey: 'not a key' },
  ] as const)('without what it proves itself by asks nobody: %o', async (change) => {
    const { clientSecret: _, ...rest } = client
    const { endpoint, asked } = answering(() => json(good))
    const problem = await problemOf(endpoint.refresh({ ...rest, ...change }, refreshToken))
    expect([problem.type, asked.length]).toEqual(['provider-refused', 0])
  })

  it('is not sent to an origin that the operator’s rules exclude', async () => {
    verifies('S-17')
    for (const change of [{}, { tokenEndpoint: 'http://idp.example/token' }]) {
      const { endpoint, asked } = answering(() => json(good), 'Not here.')
      const problem = await problemOf(endpoint.refresh({ ...client, ...change }, refreshToken))
      expect([problem.type, problem.detail, asked.length]).toEqual([
        'origin-not-allowed',
        'Not here.',
        0,
      ])
    }
  })

  it('may be asked over http where the rules say so', async () => {
    const { url } = await ask({ tokenEndpoint: 'http://10.0.0.1/token' })
    expect(url).toBe('http://10.0.0.1/token')
  })
})

describe('a grant without an account', () => {
  it('is asked for with its scopes, audience and resource', async () => {
    const { endpoint, asked } = answering(() => json(good))
    const scopes = ['a', 'b']
    await endpoint.clientCredentials(client, {
      scopes,
      audience: 'x',
      resource: 'https://r.example/',
    })
    await endpoint.clientCredentials({ ...client, scopeSeparator: ',' }, { scopes })
    await endpoint.clientCredentials(client, { scopes: [] })
    expect(asked.map(({ form }) => Object.fromEntries(form))).toEqual([
      {
        grant_type: 'client_credentials',
        scope: 'a b',
        audience: 'x',
        resource: 'https://r.example/',
      },
      { grant_type: 'client_credentials', scope: 'a,b' },
      { grant_type: 'client_credentials' },
    ])
  })

  it('is asked for with an assertion, and nothing else', async () => {
    const { endpoint, asked } = answering(() => json(good))
    const tokenEndpoint = 'https://idp.example/token'
    await endpoint.jwtBearer({ provider: 'example', tokenEndpoint, assertion: 'a.b.c' })
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'a.b.c',
    })
    expect(asked[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is refused and not ended by invalid_grant', async () => {
    const { endpoint } = answering(() => json({ error: 'invalid_grant' }, 400))
    const tokenEndpoint = 'https://idp.example/token'
    const bearer = endpoint.jwtBearer({ provider: 'example', tokenEndpoint, assertion: 'a.b.c' })
    expect((await problemOf(bearer)).type).toBe('provider-refused')
    const credentials = endpoint.clientCredentials(client, { scopes: [] })
    expect((await problemOf(credentials)).type).toBe('provider-refused')
  })
})

describe('revoking a token', () => {
  it.each([
    ['200', json('')],
    ['200 with a page', json('<h1>Done</h1>')],
    ['204', new Response(null, { status: 204 })],
    ['a token that is not known', json({ error: 'invalid_token' }, 400)],
  ])('is done with %s', async (_, answer) => {
    const { endpoint, asked } = answering(() => answer)
    expect(await endpoint.revoke(client, refreshToken, 'refresh_token')).toBe('revoked')
    expect(asked[0]?.url).toBe('https://idp.example/revoke')
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      token: refreshToken,
      token_type_hint: 'refresh_token',
    })
  })

  it('is not offered without an endpoint, and asks nobody', async () => {
    const { revocationEndpoint: _, ...rest } = client
    const { endpoint, asked } = answering(() => json(''))
    expect(await endpoint.revoke(rest, refreshToken)).toBe('not-offered')
    expect(asked).toEqual([])
  })

  it.each([
    ['503', json('', 503), 'provider-unavailable'],
    ['invalid_client', json({ error: 'invalid_client' }, 401), 'provider-refused'],
    ['404', json('', 404), 'provider-refused'],
    [
      'a token that comes back',
      json({ error: 'x', error_description: refreshToken }, 400),
      'provider-refused',
    ],
  ])('fails with %s', async (_, answer, type) => {
    const { endpoint } = answering(() => answer)
    const problem = await problemOf(endpoint.revoke(client, refreshToken))
    expect(problem.type).toBe(type)
    expect(problem.detail).not.toContain(refreshToken)
  })
})
