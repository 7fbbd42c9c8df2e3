import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { acme } from '../../../../../test/fixtures/connect-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import type { OAuthFetch } from '../oauth/token-endpoint.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { createAuthorizationServer } from './authorization-server.ts'

const nowMs = Date.now()
const redirectUri = 'https://vault.example/api/v1/connections/callback'
const request = { redirectUri, scopes: ['openid', 'read'], state: 'the-state' }
const exchange = {
  ...{ redirectUri, state: 'the-state', code: 'the-code', iss: acme.issuer },
  ...{ verifier: 'v'.repeat(43), nonce: 'the-nonce' },
}
const { issuer: _issuer, ...unnamed } = { ...acme, sendsIssuer: false }

type Sent = { readonly url: string; readonly body: URLSearchParams; readonly headers: Headers }

/** A server whose endpoints answer what is given, and that notes what it was sent. */
function setUp(answer: object | number = {}, status = 200) {
  const sent: Sent[] = []
  const fetch: OAuthFetch = async (url, { body, headers }) => {
    sent.push({ url, body: new URLSearchParams(String(body)), headers: new Headers(headers) })
    return typeof answer === 'number'
      ? new Response('', { status: answer })
      : Response.json(answer, { status })
  }
  const server = createAuthorizationServer({
    ...{ fetch, now: () => nowMs },
    mayUseOrigin: (origin) => !origin.includes('forbidden') || 'Not there.',
    readSigningKey: () => Promise.reject(new Error('not needed')),
  })
  return { server, sent }
}

const tokens = { access_token: 'access-token-1', token_type: 'Bearer', refresh_token: 'refresh-1' }
const { privateKey: signingKey } = await crypto.subtle.generateKey(
  {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
  true,
  ['sign', 'verify'],
)

/** An id token as a provider would give it; its signature is not what it is believed for. */
const idToken = (over: object = {}) =>
  new SignJWT({
    ...{ iss: 'https://acme.example', aud: 'client', sub: 'alice', nonce: 'the-nonce' },
    ...{ iat: nowMs / 1000, exp: nowMs / 1000 + 300, email: 'alice@example.com', ...over },
  })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(signingKey)
const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Problem) return error
  throw new Error(`no problem: ${error}`)
}

describe('an authorization request', () => {
  const urlOf = async (client: OAuthClient, over: object = {}) =>
    new URL(await setUp().server.authorizationUrl(client, { ...request, ...over }))

  it('asks by code with PKCE S256, and shows no secret and no verifier', async () => {
    verifies('S-31')
    const verifier = 'v'.repeat(43)
    const url = await urlOf(acme, { verifier, nonce: 'n' })
    expect(url.href.startsWith('https://acme.example/auth?')).toBe(true)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ response_type: 'code', client_id: 'client', redirect_uri: redirectUri, nonce: 'n' },
      ...{ scope: 'openid read', state: 'the-state', code_challenge_method: 'S256' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    })
    expect(url.href).not.toContain(verifier)
    expect(url.href).not.toContain('the-client-secret')
  })

  it('separates scopes as the provider wants, leaves them out where there are none, and adds what the catalog says', async () => {
    const client = { ...acme, scopeSeparator: ',' as const, authorizationParameters: { a: 'b' } }
    const url = await urlOf(client)
    expect(url.searchParams.get('scope')).toBe('openid,read')
    expect(url.searchParams.get('a')).toBe('b')
    expect((await urlOf(acme, { scopes: [] })).searchParams.has('scope')).toBe(false)
  })

  it('asks for consent where offline access needs it, at providers of the owner’s own alone', async () => {
    const scopes = ['openid', 'offline_access']
    expect((await urlOf(acme, { scopes })).searchParams.get('prompt')).toBe('consent')
    const known = { ...acme, asksConsent: false }
    expect((await urlOf(known, { scopes })).searchParams.has('prompt')).toBe(false)
  })

  it('never sends a parameter twice, whatever the endpoint brings of its own', async () => {
    verifies('S-31')
    for (const name of ['state', 'redirect_uri', 'client_id', 'code_challenge_method']) {
      const client = { ...acme, authorizationEndpoint: `https://acme.example/auth?${name}=evil` }
      const asked = urlOf(client, { verifier: 'v'.repeat(43) })
      expect((await problemOf(asked)).type).toBe('provider-refused')
    }
    const client = { ...acme, authorizationEndpoint: 'https://acme.example/auth?tenant=a' }
    expect((await urlOf(client)).searchParams.get('tenant')).toBe('a')
  })

  it('is its parameters and nothing else, whatever a scope or a state holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (state, scope) => {
        const url = await urlOf(acme, { state, scopes: [scope] })
        expect(url.origin + url.pathname).toBe('https://acme.example/auth')
        expect([...url.searchParams.keys()].toSorted()).toEqual(
          [...['client_id', 'redirect_uri', 'response_type', 'scope', 'state']].toSorted(),
        )
      }),
    )
  })
})

