import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownerEmail, ownerPassword, startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { findAccessibilityFaults, hasChromium, startChromium } from './chromium.ts'

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the owner’s page', () => {
  let vault: TestVault
  let browser: Browser
  let link: string
  const said: string[] = []

  beforeAll(async () => {
    vault = await startVault({ bare: true })
    link = `${vault.url}/setup#token=${readFileSync(join(vault.dataDir, 'setup-token'), 'utf8').trim()}`
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
  })

  async function open(
    url: string,
    options: { colorScheme?: 'light' | 'dark'; phone?: boolean; audit?: boolean } = {},
  ) {
    const context = await browser.newContext({
      colorScheme: options.colorScheme ?? 'light',
      viewport: options.phone === true ? { width: 320, height: 640 } : { width: 1280, height: 800 },
      // axe is put into the page; without it the page's own policy is what is tried.
      bypassCSP: options.audit === true,
    })
    const page = await context.newPage()
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(error.message))
    await page.goto(url)
    return page
  }

  const overflow = (page: Page) =>
    page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth)

  it.each(['light', 'dark'] as const)(
    'can be read by everyone, in %s, on a phone too',
    async (colorScheme) => {
      for (const phone of [false, true]) {
        const page = await open(link, { colorScheme, phone, audit: true })
        expect(await findAccessibilityFaults(page)).toEqual([])
        expect(await overflow(page)).toBe(0)
        await page.context().close()
      }
    },
  )

  it('takes the token out of the address and runs no script but its own', async () => {
    verifies('S-42')
    const page = await open(link)
    expect(page.url()).toBe(`${vault.url}/setup`)
    const answer = await page.request.get(`${vault.url}/setup`)
    const policy = answer.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    await page.context().close()
  })

  it('says what is wrong with half a link, and asks for nothing', async () => {
    const page = await open(`${vault.url}/setup`)
    expect(await page.locator('#lead').textContent()).toContain('Open the whole link')
    expect(await page.locator('form').isVisible()).toBe(false)
    await page.context().close()
  })

  it('makes the owner with the keyboard alone, and says what comes next', async () => {
    const page = await open(link, { phone: true, audit: true })
    await page.keyboard.type(ownerEmail)
    await page.keyboard.press('Tab')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    expect(await page.locator('form').isVisible()).toBe(true)
    await page.keyboard.type(` ${ownerPassword}`)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    expect(await page.locator('#password').getAttribute('type')).toBe('text')
    await page.keyboard.press('Space')
    expect(await page.locator('#password').getAttribute('type')).toBe('password')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#done').waitFor()
    expect(await page.locator('#title:focus').count()).toBe(1)
    expect(await page.locator('#connect').textContent()).toBe(
      `npx sallyport connect claude --url ${vault.url}`,
    )
    expect(await findAccessibilityFaults(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await page.context().close()
    // Until here nothing was refused, and so nothing was complained about.
    expect(said).toEqual([])
  })

  it('says to whoever comes later that there is an owner', async () => {
    const page = await open(link)
    await page.fill('#email', 'late@example.com')
    await page.fill('#password', ownerPassword)
    await page.click('button')
    await expect.poll(() => page.locator('#fault').textContent()).toContain('npx sallyport login')
    await page.context().close()
  })
})
