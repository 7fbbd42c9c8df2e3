import type { Browser, BrowserContext, Page } from 'playwright-core'

// A profile and its one tab outlive the test that they were opened for: a new profile has to fetch and compile the whole dashboard,
// and a new tab starts a process, which together take two to three times the processor time of a page in a tab that is there.

/** A tab alone in its profile. Closing the profile empties it and hands it on; the next test sees nothing of the last. */
export interface KeptTab {
  readonly context: BrowserContext
  readonly page: Page
}

export interface TabNeeds {
  /** Set when a profile is made, and for good. */
  readonly bypassCSP: boolean
  /** The site that the tab is to show: what it keeps there is taken away when the tab is given back. */
  readonly origin: string
}

interface Idle extends KeptTab {
  readonly bypassCSP: boolean
}

const idleOf = new WeakMap<Browser, Idle[]>()

/** Takes a tab that nobody uses, or opens one. */
export async function takeTab(browser: Browser, { bypassCSP, origin }: TabNeeds): Promise<KeptTab> {
  const idle = idleOf.get(browser) ?? []
  idleOf.set(browser, idle)
  const at = idle.findIndex((tab) => tab.bypassCSP === bypassCSP)
  const [kept] = at < 0 ? [] : idle.splice(at, 1)
  const context = kept?.context ?? (await browser.newContext({ bypassCSP }))
  const page = kept?.page ?? (await context.newPage())
  const end = Object.getPrototypeOf(context).close as BrowserContext['close']
  context.close = async () => {
    context.close = async () => undefined
    if (await empty({ context, page }, origin)) idle.push({ context, page, bypassCSP })
    else await end.call(context)
  }
  return { context, page }
}

/** Takes away all that a test has left. False where that can not be, as the tab is gone. */
async function empty({ context, page }: KeptTab, origin: string): Promise<boolean> {
  try {
    await Promise.all(context.pages().map((other) => other !== page && other.close()))
    for (const event of ['console', 'pageerror', 'dialog', 'request', 'response'] as const) {
      page.removeAllListeners(event)
      context.removeAllListeners(event)
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    await context.setOffline(false)
    // A picture of the same site: the page ends, and its process need not.
    await page.goto(`${origin}/icon.svg`)
    await page.evaluate(() => {
      localStorage.clear()
      sessionStorage.clear()
      window.name = ''
    })
    await context.clearCookies()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Page.resetNavigationHistory')
    await devtools.detach()
    return true
  } catch {
    return false
  }
}
