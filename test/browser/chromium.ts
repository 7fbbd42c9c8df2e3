import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'

const wholePath = '/usr/bin/chromium'
// The shell has the same engine without the rest of a browser, and takes a quarter less of the processor.
const shellPath = '/usr/bin/chromium-headless-shell'

/** Whether Debian's Chromium is on this machine, whole. */
export const hasWholeChromium = existsSync(wholePath)
/** Whether it is here, whole or as the shell. */
export const hasChromium = hasWholeChromium || existsSync(shellPath)

/** Starts it headless, with a fresh profile, asking nobody outside for anything. What pushes needs it `whole`. */
export const startChromium = (how: { readonly whole?: true } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: how.whole === true || !existsSync(shellPath) ? wholePath : shellPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // No page of a test lives long enough to earn what optimising its code takes: axe takes a fifth less without.
      '--js-flags=--no-opt --no-maglev',
    ],
  })

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** Those of the rules below that look at colours; none of the others does. */
export const colourRules = ['color-contrast', 'link-in-text-block'] as const

/**
 * What axe finds wrong by WCAG 2.2 AA and by good practice, or by some of its rules: rule and place. The page must allow scripts
 * from outside.
 */
export async function findAccessibilityFaults(
  page: Page,
  { rules = levels }: { readonly rules?: readonly string[] } = {},
): Promise<string[]> {
  // Compiling it takes as long as asking it does.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
  return page.evaluate(
    async (runOnly) => {
      // A colour on its way to another is not what the page is to look like.
      for (const motion of document.getAnimations()) {
        if (motion instanceof CSSTransition) motion.finish()
      }
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
      const { violations } = await axe.run({
        runOnly,
        resultTypes: ['violations'],
        selectors: false,
        preload: false,
      })
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    },
    [...rules],
  )
}
