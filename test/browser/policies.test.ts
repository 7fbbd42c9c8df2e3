import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { addPerson } from '../fixtures/people.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { type OpenOptions, openPage, turnTo } from './open-page.ts'

const longName = 'x'.repeat(120)
const liveMs = 10_000

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the policies', () => {
  let vault: TestVault
  let browser: Browser
  let upstream: EchoUpstream
  let agent: TestAgent
  let billing: string

  beforeAll(async () => {
    ;[vault, browser, upstream] = await Promise.all([
      startVault(),
      startChromium(),
      startEchoUpstream(),
    ])
    agent = await vault.createAgentWithKey('Release helper')
    billing = await vault.addConnection({ label: 'Billing', origins: [upstream.origin] })
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await upstream?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const newPolicy = (agentId: string, connectionId: string) =>
    `/policies/new?agentId=${agentId}&connectionId=${connectionId}`
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name }) })
  const limit = (page: Page, name: string) =>
    card(page, 'Limits')
      .getByRole('group', { name: 'Requests, at most', exact: true })
      .getByLabel(name)
  const summary = (page: Page) => card(page, 'In plain words')
  const trial = (page: Page) => card(page, 'Try a request')
  const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true })

  it('are made from what the catalog offers, tried before they are saved, and say what they mean', async () => {
    const connectionId = await vault.addConnection({
      service: 'github',
      label: 'GitHub',
      origins: ['https://api.github.com'],
    })
    const { page, context, said } = await open(newPolicy(agent.agentId, connectionId))
    await summary(page).getByText('Allows nothing.').waitFor()
    await page.getByRole('checkbox', { name: 'Read repositories' }).click()
    await summary(page).getByText('May read (GET) /user').waitFor()
    const url = trial(page).getByLabel('URL')
    await url.fill('https://api.github.com/repos/a/b/issues')
    await url.press('Enter')
    await trial(page).getByText('Allowed', { exact: true }).waitFor()
    await trial(page).getByText('Decided by entry 1.').waitFor()
    await trial(page).getByText('GET https://api.github.com/repos/a/b/issues').waitFor()
    await trial(page).getByLabel('Method').selectOption('POST')
    await trial(page).getByText('Changed since').waitFor()
    await trial(page).getByRole('button', { name: 'Try it' }).click()
    await trial(page).getByText('Denied', { exact: true }).waitFor()
    await page.getByRole('checkbox', { name: 'Write issues' }).click()
    await trial(page).getByRole('button', { name: 'Try it' }).click()
    await trial(page).getByText('Asks an owner first').waitFor()
    await page.getByRole('button', { name: 'Give this access' }).click()
    await page.getByText('Policy created').waitFor()
    const { policies } = await vault.owner.call('listPolicies', { connectionId })
    expect(policies[0]?.allow.map((entry) => entry.actionTemplateId)).toEqual([
      'github-read',
      'github-issues',
    ])
    expect(upstream.requests).toEqual([])
    expect(said).toEqual([])
    await context.close()
  })

  it('are made with the keyboard alone, and then let the agent through', async () => {
    const { page, context } = await open('/policies')
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    /** Tabs on until the control of this name has the focus. */
    const reach = async (name: RegExp) => {
      for (let tabs = 0; tabs < 80; tabs += 1) {
        await page.keyboard.press('Tab')
        const label = await page.evaluate(() => {
          const at = document.activeElement as HTMLInputElement | null
          const labelled = at?.labels?.[0]?.textContent
          return at?.getAttribute('aria-label') ?? labelled ?? at?.textContent ?? ''
        })
        if (name.test(label.trim())) return
      }
      throw new Error(`The keyboard does not reach ${String(name)}`)
    }
    await page.getByRole('link', { name: 'New policy' }).first().waitFor()
    await reach(/^New policy$/)
    await press('Enter')
    await page.getByLabel('Agent', { exact: true }).waitFor()
    await reach(/^Agent$/)
    await page.keyboard.type('Release')
    await reach(/^Connection$/)
    await page.keyboard.type('Billing')
    await page.getByRole('button', { name: 'Add an entry' }).waitFor()
    await reach(/^Add an entry$/)
    await press('Enter')
    await reach(/^POST$/)
    await press('Space')
    await reach(/^Paths$/)
    await page.keyboard.type('/v1/**')
    await reach(/^Ask before it changes anything/)
    await press('ArrowDown', 'ArrowDown')
    await reach(/^Give this access$/)
    await press('Enter')
    await page.getByText('Policy created').waitFor()
    const { policies } = await vault.owner.call('listPolicies', { connectionId: billing })
    expect(policies[0]).toMatchObject({
      agentId: agent.agentId,
      approval: 'never',
      allow: [{ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/v1/**'] }],
    })
    const answer = await agent.client.call('execute', {
      connectionId: billing,
      method: 'POST',
      url: `${upstream.origin}/v1/invoices`,
      body: { amount: 1 },
    })
    expect(answer).toMatchObject({ status: 200 })
    await context.close()
  })

  it('keep what was typed when somebody else saves first, and save over it only when told to', async () => {
    const { agentId } = await vault.createAgentWithKey('Conflicted')
    const policyId = await vault.addPolicy({ agentId, connectionId: billing })
    const { page, context } = await open(`/policies/${policyId}`)
    const hourly = limit(page, 'An hour')
    await hourly.fill('7')
    const theirs = async (perHour: number) => {
      const { policy } = await vault.owner.call('getPolicy', { policyId })
      const { allow, approval } = policy
      await vault.owner.call('replacePolicy', { policyId, allow, approval, limits: { perHour } })
    }
    await theirs(99)
    const notice = page.getByRole('alert').filter({ hasText: 'Somebody else has changed' })
    await notice.getByText('99 requests an hour').waitFor({ timeout: liveMs })
    expect(await hourly.inputValue()).toBe('7')
    await save(page).click()
    await notice.waitFor()
    expect(await hourly.inputValue()).toBe('7')
    const stored = async () => (await vault.owner.call('getPolicy', { policyId })).policy.limits
    expect(await stored()).toEqual({ perHour: 99 })
    await notice.getByRole('button', { name: 'Keep mine' }).click()
    expect(await hourly.inputValue()).toBe('7')
    await save(page).click()
    await page.getByText('Policy saved').waitFor()
    expect(await stored()).toEqual({ perHour: 7 })
    // Once more, and theirs is taken.
    await hourly.fill('8')
    await theirs(55)
    await notice.getByRole('button', { name: 'Take theirs' }).click({ timeout: liveMs })
    await expect.poll(() => hourly.inputValue()).toBe('55')
    // What somebody else changes where nothing was typed is simply shown.
    await theirs(56)
    await expect.poll(() => hourly.inputValue(), { timeout: liveMs }).toBe('56')
    await context.close()
  })

  it('ask before what was typed is lost, and before they are deleted', async () => {
    const { agentId } = await vault.createAgentWithKey('Short lived')
    const policyId = await vault.addPolicy({ agentId, connectionId: billing })
    const { page, context } = await open(`/policies/${policyId}`)
    await limit(page, 'A day').fill('5')
    await page.getByRole('link', { name: 'Agents' }).first().click()
    const leave = page.getByRole('alertdialog', { name: 'Leave without saving?' })
    await leave.getByRole('button', { name: 'Cancel' }).click()
    expect(await limit(page, 'A day').inputValue()).toBe('5')
    await page.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Delete this policy?' })
    await dialog.getByText('loses this access at once').waitFor()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Policy deleted').waitFor()
    expect(new URL(page.url()).pathname).toBe('/policies')
    const { policies } = await vault.owner.call('listPolicies', { agentId })
    expect(policies).toEqual([])
    await context.close()
  })

  it('say at the field what is wrong, in the line of a path too, and send nothing', async () => {
    const { agentId } = await vault.createAgentWithKey('Faulty')
    const { page, context } = await open(newPolicy(agentId, billing))
    await page.getByRole('button', { name: 'Add an entry' }).click()
    await page.getByRole('button', { name: 'Give this access' }).click()
    await page.getByText('It must name at least one path').waitFor()
    await page.getByLabel('Paths').fill('/v1/a\nv2')
    await page.getByText('Line 2, “v2”, must begin with /').waitFor()
    await page.getByRole('button', { name: 'Give this access' }).click()
    expect(await page.getByLabel('Paths').getAttribute('aria-invalid')).toBe('true')
    expect((await vault.owner.call('listPolicies', { agentId })).policies).toEqual([])
    await context.close()
  })

  it('can be tried, and not changed, by who may only look; and say when they count for nothing', async () => {
    const { email, password } = await addPerson(vault, 'auditor')
    const { agentId } = await vault.createAgentWithKey('Looked at')
    const policyId = await vault.addPolicy({ agentId, connectionId: billing })
    const signedIn = { email, password }
    const { page, context } = await open(`/policies/${policyId}`, { signedIn })
    await page.getByText('Changing one needs another role.').waitFor()
    expect(await limit(page, 'An hour').isDisabled()).toBe(true)
    for (const name of ['Save', 'Delete']) {
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    }
    await trial(page).getByRole('button', { name: 'Try it' }).click()
    await trial(page).getByText('Allowed', { exact: true }).waitFor()
    await vault.owner.call('disableAgent', { agentId })
    await page.getByText('The agent is disabled.').waitFor({ timeout: liveMs })
    await page.goto(`${vault.url}/policies`)
    await page.getByRole('link', { name: 'Looked at' }).waitFor()
    expect(await page.getByRole('link', { name: 'New policy' }).count()).toBe(0)
    await context.close()
  })

  it(
    'can be read and written by everyone, in both themes, on a phone, with the longest names',
    async () => {
      const { agentId } = await vault.createAgentWithKey(longName)
      const connectionId = await vault.addConnection({
        label: longName,
        origins: [upstream.origin],
      })
      const policyId = await vault.addPolicy({
        agentId,
        connectionId,
        windows: [{ days: ['sun'], from: '22:00', to: '06:00', timezone: 'Europe/Berlin' }],
      })
      const spare = await vault.addConnection({ label: 'Spare', origins: [upstream.origin] })
      const { page, context } = await open('/policies', { audit: true })
      for (const path of ['/policies', `/policies/${policyId}`, newPolicy(agentId, spare)]) {
        await turnTo(page, path)
        await page.getByText(longName).first().waitFor({ state: 'attached' })
        if (path !== '/policies') await summary(page).waitFor()
        expect([path, await faultsInEveryLook(page)]).toEqual([path, []])
      }
      await context.close()
    },
    looksMsMax,
  )
})
