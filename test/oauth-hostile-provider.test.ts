import type { JWTPayload } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alice } from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import type { Fault } from './fixtures/oauth-provider-faults.ts'
import { connectionOf, type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { verifies } from './verifies.ts'

// What a provider answers is upstream text like any other: odd where it is lawful, and sometimes not meant well.

type Answer = Readonly<Record<string, unknown>>

let scene: OAuthScene

beforeAll(async () => {
  scene = await startOAuthScene()
})
afterEach(() => {
  scene.provider.faults.clear()
  scene.provider.log.clear()
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

/** Of what others wrote, nothing that a screen or a terminal would obey. */
const obeyed = /[\p{Cc}\p{Bidi_Control}\u200b-\u200d\ufeff]/u
const textsMaxChars = 2_000
const nowS = () => Math.floor(Date.now() / 1000)

describe('an answer with a token', () => {
  const lawful: [string, (answer: Answer) => Answer][] = [
    ['names its type in small letters', (answer) => ({ ...answer, token_type: 'bearer' })],
    ['names its type in capitals', (answer) => ({ ...answer, token_type: 'BEARER' })],
    ['names no type', ({ token_type, ...answer }) => answer],
    ['says its life as text', (answer) => ({ ...answer, expires_in: '3600' })],
    ['says its life with a fraction', (answer) => ({ ...answer, expires_in: 3599.5 })],
    ['says a life of nothing', (answer) => ({ ...answer, expires_in: 0 })],
    ['says a life below nothing', (answer) => ({ ...answer, expires_in: -1 })],
    ['says a life beyond all dates', (answer) => ({ ...answer, expires_in: 1e300 })],
    ['says null for its life', (answer) => ({ ...answer, expires_in: null })],
    ['says null for its scope', (answer) => ({ ...answer, scope: null })],
    ['says no scope', (answer) => ({ ...answer, scope: '' })],
    ['says scopes with commas', (answer) => ({ ...answer, scope: 'read,write' })],
    ['says more than anybody asked', (answer) => ({ ...answer, team: { id: 1 }, __proto__x: 1 })],
  ]

  it.each(lawful)('that %s is taken', async (_name, rewrite) => {
    scene.provider.behaviour.rewriteTokenAnswer = rewrite
    const { id } = await scene.connectForAgent()
    expect(await scene.call(id)).toMatchObject({ status: 200, body: { account: 'alice' } })
    expect((await scene.get(id)).status).toBe('healthy')
  })

  const unusable: [string, unknown][] = [
    ['breaks the line', 'abcdefgh\r\nx-injected: 1'],
    ['has NUL', 'abcdefgh\0ijkl'],
    ['is not ASCII', 'abcdefghäöü'],
    ['is empty', ''],
    ['is a list', ['abcdefghijkl']],
    ['is an object', { token: 'abcdefghijkl' }],
    ['has 200 000 characters', 'x'.repeat(200_000)],
    ['begins with a space', ' abcdefghijkl'],
    ['is so short that it would be found by chance', 'ab'],
  ]

  it.each(unusable)('whose token %s connects nothing and is sent nowhere', async (_name, token) => {
    verifies('S-19')
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, access_token: token })
    const { authorizationUrl } = await scene.begin()
    const sentTo = await scene.provider.consent(authorizationUrl)
    const { status, body } = await scene.finish(sentTo)
    expect(status).toBeGreaterThanOrEqual(500)
    expect(String(body.type)).toMatch(/^provider-(unavailable|refused)$/)
    expect(scene.provider.log.apiRequests).toEqual([])
  })

  it.each(unusable)('whose token %s costs no account that is there', async (_name, token) => {
    verifies('S-32', 'S-19')
    scene.provider.behaviour.rotation = false
    scene.provider.behaviour.accessTokenSeconds = 9
    const { id } = await scene.connectForAgent()
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, access_token: token })
    expect((await scene.call(id)).status).toBe(200)
    expect((await scene.get(id)).status).toBe('healthy')
    expect(scene.provider.log.apiRequests.every((one) => one.account === 'alice')).toBe(true)
  })

  it('that names scopes without end keeps a bounded list of them', async () => {
    const scope = Array.from({ length: 20_000 }, (_, index) => `s${index}`).join(' ')
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, scope })
    const { authorizationUrl } = await scene.begin()
    const { status, body } = await scene.finish(await scene.provider.consent(authorizationUrl))
    if (status === 200)
      expect(connectionOf({ status, body }).grantedScopes.length).toBeLessThan(1_000)
    else expect(status).toBeGreaterThanOrEqual(500)
  })
})