describe('the exchange of a code', () => {
  it('sends the code and its verifier with the client’s proof, once, and reads what is granted', async () => {
    const room = setUp({
      ...{ ...tokens, id_token: await idToken(), expires_in: 3600, scope: 'openid read' },
    })
    expect(await room.server.exchangeCode(acme, exchange)).toEqual({
      ...{ accessToken: 'access-token-1', refreshToken: 'refresh-1', expiresInSeconds: 3600 },
      ...{ scopes: ['openid', 'read'], account: 'alice@example.com', subject: 'alice' },
    })
    expect(room.sent).toHaveLength(1)
    expect(Object.fromEntries(room.sent[0]?.body ?? [])).toMatchObject({
      ...{ grant_type: 'authorization_code', code: 'the-code', redirect_uri: redirectUri },
      code_verifier: exchange.verifier,
    })
    expect(room.sent[0]?.headers.get('authorization')).toMatch(/^Basic /)
  })

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another client', { aud: 'other' }],
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['an end that is over', { exp: nowMs / 1000 - 3600 }],
    ['no subject', { sub: undefined }],
  ])('refuses an id token of %s', async (_name, over) => {
    verifies('S-31')
    const { server } = setUp({ ...tokens, id_token: await idToken(over) })
    const problem = await problemOf(server.exchangeCode(acme, exchange))
    expect(['provider-refused', 'provider-unavailable']).toContain(problem.type)
  })

  it('demands an id token where the issuer is known and one was asked for', async () => {
    const { server } = setUp(tokens)
    const problem = await problemOf(server.exchangeCode(acme, exchange))
    expect(problem.type).toBe('provider-unavailable')
    const { nonce: _nonce, ...without } = exchange
    expect(await server.exchangeCode(acme, without)).not.toHaveProperty('subject')
  })

  it.each([
    ['of whatever issuer', { iss: `https://login.example/${randomUUID()}` }, true],
    ['of another client', { aud: 'other' }, false],
    ['for another client too', { aud: ['other', 'client'] }, true],
    ['of another nonce', { nonce: 'other' }, false],
    ['without a nonce', { nonce: undefined }, false],
    ['that is over', { exp: nowMs / 1000 - 3600 }, false],
    ['made for another party', { azp: 'other' }, false],
  ])('takes, where the issuer is not known, an id token %s: %j', async (_name, over, good) => {
    verifies('S-31')
    const { server } = setUp({ ...tokens, id_token: await idToken(over) })
    const exchanged = server.exchangeCode(unnamed, exchange)
    if (good) expect(await exchanged).toMatchObject({ subject: 'alice' })
    else expect((await problemOf(exchanged)).type).toBe('provider-refused')
  })

  it('takes none for one where it is not one, and no id token for no account', async () => {
    for (const id_token of ['garbage', 'a.b.c']) {
      const { server } = setUp({ ...tokens, id_token })
      expect((await problemOf(server.exchangeCode(unnamed, exchange))).type).toBe(
        'provider-refused',
      )
    }
    const { server } = setUp({ ...tokens, id_token: 7 })
    expect(await server.exchangeCode(unnamed, exchange)).not.toHaveProperty('subject')
  })

  it('shows of whom it is what can be shown', async () => {
    const names = [
      [{ email: undefined, preferred_username: 'ali' }, 'ali'],
      [{ email: undefined }, 'alice'],
      [{ email: '\u202e\u0000a@example.com\n' }, 'a@example.com'],
      [{ email: '\u0000', preferred_username: 7 }, 'alice'],
    ] as const
    for (const [over, account] of names) {
      const { server } = setUp({ ...tokens, id_token: await idToken(over) })
      expect(await server.exchangeCode(acme, exchange)).toMatchObject({ account })
    }
  })

  it('keeps of a subject that is none a name that can be kept, and no two of one', async () => {
    const subjects = ['a\u0000b', 'a\ud800b', 'é', 'x'.repeat(300), `${'x'.repeat(299)}y`]
    const kept = await Promise.all(
      subjects.map(async (sub) => {
        const { server } = setUp({ ...tokens, id_token: await idToken({ sub, email: undefined }) })
        return (await server.exchangeCode(acme, exchange)).subject ?? ''
      }),
    )
    expect(new Set(kept).size).toBe(subjects.length)
    for (const subject of kept) expect(subject).toMatch(/^sha256:[\w-]{43}$/)
  })

  it.each([
    [{ error: 'invalid_grant', error_description: 'the-code is no good' }, 400, 'provider-refused'],
    [{ error: 'invalid_client' }, 401, 'provider-refused'],
    [{ error: 'temporarily_unavailable' }, 400, 'provider-unavailable'],
    [{ error: 'invalid_grant' }, 200, 'provider-refused'],
    [{}, 200, 'provider-unavailable'],
    [{ ...tokens, token_type: 'mac' }, 200, 'provider-unavailable'],
    [503, 503, 'provider-unavailable'],
    [302, 302, 'provider-unavailable'],
  ])(
    'says of %j (%i) that it is %s, without the code or the secret',
    async (answer, status, type) => {
      verifies('S-38')
      const { server, sent } = setUp(answer, status)
      const problem = await problemOf(server.exchangeCode(acme, exchange))
      expect(problem.type).toBe(type)
      const text = `${problem.detail} ${problem.next} ${problem.stack} ${String(problem.cause)}`
      for (const secret of ['the-code', 'the-client-secret', exchange.verifier]) {
        expect(text).not.toContain(secret)
      }
      expect(sent).toHaveLength(1)
    },
  )

  it('asks no endpoint that the operator excludes', async () => {
    verifies('S-17')
    const { server, sent } = setUp(tokens)
    const client = { ...acme, tokenEndpoint: 'https://forbidden.example/token' }
    expect((await problemOf(server.exchangeCode(client, exchange))).type).toBe('origin-not-allowed')
    expect(sent).toEqual([])
  })
})

