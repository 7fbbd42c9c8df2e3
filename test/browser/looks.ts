import type { Page } from 'playwright-core'
import { colourRules, findAccessibilityFaults } from './chromium.ts'
import { desk, overflowOf, phone } from './open-page.ts'

// A page in each look that people have it in. It is loaded once: what differs is the theme and the width, which a page has to
// follow anyway while it is open.

// Nothing but colours differs in the dark, so that there only the rules on colours are asked again.
const everyLook = [
  { name: 'in dark, at a desk', colorScheme: 'dark', viewport: desk, rules: colourRules },
  { name: 'in light, at a desk', colorScheme: 'light', viewport: desk },
  { name: 'in light, on a phone', colorScheme: 'light', viewport: phone },
  { name: 'in dark, on a phone', colorScheme: 'dark', viewport: phone, rules: colourRules },
] as const
const oppositeLooks = [
  { name: 'in light, at a desk', colorScheme: 'light', viewport: desk },
  { name: 'in dark, on a phone', colorScheme: 'dark', viewport: phone },
] as const
type Look = (typeof everyLook | typeof oppositeLooks)[number]

/** What a test that goes through many pages in their looks may take, in milliseconds. */
export const looksMsMax = 120_000

/**
 * What some could not read of the page as it is now, in both themes, at a desk and on the narrowest phone; and where it is wider
 * than its window. Leaves it in light at a desk.
 */
export const faultsInEveryLook = (page: Page): Promise<string[]> => faultsIn(page, everyLook)

/** The same, in light at a desk and in the dark on a phone alone: for pages with very much on them, and for many pages. */
export const faultsInOppositeLooks = (page: Page): Promise<string[]> =>
  faultsIn(page, oppositeLooks)

async function faultsIn(page: Page, looks: readonly Look[]): Promise<string[]> {
  const found: string[] = []
  for (const { name, colorScheme, viewport, ...rules } of looks) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const faults = await findAccessibilityFaults(page, rules)
    const overflow = await overflowOf(page)
    if (overflow > 0) faults.push(`wider than its window by ${overflow} pixels`)
    found.push(...faults.map((fault) => `${name}: ${fault}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(desk)
  return found
}
