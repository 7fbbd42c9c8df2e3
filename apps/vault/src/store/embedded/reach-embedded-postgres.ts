// The embedded database for a command beside the vault: through the running vault's server, or started for as long as it is needed.
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { preparePasswords, urlsOf } from './cluster.ts'
import { findHolder } from './hold-data-dir.ts'
import { choosePlace } from './place.ts'
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'

/**
 * Answers how the database of a data directory is reached. Where a vault runs on it, its server is used, and `stop` leaves it be;
 * else the server is started. Throws `store-unavailable` where there is no database, and what starting one throws.
 */
export async function reachEmbeddedPostgres(
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres & { readonly isExclusive: boolean }> {
  if (!hasDatabase(options.dataDir)) {
    throw new Problem('store-unavailable', `There is no vault's database in ${options.dataDir}.`, {
      next: 'Set SALLYPORT_DATA_DIR, or DATABASE_URL, to what the vault runs with, and run this as the user that runs it.',
    })
  }
  const running = await findRunningPostgres(options)
  if (running === undefined) {
    return { ...(await startEmbeddedPostgres(options)), isExclusive: true }
  }
  return { ...running, stop: async () => {}, isExclusive: false }
}

/** The server of the vault that runs on this data directory; undefined where none does. */
export async function findRunningPostgres(
  options: Omit<EmbeddedOptions, 'log'>,
): Promise<Pick<EmbeddedPostgres, 'ownerUrl' | 'appUrl'> | undefined> {
  if (!hasDatabase(options.dataDir)) return undefined
  const place = choosePlace(options.dataDir)
  if ((await findHolder(place.lockPath)) === undefined) return undefined
  const dataDir = realpathSync(options.dataDir)
  return urlsOf(place, preparePasswords({ ...options, dataDir, cluster: place.cluster }))
}

const hasDatabase = (dataDir: string) => existsSync(join(dataDir, 'postgres-passwords.json'))
