import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, type Subject, startApprovalScene } from '../fixtures/approval-scene.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { type OpenOptions, openPage } from './open-page.ts'

const countedMs = 30_000

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the activity', () => {
  let scene: ApprovalScene
  let browser: Browser
  let subject: Subject

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
    subject = await scene.subject({ approval: 'writes' })
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${scene.vault.url}${path}`, { signedIn: true, ...options })
  const total = (page: Page, name: string) =>
    page.locator('dl > div').filter({ hasText: name }).locator('dd').first().textContent()
  const read = () =>
    subject.execute({ method: 'GET', url: `${scene.upstream.origin}/v1/read`, body: undefined })

  it('is empty at first, and counts what happens while somebody looks', async () => {
    const { page, context, said } = await open('/activity?range=1h')
    await page.getByText('No calls in this time').waitFor()
    for (let call = 0; call < 3; call += 1) await read()
    await subject.ask()
    await expect.poll(() => total(page, 'Calls'), { timeout: countedMs }).toBe('4')
    expect(await total(page, 'Asked an owner')).toBe('1')
    await page.getByRole('img', { name: 'Calls over time' }).waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('has its numbers as tables too, by the keyboard alone', async () => {
    const { page, context } = await open('/activity?range=1h')
    const button = page.getByRole('button', { name: 'Show as table' }).first()
    await button.focus()
    await page.keyboard.press('Enter')
    const table = page.getByRole('region', { name: 'Calls over time' }).getByRole('table')
    await table.waitFor()
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      'From',
      'Sent',
      'Asked',
      'Failed',
      'Denied',
    ])
    const counts = await table.getByRole('cell').allTextContents()
    const sum = counts.reduce((before, text) => before + Number(text), 0)
    expect(sum).toBe(4)
    await context.close()
  })

  it('draws what was counted in the colours of the theme', async () => {
    const { page, context } = await open('/activity?range=1h')
    const chart = page.getByRole('img', { name: 'Calls over time' })
    await chart.locator('canvas').waitFor()
    /** Whether the legend's first colour is somewhere on the canvas. */
    const isDrawn = () =>
      page.evaluate(() => {
        const [canvas] = document.querySelectorAll('canvas')
        const swatch = document.querySelector('[data-swatch]')
        const context = canvas?.getContext('2d')
        if (!canvas || !context || !swatch) return false
        const probe = document.createElement('canvas').getContext('2d')
        if (!probe) return false
        probe.fillStyle = getComputedStyle(swatch).color
        probe.fillRect(0, 0, 1, 1)
        const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
        for (let at = 0; at < data.length; at += 4) {
          const [r = 0, g = 0, b = 0, a = 0] = data.subarray(at, at + 4)
          const isNear = Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 12
          if (a > 250 && isNear) return true
        }
        return false
      })
    await expect.poll(isDrawn).toBe(true)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(isDrawn).toBe(true)
    await context.close()
  })

  it('moves nothing when a value is pointed at', async () => {
    const { page, context } = await open('/activity?range=1h', { phone: true })
    const chart = page.getByRole('img', { name: 'Calls over time' })
    await chart.locator('canvas').waitFor()
    const heights = () =>
      page.locator('figure').evaluateAll((all) => all.map((one) => one.clientHeight))
    const before = await heights()
    await chart.hover()
    expect(await heights()).toEqual(before)
    await context.close()
  })

  it('is narrowed by time, agent and connection, in the address', async () => {
    const other = await scene.subject()
    const { page, context } = await open('/activity')
    await page.getByLabel('Time', { exact: true }).selectOption('1h')
    await page.getByLabel('Agent', { exact: true }).selectOption(other.agent.agentId)
    await page.getByText('No calls in this time').waitFor()
    expect(page.url()).toContain(`agentId=${other.agent.agentId}`)
    await page.getByLabel('Agent', { exact: true }).selectOption('')
    await expect.poll(() => total(page, 'Calls')).toBe('4')
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone',
    async () => {
      const { page, context } = await open('/activity?range=1h', { audit: true })
      await page.getByRole('button', { name: 'Show as table' }).first().click()
      await page.getByRole('region', { name: 'Calls over time' }).waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await context.close()
    },
    looksMsMax,
  )
})
