import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from '../fixtures/approval-scene.ts'
import { addPerson, type Person, signIn } from '../fixtures/people.ts'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { loaded, type OpenedPage, openPage, turnTo } from './open-page.ts'

// What agents, links, other tabs and whoever sits down next try on the dashboard. Skipped where Chromium is not installed
// (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the dashboard under attack', () => {
  let scene: ApprovalScene
  let browser: Browser
  const opened: OpenedPage[] = []

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const at = (path: string) => `${scene.vault.url}${path}`
  async function open(path: string, options: Parameters<typeof openPage>[2] = {}) {
    const page = await openPage(browser, at(path), options)
    opened.push(page)
    return page
  }
  const heading = (page: Page, name: string | RegExp) =>
    page.getByRole('heading', { level: 1, name }).waitFor()
  const settled = async (page: Page) => {
    await page.locator('main h1').first().waitFor()
    await loaded(page)
    await page.waitForTimeout(150)
  }
  const enter = async (page: Page, who: { email: string; password: string }) => {
    await page.getByLabel('E-mail address').fill(who.email)
    await page.locator('input[name=password]').fill(who.password)
    await page.keyboard.press('Enter')
  }
  const firstOwner = { email: ownerEmail, password: ownerPassword }
  /** All that the page keeps of the vault’s answers and of what was sent: the caches that React holds. */
  const cached = (page: Page): Promise<string> =>
    page.evaluate(`(() => {
      const root = document.getElementById('root')
      const key = Object.keys(root).find((name) => name.startsWith('__reactContainer$'))
      const waiting = [root[key]]
      for (let i = 0; i < waiting.length && i < 500; i += 1) {
        const client = waiting[i]?.memoizedProps?.client
        if (client?.getQueryCache) {
          return JSON.stringify([client.getQueryCache(), client.getMutationCache()]
            .map((cache) => cache.getAll().map(({ queryKey, state }) => [queryKey, state])))
        }
        waiting.push(waiting[i]?.child, waiting[i]?.sibling)
      }
      return 'no cache was found'
    })()`)

  it('runs and draws nothing that stands in names, labels, reasons, paths, bodies or notes', async () => {
    verifies('S-28', 'S-42')
    const markup = (where: string) =>
      `${where}"'><img src=x onerror="window.ran='${where}'"><script>window.ran=1</script><style>body{display:none}</style>{{7*7}}`
    const short = (where: string) => markup(where).slice(0, 110)
    const { vault, upstream } = scene
    const owner = await signIn(vault)
    await owner.send('PATCH', '/api/v1/workspace', { body: { name: short('workspace') } })
    const subject = await scene.subject({ approval: 'writes' })
    const { agentId } = subject.agent
    await vault.owner.call('renameAgent', { agentId, name: short('agent') })
    await vault.owner.call('updateConnection', {
      connectionId: subject.connectionId,
      label: short('label'),
    })
    const asked = await subject.ask({
      query: { q: markup('query') },
      headers: { 'content-type': 'text/html' },
      body: markup('body'),
      reason: markup('reason'),
    })
    const denied = await subject.ask({ body: markup('other'), reason: markup('again') })
    await scene.deny(denied.approvalRequestId, markup('note'))
    const capability = await subject.agent.client
      .call('requestCapability', {
        actionTemplateId: 'github-read-repositories',
        reason: markup('wish'),
      })
      .catch(() => undefined)
    await subject.agent.client
      .call('execute', {
        connectionId: subject.connectionId,
        method: 'GET',
        url: `${upstream.origin}/${encodeURIComponent('<img src=x onerror=window.ran=1>')}`,
      })
      .catch(() => undefined)
    await owner.newToken(['agents:read'])
    await owner.send('POST', '/api/v1/tokens', {
      body: { name: short('token'), scopes: ['agents:read'], expiresInDays: 1 },
    })
    const { page, said } = await open('/approvals', { signedIn: true })
    const places = [
      ...[
        '/approvals',
        `/approvals/${asked.approvalRequestId}`,
        `/approvals/${denied.approvalRequestId}`,
      ],
      ...['/approvals?status=denied', '/capability-requests', '/agents', `/agents/${agentId}`],
      ...[
        '/connections',
        `/connections/${subject.connectionId}`,
        '/policies',
        `/policies/${subject.policyId}`,
      ],
      ...[
        '/audit',
        '/activity',
        '/settings/account',
        '/settings/members',
        '/settings/tokens',
        '/settings/workspace',
      ],
      ...(capability === undefined ? [] : [`/capability-requests/${capability.id}`]),
    ]
    for (const place of places) {
      await turnTo(page, place)
      await settled(page)
      expect([place, await page.evaluate('window.ran')]).toEqual([place, undefined])
      const made = page.locator(
        'img[src=x], img[onerror], script:not([src]), #root style, body > style',
      )
      expect([place, await made.count()]).toEqual([place, 0])
      expect([place, await page.locator('body').isVisible()]).toEqual([place, true])
      expect([place, said]).toEqual([place, []])
    }
    await owner.send('PATCH', '/api/v1/workspace', { body: { name: 'Plain' } })
  })

  it('reads an address as data: nothing in it reaches what all objects share, and nothing breaks', async () => {
    verifies('S-42')
    const { page, said } = await open('/agents', { signedIn: true })
    const searches = [
      '__proto__=1&__proto__=2&__proto__[polluted]=1',
      'constructor={"prototype":{"polluted":1}}',
      'status={"__proto__":{"polluted":1}}&agentId=["x"]',
      'decision=%7B%22toString%22%3A1%7D&from=Infinity&to=-1e999&entry=null',
      `agentId=${'a'.repeat(5_000)}`,
      'status=%00%ff%fe&range=%E0%A4%A',
      'status=javascript:alert(1)&operation=<script>',
    ]
    const places = ['/audit', '/approvals', '/activity', '/welcome', '/connections', '/sign-in']
    for (const [row, search] of searches.entries()) {
      for (const [column, place] of places.entries()) {
        // Each address and each page is loaded once, and gone to as links do otherwise.
        const address = `${place}?${search}`
        if (row === 0 || column === 0)
          await page.goto(at(address), { waitUntil: 'domcontentloaded' })
        else await turnTo(page, address)
        await page.locator('h1').first().waitFor()
        expect(await page.evaluate('({}).polluted')).toBeUndefined()
        expect([place, search, await page.locator('h1').count()]).toEqual([place, search, 1])
        expect([place, search, said]).toEqual([place, search, []])
      }
    }
  })

  it('leads nowhere else, whatever an address says is to come next', async () => {
    verifies('S-42')
    const places = [
      ...[
        'https://example.com/',
        '//example.com',
        '/\\example.com',
        '\\\\example.com',
        '/%5cexample.com',
      ],
      ...[
        'javascript:window.ran=1',
        ' javascript:window.ran=1',
        'data:text/html,x',
        '/\t/example.com',
      ],
      ...[
        '/..//example.com',
        '/.//example.com',
        '/%09/example.com',
        'http:example.com',
        '@example.com',
      ],
      ...['/sign-in?next=//example.com', `${scene.vault.url}@example.com/`],
    ]
    const { page, context } = await open('/agents', { signedIn: true })
    const elsewhere: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(scene.vault.url)) elsewhere.push(request.url())
    })
    for (const [index, place] of places.entries()) {
      // The router reads a value in quotation marks as JSON.
      const next = encodeURIComponent(index % 2 === 0 ? place : JSON.stringify(place))
      await context.clearCookies()
      await page.goto(at(`/sign-in?next=${next}`))
      await enter(page, firstOwner)
      await page.waitForURL((url) => url.pathname !== '/sign-in' || url.search.includes('example'))
      await page.locator('h1').first().waitFor()
      expect([place, new URL(page.url()).origin]).toEqual([place, scene.vault.url])
      await scene.admin`DELETE FROM sign_in_attempts`
    }
    expect([await page.evaluate('window.ran'), elsewhere]).toEqual([undefined, []])
  })

  it('keeps the token of an invitation out of address, history, storage and requests’ addresses', async () => {
    verifies('S-38', 'S-42')
    const owner = await signIn(scene.vault)
    const made = await owner.send('POST', '/api/v1/workspace/invitations', {
      body: { email: 'invited@example.com', role: 'auditor' },
    })
    const link = new URL(String(made.body.invitationUrl))
    const token = link.hash.slice('#token='.length)
    const { page, said } = await open('/sign-in')
    const asked: string[] = []
    page.on('request', (request) =>
      asked.push(`${request.url()} ${JSON.stringify(request.headers())}`),
    )
    await page.goto(at(`${link.pathname}${link.hash}`))
    await page.getByText('invited@example.com').waitFor()
    expect(page.url()).toBe(at('/invite'))
    await page.locator('input[name=password]').fill('a password of my own')
    await page.keyboard.press('Enter')
    await heading(page, 'Approvals')
    const kept = await page.evaluate(
      `JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, name])`,
    )
    for (const place of [kept, asked.join(), await cached(page), await page.content()]) {
      expect(place).not.toContain(token)
      expect(place).not.toContain('a password of my own')
    }
    await page.goBack()
    await page.locator('h1').first().waitFor()
    expect(page.url()).not.toContain(token)
    expect(said).toEqual([])
  })

  it('forgets a secret that is shown once as soon as its window is closed, and a password once it is sent', async () => {
    verifies('S-38', 'S-42')
    const { page, said } = await open('/settings/tokens', { signedIn: true })
    await page.getByRole('button', { name: 'New token' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Shown once')
    await page.getByLabel('agents:read').check()
    await page.getByRole('button', { name: 'Make the token' }).click()
    const shown = page.locator('code, pre').filter({ hasText: /spp_/ }).first()
    const secret = /spp_[\w-]{43}/.exec((await shown.textContent()) ?? '')?.[0] ?? ''
    expect(secret).toHaveLength(47)
    expect(await cached(page)).not.toBe('no cache was found')
    await page.getByRole('button', { name: 'Done' }).click()
    await shown.waitFor({ state: 'detached' })
    await expect.poll(() => cached(page), { timeout: 5_000 }).not.toContain(secret)
    const kept = `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])`
    expect(`${await page.content()} ${await page.evaluate(kept)}`).not.toContain(secret)
    expect(said).toEqual([])
  })

  it('shows nothing of somebody whose session has ended, going back without the vault included', async () => {
    verifies('S-42')
    await scene.vault.owner.call('createAgent', { name: 'Seen before' })
    const { page, context } = await open('/connections', { signedIn: true })
    await page.getByRole('link', { name: 'Agents' }).first().click()
    await page.getByText('Seen before').first().waitFor()
    await scene.admin`DELETE FROM sessions`
    // Heard by the stream of events, without a press.
    await heading(page, 'Sign in')
    await context.route('**/api/**', (route) => route.abort())
    await page.goBack()
    await page.waitForTimeout(500)
    expect(await page.getByText('Seen before').count()).toBe(0)
    expect(await cached(page)).not.toContain('Seen before')
  })

  it('begins anew when somebody else signs in in another tab', async () => {
    verifies('S-42')
    const auditor = await addPerson(scene.vault, 'auditor')
    const { page, context } = await open('/agents', { signedIn: true })
    await settled(page)
    await page.evaluate('window.isOld = true')
    const other = await context.newPage()
    await other.goto(at('/sign-in'))
    await enter(other, auditor)
    await heading(other, 'Approvals')
    await expect
      .poll(() => page.evaluate('window.isOld === undefined').catch(() => false), {
        timeout: 15_000,
      })
      .toBe(true)
    await settled(page)
    expect(await page.content()).not.toContain(ownerEmail)
    expect(await page.getByRole('button', { name: 'Add an agent' }).count()).toBe(0)
  })

  it('never lets the next person finish what waited for the last one to prove who they are', async () => {
    verifies('S-42')
    const { page } = await open('/settings/tokens', { signedIn: true })
    await scene.admin`UPDATE sessions SET authenticated_at = now() - interval '10 minutes'`
    await page.getByRole('button', { name: 'New token' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Of the last person')
    await page.getByLabel('agents:read').check()
    await page.getByRole('button', { name: 'Make the token' }).click()
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor()
    await scene.admin`DELETE FROM sessions`
    await heading(page, 'Sign in')
    const next: Person = await addPerson(scene.vault, 'owner')
    await enter(page, next)
    await heading(page, /./)
    await page.waitForTimeout(500)
    expect(await page.getByRole('dialog', { name: 'Confirm that it is you' }).count()).toBe(0)
    const [row] =
      await scene.admin`SELECT count(*)::int AS made FROM owner_tokens WHERE name = 'Of the last person'`
    expect(row?.made).toBe(0)
  })

  it('says so when somebody could not be signed out', async () => {
    verifies('S-42')
    const { page, context } = await open('/agents', { signedIn: true })
    await settled(page)
    await context.route('**/api/v1/session', (route) =>
      route.request().method() === 'DELETE' ? route.abort() : route.continue(),
    )
    await page
      .getByRole('button', { name: /^Account/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Sign out' }).first().click()
    await page.getByText('You could not be signed out.').waitFor()
    await context.unroute('**/api/v1/session')
    // Whoever is not signed in any more is told by the next press, whatever it was, unless the page has heard of it before.
    await context.clearCookies()
    const signOut = page.getByRole('button', { name: 'Sign out' }).first()
    const account = page.getByRole('button', { name: /^Account/ }).first()
    const soon = { timeout: 2_000 }
    await signOut
      .click(soon)
      .catch(() => account.click(soon).then(() => signOut.click(soon)))
      .catch(() => undefined)
    await heading(page, 'Sign in')
  })
})
