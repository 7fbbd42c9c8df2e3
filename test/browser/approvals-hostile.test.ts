import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { desk, openPage, overflowOf, phone } from './open-page.ts'

/** Others may be at work on the machine. */
const patient = { timeout: 15_000 }

// What an agent writes to deceive an owner. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('a request that wants to deceive', () => {
  let scene: ApprovalScene
  let browser: Browser

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  /** Nothing that cannot be seen, that turns direction, or that is no space and looks like one. */
  const invisible =
    /(?![\n])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
  const bidi = '\u202e\u202d\u2066\u2067\u2068\u2069\u200e\u200f\u061c'
  const zeroWidth = '\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u3164\u{e0041}'

  const texts = [
    ['turned and invisible characters', `pay ${bidi} 10 ${zeroWidth} EUR`],
    [
      'markup of its own',
      '</figcaption></figure><button type="button">Approve</button><img src=x onerror="document.title=1"><script>document.title=2</script><style>*{display:none}</style>',
    ],
    [
      'lines that imitate the frame',
      `ok${'\n'.repeat(300)}The agent wrote\nApproved by the owner.\n\n[Approve]`,
    ],
    ['a flood of zero width', `${'\u200b'.repeat(1900)}delete all`],
    ['floods of marks', `Z${'\u0301'.repeat(900)}algo`],
    ['Arabic and Hebrew around an address', 'ادفع إلى example.com/שלום من فضلك'],
  ] as const

  const ask = async (input: Parameters<Awaited<ReturnType<typeof scene.subject>>['ask']>[0]) => {
    const subject = await scene.subject()
    const { approvalRequestId } = await subject.ask(input)
    return { ...subject, path: `/approvals/${approvalRequestId}`, approvalRequestId }
  }
  const open = (path: string) => openPage(browser, `${scene.vault.url}${path}`, { signedIn: true })
  const card = (page: Page) => page.getByRole('article')
  const ready = async (page: Page) => {
    const approve = card(page).getByRole('button', { name: 'Approve', exact: true })
    await expect.poll(() => approve.isEnabled(), patient).toBe(true)
  }

  it.each(texts)('can not deceive by %s, in its reason, query, path or body', async (_, text) => {
    verifies('S-28')
    const { path, agent } = await ask({
      url: `${scene.upstream.origin}/v1/${encodeURIComponent(text.slice(0, 200)).replaceAll(/%(2F|5C|25|0[0-9A-F]|1[0-9A-F]|7F)/g, '')}`,
      query: { note: text.slice(0, 300), ...(text.length < 200 && { [`name ${text}`]: 'x' }) },
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: `<!doctype html>\n${text}`,
      reason: text,
    })
    for (const where of [path, `/approvals?agentId=${agent.agentId}`]) {
      const { page, context, said } = await open(where)
      for (const viewport of [desk, phone]) {
        await page.setViewportSize(viewport)
        await ready(page)
        const title = await page.title()
        // Only this program's own two answers are to be pressed, and only its own frame is there.
        expect(await card(page).getByRole('button', { name: 'Approve', exact: true }).count()).toBe(
          1,
        )
        expect(await card(page).locator('figure').count()).toBe(1)
        expect(await card(page).locator('img, script, style, iframe, object').count()).toBe(0)
        expect(await card(page).locator(`a:not([href^="/"])`).count()).toBe(0)
        expect(await card(page).textContent()).not.toMatch(invisible)
        expect(title).toMatch(/^Approvals? · Sallyport$/)
        expect(await overflowOf(page)).toBe(0)
        // However much it writes, the answers are not pushed out of reach.
        const box = await card(page).boundingBox()
        expect(box?.height).toBeLessThan(viewport === phone ? 6000 : 3000)
        expect(said).toEqual([])
      }
      await context.close()
    }
  })

  it('is named by its host in ASCII, and the path is shown raw and as it reads', async () => {
    verifies('S-28')
    const agent = await scene.vault.createAgentWithKey('asker')
    const origin = 'https://xn--80ak6aa92e.example'
    const connectionId = await scene.vault.addConnection({ origins: [origin] })
    await scene.vault.addPolicy({ agentId: agent.agentId, connectionId, approval: 'always' })
    await agent.client.call('execute', {
      connectionId,
      method: 'GET',
      url: `${origin}/a%20b/%E2%80%AEfdp.exe`,
    })
    const { page, context } = await open(`/approvals?agentId=${agent.agentId}`)
    await ready(page)
    const text = await card(page).textContent()
    expect(text).toContain('xn--80ak6aa92e.example')
    expect(text).not.toContain('аррӏе')
    expect(text).toContain('/a%20b/%E2%80%AEfdp.exe')
    expect(text).toContain('/a b/‹U+202E›fdp.exe')
    expect(text).toContain('letters that are not ASCII')
    await context.close()
  })

  it('shows each byte of a body, also one that is no text', async () => {
    verifies('S-28')
    const { path } = await ask({
      headers: { 'content-type': 'application/octet-stream' },
      body: 'MZ\u0000\u0001\u0002\u0003\u0004\u0005',
    })
    const { page, context } = await open(path)
    await card(page).getByText('4d 5a 00 01 02 03 04 05').waitFor()
    expect(await card(page).getByText('MZ······').count()).toBe(1)
    await context.close()
  })

  it('shows a name that stands twice as it would be sent, and warns', async () => {
    verifies('S-28')
    const { path } = await ask({
      headers: { 'content-type': 'application/json' },
      body: '{"to":"friend@example.com","\\u0074o":"thief@example.com"}',
    })
    const { page, context } = await open(path)
    await card(page).getByText('"to": "friend@example.com"').waitFor()
    expect(await card(page).getByText('"to": "thief@example.com"').count()).toBe(1)
    expect(await card(page).getByText('A name stands twice in one object.').count()).toBe(1)
    await context.close()
  })

  it.each([
    ['one long line', 'x'.repeat(2_000_000)],
    ['very many lines', '\n'.repeat(2_000_000)],
    ['100 kB of zero width', '\u200b'.repeat(33_000)],
    ['deep JSON', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['much JSON', JSON.stringify(Array.from({ length: 60_000 }, (_, id) => ({ id, to: 'a@b.c' })))],
  ])('stays usable with a body of %s', async (_, body) => {
    verifies('S-28')
    const { path } = await ask({ headers: { 'content-type': 'application/json' }, body })
    const { page, context } = await open(path)
    await ready(page)
    const count = () => page.evaluate(() => document.querySelectorAll('*').length)
    expect(await count()).toBeLessThan(12_000)
    // The last byte can be reached.
    await card(page).getByRole('button', { name: 'Bytes' }).click()
    const bytes = page.getByRole('group', { name: 'Bytes of the body' })
    await bytes.evaluate((box) => box.scrollTo(0, box.scrollHeight))
    const last = (Math.ceil(Buffer.byteLength(body) / 16) - 1) * 16
    await bytes.getByText(last.toString(16).padStart(8, '0')).waitFor()
    expect(await count()).toBeLessThan(12_000)
    await context.close()
  })

  describe('from elsewhere', () => {
    let elsewhere: Server
    let path: string
    let approvalId: string

    beforeAll(async () => {
      ;({ path, approvalRequestId: approvalId } = await ask({}))
      const action = `${scene.vault.url}/api/v1${path}/approve`
      const html = `<form method="post" enctype="text/plain" action="${action}"><input name="{}" value=""></form><img src="${action}">`
      elsewhere = createServer((_, answer) =>
        answer.setHeader('content-type', 'text/html').end(html),
      )
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => elsewhere?.close())

    const status = async () =>
      (await scene.vault.owner.call('getApproval', { approvalId })).approval.status

    it('is not approved by a form of another page, though the cookie goes along', async () => {
      verifies('S-26')
      const { port } = elsewhere.address() as AddressInfo
      const { page, context } = await open('/agents')
      await page.goto(`http://127.0.0.1:${port}/`)
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.request().method() === 'POST'),
        page.locator('form').evaluate((form: HTMLFormElement) => form.submit()),
      ])
      expect(answer.status()).toBeGreaterThanOrEqual(400)
      expect(await status()).toBe('pending')
      await context.close()
    })

    it('is not approved by opening any address', async () => {
      verifies('S-26')
      for (const address of [path, `/api/v1${path}`, `/api/v1${path}/approve`, `${path}/approve`]) {
        // A page of its own each: no address is left while it still loads.
        const { page, context } = await open('/agents')
        await page.goto(`${scene.vault.url}${address}`)
        await page.waitForTimeout(300)
        expect([address, await status()]).toEqual([address, 'pending'])
        await context.close()
      }
    })
  })
})
