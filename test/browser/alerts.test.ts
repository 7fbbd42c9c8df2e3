import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPerson } from '../fixtures/people.ts'
import { eventually } from '../fixtures/scene.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { findAccessibilityFaults, hasChromium, startChromium } from './chromium.ts'
import { type OpenOptions, openPage, overflowOf } from './open-page.ts'

/** The watch looks every few seconds. */
const soonMs = 20_000
const longName = `Reconciliation-assistant-of-the-finance-department-${'north'.repeat(6)}`

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('what agents do that they do not usually do', () => {
  let vault: TestVault
  let browser: Browser

  beforeAll(async () => {
    ;[vault, browser] = await Promise.all([startVault(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const checkLook = async (page: Page) => {
    expect(await findAccessibilityFaults(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
  }

  /** How somebody new signs in. */
  const newPerson = async (role: 'auditor' | 'approver') => {
    const { email, password } = await addPerson(vault, role)
    return { email, password }
  }

  /** An agent that is refused again and again: nothing leaves the vault. Answers its id once there is an alert. */
  async function probe(name: string): Promise<string> {
    const { agentId, client } = await vault.createAgentWithKey(name)
    const origin = 'https://api.example.com'
    const connectionId = await vault.addConnection({ label: `Of ${name}`, origins: [origin] })
    await vault.addPolicy({ agentId, connectionId })
    const call = { connectionId, method: 'DELETE' as const, url: `${origin}/x` }
    for (let n = 0; n < 21; n += 1) await client.call('execute', call).catch(() => undefined)
    const isTold = async () => (await vault.owner.call('listAlerts', { agentId })).alerts.length > 0
    expect(await eventually(isTold, soonMs)).toBe(true)
    return agentId
  }

  it('are counted, shown with what led to them, and acknowledged, on a desk and on a phone', async () => {
    const { page, context, said } = await open('/alerts', { audit: true })
    await page.getByText('No open alerts').waitFor()
    await checkLook(page)
    const agentId = await probe(longName)
    // The page and the badge hear of it by themselves.
    const row = page.getByRole('row').filter({ hasText: longName })
    await row.getByText('Many refusals').waitFor()
    await page.getByRole('link', { name: 'Alerts 1 waiting' }).waitFor()
    await checkLook(page)
    await row.getByRole('link', { name: 'What it did' }).click()
    await page.getByText('api.example.com').first().waitFor()

    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${vault.url}/agents/${agentId}`)
    await page.getByRole('heading', { name: 'Open alerts' }).waitFor()
    expect(await overflowOf(page)).toBe(0)
    await page.getByRole('button', { name: 'All pages, 1 open alert' }).click()
    await page.getByRole('link', { name: /^Alerts/ }).click()
    await page.getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await page.getByText('No open alerts').waitFor()
    await page.getByRole('button', { name: 'All pages', exact: true }).waitFor()
    await page.getByLabel('Status').selectOption('Acknowledged')
    await page.getByText('By owner@example.com').waitFor()
    await checkLook(page)
    expect(said).toEqual([])
    await context.close()
  })

  it('disable an agent by themselves where an owner wants that, and say so in the audit log', async () => {
    const { page, context, said } = await open('/settings/alerts', { phone: true, audit: true })
    await page.getByLabel('Burst of requests', { exact: true }).first().selectOption('High')
    await page.getByText('Twice as many, and more than 30.').waitFor()
    await page.getByRole('checkbox', { name: 'Many refusals' }).check()
    await page.getByText('It stops agents with nobody asked.').waitFor()
    await checkLook(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    await probe('prober')
    await page.goto(`${vault.url}/alerts`)
    await page.getByText('Agent was disabled').waitFor()
    await page.getByRole('button', { name: 'Acknowledge all' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Acknowledge all' }).click()
    await page.getByText('No open alerts').waitFor()
    await page.goto(`${vault.url}/audit`)
    for (const deed of ['Agent disabled because of an alert', 'Looked at all alerts']) {
      await page.getByText(deed).first().waitFor()
    }
    expect(said).toEqual([])
    await context.close()
  })

  it('are read by auditors, who change nothing, and not by approvers', async () => {
    const [auditor, approver] = await Promise.all([newPerson('auditor'), newPerson('approver')])
    const reading = await open('/alerts?status=all', { signedIn: auditor })
    await reading.page.getByText('Many refusals').last().waitFor()
    expect(await reading.page.getByRole('button', { name: /^Acknowledge/ }).count()).toBe(0)
    await reading.page.goto(`${vault.url}/settings/alerts`)
    await reading.page.getByText('Only an owner or admin can change this.').waitFor()
    await expect
      .poll(() => reading.page.getByRole('button', { name: 'Save' }).isDisabled())
      .toBe(true)
    await reading.context.close()
    const other = await open('/alerts', { signedIn: approver })
    await other.page.getByText('Your role does not include this page').waitFor()
    expect(await other.page.getByRole('link', { name: /^Alerts/ }).count()).toBe(0)
    await other.page.goto(`${vault.url}/settings/notifications?add=webhook`)
    await expect.poll(() => other.page.getByText('Your role does not read of it').count()).toBe(2)
    expect(other.said).toEqual([])
    await other.context.close()
  })
})