describe('what a provider says went wrong', () => {
  const refusal = (description: string): Fault => ({
    kind: 'answer',
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'invalid_request', error_description: description }),
  })

  it('is shown in bounds, as plain text, and never with the secrets that it may repeat', async () => {
    verifies('S-38', 'S-28')
    scene.provider.behaviour.accessTokenSeconds = 9
    const { id } = await scene.connectForAgent()
    const { refresh_token } = scene.provider.log.tokenRequests.at(-1)?.answer ?? {}
    const secrets = [String(refresh_token), scene.client.clientSecret]
    scene.provider.faults.set(
      'token',
      refusal(`\u202egnp.exe\u0007 <script>${'x'.repeat(100_000)} ${secrets.join(' and ')}`),
    )
    scene.provider.api.refuseNext(1)
    const call = await scene.call(id)
    const { token } = await scene.get(id)
    const message = token?.lastFailure?.message ?? ''
    expect(message).not.toBe('')
    expect(message.length).toBeLessThan(textsMaxChars)
    expect(message).not.toMatch(obeyed)
    const seen = JSON.stringify([
      call,
      token,
      await scene.vault.owner.call('listAudit', { limit: 50 }),
      scene.vault.output(),
    ])
    for (const secret of secrets) expect(seen).not.toContain(secret)
  })

  it('short enough to be shown whole still shows no secret', async () => {
    verifies('S-38')
    scene.provider.behaviour.accessTokenSeconds = 9
    const { id } = await scene.connectForAgent()
    const { refresh_token } = scene.provider.log.tokenRequests.at(-1)?.answer ?? {}
    scene.provider.faults.set('token', refusal(`The token ${refresh_token} is odd.`))
    const seen = JSON.stringify([
      await scene.call(id),
      await scene.get(id),
      await scene.vault.owner.call('listAudit', { limit: 50 }),
      scene.vault.output(),
    ])
    expect(seen).not.toContain(String(refresh_token))
    expect((await scene.get(id)).token?.lastFailure).toBeDefined()
  })

  it('at the authorization is shown in bounds, as plain text', async () => {
    verifies('S-28')
    const { authorizationUrl } = await scene.begin()
    const sentTo = new URL(await scene.provider.consent(authorizationUrl, { deny: true }))
    sentTo.searchParams.set('error_description', `\u202e\u0000<b>${'y'.repeat(1_500)}`)
    const { status, body } = await scene.finish(sentTo.href)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(String(body.detail)).not.toMatch(obeyed)
    expect(String(body.detail).length).toBeLessThan(textsMaxChars)
  })
})

describe('an id token', () => {
  /** Connects Alice where the id token is made of what `change` makes of the right claims. */
  async function connectWith(change: (claims: JWTPayload) => JWTPayload) {
    const begun = await scene.begin()
    const asked = new URL(begun.authorizationUrl).searchParams
    const claims = {
      iss: scene.provider.issuer,
      aud: scene.client.clientId,
      nonce: asked.get('nonce'),
      sub: alice.sub,
      email: alice.email,
      email_verified: true,
      iat: nowS(),
      exp: nowS() + 300,
    }
    const idToken = await scene.provider.signIdToken(change(claims))
    scene.provider.behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, id_token: idToken })
    return scene.finish(await scene.provider.consent(begun.authorizationUrl))
  }

  it('that is as it should be names the account', async () => {
    expect(connectionOf(await connectWith((claims) => claims)).token?.account).toBe(alice.email)
  })

  it.each([
    ['of another attempt', (claims: JWTPayload) => ({ ...claims, nonce: 'another' })],
    ['for another client', (claims: JWTPayload) => ({ ...claims, aud: 'another' })],
    ['of another issuer', (claims: JWTPayload) => ({ ...claims, iss: 'https://evil.example' })],
    [
      'that has ended',
      (claims: JWTPayload) => ({ ...claims, exp: nowS() - 600, iat: nowS() - 900 }),
    ],
  ])('%s connects nothing', async (_name, change) => {
    verifies('S-31')
    const { status, body } = await connectWith(change)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body.connection).toBeUndefined()
  })

  it.each([
    ['is no text', [alice.email]],
    ['would be obeyed by a screen', `\u202ealice\u0007@example.com`],
    ['is endless', `${'a'.repeat(100_000)}@example.com`],
  ])('whose address %s names nobody by it', async (_name, address) => {
    verifies('S-28')
    const { status, body } = await connectWith((claims) => ({ ...claims, email: address }))
    if (status !== 200) return expect(status).toBeGreaterThanOrEqual(400)
    const { token, label } = connectionOf({ status, body })
    for (const text of [token?.account ?? '', label]) {
      expect(text).not.toMatch(obeyed)
      expect(text.length).toBeLessThan(textsMaxChars)
    }
  })
})

describe('a provider of device codes', () => {
  const start = () =>
    scene.person.send('POST', '/api/v1/connections/start', {
      body: {
        oauthAppId: scene.oauthAppId,
        origins: [scene.provider.apiOrigin],
        scopes: ['read'],
        method: 'device',
      },
    })
  const odd: [string, Answer][] = [
    ['a page that is a script', { verification_uri: 'javascript:alert(1)' }],
    ['a complete page that is a script', { verification_uri_complete: 'javascript:alert(1)' }],
    ['a page with a name in it', { verification_uri: 'https://user:pass@example.com/' }],
    ['a code that a screen would obey', { user_code: '\u202eABCD\u0007' }],
    ['an endless code', { user_code: 'A'.repeat(100_000) }],
    ['no code', { user_code: undefined }],
    ['no device code', { device_code: undefined }],
    ['a life of nothing', { expires_in: 0 }],
    ['a life without end', { expires_in: 1e300 }],
    ['a wait below nothing', { interval: -5 }],
    ['a wait without end', { interval: 1e300 }],
    ['a wait that is no number', { interval: 'soon' }],
  ]

  it.each(odd)('that answers %s is refused, or shown in bounds', async (_name, change) => {
    verifies('S-28')
    scene.provider.behaviour.rewriteDeviceAnswer = (answer) => ({ ...answer, ...change })
    const { status, body } = await start()
    if (status !== 201) return expect(String(body.type)).toMatch(/^provider-(refused|unavailable)$/)
    const flow = body.flow as Record<string, unknown>
    for (const name of ['userCode', 'verificationUri', 'verificationUriComplete']) {
      const text = String(flow[name] ?? '')
      expect(text).not.toMatch(obeyed)
      expect(text).not.toMatch(/^\s*javascript:/i)
      expect(text.length).toBeLessThan(textsMaxChars)
    }
    expect(Date.parse(String(flow.expiresAt))).toBeLessThan(Date.now() + 24 * 3_600_000)
  })
})
