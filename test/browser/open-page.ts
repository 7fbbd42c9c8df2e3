import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ownerEmail, ownerPassword } from '../fixtures/vault.ts'
import { takeTab } from './kept-tabs.ts'

/** What fits on most desks, in pixels. */
export const desk = { width: 1280, height: 800 }
/** As the narrowest phones that are sold, in pixels. */
export const phone = { width: 360, height: 740 }

export interface OpenOptions {
  readonly colorScheme?: 'light' | 'dark'
  /** On the narrowest phone. */
  readonly phone?: boolean
  /** axe is put into the page, which its own policy would forbid: without it the policy is what is tried. */
  readonly audit?: boolean
  /** Begin as the vault's first owner, or as whoever this is. */
  readonly signedIn?: boolean | { readonly email: string; readonly password: string }
  /** In a profile that was made for this and ends with it, where the test changes what can not be put back. */
  readonly once?: boolean
}

export interface OpenedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** What the console said and scripts threw; without the browser's note of every answer that is not a success. */
  readonly said: string[]
}

/** Opens a page of the dashboard in a browser profile of its own: nothing in it is another test's. */
export async function openPage(
  browser: Browser,
  url: string,
  options: OpenOptions = {},
): Promise<OpenedPage> {
  const bypassCSP = options.audit === true
  const { context, page } =
    options.once === true
      ? await newTab(browser, bypassCSP)
      : await takeTab(browser, { bypassCSP, origin: new URL(url).origin })
  await page.emulateMedia({ colorScheme: options.colorScheme ?? 'light' })
  await page.setViewportSize(options.phone === true ? phone : desk)
  if (options.signedIn !== undefined && options.signedIn !== false) {
    await signIn(
      context,
      new URL(url).origin,
      options.signedIn === true ? firstOwner : options.signedIn,
    )
  }
  const said: string[] = []
  page.on('console', (message) => {
    if (!message.text().startsWith('Failed to load resource')) said.push(message.text())
  })
  page.on('pageerror', (error) => said.push(error.message))
  await page.goto(url)
  return { page, context, said }
}

async function newTab(browser: Browser, bypassCSP: boolean) {
  const context = await browser.newContext({ bypassCSP })
  return { context, page: await context.newPage() }
}

const firstOwner = { email: ownerEmail, password: ownerPassword }

async function signIn(
  context: BrowserContext,
  origin: string,
  data: { readonly email: string; readonly password: string },
): Promise<void> {
  const answer = await context.request.post(`${origin}/api/v1/session`, {
    headers: { origin },
    data,
  })
  if (!answer.ok()) throw new Error(`Sign-in failed: ${await answer.text()}`)
}

/** Goes to another page of the dashboard as its own links do, without loading all of it anew. */
export async function turnTo(page: Page, path: string): Promise<void> {
  await page.evaluate(async (href) => {
    const { __TSR_ROUTER__: router } = globalThis as unknown as { __TSR_ROUTER__: Router }
    await router.navigate({ href })
    // Until what was drawn is what was gone to.
    const isThere = () =>
      router.state.status === 'idle' &&
      router.state.resolvedLocation?.href === router.state.location.href
    while (!isThere()) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, path)
}

interface Router {
  navigate(where: { readonly href: string }): Promise<void>
  readonly state: {
    readonly status: string
    readonly location: { readonly href: string }
    readonly resolvedLocation?: { readonly href: string }
  }
}

/** By how many pixels the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth)

const loadingMsMax = 15_000
const lookEveryMs = 50

/** Resolves once no part of the page says that it loads; several may. */
export async function loaded(page: Page): Promise<void> {
  const loading = page.getByRole('status', { name: 'Loading' })
  await noneLeft(page, () => loading.count())
}

/** Resolves once the count is 0. Without vitest's own waiting, which tests that run side by side can not share. */
export async function noneLeft(page: Page, count: () => Promise<number>): Promise<void> {
  const untilMs = Date.now() + loadingMsMax
  while ((await count()) > 0) {
    if (Date.now() > untilMs) throw new Error(`Something still loads at ${page.url()}.`)
    await page.waitForTimeout(lookEveryMs)
  }
}
