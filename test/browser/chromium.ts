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
    ],
  })

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong by WCAG 2.2 AA and by good practice: rule and place. The page must allow scripts from outside. */
export async function findAccessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run({ runOnly: tags })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}
