import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownerEmail, ownerPassword, startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, faultsInOppositeLooks, looksMsMax } from './looks.ts'
import { loaded, openPage, overflowOf, turnTo } from './open-page.ts'

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the dashboard', () => {
  let vault: TestVault
  let browser: Browser
  let places: readonly string[]

  beforeAll(async () => {
    ;[vault, browser] = await Promise.all([startVault(), startChromium()])
    const { agentId } = await vault.createAgentWithKey('An agent')
    const connectionId = await vault.addConnection({ origins: ['http://127.0.0.1:9'] })
    const policyId = await vault.addPolicy({ agentId, connectionId })
    places = [
      '/approvals',
      '/capability-requests',
      '/agents',
      `/agents/${agentId}`,
      '/connections',
      `/connections/${connectionId}`,
      '/policies',
      `/policies/${policyId}`,
      '/activity',
      '/audit',
      '/settings/account',
      '/settings/members',
      '/settings/tokens',
      '/settings/workspace',
      '/welcome',
    ]
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
  })

  const at = (path: string) => `${vault.url}${path}`
  /** A page is there when it has loaded what it shows. */
  const settle = async (page: Awaited<ReturnType<typeof openPage>>['page']) => {
    await page.locator('main h1').first().waitFor()
    await page.waitForLoadState('networkidle').catch(() => undefined)
    await loaded(page)
  }

  it('breaks no rule of its own policy on any page, fits a phone, and names each page', async () => {
    verifies('S-42')
    const { page, context, said } = await openPage(browser, at('/agents'), {
      signedIn: true,
      phone: true,
    })
    const titles = new Set<string>()
    for (const path of places) {
      await turnTo(page, path)
      await page.locator('main h1').first().waitFor()
      await page.waitForTimeout(300)
      titles.add(await page.title())
      expect([path, await overflowOf(page)]).toEqual([path, 0])
      expect([path, await page.locator('h1').count()]).toEqual([path, 1])
      expect([path, said]).toEqual([path, []])
    }
    // The four pages of the settings share a heading; an agent’s page is named for the agent.
    expect(titles.size).toBeGreaterThanOrEqual(places.length - 3)
    await context.close()
  })

  it(
    'has no page that some cannot read, in both themes, on a phone',
    async () => {
      const options = { signedIn: true, audit: true }
      const { page, context } = await openPage(browser, at('/agents'), options)
      for (const path of places) {
        await turnTo(page, path)
        await page.locator('main h1').first().waitFor()
        await loaded(page)
        // What stands around all of them is looked at in every look once; each page is, with more on it, in its own tests.
        const faults = path === places[0] ? faultsInEveryLook(page) : faultsInOppositeLooks(page)
        expect([path, await faults]).toEqual([path, []])
      }
      await context.close()
    },
    looksMsMax,
  )

  it('runs no script that somebody smuggles into the page', async () => {
    verifies('S-42')
    const { page, context, said } = await openPage(browser, at('/agents'), { signedIn: true })
    await settle(page)
    const tried = await page.evaluate(`(() => {
      const attempt = (act) => { try { act() } catch (error) { return error.name } return 'done' }
      return [
        attempt(() => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = 1">') }),
        attempt(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s) }),
        attempt(() => { const s = document.createElement('script'); s.src = 'https://example.com/x.js'; document.body.append(s) }),
      ]
    })()`)
    expect(tried).toEqual(['TypeError', 'TypeError', 'TypeError'])
    await page.evaluate(`(() => {
      const b = document.createElement('button'); b.setAttribute('style', 'color: red'); document.body.append(b)
    })()`)
    expect(await page.evaluate('window.ran')).toBeUndefined()
    expect(said.join('\n')).toContain('Content Security Policy')
    await context.close()
  })

  it('is not shown within another site’s page', async () => {
    verifies('S-42')
    const server = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html')
      answer.end(`<iframe src="${at('/approvals')}"></iframe>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    await page.goto(`http://127.0.0.1:${port}/`)
    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/)
    await context.close()
    server.close()
  })

  it('asks whoever is not signed in, and leads them to where they wanted to go', async () => {
    const { page, context } = await openPage(browser, at('/audit?decision=deny'))
    await page.getByLabel('E-mail address').fill(ownerEmail)
    await page.locator('input[name=password]').fill('not the password')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.locator('input[name=password]').fill(ownerPassword)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
    expect(page.url()).toBe(at('/audit?decision=deny'))
    // A session that ended is noticed at the next step, and comes back to the same place.
    await context.clearCookies()
    // An event may be quicker than the press.
    const policies = page.getByRole('link', { name: 'Policies' }).first()
    await policies.click({ timeout: 5_000 }).catch(() => undefined)
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    expect(page.url()).toMatch(/\/sign-in\?next=%2F(policies|audit%3Fdecision%3Ddeny)$/)
    await context.close()
  })

  it('goes nowhere but within itself after a sign-in', async () => {
    for (const next of [
      'https://example.com/',
      '//example.com/',
      '/\\example.com',
      'javascript:1',
    ]) {
      const { page, context } = await openPage(
        browser,
        at(`/sign-in?next=${encodeURIComponent(next)}`),
      )
      await page.getByLabel('E-mail address').fill(ownerEmail)
      await page.locator('input[name=password]').fill(ownerPassword)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor()
      expect(new URL(page.url()).origin).toBe(vault.url)
      await context.close()
    }
  })

  it('shows nothing any more once somebody has signed out, going back included', async () => {
    verifies('S-42')
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    await page.getByText('An agent').first().waitFor()
    await page
      .getByRole('button', { name: /^Account/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Sign out' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    expect(await page.getByText('An agent').count()).toBe(0)
    await context.close()
  })

  it('keeps the theme that somebody chose', async () => {
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    const scheme = () => page.locator('html').evaluate((root) => root.className)
    await page
      .getByRole('button', { name: /^Account/ })
      .first()
      .click()
    await page.getByText('Dark', { exact: true }).first().click()
    expect(await scheme()).toBe('dark')
    await page.reload()
    await settle(page)
    expect(await scheme()).toBe('dark')
    await context.close()
  })

  it('moves the focus to the new page’s heading, and can be gone through by keyboard', async () => {
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    await settle(page)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').evaluate((element) => element.id)).toBe('content')
    await page.getByRole('link', { name: 'Connections' }).first().focus()
    await page.keyboard.press('Enter')
    await page.locator('h1:focus', { hasText: 'Connections' }).waitFor()
    await context.close()
  })

  it('says when it is offline, and is live again afterwards', async () => {
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    await page.getByRole('status').getByText('Live').first().waitFor()
    await context.setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await context.setOffline(false)
    await page.getByText('You are offline.').waitFor({ state: 'detached' })
    await page.getByRole('status').getByText('Live').first().waitFor()
    await context.close()
  })

  it('gives up its connection while nobody looks at it, and shows what it missed when somebody does', async () => {
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    const live = page.getByRole('status').getByText('Live').first()
    const isEvents = (request: { url(): string }) => request.url() === at('/api/v1/events')
    // A headless browser hides no tab: the page is told so, as the browser would tell it.
    const become = (state: 'hidden' | 'visible') =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    const asked: string[] = []
    await live.waitFor()
    page.on('request', (request) => {
      if (isEvents(request)) asked.push(request.url())
    })
    // Away and back at once costs nothing.
    await become('hidden')
    await become('visible')
    const ended = page.waitForEvent('requestfailed', { predicate: isEvents, timeout: 20_000 })
    await become('hidden')
    await ended
    await vault.owner.call('createAgent', { name: 'Born while nobody looked' })
    expect(asked).toEqual([])
    await become('visible')
    await page.getByText('Born while nobody looked').waitFor({ timeout: 5_000 })
    await live.waitFor()
    expect(asked).toHaveLength(1)
    await context.close()
  })

  it('shows what changed without being asked again', async () => {
    const { page, context } = await openPage(browser, at('/agents'), { signedIn: true })
    await page.getByRole('status').getByText('Live').first().waitFor()
    await vault.owner.call('createAgent', { name: 'Born just now' })
    await page.getByText('Born just now').waitFor({ timeout: 5_000 })
    await context.close()
  })

  it('has a page for an address that leads nowhere', async () => {
    const { page, context } = await openPage(browser, at('/nowhere/at-all'))
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await context.close()
  })
})
