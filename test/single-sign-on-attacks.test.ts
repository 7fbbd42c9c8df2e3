import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLeak } from './fixtures/find-leak.ts'
import type { Account } from './fixtures/oauth-provider.ts'
import { defaultBehaviour } from './fixtures/oauth-provider-behaviour.ts'
import { type SingleSignOnScene, startSingleSignOnScene } from './fixtures/single-sign-on-scene.ts'
import { verifies } from './verifies.ts'

// Attacks on signing in at the provider: by pages of other origins, by what browsers bring, by who answers twice.

const accounts: Account[] = [
  { sub: 'ann', email: 'ann@example.com' },
  { sub: 'ben', email: 'ben@example.com' },
]
const start = '/api/v1/session/oidc'
const callback = '/api/v1/session/oidc/callback'
let scene: SingleSignOnScene

beforeAll(async () => {
  scene = await startSingleSignOnScene(accounts)
})
beforeEach(async () => {
  expect((await scene.configure()).status).toBe(200)
})
afterEach(() => {
  Object.assign(scene.provider.behaviour, defaultBehaviour())
})
afterAll(() => scene?.stop())

const refused = (type: string, status = 403) => ({
  status,
  body: { type: expect.stringContaining(type) },
})
async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${scene.vault.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, body: answer, cookies: response.headers.getSetCookie() }
}
const cookiesOf = ({ cookies }: { cookies: ReadonlyMap<string, string> }) =>
  [...cookies].map(([name, value]) => `${name}=${value}`)
const answerOf = (sentTo: string) => Object.fromEntries(new URL(sentTo).searchParams)

describe('a page of another origin', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('begins no sign-in, and finishes none that its browser began: %j', async (headers) => {
    verifies('S-42')
    const begun = await post(start, {}, headers)
    expect(begun).toMatchObject({ ...refused('cross-origin-refused'), cookies: [] })
    const browser = scene.browser()
    const sentTo = await scene.begin(browser, { account: 'ann' })
    const cookie = cookiesOf(browser).join('; ')
    const forged = await post(callback, answerOf(sentTo), { ...headers, cookie })
    expect(forged).toMatchObject({ ...refused('cross-origin-refused'), cookies: [] })
    expect((await scene.finish(browser, sentTo)).status).toBe(200)
  })

  it('at another port of this machine puts nobody into its sign-in by a second cookie', async () => {
    verifies('S-42')
    const [attacker, victim] = [scene.browser(), scene.browser()]
    const attackers = await scene.begin(attacker, { account: 'ben' })
    await scene.begin(victim, { account: 'ann' })
    for (const both of [
      [...cookiesOf(attacker), ...cookiesOf(victim)],
      [...cookiesOf(victim), ...cookiesOf(attacker)],
    ]) {
      const origin = scene.vault.url
      const tossed = await post(callback, answerOf(attackers), { origin, cookie: both.join('; ') })
      expect(tossed).toMatchObject({ ...refused('connect-flow-refused'), cookies: [] })
    }
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil', '', 'x'])(
    'is not where a sign-in ends: %j',
    async (returnTo) => {
      expect(await post(start, { returnTo })).toMatchObject(refused('invalid-input', 400))
    },
  )
})

