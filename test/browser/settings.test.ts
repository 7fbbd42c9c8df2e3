import { randomUUID } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { addPerson, type Person } from '../fixtures/people.ts'
import { totpCode } from '../fixtures/totp.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, turnTo } from './open-page.ts'

const stepMs = 30_000
const longEmail = `${'a-very-long-name.'.repeat(3)}end@${'department.'.repeat(6)}example.com`

/** A device that verifies whoever holds it, in the browser itself. */
const device = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the settings', () => {
  let scene: ApprovalScene
  let browser: Browser
  let url: string

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
    // Passkeys belong to names.
    url = `http://localhost:${new URL(scene.vault.url).port}`
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${url}${path}`, { signedIn: true, ...options })
  const as = (path: string, { email, password }: Person, options: OpenOptions = {}) =>
    open(path, { ...options, signedIn: { email, password } })
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) })
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).first().click()
  const signOut = async (page: Page) => {
    await page
      .getByRole('button', { name: /^Account/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Sign out' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  }
  const enter = async (page: Page, { email, password }: Pick<Person, 'email' | 'password'>) => {
    await page.getByLabel('E-mail address').fill(email)
    await page.locator('input[name=password]').fill(password)
    await page.keyboard.press('Enter')
  }
  const isIn = (page: Page) =>
    page.getByRole('heading', { level: 1, name: 'Approvals' }).first().waitFor()

  it('add a passkey, which then signs in, and remove it', async () => {
    verifies('S-42')
    const person = await addPerson(scene.vault, 'admin')
    const { page, context, said } = await as('/settings/account', person, { once: true })
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: device })
    await press(page, 'Add a passkey')
    await page.getByLabel('Name').fill('Laptop')
    await press(page, 'Continue')
    await card(page, 'Passkeys').getByText('Laptop').waitFor()
    await signOut(page)
    await press(page, 'Use a passkey')
    await isIn(page)
    await page.goto(`${url}/settings/account`)
    await card(page, 'Sessions').getByText('with a passkey').first().waitFor()
    await press(page, 'Remove the passkey Laptop')
    const dialog = page.getByRole('alertdialog', { name: 'Remove Laptop?' })
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await card(page, 'Passkeys').getByText('You have none yet.').waitFor()
    await signOut(page)
    await press(page, 'Use a passkey')
    await page.getByRole('alert').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('say where passkeys work when the address is a number', async () => {
    const { page, context } = await openPage(browser, `${scene.vault.url}/settings/account`, {
      signedIn: true,
    })
    await card(page, 'Passkeys').getByText(url).waitFor()
    expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(0)
    await context.close()
  })

  it('turn on one-time codes, which signing in then asks for, and recovery codes that work once', async () => {
    verifies('S-42')
    const person = await addPerson(scene.vault, 'admin')
    const { page, context, said } = await as('/settings/account', person)
    await press(page, 'Set up one-time codes')
    const dialog = page.getByRole('dialog', { name: 'Set up one-time codes' })
    await dialog.getByRole('img', { name: /QR code/ }).waitFor()
    const secret = (await dialog.locator('code').textContent()) ?? ''
    await dialog.getByLabel('Six digits').fill('000000')
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Six digits').fill(totpCode(secret, Date.now()))
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    const kept = page.getByRole('dialog', { name: 'Keep these recovery codes' })
    const codes = ((await kept.locator('code').textContent()) ?? '').split('\n')
    await kept.getByRole('button', { name: 'I have kept them' }).click()
    await card(page, 'One-time codes')
      .getByText(`${codes.length} recovery codes are left.`)
      .waitFor()
    expect(await page.content()).not.toContain(secret)
    await signOut(page)
    // Each code works once, the one that turned them on too: the next is taken a little early.
    const { email, password } = person
    await enter(page, { email, password })
    await page.getByLabel('One-time code').fill(totpCode(secret, Date.now() + stepMs))
    await page.keyboard.press('Enter')
    await isIn(page)
    for (const isFirst of [true, false]) {
      await signOut(page)
      await enter(page, { email, password })
      await page.getByLabel('One-time code').fill(codes[0] ?? '')
      await page.keyboard.press('Enter')
      if (isFirst) await isIn(page)
      else await page.getByRole('alert').waitFor()
      if (!isFirst) {
        await page.getByLabel('One-time code').fill(codes[1] ?? '')
        await page.keyboard.press('Enter')
        await isIn(page)
      }
    }
    await page.goto(`${url}/settings/account`)
    await press(page, 'Turn off')
    const off = page.getByRole('alertdialog', { name: 'Turn one-time codes off?' })
    await off.getByRole('button', { name: 'Turn off' }).click()
    await card(page, 'One-time codes').getByText('Off', { exact: true }).waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('list one’s sessions and end another at once', async () => {
    verifies('S-42')
    const person = await addPerson(scene.vault, 'admin')
    // The other first: a list of sessions is as of when its page was opened.
    const other = await as('/agents', person)
    await other.page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor()
    const one = await as('/settings/account', person)
    const sessions = card(one.page, 'Sessions')
    await sessions.getByText('This one').waitFor()
    // Three places: the test’s own request, this page, the other.
    await expect
      .poll(() => sessions.getByRole('button', { name: 'End', exact: true }).count())
      .toBe(2)
    await sessions.getByRole('button', { name: 'End', exact: true }).first().click()
    await one.page.getByText('Session ended').waitFor()
    await press(one.page, 'End all others')
    await other.page
      .getByRole('heading', { level: 1, name: 'Sign in' })
      .waitFor({ timeout: 15_000 })
    await expect.poll(() => sessions.getByRole('button').count()).toBe(0)
    await one.page.reload()
    await sessions.getByText('This one').waitFor()
    await one.context.close()
    await other.context.close()
  })

  it('change the password only for who knows the present one', async () => {
    const person = await addPerson(scene.vault, 'auditor')
    const { page, context, said } = await as('/settings/account', person)
    const form = card(page, 'Password')
    const change = async (currentPassword: string, newPassword: string) => {
      await form.locator('input[name=currentPassword]').fill(currentPassword)
      await form.locator('input[name=newPassword]').fill(newPassword)
      await form.getByRole('button', { name: 'Change password' }).click()
    }
    await change(person.password, 'short')
    await form.getByText('It must have at least 12 characters.').waitFor()
    await change('not the present one', 'a much better password')
    await form.getByRole('alert').waitFor()
    await change(person.password, 'a much better password')
    await page.getByText('Password changed.').waitFor()
    expect(await form.locator('input[name=newPassword]').inputValue()).toBe('')
    await signOut(page)
    await enter(page, { ...person, password: 'a much better password' })
    await isIn(page)
    expect(said).toEqual([])
    await context.close()
  })

  it('invite a person, who joins by the link once and sees what an approver may', async () => {
    verifies('S-42')
    const email = `new-${randomUUID()}@example.com`
    const { page, context, said } = await open('/settings/members')
    await press(page, 'Invite somebody')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('E-mail address').fill(email)
    await dialog.getByRole('button', { name: 'Make the link' }).click()
    const link = (await dialog.locator('code').textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Done' }).click()
    await card(page, 'Invited').getByText(email).waitFor()
    const stranger = await browser.newContext()
    const joining = await stranger.newPage()
    await joining.goto(link)
    await joining.getByText(email).waitFor()
    await joining.locator('input[name=password]').fill('a password of my own')
    await joining.getByRole('button', { name: 'Join' }).click()
    await isIn(joining)
    await joining.goto(`${new URL(link).origin}/settings/members`)
    await joining.getByText('Only an owner can change who they are.').waitFor()
    expect(await joining.getByRole('button', { name: 'Invite somebody' }).count()).toBe(0)
    await joining.goto(`${new URL(link).origin}/settings/workspace`)
    await joining.getByText('Only an owner or admin can do this.').waitFor()
    expect(await joining.getByRole('button', { name: 'Freeze everything' }).count()).toBe(0)
    await card(page, 'Invited').waitFor({ state: 'detached', timeout: 25_000 })
    await page.getByRole('table', { name: 'Members' }).getByText(email).waitFor()
    const again = await (await browser.newContext()).newPage()
    await again.goto(link)
    await again.getByRole('alert').waitFor()
    expect(said).toEqual([])
    await Promise.all([context.close(), stranger.close(), again.context().close()])
  })

  it('change a role and remove a person, whose sessions end', async () => {
    verifies('S-42')
    const person = await addPerson(scene.vault, 'auditor')
    const theirs = await as('/audit', person)
    const { page, context } = await open('/settings/members')
    await press(page, `Change role of ${person.email}`)
    const dialog = page.getByRole('dialog', { name: 'Change the role' })
    await dialog.getByLabel('Role').selectOption('admin')
    await dialog.getByRole('button', { name: 'Change role' }).click()
    await page.getByText('Role changed').waitFor()
    await theirs.page
      .getByRole('heading', { level: 1, name: 'Sign in' })
      .waitFor({ timeout: 15_000 })
    await press(page, `Remove ${person.email}`)
    const sure = page.getByRole('alertdialog')
    await sure.getByRole('button', { name: 'Remove' }).click()
    await sure.waitFor({ state: 'detached' })
    await expect.poll(() => page.getByText(person.email).count()).toBe(0)
    // The last owner stays.
    await press(page, 'Remove owner@example.com')
    await sure.getByRole('button', { name: 'Remove' }).click()
    await sure.getByRole('alert').waitFor()
    await sure.getByRole('button', { name: 'Cancel' }).click()
    await Promise.all([context.close(), theirs.context.close()])
  })

  it('make a token that works until it is ended', async () => {
    const person = await addPerson(scene.vault, 'approver')
    const { page, context, said } = await as('/settings/tokens', person)
    await page.getByText('No tokens').waitFor()
    await press(page, 'New token')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Script')
    await dialog.getByRole('button', { name: 'Make the token' }).click()
    await dialog.getByText('Choose at least one.').waitFor()
    // Never more than one’s role.
    expect(await dialog.getByRole('checkbox', { name: 'audit:read' }).count()).toBe(0)
    await dialog.getByRole('checkbox', { name: 'agents:read' }).check()
    await dialog.getByRole('button', { name: 'Make the token' }).click()
    const secret = (await dialog.locator('code').textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Done' }).click()
    const use = async (path: string) =>
      (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${secret}` } })).status
    expect(await use('/api/v1/agents')).toBe(200)
    expect(await use('/api/v1/connections')).toBe(403)
    expect(await page.content()).not.toContain(secret)
    await press(page, 'End the token Script')
    await page.getByRole('alertdialog').getByRole('button', { name: 'End token' }).click()
    await page.getByText('No tokens').waitFor()
    expect(await use('/api/v1/agents')).toBe(401)
    expect(said).toEqual([])
    await context.close()
  })

  it('ask who it is once more where the sign-in is old, and then go on', async () => {
    verifies('S-42')
    const person = await addPerson(scene.vault, 'owner')
    const { page, context } = await as('/settings/tokens', person)
    await scene.admin`
      update sessions set authenticated_at = now() - interval '6 minutes' where owner_id = ${person.id}`
    await press(page, 'New token')
    await page.getByLabel('Name').fill('Late')
    await page.getByRole('checkbox', { name: 'agents:read' }).check()
    await press(page, 'Make the token')
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.locator('input[name=password]').fill('wrong')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog', { name: 'New token' }).getByRole('alert').waitFor()
    await press(page, 'Make the token')
    await dialog.locator('input[name=password]').fill(person.password)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Copy Late now' }).waitFor()
    await context.close()
  })

  it('rename the workspace, freeze everything with a banner on every page, and unfreeze', async () => {
    verifies('S-10')
    const { execute, agent } = await scene.subject({ approval: 'never' })
    const call = () =>
      execute({ method: 'GET', url: `${scene.upstream.origin}/v1/x`, body: undefined })
    await call()
    const { page, context, said } = await open('/settings/workspace')
    await page.getByLabel('Name').fill('Renamed')
    await press(page, 'Save')
    await page.getByRole('complementary').getByText('Renamed').waitFor()
    await press(page, 'Freeze everything')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Freeze', exact: true }).click()
    await page.getByText('This workspace is frozen.').waitFor()
    await page.getByText('by owner@example.com').waitFor()
    await expect(call()).rejects.toMatchObject({ type: 'workspace-frozen' })
    await page.goto(`${url}/agents/${agent.agentId}`)
    await page.getByText('This workspace is frozen.').waitFor()
    await page.getByRole('link', { name: 'settings of the workspace' }).click()
    await press(page, 'Unfreeze')
    await page.getByText('This workspace is frozen.').waitFor({ state: 'detached' })
    await call()
    expect(said).toEqual([])
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone, with the longest address',
    async () => {
      const owner = await addPerson(scene.vault, 'owner')
      const signedIn = { email: longEmail, password: 'a good password of mine' }
      await owner.send('POST', '/api/v1/workspace/members', {
        body: { ...signedIn, role: 'owner' },
      })
      const { page, context } = await open('/settings/account', { audit: true, signedIn })
      for (const place of ['account', 'members', 'tokens', 'workspace']) {
        await turnTo(page, `/settings/${place}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await loaded(page)
        expect([place, await faultsInEveryLook(page)]).toEqual([place, []])
      }
      await turnTo(page, '/settings/tokens')
      await press(page, 'New token')
      await page.getByRole('dialog', { name: 'New token' }).waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await context.close()
    },
    looksMsMax,
  )
})
