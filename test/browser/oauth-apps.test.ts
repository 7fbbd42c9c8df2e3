import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOAuthProvider, type OAuthProvider } from '../fixtures/oauth-provider.ts'
import { addPerson } from '../fixtures/people.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { visitProvider } from './at-provider.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, turnTo } from './open-page.ts'

// The workspace's own OAuth apps. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the workspace’s OAuth apps', () => {
  let vault: TestVault
  let provider: OAuthProvider
  let browser: Browser
  let redirectUri: string
  let url: string

  beforeAll(async () => {
    ;[vault, provider, browser] = await Promise.all([
      startVault(),
      createOAuthProvider(),
      startChromium(),
    ])
    redirectUri = (await vault.owner.call('listOAuthApps', {})).redirectUri
    url = new URL(redirectUri).origin
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await provider?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${url}${path}`, { signedIn: true, ...options })
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click()

  it('are added on the way to an account of a provider that nobody knows, which is then connected', async () => {
    const client = await provider.clientFor({ redirectUris: [redirectUri] })
    const { page, context, said } = await open('/connections?service=custom')
    await page.getByLabel('Connect an account').check()
    await page.getByText(redirectUri).waitFor()
    await page.getByLabel('A short name for the provider').fill('Acme ID')
    await page.getByLabel('Issuer').fill(provider.issuer)
    await page.getByLabel('Client id', { exact: true }).fill(client.clientId)
    await page.getByLabel('Client secret', { exact: true }).fill(client.clientSecret)
    await press(page, 'Keep the app')
    await page.getByText('It must be lower-case letters and digits').waitFor()
    await page.getByLabel('A short name for the provider').fill('acme-id')
    await press(page, 'Keep the app')
    await page.getByLabel('Addresses of the API').fill(provider.apiOrigin)
    expect(await page.content()).not.toContain(client.clientSecret)
    await page.getByLabel(/^Scopes/).fill('openid\nemail\nread')
    await page.getByRole('button', { name: /^Go on to/ }).click()
    await visitProvider(page, url, { account: 'alice' })
    await page.getByText('alice@example.com').first().waitFor()
    await page.goto(`${url}/settings/oauth-apps`)
    await page.getByRole('link', { name: 'acme-id' }).click()
    await page.getByText('Connections that use it').waitFor()
    await page.getByRole('link', { name: /alice/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true)
    expect(said).toEqual([])
    await context.close()
  })

  it('are added for a provider of the catalog, exactly what to register beside it, then changed and deleted', async () => {
    verifies('S-38')
    const { page, context } = await open('/settings/oauth-apps')
    await page.getByRole('link', { name: 'Add an app' }).click()
    await page.getByLabel('Provider').selectOption('zendesk')
    await page.getByText(redirectUri).waitFor()
    await page.getByLabel('Client id', { exact: true }).fill('client-of-zendesk')
    await page.getByLabel('Client secret', { exact: true }).fill('first-secret-0123456789')
    await page.getByLabel('Subdomain at zendesk.com').fill('Acme/../')
    await press(page, 'Keep the app')
    await page.getByText('It must be letters, digits').waitFor()
    await page.getByLabel('Subdomain at zendesk.com').fill('acme')
    await press(page, 'Keep the app')
    await page.getByText('••••6789').waitFor()
    await press(page, 'Change the secret')
    const dialog = page.getByRole('dialog', { name: 'Change the secret' })
    await dialog.getByLabel('Client secret', { exact: true }).fill('second-secret-9876543210')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('••••3210').waitFor()
    await press(page, 'Edit')
    await page.getByRole('dialog').getByLabel('Name').fill('Support desk')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Support desk' }).waitFor()
    expect(await page.content()).not.toMatch(/(first|second)-secret/)
    // With the app there, the form begins with the host that the app belongs to.
    await page.goto(`${url}/connections?service=zendesk`)
    const address = page.getByLabel('Your address at Zendesk')
    await address.waitFor()
    expect(await address.inputValue()).toBe('https://acme.zendesk.com')
    await page.goBack()
    // What comes later moves what is pressed.
    await page.getByRole('button', { name: 'Delete', exact: true }).waitFor()
    await loaded(page)
    await press(page, 'Delete')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('link', { name: 'Add an app' }).waitFor()
    expect(await page.getByText('Support desk').count()).toBe(0)
    await context.close()
  })

  it('can be looked at, and not changed, by who may only look', async () => {
    const { oauthApp } = await vault.owner.call('createOAuthApp', {
      provider: 'github',
      clientId: 'seen',
      clientSecret: 'secret-of-github-0123',
    })
    const { email, password } = await addPerson(vault, 'auditor')
    const { page, context } = await open(`/settings/oauth-apps/${oauthApp.id}`, {
      signedIn: { email, password },
    })
    await page.getByText('What is to be registered').waitFor()
    for (const name of ['Edit', 'Change the secret', 'Delete']) {
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    }
    await page.goto(`${url}/settings/oauth-apps?add=any`)
    await page.getByText('not add them').waitFor()
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone',
    async () => {
      const { oauthApp } = await vault.owner.call('createOAuthApp', {
        provider: 'own-long',
        name: 'n'.repeat(120),
        clientId: 'c'.repeat(500),
        clientSecret: 'secret-of-own-0123456',
        authorizationEndpoint: `https://login.example.com/${'a'.repeat(900)}`,
        tokenEndpoint: 'https://login.example.com/token',
      })
      const { page, context } = await open('/approvals', { audit: true })
      for (const [path, text] of [
        ['/settings/oauth-apps', 'n'.repeat(120)],
        ['/settings/oauth-apps?add=google', 'Redirect URI'],
        [`/settings/oauth-apps/${oauthApp.id}`, 'What is to be registered'],
      ] as const) {
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
