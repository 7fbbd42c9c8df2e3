import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from '../fixtures/http-receiver.ts'
import { addPerson } from '../fixtures/people.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { type OpenOptions, openPage } from './open-page.ts'

const place = '/settings/audit-streams'

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('where the audit log is sent, in the dashboard', () => {
  let vault: TestVault
  let browser: Browser
  let receiver: HttpReceiver

  beforeAll(async () => {
    ;[vault, browser, receiver] = await Promise.all([
      startVault(),
      startChromium(),
      startHttpReceiver(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await receiver?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })

  it(
    'is said with nothing there yet, a place is added, tested, turned off and deleted',
    async () => {
      const { page, context, said } = await open(place, { audit: true })
      await page.getByText('The log is sent nowhere').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await page.getByRole('link', { name: 'Add S3 bucket' }).press('Enter')
      await page.getByLabel('Secret access key').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.getByRole('link', { name: 'Add Webhook' }).click()
      await page.getByLabel('URL').fill('https://10.0.0.1/in')
      await page.getByRole('button', { name: 'Send the log there' }).click()
      await page.locator('[aria-invalid="true"]').waitFor()
      await page.getByLabel('URL').fill(`${receiver.origin}/in`)
      await page.getByLabel('What you call it').fill('SIEM')
      await page.getByRole('button', { name: 'Send the log there' }).click()
      await page.getByText(/^whsec_/).waitFor()
      const secret = (await page.getByText(/^whsec_/).textContent()) ?? ''
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('button', { name: 'Send a test to SIEM' }).click()
      await page.getByText('It was taken.').waitFor()
      await page.getByText('Up to date').waitFor({ timeout: 20_000 })
      expect(receiver.at('/in').length).toBeGreaterThan(1)
      receiver.answer = () => ({ status: 503, body: 'It <b>failed</b> \u202e' })
      await vault.createAgentWithKey('seen')
      await page.getByText('Not taken').waitFor({ timeout: 20_000 })
      await page.getByText('HTTP 503: It <b>failed</b>').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      expect(await page.content()).not.toContain(secret)
      await page.getByRole('button', { name: 'Turn off SIEM' }).click()
      await page.getByText('Turned off', { exact: true }).first().waitFor()
      await page.getByRole('button', { name: 'Delete SIEM' }).click()
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.getByText('The log is sent nowhere').waitFor()
      expect(said).toEqual([])
      await context.close()
    },
    looksMsMax,
  )

  it('is changed by owners and admins alone', async () => {
    const { email, password } = await addPerson(vault, 'auditor')
    const { page, context, said } = await open(place, { signedIn: { email, password } })
    await page.getByText('The log is sent nowhere').waitFor()
    expect(await page.getByRole('link', { name: /^Add / }).count()).toBe(0)
    expect(said).toEqual([])
    await context.close()
  })
})
