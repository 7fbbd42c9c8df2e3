import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { addPerson } from '../fixtures/people.ts'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { type OpenOptions, openPage } from './open-page.ts'

const liveMs = 10_000
/** More than the newest page of the list. */
const calls = 130

// The audit log as people read it. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the audit log', () => {
  let scene: ApprovalScene
  let browser: Browser
  let agentId: string
  /** Sends a request that the policy allows. */
  let send: (path: string) => Promise<unknown>

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
    const subject = await scene.subject({ approval: 'never' })
    agentId = subject.agent.agentId
    const { origin } = scene.upstream
    send = (path) => subject.execute({ method: 'GET', url: `${origin}${path}`, body: undefined })
    for (let call = 0; call < calls; call += 1) await send(`/v1/call/${call}`)
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${scene.vault.url}${path}`, { signedIn: true, ...options })
  const rows = (page: Page) => page.getByRole('table', { name: 'Audit entries' }).getByRole('row')
  const entries = async () =>
    (await scene.vault.owner.call('listAudit', { agentId, limit: 200 })).entries

  it('grows while somebody looks, and says who, what, where and how it ended', async () => {
    const { page, context, said } = await open('/audit')
    await page.getByText('New entries appear by themselves.').waitFor()
    await send('/v1/appears')
    const row = rows(page).filter({ hasText: '/v1/appears' })
    await row.getByText('Sent').waitFor({ timeout: liveMs })
    await row.getByText('200').waitFor()
    // What people did names them.
    await rows(page).filter({ hasText: 'Signed in' }).getByText(ownerEmail).first().waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('stands still while older entries are shown, says so, and goes back to the newest', async () => {
    const { page, context } = await open(`/audit?agentId=${agentId}`)
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/v1/audit')) asked.push(request.url())
    })
    await page.getByRole('button', { name: 'Load more' }).click()
    await page.getByText('Paused while older entries are shown.').waitFor()
    await expect.poll(() => asked.filter((url) => url.includes('cursor=')).length).toBe(1)
    asked.length = 0
    await send('/v1/unseen')
    await page.waitForTimeout(2_500)
    expect(asked).toEqual([])
    await page.getByRole('button', { name: 'Back to the newest' }).click()
    await rows(page).filter({ hasText: '/v1/unseen' }).waitFor()
    await page.getByText('New entries appear by themselves.').waitFor()
    await context.close()
  })

  it('stands still when somebody turns live off, in the address too', async () => {
    const { page, context } = await open(`/audit?agentId=${agentId}`)
    await rows(page).nth(1).waitFor()
    await page.getByRole('switch', { name: 'Live' }).click()
    await page.waitForURL(/live=off/)
    await send('/v1/held-back')
    await page.waitForTimeout(2_500)
    expect(await rows(page).filter({ hasText: '/v1/held-back' }).count()).toBe(0)
    await page.getByRole('switch', { name: 'Live' }).click()
    await rows(page).filter({ hasText: '/v1/held-back' }).waitFor()
    await context.close()
  })

  it('opens an entry by its link though it is not on the page, and gives the focus back', async () => {
    const [oldest] = (await entries()).filter(({ path }) => path === '/v1/call/0')
    const { page, context, said } = await open(`/audit?entry=${oldest?.id}`)
    const dialog = page.getByRole('dialog', { name: 'Request' })
    await dialog.getByText('/v1/call/0').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(page.url()).not.toContain('entry=')
    const button = rows(page).nth(1).getByRole('button')
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.locator(':focus').evaluate((element) => element.tagName)).toBe('BUTTON')
    expect(said).toEqual([])
    await context.close()
  })

  it('says of a link that leads to no entry that there is none', async () => {
    for (const id of ['aud_00000000000000000000000000', 'nonsense']) {
      const { page, context } = await open(`/audit?entry=${id}`)
      await page.getByRole('dialog').getByText('There is no such entry.').waitFor()
      await context.close()
    }
  })

  it('is narrowed by days of the reader’s own time zone', async () => {
    const context = await browser.newContext({ timezoneId: 'Pacific/Kiritimati', locale: 'en-GB' })
    await context.request.post(`${scene.vault.url}/api/v1/session`, {
      headers: { origin: scene.vault.url },
      data: { email: ownerEmail, password: ownerPassword },
    })
    const page = await context.newPage()
    await page.goto(`${scene.vault.url}/audit`)
    await page.getByLabel('From').fill('2026-03-01')
    await page.getByLabel('To', { exact: true }).fill('2026-03-01')
    await page.waitForURL(/to=/)
    const { searchParams } = new URL(page.url())
    // Fourteen hours ahead of UTC.
    expect(searchParams.get('from')).toBe('2026-02-28T10:00:00.000Z')
    expect(searchParams.get('to')).toBe('2026-03-01T09:59:59.999Z')
    await page.getByText('No entries').waitFor()
    await page.reload()
    await expect.poll(() => page.getByLabel('From').inputValue()).toBe('2026-03-01')
    expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe('2026-03-01')
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await rows(page).nth(1).waitFor()
    expect(new URL(page.url()).search).toBe('')
    await context.close()
  })

  it('is narrowed by what, whom and how, and says when nothing fits', async () => {
    const { page, context } = await open('/audit')
    await page.getByLabel('Agent').selectOption(agentId)
    await page.getByLabel('What').selectOption('execute')
    await page.getByLabel('Outcome').selectOption('sent')
    await rows(page).filter({ hasText: '/v1/' }).first().waitFor()
    expect(await rows(page).filter({ hasText: 'Signed in' }).count()).toBe(0)
    await page.getByLabel('Decision').selectOption('deny')
    await page.getByText('No entries').waitFor()
    await context.close()
  })

  it('is exported whole, and not at all where the vault cannot', async () => {
    const { page, context, said } = await open('/audit')
    const save = async (format?: string) => {
      await page.getByRole('button', { name: 'Export' }).click()
      if (format !== undefined) await page.getByRole('radio', { name: format }).check()
      await page.getByRole('button', { name: 'Save' }).click()
    }
    const [download] = await Promise.all([page.waitForEvent('download'), save()])
    expect(download.suggestedFilename()).toMatch(/^sallyport-audit-[0-9-]{10}\.jsonl$/)
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'header' })
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'end' })
    const [table] = await Promise.all([page.waitForEvent('download'), save('CSV')])
    expect(table.suggestedFilename()).toMatch(/\.csv$/)
    expect(await readFile(await table.path(), 'utf8')).toMatch(/^id,seq,at,.*\r\naud_/)
    let downloads = 0
    page.on('download', () => {
      downloads += 1
    })
    await page.route('**/api/v1/audit/export*', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'audit-unavailable',
          title: 'x',
          status: 503,
          detail: 'The audit log cannot be read now.',
          next: 'Try again later.',
        }),
      }),
    )
    await save()
    const failed = page.getByRole('dialog', { name: 'The log was not exported' })
    await failed.getByText('The audit log cannot be read now.').waitFor({ timeout: 30_000 })
    expect(downloads).toBe(0)
    expect(said).toEqual([])
    await context.close()
  })

  it('is verified by one press', async () => {
    const { page, context, said } = await open('/audit')
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Nothing was changed or removed.').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('is not for approvers: no link leads to it, and the pages say why and who can change it', async () => {
    const { email, password } = await addPerson(scene.vault, 'approver')
    const signedIn = { email, password }
    const { page, context, said } = await open('/approvals', { signedIn })
    const pages = page.getByRole('navigation', { name: 'Pages' })
    await pages.getByRole('link', { name: 'Agents' }).waitFor()
    for (const name of ['Audit', 'Activity']) {
      expect(await pages.getByRole('link', { name }).count()).toBe(0)
      await page.goto(`${scene.vault.url}/${name.toLowerCase()}`)
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await page.getByText('You are an approver').waitFor()
      expect(await page.getByRole('alert').count()).toBe(0)
    }
    // Nor is what other pages show of it.
    await page.goto(`${scene.vault.url}/agents/${agentId}`)
    await page.getByRole('heading', { name: 'What it may do' }).waitFor()
    expect(await page.getByRole('heading', { name: 'Last calls' }).count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(said).toEqual([])
    await context.close()
  })

  it('is for auditors', async () => {
    const { email, password } = await addPerson(scene.vault, 'auditor')
    const { page, context } = await open('/audit', { signedIn: { email, password } })
    await rows(page).nth(1).waitFor()
    await page.getByRole('button', { name: 'Verify' }).waitFor()
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone, an entry open',
    async () => {
      const { page, context } = await open('/audit?operation=execute', { audit: true, phone: true })
      await page.getByRole('button', { name: 'Request' }).first().waitFor()
      // Open on a phone, they are what stands open at a desk.
      await page.getByRole('button', { name: 'Filters' }).click()
      await page.getByLabel('Outcome').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await page.getByRole('button', { name: 'Request' }).first().click()
      await page.getByRole('dialog').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      await context.close()
    },
    looksMsMax,
  )
})
