import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { preparedVault, prepareVault } from './fixtures/vault.ts'

/**
 * Black-box tests run what a user runs, so what is built is brought up to date first; quick when nothing changed. Then one vault is
 * made for all that need none of their own making.
 */
export async function setup(): Promise<() => void> {
  // A run within a run, such as in a network of its own, has what the outer one made.
  if (process.env[preparedVault] !== undefined) return () => {}
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (platform === 'win32') return () => {}
  const folder = await prepareVault()
  process.env[preparedVault] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
