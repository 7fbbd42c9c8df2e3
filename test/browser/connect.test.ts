import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import { verifies } from '../verifies.ts'
import { visitProvider } from './at-provider.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, turnTo } from './open-page.ts'

// Accounts are connected at a real provider. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('connecting an account', () => {
  let scene: OAuthScene
  let browser: Browser
  /** Where the pages are, as the vault prints it: the provider sends browsers back there. */
  let url: string

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startOAuthScene(), startChromium()])
    const { redirectUri } = await scene.vault.owner.call('listOAuthApps', {})
    url = new URL(redirectUri).origin
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${url}${path}`, { signedIn: true, ...options })
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click()
  const heading = (page: Page, name: string) =>
    page.getByRole('heading', { level: 1, name, exact: true })
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) })

  /** As far as the provider's page. */
  async function begin(page: Page, label: string, scopes = 'openid\nemail\nread') {
    await page.getByLabel('Connect an account').check()
    await page.getByLabel('Addresses of the API').fill(scene.provider.apiOrigin)
    await page.getByLabel(/^Scopes/).fill(scopes)
    await page.getByLabel(/^Name/).fill(label)
    await press(page, 'Go on to Acme')
  }

  it('leads to the provider and back to the connection, with nothing of its answer in the address', async () => {
    verifies('S-31')
    const { page, context, said } = await open('/connections')
    await page.getByRole('link', { name: 'Add a connection' }).first().click()
    await page.getByRole('button', { name: /Any other API/ }).click()
    await begin(page, 'Work account')
    await visitProvider(page, url, { account: 'alice' })
    await heading(page, 'Work account').waitFor()
    expect(page.url()).toMatch(/\/connections\/con_\w+$/)
    const account = card(page, 'Account')
    await account.getByText('alice@example.com').waitFor()
    await account.getByText('Renewed by itself').waitFor()
    for (const words of ['see the account’s address', 'read']) {
      expect(await account.getByText(words, { exact: true }).count()).toBe(1)
    }
    expect(said).toEqual([])
    await page.goBack()
    expect(page.url()).not.toMatch(/code=|state=/)
    await context.close()
  })

  it('says where to begin, before anybody signs in for nothing, where the page is open at another address', async () => {
    const { page, context } = await openPage(
      browser,
      `${scene.vault.url}/connections?service=custom`,
      {
        signedIn: true,
      },
    )
    await begin(page, 'Elsewhere')
    await page.getByText(`The provider would send you back to ${url}`).waitFor()
    expect(page.url()).toContain(scene.vault.url)
    await context.close()
  })

  it('says so where the person says no, and lets them try again where they were', async () => {
    const { page, context, said } = await open('/connections?service=custom')
    await begin(page, 'Refused')
    await visitProvider(page, url, { account: 'alice', deny: true })
    await page.getByText('The provider did not give access.').waitFor()
    expect(page.url()).toBe(`${url}/connections/callback`)
    await press(page, 'Try again')
    await heading(page, 'Connect any other API').waitFor()
    await page.goto(`${url}/connections/callback`)
    await page.getByText('There is nothing to finish here.').waitFor()
    const { connections } = await scene.vault.owner.call('listConnections', {})
    expect(connections.filter(({ label }) => label === 'Refused')).toEqual([])
    expect(said).toEqual([])
    await context.close()
  })

  it('takes scopes as documentations write them, with spaces between or one a line', async () => {
    const { page, context } = await open('/connections?service=custom')
    await page.getByLabel('Connect an account').check()
    const scopes = page.getByLabel(/^Scopes/)
    await scopes.pressSequentially('openid  email\nread ')
    expect(await scopes.inputValue()).toBe('openid  email\nread ')
    await scopes.blur()
    expect(await scopes.inputValue()).toBe('openid\nemail\nread')
    await scopes.fill('openid caf\u00e9')
    await press(page, 'Go on to Acme')
    await page.getByText(/^Line 2: It must/).waitFor()
    await context.close()
  })

  it('is refused in another browser than the one that asked, though the same person is signed in there', async () => {
    verifies('S-31')
    const { page, context } = await open('/connections?service=custom')
    const landed = page.waitForRequest((request) => /connections\/callback\?/.test(request.url()))
    await page.route('**/api/v1/connections/callback?**', (route) => route.abort())
    await begin(page, 'Stolen')
    await visitProvider(page, url, { account: 'alice' }).catch(() => undefined)
    const stolen = (await landed).url()
    const thief = await open('/approvals')
    await thief.page.goto(stolen)
    await thief.page.getByText('This answer belongs to no attempt of yours.').waitFor()
    const { connections } = await scene.vault.owner.call('listConnections', {})
    expect(connections.filter(({ label }) => label === 'Stolen')).toEqual([])
    await thief.context.close()
    await context.close()
  })

  it('shows what was asked for and not given, and asks for more', async () => {
    const { page, context } = await open('/connections?service=custom')
    await begin(page, 'Half given', 'openid\nemail\nread\nwrite')
    await visitProvider(page, url, { account: 'alice', without: ['write'] })
    await page.getByText('Not everything that was asked for was given.').waitFor()
    await press(page, 'Ask for more access')
    await page.getByRole('dialog').getByLabel('Further scopes').fill('write')
    // The provider remembers a no as long as somebody is signed in there.
    await context.clearCookies({ domain: '127.0.0.1' })
    await press(page, 'Go on to the provider')
    await visitProvider(page, url, { account: 'alice' })
    await heading(page, 'Half given').waitFor()
    await card(page, 'Account').getByText('write', { exact: true }).waitFor()
    expect(await page.getByText('Not everything that was asked').count()).toBe(0)
    await context.close()
  })

  it('asks the account for what a capability request still lacks, and comes back to it', async () => {
    const connection = await scene.connect({ account: 'alice' }, { label: 'For wishes' })
    const wish = { actionTemplateId: 'gmail-read', reason: 'To read the mail.' }
    const { id } = await scene.agent.client.call('requestCapability', wish)
    const { page, context } = await open('/approvals')
    // Services with actions lead to their own vendors: the provider of this test stands in for Google.
    await page.route(`**/api/v1/capability-requests/${id}`, async (route) => {
      const response = await route.fetch()
      const json = (await response.json()) as { capabilityRequest: { connections: unknown } }
      const lacking = { missingScopes: ['write'], originsCovered: true }
      json.capabilityRequest.connections = [
        { id: connection.id, label: 'For wishes', status: 'healthy', ...lacking },
      ]
      await route.fulfill({ response, json })
    })
    let asked: unknown
    await page.route('**/reauth', async (route) => {
      const { actions, ...rest } = route.request().postDataJSON() as Record<string, unknown>
      asked = actions
      await route.continue({ postData: JSON.stringify({ ...rest, scopes: ['write'] }) })
    })
    await page.goto(`${url}/capability-requests/${id}`)
    await page.getByText('The account has not given all that this needs.').first().waitFor()
    await press(page, 'Reconnect with the missing scopes')
    await visitProvider(page, url, { account: 'alice' })
    await page.waitForURL(`${url}/capability-requests/${id}?connectionId=${connection.id}`)
    await page.getByRole('radio', { name: 'For wishes', checked: true }).waitFor()
    expect(asked).toEqual(['gmail-read'])
    expect((await scene.get(connection.id)).grantedScopes).toContain('write')
    await context.close()
  })

  it('connects again what has to be, and its policies stay', async () => {
    const connection = await scene.connectForAgent({ account: 'alice' })
    expect((await scene.call(connection.id)).status).toBe(200)
    scene.provider.revokeGrants({ account: 'alice' })
    expect((await scene.call(connection.id)).problem).toBeDefined()
    const { page, context } = await open('/connections')
    await page.getByText('Reconnect', { exact: true }).first().waitFor()
    // Every page says so: nobody has to come by here first.
    await page.getByRole('link', { name: /^Connections ?\d+ waiting$/ }).waitFor()
    await page.goto(`${url}/connections/${connection.id}`)
    await page.getByText('The account has to be connected again.').waitFor()
    await press(page, 'Reconnect')
    await visitProvider(page, url, { account: 'bob' })
    await page.getByText('That is another account.').waitFor()
    await press(page, 'Try again')
    // They sign out at the provider.
    await context.clearCookies({ domain: '127.0.0.1' })
    await press(page, 'Reconnect')
    await visitProvider(page, url, { account: 'alice' })
    await page.getByText('Healthy').first().waitFor()
    expect((await scene.call(connection.id)).status).toBe(200)
    await context.close()
  })

  it('goes on in the browser with what the command line began, and says so there', async () => {
    const { flow } = await scene.vault.owner.call('startConnection', {
      service: 'custom',
      label: 'From the shell',
      oauthAppId: scene.oauthAppId,
      origins: [scene.provider.apiOrigin],
      scopes: ['openid', 'email', 'read'],
    })
    const path = new URL(flow.continueUrl ?? '').pathname
    const { page, context, said } = await open(path)
    await page.getByText('Go on with what was begun with a token of yours').waitFor()
    await page.getByText('From the shell').waitFor()
    await press(page, 'Continue')
    await visitProvider(page, url, { account: 'bob' })
    await heading(page, 'From the shell').waitFor()
    await card(page, 'Account').getByText('bob@example.com').waitFor()
    await page.goto(`${url}${path}`)
    await page.getByText('The account is connected.').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('waits for a code that is confirmed on another device', async () => {
    const { page, context, said } = await open('/connections?service=custom')
    await page.getByLabel('Connect an account').check()
    await page.getByLabel('Addresses of the API').fill(scene.provider.apiOrigin)
    await page.getByLabel(/^Scopes/).fill('openid\nemail\nread')
    await page.getByLabel('On another device').check()
    await press(page, 'Get a code')
    await page.getByText('Sign in on another device').waitFor()
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    const { flow } = await scene.vault.owner.call('getConnectFlow', {
      flowId: page.url().split('/').at(-1) ?? '',
    })
    expect(await page.getByText(flow.userCode ?? 'none', { exact: true }).count()).toBe(1)
    await scene.provider.approveDevice(flow.verificationUriComplete ?? '')
    await page.getByText('The account is connected.').waitFor()
    await page.getByRole('link', { name: 'Open the connection' }).click()
    await card(page, 'Account').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('takes the key file of a service account apart in the browser, and sends no more than is needed', async () => {
    const robot = await scene.provider.serviceAccounts.create()
    const keyFile = JSON.stringify({ ...robot.keyFile, project_id: 'never-sent-project' })
    const { page, context } = await open('/connections?service=custom')
    const sent = page.waitForRequest(
      (request) => request.method() === 'POST' && /\/connections$/.test(request.url()),
    )
    await page.getByLabel('Service account').check()
    await page.getByLabel('Addresses of the API').fill(scene.provider.apiOrigin)
    await page.getByLabel('Name', { exact: true }).fill('Robot')
    await page.getByLabel('Key file (JSON)').fill('{"type": "authorized_user"}')
    await page.getByText('This is the key of a person').waitFor()
    await page.getByLabel('Key file (JSON)').fill(keyFile)
    await page.getByText(robot.email).waitFor()
    expect(await page.content()).not.toContain('BEGIN PRIVATE KEY')
    await page.getByLabel('Scopes', { exact: true }).fill('read')
    await press(page, 'Keep it')
    expect((await sent).postData()).not.toContain('never-sent-project')
    await page.getByText('The key is kept.').waitFor()
    await context.close()
  })

  it('keeps client credentials, AWS keys and a refresh token that another program got', async () => {
    const { page, context } = await open('/connections?service=custom')
    const fill = (label: string | RegExp, text: string) =>
      page.getByLabel(label, typeof label === 'string' ? { exact: true } : {}).fill(text)
    const start = async (way: RegExp, name: string) => {
      await page.goto(`${url}/connections?service=custom`)
      await page.getByLabel('Addresses of the API').waitFor()
      if (way.source.includes('refresh')) await press(page, 'Other ways…')
      await page.getByRole('radio', { name: way }).check()
      await fill('Addresses of the API', scene.provider.apiOrigin)
      await fill('Name', name)
    }
    const keep = async () => {
      await press(page, 'Keep it')
      await page.getByText('The key is kept.').waitFor()
    }
    await start(/^Client credentials/, 'Machine')
    await fill('Token endpoint', scene.provider.endpoints.token)
    await fill('Client id', scene.client.clientId)
    await fill('Client secret', 'not-the-right-secret')
    await press(page, 'Keep it')
    await page
      .getByText(/invalid_client|refused/)
      .first()
      .waitFor()
    await fill('Client secret', scene.client.clientSecret)
    await keep()
    await start(/^AWS access key/, 'Storage')
    await fill('Access key ID', 'AKIAIOSFODNN7EXAMPLE')
    await fill('Secret access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
    await fill(/^Region/, 'eu-central-1')
    await fill(/^Service .optional/, 's3')
    await keep()
    await start(/refresh token/, 'Taken over')
    await fill('Refresh token', 'a-token-that-nobody-issued')
    await press(page, 'Keep it')
    await page.getByRole('alert').waitFor()
    const { connections } = await scene.vault.owner.call('listConnections', {})
    const kinds = new Map(connections.map(({ label, credential }) => [label, credential?.kind]))
    expect(kinds.get('Machine')).toBe('oauth2-client-credentials')
    expect(kinds.get('Storage')).toBe('aws-sigv4')
    expect(kinds.has('Taken over')).toBe(false)
    await context.close()
  })

  it('is part of the welcome, which goes on with the agent', async () => {
    const { page, context } = await open('/welcome')
    await page.getByRole('button', { name: /Any other API/ }).click()
    await page.getByLabel('Connect an account').check()
    await page.getByLabel(/^Address(es)? of the API/).fill(scene.provider.apiOrigin)
    await page.getByLabel(/^Scopes/).fill('openid\nemail\nread')
    await press(page, 'Go on to Acme')
    await visitProvider(page, url, { account: 'bob' })
    await page.getByLabel('Name of the agent').waitFor()
    await page.getByText('bob@example.com').first().waitFor()
    await context.close()
  })

  it('ends at the provider too when the connection is revoked, and the page says so', async () => {
    const connection = await scene.connect({ account: 'bob' })
    const { page, context } = await open(`/connections/${connection.id}`)
    await card(page, 'Revoke').getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('The provider has taken the access back too.').waitFor()
    await context.close()
  })

  it(
    'can be read and used by everyone, in both themes, on a phone',
    async () => {
      const connection = await scene.connect({ account: 'alice' }, { label: 'z'.repeat(120) })
      const { flow } = await scene.vault.owner.call('startConnection', {
        label: 'y'.repeat(120),
        oauthAppId: scene.oauthAppId,
        origins: [scene.provider.apiOrigin],
        scopes: [`s${'x'.repeat(199)}`],
      })
      const device = await scene.vault.owner.call('startConnection', {
        oauthAppId: scene.oauthAppId,
        origins: [scene.provider.apiOrigin],
        method: 'device',
      })
      const places = [
        [`/connections/${connection.id}`, 'Ask for more access'],
        [`/connections/flows/${flow.id}`, 'Continue'],
        [`/connections/flows/${device.flow.id}`, 'Sign in on another device'],
        ['/connections/callback', 'There is nothing to finish here.'],
        ['/connections?service=google-gmail', 'Redirect URI'],
        ['/connections?add=any', 'Gmail'],
      ] as const
      const { page, context } = await open('/approvals', { audit: true })
      for (const [path, text] of places) {
        await turnTo(page, path)
        await page.getByText(text).first().waitFor()
        await loaded(page)
        expect([path, await faultsInEveryLook(page)]).toEqual([path, []])
      }
      await context.close()
    },
    looksMsMax,
  )
})
