import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { reachEmbeddedPostgres } from '../store/embedded/reach-embedded-postgres.ts'

/** A database that an operator's command works on, as the owner of its tables. */
export interface ReachedDatabase {
  readonly url: string
  /** No vault can be at it. */
  readonly isExclusive: boolean
  stop(): Promise<void>
}

/** Reaches the database of a vault, beside the vault that runs on it or by itself. Throws `store-unavailable`. */
export async function reachDatabase(config: Config): Promise<ReachedDatabase> {
  const url = config.databaseMigrationUrl ?? config.databaseUrl
  if (url !== undefined) {
    return { url: url.reveal(), stop: async () => {}, isExclusive: false }
  }
  const log = { info: () => {}, warn: () => {} }
  const embedded = await reachEmbeddedPostgres({ dataDir: config.dataDir, log, randomBytes })
  return { ...embedded, url: embedded.ownerUrl }
}
