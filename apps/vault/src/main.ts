import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openProcess } from './compose/open-process.ts'
import type { ServeVaultNeeds } from './compose/serve-vault.ts'
import { ConfigError, type Environment } from './config.ts'

// Reads the environment, opens the store, and serves until told to stop.

declare const SALLYPORT_VERSION: string

/** What the process hands to the vault. */
export interface RunVaultNeeds extends Omit<ServeVaultNeeds, 'dashboardDir'> {
  readonly environment: Environment
}

/** Nearly all of the vault's code: loaded while the database starts, which is another process's work. */
const loadHouse = () => import('./compose/serve-vault.ts')

/**
 * Runs the vault until it is to stop. Throws ConfigError (exit code 78) for a wrong environment and WrongRootKeyError
 * before anything is changed; other failures at start are problems that say what to do.
 */
export async function runVault({ environment, ...given }: RunVaultNeeds): Promise<void> {
  const dashboardDir = findDashboard()
  const opened = await openProcess({
    environment,
    version: SALLYPORT_VERSION,
    // A failure comes out below, where it is asked for again.
    whileOpening: () => void loadHouse().catch(() => {}),
  })
  const { serveVault } = await loadHouse().catch(async (error: unknown) => {
    await opened.store.close()
    throw error
  })
  await serveVault(opened, { ...given, dashboardDir })
}

/** Beside the bundle, or where the dashboard's own build puts it. */
function findDashboard(): string {
  const beside = fileURLToPath(new URL('./dashboard', import.meta.url))
  const built = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
  const found = [beside, built].find((folder) => existsSync(join(folder, 'index.html')))
  if (found === undefined) throw new ConfigError('The dashboard is missing from this build.')
  return found
}
