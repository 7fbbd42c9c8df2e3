import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Black-box tests run what a user runs, so what is built is brought up to date first; quick when nothing changed. */
export function setup(): void {
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}