describe('a device code', () => {
  const good = {
    ...{ device_code: 'the-device-code', user_code: 'ABCD-EFGH', expires_in: 600, interval: 5 },
    verification_uri: 'https://acme.example/device',
    verification_uri_complete: 'https://acme.example/device?code=ABCD-EFGH',
  }

  it('is read as it is given, with five seconds where nothing is said', async () => {
    const { server, sent } = setUp({ ...good, interval: undefined })
    expect(await server.startDevice(acme, ['openid', 'read'])).toEqual({
      ...{ deviceCode: 'the-device-code', userCode: 'ABCD-EFGH', lifeSeconds: 600 },
      ...{ intervalSeconds: 5, verificationUri: good.verification_uri },
      verificationUriComplete: good.verification_uri_complete,
    })
    expect(sent[0]?.body.get('scope')).toBe('openid read')
  })

  it.each([
    ['a script for a page', { verification_uri: 'javascript:alert(1)' }],
    ['a file for a page', { verification_uri_complete: 'file:///etc/passwd' }],
    ['a page with a line in it', { verification_uri: 'https://a.example/\nx' }],
    ['a code that cannot be read', { user_code: '\u202eABCD' }],
    ['a code without end', { user_code: 'x'.repeat(100) }],
  ])('is refused with %s', async (_name, over) => {
    const { server } = setUp({ ...good, ...over })
    const problem = await problemOf(server.startDevice(acme, []))
    expect(problem.type).toBe('provider-unavailable')
  })

  it.each([
    [{ error: 'authorization_pending' }, 'pending'],
    [{ error: 'slow_down' }, 'slow-down'],
  ])('says %j', async (answer, turn) => {
    const { server } = setUp(answer, 400)
    expect(await server.askDevice(acme, 'the-device-code')).toBe(turn)
  })

  it.each([
    [{ error: 'access_denied' }, 'authorization-refused'],
    [{ error: 'expired_token' }, 'authorization-refused'],
    [{ error: 'invalid_grant' }, 'provider-refused'],
    [{ error: 'server_error' }, 'provider-unavailable'],
  ])('ends with %j as %s', async (answer, type) => {
    const { server } = setUp(answer, 400)
    expect((await problemOf(server.askDevice(acme, 'the-device-code'))).type).toBe(type)
  })

  it('brings the tokens, and whose they are', async () => {
    const { server } = setUp({ ...tokens, id_token: await idToken({ nonce: undefined }) })
    expect(await server.askDevice(acme, 'the-device-code')).toMatchObject({
      ...{ accessToken: 'access-token-1', subject: 'alice' },
    })
  })
})
