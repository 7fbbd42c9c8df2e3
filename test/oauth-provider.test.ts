import { createHash, randomBytes } from 'node:crypto'
import {
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  importPKCS8,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, startChromium } from './browser/chromium.ts'
import {
  alice,
  bob,
  createOAuthProvider,
  type OAuthProvider,
  type ProviderClient,
} from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import {
  brokenJson,
  maintenancePage,
  tooMany,
  unavailable,
} from './fixtures/oauth-provider-faults.ts'
import type { Choices } from './fixtures/oauth-provider-walk.ts'

// The provider that the tests of connections trust, tried by itself: what it promises to refuse, it refuses.

const redirectUri = 'http://127.0.0.1:1/callback'
let provider: OAuthProvider
let client: ProviderClient

beforeAll(async () => {
  provider = await createOAuthProvider()
  client = await provider.clientFor({ redirectUris: [redirectUri] })
})
afterEach(() => {
  provider.faults.clear()
  provider.log.clear()
  Object.assign(provider.behaviour, defaultBehaviour())
})
afterAll(() => provider.close())

type Answer = Record<string, unknown>

async function post(
  url: string,
  params: Record<string, string>,
  basic: ProviderClient | null = client,
) {
  const authorization = Buffer.from(`${basic?.clientId}:${basic?.clientSecret}`).toString('base64')
  const response = await fetch(url, {
    method: 'POST',
    headers: basic === null ? {} : { authorization: `Basic ${authorization}` },
    body: new URLSearchParams(params),
  })
  const text = await response.text()
  let body: Answer = {}
  try {
    body = JSON.parse(text)
  } catch {
    body = { text }
  }
  return { status: response.status, headers: response.headers, body }
}

const token = (params: Record<string, string>) => post(provider.endpoints.token, params)
const refresh = (refreshToken: unknown) =>
  token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) })

/** Asks for consent and answers where the browser is sent. */
async function authorize(choices: Choices = {}, params: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL(provider.endpoints.authorization)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope: 'openid email groups read write',
    state: 'st',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...params,
  }).toString()
  return { verifier, sentTo: new URL(await provider.consent(url.href, choices)) }
}

async function connect(choices: Choices = {}, params: Record<string, string> = {}) {
  const { verifier, sentTo } = await authorize(choices, params)
  return token({
    grant_type: 'authorization_code',
    code: sentTo.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
}

const me = (accessToken: unknown) =>
  fetch(`${provider.apiOrigin}/api/me`, { headers: { authorization: `Bearer ${accessToken}` } })

async function idTokenOf(answer: Answer) {
  const keys = createRemoteJWKSet(new URL(provider.endpoints.jwks))
  const { payload } = await jwtVerify(String(answer.id_token), keys, {
    issuer: provider.issuer,
    audience: client.clientId,
  })
  return payload
}

describe('signing in', () => {
  it('sends the code, the state and its issuer back and grants what was asked', async () => {
    const { sentTo } = await authorize()
    expect(sentTo.origin + sentTo.pathname).toBe(redirectUri)
    expect(sentTo.searchParams.get('state')).toBe('st')
    expect(sentTo.searchParams.get('iss')).toBe(provider.issuer)
    const { status, body } = await connect({ account: bob.sub })
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'openid email groups read write' })
    expect(await idTokenOf(body)).toMatchObject({ email: bob.email, groups: bob.groups })
    expect(await (await me(body.access_token)).json()).toMatchObject({ account: 'bob' })
  })

  it('refuses a request without PKCE', async () => {
    const sentTo = new URL(
      await provider.consent(
        `${provider.endpoints.authorization}?response_type=code&client_id=${client.clientId}&redirect_uri=${redirectUri}&scope=openid`,
      ),
    )
    expect(sentTo.searchParams.get('error')).toBe('invalid_request')
  })

  it('grants fewer scopes than were asked where the user unticks some', async () => {
    const { body } = await connect({ scopes: ['read'] })
    expect(body.scope).toBe('openid read')
    const scoped = (scope: string) =>
      fetch(`${provider.apiOrigin}/api/scoped/${scope}`, {
        headers: { authorization: `Bearer ${body.access_token}` },
      })
    expect((await scoped('read')).status).toBe(200)
    expect((await scoped('write')).status).toBe(403)
  })

  it.each(['login', 'consent'] as const)(
    'says access_denied where the user denies at %s',
    async (deny) => {
      const { sentTo } = await authorize({ deny })
      expect(sentTo.searchParams.get('error')).toBe('access_denied')
      expect(sentTo.searchParams.get('iss')).toBe(provider.issuer)
    },
  )

  it('sends a wrong issuer, or none, where the test wants it', async () => {
    provider.behaviour.iss = 'https://evil.example'
    expect((await authorize()).sentTo.searchParams.get('iss')).toBe('https://evil.example')
    provider.behaviour.iss = 'none'
    expect((await authorize()).sentTo.searchParams.has('iss')).toBe(false)
  })

  it('keeps people signed in within a browser until max_age or prompt=login asks again', async () => {
    const browser = new Map()
    const longAgo = Math.floor(Date.now() / 1000) - 7200
    await connect({ browser, account: alice.sub, authTime: longAgo })
    const kept = await connect({ browser, deny: 'login' }, { max_age: '9000' })
    expect(await idTokenOf(kept.body)).toMatchObject({ sub: alice.sub, auth_time: longAgo })
    const asked = await authorize({ browser, deny: 'login' }, { max_age: '60' })
    expect(asked.sentTo.searchParams.get('error')).toBe('access_denied')
    const prompted = await authorize({ browser, deny: 'login' }, { prompt: 'login' })
    expect(prompted.sentTo.searchParams.get('error')).toBe('access_denied')
  })
})

