import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { findAccessibilityFaults, hasChromium, startChromium } from './chromium.ts'
import { openPage, overflowOf } from './open-page.ts'

/** A press sooner after something moved does not count. */
const settleMs = 700

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('an answer that is remembered', () => {
  let scene: ApprovalScene
  let browser: Browser

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options = {}) =>
    openPage(browser, `${scene.vault.url}${path}`, { signedIn: true, ...options })
  const remembering = (page: Page) => page.getByRole('dialog', { name: 'Approve and remember?' })
  const press = async (page: Page) => {
    await page.waitForTimeout(settleMs)
    await remembering(page).getByRole('button', { name: 'Approve and remember' }).click()
  }

  it('lets through what is like it, is listed, and is revoked', async () => {
    const { ask, execute, agent, policyId } = await scene.subject()
    const body = (text: string, to = 'ann@example.com') => ({ body: { to, text } })
    const { approvalRequestId } = await ask(body('first'))
    const { page, context, said } = await open(`/approvals/${approvalRequestId}`)
    await page.getByRole('button', { name: 'Approve and remember…' }).click()
    const dialog = remembering(page)
    const recipient = dialog.getByRole('checkbox', { name: 'body.to' })
    expect(await recipient.isChecked()).toBe(true)
    expect(await dialog.getByRole('checkbox', { name: 'body.text' }).isChecked()).toBe(false)
    await dialog.getByLabel('How many more').fill('3')
    await dialog.getByText('may send requests like this 3 times more without asking').waitFor()
    await press(page)
    await page.getByText('Remembered: 3 more like this go').waitFor()
    expect(await execute(body('second'))).toMatchObject({ status: 200 })
    expect(await execute(body('third', 'eve@example.com'))).toMatchObject({
      approvalRequired: true,
    })
    await page.getByRole('link', { name: 'Revoke it' }).click()
    const list = page.locator('section').filter({ hasText: 'Remembered answers' }).last()
    await list.getByText('2 of 3 uses left').waitFor()
    await list.getByText('ann@example.com').waitFor()
    await page.goto(`${scene.vault.url}/agents/${agent.agentId}`)
    await page.getByText('2 of 3 uses left').waitFor()
    await page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('Revoked: you are asked again').waitFor()
    expect(await execute(body('fourth'))).toMatchObject({ approvalRequired: true })
    const { rememberedApprovals } = await scene.vault.owner.call('listRememberedApprovals', {
      policyId,
    })
    expect(rememberedApprovals).toMatchObject([{ status: 'revoked', used: 1, uses: 3 }])
    expect(said).toEqual([])
    await context.close()
  })

  it.each(['light', 'dark'] as const)(
    'moves nothing under the finger, on a phone, in %s, however much there is to choose from',
    async (colorScheme) => {
      const { ask } = await scene.subject()
      const many = Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [`part${index}`, 'v'.repeat(300)]),
      )
      const { approvalRequestId } = await ask({ body: { to: 'x'.repeat(200), ...many } })
      const { page, context } = await open(`/approvals/${approvalRequestId}`, {
        colorScheme,
        phone: true,
        audit: true,
      })
      const approve = page.getByRole('button', { name: 'Approve', exact: true })
      const remember = page.getByRole('button', { name: 'Approve and remember…' })
      await remember.waitFor()
      const before = await approve.boundingBox()
      await remember.click()
      const dialog = remembering(page)
      await dialog.getByRole('button', { name: /^Show all 6\d parts$/ }).click()
      expect(await findAccessibilityFaults(page)).toEqual([])
      expect(await overflowOf(page)).toBeLessThanOrEqual(0)
      const button = dialog.getByRole('button', { name: 'Approve and remember' })
      const inReach = async () => {
        const box = await button.boundingBox()
        return box !== null && box.y >= 0 && box.y + box.height <= 740
      }
      expect(await inReach()).toBe(true)
      await dialog.getByLabel('Only this very request again').check()
      expect(await inReach()).toBe(true)
      // A press right after something moved is not taken for a yes.
      await dialog.getByLabel('Requests like this').check()
      await button.click()
      await dialog.getByText('so the press was not counted').waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      expect(await approve.boundingBox()).toEqual(before)
      await context.close()
    },
  )

  it('is not offered where two people have to approve', async () => {
    const { ask } = await scene.subject({ approvalOptions: { secondOwner: true } })
    const { approvalRequestId } = await ask()
    const { page, context } = await open(`/approvals/${approvalRequestId}`)
    await page.getByText('Two people have to approve this.').waitFor()
    expect(await page.getByRole('button', { name: 'Approve and remember…' }).count()).toBe(0)
    await context.close()
  })
})