describe('an answer', () => {
  it('that comes many times at once begins one session', async () => {
    verifies('S-42')
    const browser = scene.browser()
    const sentTo = await scene.begin(browser, { account: 'ann' })
    const headers = { origin: scene.vault.url, cookie: cookiesOf(browser).join('; ') }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(callback, answerOf(sentTo), headers)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(7)
  })

  it('leaves nothing of the session that the browser had before: its value is new, the old one ends', async () => {
    verifies('S-42')
    const browser = scene.browser()
    await scene.signIn({ account: 'ann' }, browser)
    const before = cookiesOf(browser).join('; ')
    await scene.signIn({ account: 'ben' }, browser)
    expect(cookiesOf(browser).join('; ')).not.toBe(before)
    const old = await fetch(`${scene.vault.url}/api/v1/session`, { headers: { cookie: before } })
    expect(old.status).toBe(401)
  })

  it('is refused in the same words whatever is wrong with it', async () => {
    verifies('S-06', 'S-09')
    const browser = scene.browser()
    const sentTo = await scene.begin(browser, { account: 'ann' })
    const open = answerOf(sentTo)
    const cookie = cookiesOf(browser).join('; ')
    const state = 'A'.repeat(43)
    const other = scene.browser()
    await scene.begin(other, { account: 'ben' })
    const answers = [
      await post(callback, open),
      await post(callback, { ...open, state }, { cookie }),
      await post(callback, { ...open, state: 'x' }, { cookie }),
      await post(callback, open, { cookie: cookiesOf(other).join('; ') }),
      await post(callback, { state, error: 'access_denied' }, { cookie }),
      await post(callback, { ...open, iss: 'https://evil.example' }, { cookie }),
      await post(callback, open, { cookie }),
    ]
    const [first] = answers.map(({ body: { requestId, instance, ...body } }) => body)
    for (const { status, body } of answers) {
      const { requestId, instance, ...rest } = body
      expect([status, rest]).toEqual([403, first])
    }
  })

  it.each([
    { state: '\0' },
    { state: '\ud800', code: '\ud800' },
    { state: 'A'.repeat(43), code: '\0', iss: '\0' },
    { state: 'A'.repeat(43), error: '\0', error_description: '\0' },
    { state: ['x'] },
    { state: { $ne: '' } },
    { state: "' OR 1=1 --" },
    {},
  ])('that nobody would send is no fault of the vault: %j', async (answer) => {
    const browser = scene.browser()
    const sentTo = answerOf(await scene.begin(browser, { account: 'ann' }))
    const cookie = cookiesOf(browser).join('; ')
    expect([400, 403]).toContain((await post(callback, answer, { cookie })).status)
    // With the right state, in the right browser: what is with it is a stranger's all the same.
    const whole = { ...sentTo, ...answer, state: sentTo.state }
    expect((await post(callback, whole, { cookie })).status).toBeLessThan(500)
  })
})

describe('an ID token', () => {
  it('signed with the client secret is none, whatever the metadata allow', async () => {
    verifies('S-42')
    const client = await scene.provider.clientFor({ redirectUris: [scene.redirectUri] })
    const { behaviour, issuer } = scene.provider
    const algorithms = ['RS256', 'HS256', 'none']
    behaviour.rewriteDiscovery = (metadata) => ({
      ...metadata,
      id_token_signing_alg_values_supported: algorithms,
    })
    expect((await scene.configure(client)).status).toBe(200)
    const browser = scene.browser()
    const begun = await browser.ask('POST', start, {})
    const asked = new URL(String(begun.body.authorizationUrl)).searchParams
    const nonce = asked.get('nonce')
    const token = await new SignJWT({ nonce, email: 'ann@example.com', email_verified: true })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer)
      .setAudience(client.clientId)
      .setSubject('ann')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(client.clientSecret))
    behaviour.rewriteTokenAnswer = (answer) => ({ ...answer, id_token: token })
    const sentTo = await scene.provider.consent(String(begun.body.authorizationUrl), {
      account: 'ann',
    })
    expect((await scene.finish(browser, sentTo)).status).toBeGreaterThanOrEqual(400)
    expect((await browser.ask('GET', '/api/v1/session')).status).toBe(401)
  })
})

describe('what is secret in a sign-in', () => {
  it('is in no log and in no file of the database', async () => {
    verifies('S-38')
    const client = await scene.provider.clientFor({ redirectUris: [scene.redirectUri] })
    await scene.configure(client)
    const [open, done] = [scene.browser(), scene.browser()]
    const [waiting, finished] = [
      await scene.begin(open, { account: 'ben' }),
      await scene.begin(done, { account: 'ann' }),
    ]
    const flows = [open, done].flatMap(({ cookies }) => [...cookies.values()])
    expect((await scene.finish(done, finished)).status).toBe(200)
    const answers = [waiting, finished].map(answerOf)
    const secrets = [
      ...flows,
      ...done.cookies.values(),
      ...answers.flatMap(({ state = '', code = '' }) => [state, code]),
      client.clientSecret ?? '',
    ]
    const output = Buffer.from(scene.vault.output())
    const { dataDir } = scene.vault
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    // The addresses of who came stand there in clear: what is looked for would be found.
    expect(files.some((bytes) => bytes.includes('ann@example.com'))).toBe(true)
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8)
      expect(findLeak(output, secret)).toBeUndefined()
      expect(files.some((bytes) => bytes.includes(secret))).toBe(false)
    }
  })
})