describe('refresh tokens', () => {
  it('rotate; using one twice revokes the grant, and both are counted', async () => {
    const first = (await connect()).body
    const second = (await refresh(first.refresh_token)).body
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await me(second.access_token)).status).toBe(200)
    expect((await refresh(first.refresh_token)).body).toMatchObject({ error: 'invalid_grant' })
    expect((await refresh(second.refresh_token)).body).toMatchObject({ error: 'invalid_grant' })
    expect((await me(second.access_token)).status).toBe(401)
    expect(provider.log.reused()).toEqual([first.refresh_token])
    expect(provider.log.countTokens({ grantType: 'refresh_token', status: 200 })).toBe(1)
  })

  it('stay where rotation is off, and are forgiven within the grace', async () => {
    const first = (await connect()).body
    provider.behaviour.rotation = false
    expect((await refresh(first.refresh_token)).body.refresh_token).toBe(first.refresh_token)
    provider.behaviour.rotation = true
    provider.behaviour.reuseGraceSeconds = 60
    expect((await refresh(first.refresh_token)).status).toBe(200)
    expect((await refresh(first.refresh_token)).status).toBe(200)
    provider.behaviour.reuseGraceSeconds = 0
    expect((await refresh(first.refresh_token)).status).toBe(400)
  })

  it('end with their grant, with all its access tokens', async () => {
    const { body } = await connect({ account: alice.sub })
    const other = (await connect({ account: bob.sub })).body
    expect(
      provider.revokeGrants({ account: alice.sub, clientId: client.clientId }),
    ).toBeGreaterThan(0)
    expect((await me(body.access_token)).status).toBe(401)
    expect((await refresh(body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' })
    expect((await refresh(other.refresh_token)).status).toBe(200)
  })

  it('are not given to a client that may not have any', async () => {
    provider.behaviour.issueRefreshTokens = 'never'
    expect((await connect()).body.refresh_token).toBeUndefined()
  })

  it('are revoked over the wire (RFC 7009)', async () => {
    const { body } = await connect()
    const answer = await post(provider.endpoints.revocation, { token: String(body.refresh_token) })
    expect(answer.status).toBe(200)
    expect(provider.log.revocations).toMatchObject([
      { params: { token: body.refresh_token }, status: 200 },
    ])
    expect((await me(body.access_token)).status).toBe(401)
  })
})

describe('access tokens', () => {
  it('die when their seconds are over', async () => {
    provider.behaviour.accessTokenSeconds = 2
    const { body } = await connect()
    expect(body.expires_in).toBe(2)
    expect((await me(body.access_token)).status).toBe(200)
    await expect
      .poll(async () => (await me(body.access_token)).status, { timeout: 10_000 })
      .toBe(401)
  })

  it('are refused by the resource server once, by name or always', async () => {
    const { body } = await connect()
    provider.api.refuseNext(1)
    const refused = await me(body.access_token)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect((await me(body.access_token)).status).toBe(200)
    provider.api.refuseAll(true)
    expect((await me(body.access_token)).status).toBe(401)
    provider.api.refuseAll(false)
    provider.api.refuseToken(String(body.access_token))
    expect((await me(body.access_token)).status).toBe(401)
    expect(provider.log.apiRequests.map(({ status }) => status)).toEqual([401, 200, 401, 401])
  })
})

describe('faults', () => {
  it.each([
    ['503', unavailable, { status: 503 }],
    ['429', tooMany('7'), { status: 429, body: { error: 'rate_limited' } }],
    ['HTML', maintenancePage, { status: 200 }],
    ['broken JSON', brokenJson, { status: 200 }],
  ] as const)(
    'answer %s without any work, as often as they are set for',
    async (_name, fault, expected) => {
      const { body } = await connect()
      provider.faults.set('token', fault, 1)
      expect(await refresh(body.refresh_token)).toMatchObject(expected)
      expect((await refresh(body.refresh_token)).status).toBe(200)
      expect(provider.log.reused()).toEqual([])
    },
  )

  it('reset the connection before the work, or after it', async () => {
    const { body } = await connect()
    provider.faults.set('token', { kind: 'reset' }, 1)
    await expect(refresh(body.refresh_token)).rejects.toThrow()
    expect(provider.log.tokenRequests.at(-1)).toMatchObject({ processed: false })
    provider.faults.set('token', { kind: 'reset', afterWork: true }, 1)
    await expect(refresh(body.refresh_token)).rejects.toThrow()
    expect(provider.log.tokenRequests.at(-1)).toMatchObject({ processed: true, status: 200 })
    expect((await refresh(body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' })
  })

  it('hold an answer until the test lets it go', async () => {
    const { body } = await connect()
    provider.faults.set('token', { kind: 'hold', afterWork: true })
    const waiting = refresh(body.refresh_token)
    await provider.faults.whenHeld('token', 1)
    expect(provider.log.tokenRequests.at(-1)).toMatchObject({ processed: true })
    provider.faults.clear('token')
    expect((await waiting).status).toBe(200)
  })

  it('change what is answered without changing what was granted', async () => {
    provider.behaviour.rewriteTokenAnswer = ({ scope, expires_in, ...rest }) => rest
    const { body } = await connect()
    expect(Object.keys(body)).not.toContain('scope')
    expect((await me(body.access_token)).status).toBe(200)
  })
})

describe('other grants', () => {
  it('connect a device after its user confirmed the code', async () => {
    const device = await post(provider.endpoints.device, { scope: 'openid read' })
    expect(device.body).toMatchObject({ interval: 1 })
    const ask = () =>
      token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: String(device.body.device_code),
      })
    expect((await ask()).body).toMatchObject({ error: 'authorization_pending' })
    await provider.approveDevice(String(device.body.verification_uri_complete), { account: 'bob' })
    const { body } = await ask()
    expect(body).toMatchObject({ scope: 'openid read' })
    expect(await (await me(body.access_token)).json()).toMatchObject({ account: 'bob' })
  })

  it('tell a device that its user said no', async () => {
    const device = await post(provider.endpoints.device, { scope: 'openid read' })
    const denied = provider.approveDevice(String(device.body.verification_uri_complete), {
      deny: true,
    })
    await denied.catch(() => undefined)
    const answer = await token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(device.body.device_code),
    })
    expect(answer.body).toMatchObject({ error: 'access_denied' })
  })

  it('give a client a token of its own, by secret and by key', async () => {
    const own = await token({ grant_type: 'client_credentials', scope: 'read' })
    expect(await (await me(own.body.access_token)).json()).toMatchObject({
      account: client.clientId,
      scopes: ['read'],
    })
    const pair = await generateKeyPair('ES256', { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'a' }] }
    const keyed = await provider.clientFor({ authMethod: 'private_key_jwt', jwks })
    const assertion = await new SignJWT({ sub: keyed.clientId, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setIssuer(keyed.clientId)
      .setAudience(provider.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(pair.privateKey)
    const params = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }
    expect(await post(provider.endpoints.token, params, null)).toMatchObject({ status: 200 })
    expect(provider.log.tokenRequests.at(-1)).toMatchObject({
      clientId: keyed.clientId,
      authMethod: 'private_key_jwt',
    })
  })

  it('exchange the assertion of a service account, and not that of another key', async () => {
    const account = await provider.serviceAccounts.create({ mayActFor: ['alice@example.com'] })
    const { privateKey } = await generateKeyPair('RS256')
    const own = await importPKCS8(account.privateKeyPem, 'RS256')
    const exchange = async (key: CryptoKey, claims: Record<string, string> = {}) => {
      const assertion = await new SignJWT({ scope: 'read', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: account.privateKeyId })
        .setIssuer(account.email)
        .setAudience(provider.endpoints.token)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(key)
      const params = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      return post(provider.endpoints.token, params, null)
    }
    expect((await exchange(privateKey)).body).toMatchObject({ error: 'invalid_grant' })
    const { body } = await exchange(own, { sub: 'alice@example.com' })
    expect(await (await me(body.access_token)).json()).toMatchObject({ account: alice.email })
    expect((await exchange(own, { sub: 'bob@example.com' })).status).toBe(400)
  })
})

describe.runIf(hasChromium)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser?.close())

  it('has pages to sign in, to choose and to confirm a device on', async () => {
    const device = await post(provider.endpoints.device, { scope: 'openid read write' })
    const page = await browser.newPage()
    await page.goto(String(device.body.verification_uri_complete))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Account').selectOption({ label: bob.email })
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('write').uncheck()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'The device is connected' }).waitFor()
    const { body } = await token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(device.body.device_code),
    })
    expect(body.scope).toBe('openid read')
    expect(await (await me(body.access_token)).json()).toMatchObject({ account: 'bob' })
  })
})
