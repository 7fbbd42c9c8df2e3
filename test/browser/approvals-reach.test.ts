import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { eventually } from '../fixtures/scene.ts'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { openPage, overflowOf } from './open-page.ts'

/** Others may be at work on the machine. */
const patient = { timeout: 15_000 }

// Everybody can decide: by keyboard alone, on a phone, with few or thousands waiting. Skipped where Chromium is not installed.
describe.skipIf(!hasChromium)('deciding', () => {
  let scene: ApprovalScene
  let browser: Browser

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const url = (path: string) => `${scene.vault.url}${path}`
  const statuses = async (agentId: string) =>
    (await scene.vault.owner.call('listApprovals', { agentId })).approvals.map(
      ({ status }) => status,
    )
  const become = (agentId: string, expected: string) =>
    eventually(async () => (await statuses(agentId)).join() === expected, 10_000)
  const ready = (page: Page) =>
    expect
      .poll(
        () => page.getByRole('button', { name: 'Approve', exact: true }).first().isEnabled(),
        patient,
      )
      .toBe(true)

  it('takes the keyboard alone, from signing in to the answer', async () => {
    const { ask, agent } = await scene.subject()
    // Long enough to have rows of their own that are numbered like the cards.
    const more = Array.from({ length: 100 }, (_, at) => at)
    for (const text of ['one', 'two', 'three']) await ask({ body: { text, more } })
    const { page, context } = await openPage(browser, url(`/approvals?agentId=${agent.agentId}`))
    const { keyboard } = page
    await page.waitForURL(/sign-in/)
    await page.getByLabel('E-mail address').waitFor()
    await keyboard.press('Tab')
    await page.getByLabel('E-mail address').focus()
    await keyboard.type(ownerEmail)
    await keyboard.press('Tab')
    await keyboard.type(ownerPassword)
    await keyboard.press('Enter')
    await ready(page)
    // Without a request that has the focus the keys decide nothing.
    await page.waitForTimeout(700)
    await keyboard.press('a')
    await keyboard.press('d')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await keyboard.press('j')
    await keyboard.press('j')
    await expect
      .poll(() => page.locator('article:focus').getByText('"two"').count(), patient)
      .toBe(1)
    await page.waitForTimeout(700)
    await keyboard.press('Control+a')
    await keyboard.press('a')
    expect(await become(agent.agentId, 'pending,approved,pending')).toBe(true)
    await keyboard.press('k')
    await keyboard.press('d')
    const note = page.getByLabel('Note to the agent')
    await expect
      .poll(() => note.evaluate((input) => input === document.activeElement), patient)
      .toBe(true)
    // While somebody types, keys are letters.
    await keyboard.type('jaxd ?')
    expect(await note.inputValue()).toBe('jaxd ?')
    await keyboard.press('Enter')
    expect(await become(agent.agentId, 'denied,approved,pending')).toBe(true)
    await context.close()
  })

  it('selects, opens and explains itself by keyboard', async () => {
    const { ask, agent } = await scene.subject()
    for (const text of ['one', 'two']) await ask({ body: { text } })
    const { page, context } = await openPage(browser, url(`/approvals?agentId=${agent.agentId}`), {
      signedIn: true,
    })
    await ready(page)
    const { keyboard } = page
    await keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await keyboard.press('Escape')
    for (const key of ['j', 'x', 'ArrowDown', 'x']) await keyboard.press(key)
    await page.getByText('2 selected').waitFor()
    await keyboard.press('Shift+A')
    await page.getByRole('button', { name: 'Approve 2' }).waitFor()
    await keyboard.press('Escape')
    await keyboard.press('k')
    await keyboard.press('o')
    await page.waitForURL(/\/approvals\/apr_/)
    expect(await statuses(agent.agentId)).toEqual(['pending', 'pending'])
    await context.close()
  })

  it('denies several with one note', async () => {
    const { ask, agent } = await scene.subject()
    for (const text of ['one', 'two', 'three']) await ask({ body: { text } })
    const { page, context } = await openPage(browser, url(`/approvals?agentId=${agent.agentId}`), {
      signedIn: true,
    })
    await ready(page)
    const { keyboard } = page
    for (const key of ['j', 'x', 'ArrowDown', 'x']) await keyboard.press(key)
    await page.getByText('2 selected').waitFor()
    await keyboard.press('Shift+D')
    await page.getByLabel('Note to the agent').fill('Not today.')
    expect(await statuses(agent.agentId)).toEqual(['pending', 'pending', 'pending'])
    await page.getByRole('button', { name: 'Deny 2' }).click()
    expect(await become(agent.agentId, 'denied,denied,pending')).toBe(true)
    await context.close()
  })

  it('is within the thumb’s reach on a phone, however long the request is', async () => {
    const { ask, agent } = await scene.subject()
    const { approvalUrl } = await ask({
      body: Array.from({ length: 300 }, (_, at) => `line ${at}`),
    })
    const { page, context } = await openPage(browser, url(new URL(approvalUrl).pathname), {
      signedIn: true,
      phone: true,
    })
    await ready(page)
    expect(await overflowOf(page)).toBe(0)
    const approve = page.getByRole('button', { name: 'Approve', exact: true })
    const box = await approve.boundingBox()
    expect(box?.height).toBeGreaterThanOrEqual(40)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(740 - 56)
    await page.waitForTimeout(700)
    await approve.click()
    expect(await become(agent.agentId, 'approved')).toBe(true)
    await context.close()
  })

  it(
    'has nothing that some cannot read, in both themes, on a phone',
    async () => {
      const { ask, agent } = await scene.subject({ approvalOptions: { secondOwner: true } })
      await ask({ reason: 'turned \u202e around', body: { to: 'anna@example.com' } })
      await ask({
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=1&b=2',
      })
      await ask({ headers: { 'content-type': 'application/octet-stream' }, body: '\u0000\u0001' })
      const { approvalUrl } = await ask({ body: Array.from({ length: 300 }, (_, at) => at) })
      for (const path of [`/approvals?agentId=${agent.agentId}`, new URL(approvalUrl).pathname]) {
        const { page, context } = await openPage(browser, url(path), {
          signedIn: true,
          audit: true,
        })
        await ready(page)
        expect(await faultsInEveryLook(page)).toEqual([])
        await page.getByRole('button', { name: 'Deny…' }).first().click()
        await page.getByLabel('Note to the agent').waitFor()
        expect(await faultsInEveryLook(page)).toEqual([])
        await context.close()
      }
    },
    looksMsMax,
  )

  it('holds a few at a time of more than a thousand that wait, and comes to the last', async () => {
    const { agent, connectionId, policyId } = await scene.subject()
    const { agentId } = agent
    // As agents would have asked, which may not ask for so many at once: older ones, straight into the table.
    await scene.admin`delete from approvals where id like 'apr_many%'`
    await scene.admin`
      insert into approvals (id, workspace_id, agent_id, connection_id, policy_id, policy_version, connection_version, status,
        method, origin, host, path, digest, request_bytes, reason, fresh_sign_in, owners_needed, fingerprints, created_at, expires_at)
      select 'apr_many' || lpad(n::text, 22, '0'), (select workspace_id from agents where id = ${agentId}), ${agentId},
        ${connectionId}, ${policyId}, 1, 1, 'pending', 'POST', ${scene.upstream.origin}, 'example', '/many/' || n, 'digest' || n,
        1, 'Because.', false, 1, '{}', now() - n * interval '1 second', now() + interval '1 hour'
      from generate_series(1, 1200) n`
    const { page, context } = await openPage(browser, url(`/approvals?agentId=${agentId}`), {
      signedIn: true,
    })
    await page.getByText('/many/1', { exact: true }).waitFor()
    const last = page.getByText('/many/1200', { exact: true })
    const articles = page.getByRole('article')
    for (let turn = 0; turn < 1_000 && (await last.count()) === 0; turn += 1) {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
      await page.waitForTimeout(60)
      expect(await articles.count()).toBeLessThan(30)
    }
    await last.waitFor()
    await context.close()
  })
})
