import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../fixtures/oauth-provider.ts'
import { type SingleSignOnScene, startSingleSignOnScene } from '../fixtures/single-sign-on-scene.ts'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage } from './open-page.ts'

const accounts: Account[] = [
  { sub: 'ann', email: 'ann@example.com', groups: ['staff'] },
  { sub: 'ben', email: 'ben@elsewhere.example', groups: [] },
  { sub: 'owner', email: ownerEmail, groups: [] },
]

// People sign in at the organisation's provider. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('signing in at the organisation’s provider', () => {
  let scene: SingleSignOnScene
  let browser: Browser
  /** Where the pages are, as the vault prints it: providers send browsers back there. */
  let url: string

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startSingleSignOnScene(accounts), startChromium()])
    url = new URL(scene.redirectUri).origin
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${url}${path}`, options)
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click()
  /** At the provider's own pages. */
  async function signInThere(page: Page, sub: string, choice = 'Continue') {
    await page.getByLabel('Account').selectOption(sub)
    await press(page, choice)
    if (choice !== 'Continue') return
    const consent = page.getByRole('heading', { name: 'Allow access' })
    await Promise.race([consent.waitFor(), page.waitForURL(`${url}/**`)])
    if (await consent.isVisible()) await press(page, 'Continue')
  }
  const whoIs = async (context: BrowserContext) => {
    const answer = await context.request.get(`${url}/api/v1/session`)
    return ((await answer.json()) as { owner?: { email: string } }).owner?.email
  }

  it('is set up on a page that says what to register, and can be changed without the secret', async () => {
    const client = await scene.provider.clientFor({ redirectUris: [scene.redirectUri] })
    const { page, context, said } = await open('/settings/single-sign-on', { signedIn: true })
    await page.getByText('An owner with a password always gets in.').waitFor()
    await page.getByText(scene.redirectUri).waitFor()
    await page.getByLabel('Name of the provider').fill('Acme')
    await page.getByLabel('Issuer').fill(scene.provider.issuer)
    await page.getByLabel('Client id').fill(client.clientId)
    await page.getByLabel('Client secret', { exact: true }).fill(client.clientSecret)
    await page.getByLabel('Domains that may sign in').fill('example.com')
    await press(page, 'Add a group')
    await page.getByLabel('Group', { exact: true }).fill('staff')
    await page.getByLabel('Role', { exact: true }).selectOption('admin')
    await page.getByText('Advanced: the claim').click()
    await page.getByLabel('Further scopes').fill('groups')
    await press(page, 'Set it up')
    await page.getByText('On', { exact: true }).waitFor()
    expect(await page.content()).not.toContain(client.clientSecret)
    await page.getByLabel('Name of the provider').fill('Acme ID')
    await press(page, 'Save')
    // The sentence of the first time may still stand: what is stored says when the second one is through.
    const stored = async () => (await scene.vault.owner.call('getSingleSignOn', {})).singleSignOn
    await expect.poll(async () => (await stored())?.label, { timeout: 15_000 }).toBe('Acme ID')
    expect(await stored()).toMatchObject({
      allowedDomains: ['example.com'],
      roleMapping: [{ group: 'staff', role: 'admin' }],
      defaultRole: null,
      required: false,
    })
    expect(said).toEqual([])
    await context.close()
  })

  it('leads to the provider and back to where somebody wanted to go, leaving nothing of its answer', async () => {
    verifies('S-42')
    await scene.configure({ label: 'Acme', roleMapping: [{ group: 'staff', role: 'admin' }] })
    const { page, context, said } = await open('/policies')
    await page.getByRole('button', { name: 'Sign in with Acme' }).waitFor()
    expect(await page.getByLabel('Password', { exact: true }).isVisible()).toBe(true)
    await press(page, 'Sign in with Acme')
    await signInThere(page, 'ann')
    await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor()
    expect(await whoIs(context)).toBe('ann@example.com')
    expect(page.url()).toBe(`${url}/policies`)
    expect(said).toEqual([])
    await page.goBack()
    expect(page.url()).not.toContain('code=')
    await context.close()
  })

  it('says in plain words why somebody is not let in', async () => {
    await scene.configure({ label: 'Acme', allowedDomains: ['example.com'] })
    const { page, context } = await open('/sign-in')
    await press(page, 'Sign in with Acme')
    await signInThere(page, 'ben')
    await page.getByText('This account may not sign in here.').waitFor()
    expect(page.url()).toBe(`${url}/sign-in/callback`)
    expect(await whoIs(context)).toBeUndefined()
    await page.reload()
    await page.getByText('There is nothing to finish here.').waitFor()
    await page.getByRole('link', { name: 'Back to sign-in' }).click()
    await press(page, 'Sign in with Acme')
    await context.close()
  })

  it('says so where the person said no at the provider', async () => {
    const { page, context } = await open('/sign-in')
    await press(page, 'Sign in with Acme')
    await signInThere(page, 'ann', 'Deny')
    await page.getByText('The provider did not sign you in.').waitFor()
    await context.close()
  })

  it('is of no use in another browser than the one that began', async () => {
    verifies('S-42')
    const { page, context } = await open('/sign-in')
    const landed = page.waitForRequest((request) => request.url().includes('/oidc/callback?'))
    await page.route('**/sign-in/callback**', (route) => route.abort())
    await press(page, 'Sign in with Acme')
    await signInThere(page, 'ann').catch(() => undefined)
    const stolen = (await landed).url()
    const thief = await open('/sign-in')
    await thief.page.goto(stolen)
    await thief.page.getByText('This answer belongs to no attempt of this browser.').waitFor()
    expect(await whoIs(thief.context)).toBeUndefined()
    await thief.context.close()
    await context.close()
  })

  it('folds the password away where it is required, and an owner still gets in with it', async () => {
    await scene.configure({ label: 'Acme', required: true })
    const { page, context } = await open('/sign-in')
    await page.getByRole('button', { name: 'Sign in with Acme' }).waitFor()
    const password = page.getByLabel('Password', { exact: true })
    expect(await password.isVisible()).toBe(false)
    await page.getByText('Owners can sign in with a password').click()
    await page.getByLabel('E-mail address').fill(ownerEmail)
    await password.fill(ownerPassword)
    await press(page, 'Sign in')
    await page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor()
    await context.close()
    await scene.configure({ label: 'Acme' })
  })

  it('proves in a tab of its own who somebody is, and what was begun goes on', async () => {
    await scene.configure({ label: 'Acme', roleMapping: [{ group: 'staff', role: 'owner' }] })
    const { page, context } = await open('/sign-in')
    await press(page, 'Sign in with Acme')
    await signInThere(page, 'ann')
    await page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor()
    await page.goto(`${url}/settings/members`)
    await page.route('**/api/v1/invitations', async (route) => {
      await route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'fresh-sign-in-required',
          title: 'x',
          status: 403,
          detail: 'x',
          error: 'x',
          next: 'x',
        }),
      })
      await page.unroute('**/api/v1/invitations')
    })
    await press(page, 'Invite somebody')
    await page.getByRole('dialog').getByLabel('E-mail address').fill('new@example.com')
    await press(page, 'Make the link')
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    const tab = context.waitForEvent('page')
    await dialog.getByRole('button', { name: 'Sign in again with Acme' }).click()
    await signInThere(await tab, 'ann').catch(() => undefined)
    await page.getByRole('dialog', { name: 'Send this link' }).waitFor()
    await context.close()
  })

  it(
    'can be read and used by everyone, in both themes, on a phone',
    async () => {
      await scene.configure({
        label: 'z'.repeat(120),
        allowedGroups: ['g'.repeat(200)],
        roleMapping: [{ group: 'h'.repeat(200), role: 'admin' }],
      })
      const signedIn = { email: ownerEmail, password: ownerPassword }
      const look = { audit: true }
      const inside = await open('/settings/single-sign-on', { ...look, signedIn })
      await inside.page.getByRole('button', { name: 'Save' }).waitFor()
      const outside = await open('/sign-in', look)
      await outside.page.getByRole('button', { name: /^Sign in with z/ }).waitFor()
      const empty = await open('/sign-in/callback', look)
      await empty.page.getByText('There is nothing to finish here.').waitFor()
      for (const { page, context } of [inside, outside, empty]) {
        await loaded(page)
        expect([page.url(), await faultsInEveryLook(page)]).toEqual([page.url(), []])
        await context.close()
      }
    },
    looksMsMax,
  )
})
