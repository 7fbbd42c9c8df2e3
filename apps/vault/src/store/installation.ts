// The one row that binds a database to its root key and remembers the first run.
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Executor } from './database.ts'
import { installation } from './tables.ts'

const theRow = 1

export interface Installation {
  readonly keyCheck: Uint8Array
  readonly setupTokenHash: Uint8Array | null
  /** When the first owner was made; null before. */
  readonly setUpAt: Date | null
}

export interface InstallationStore {
  /** The row; undefined before the first start is through. A root key binds it: see `root-keys.ts`. */
  find(): Promise<Installation | undefined>
  /** Replaces the setup token; false when the vault has been set up meanwhile. */
  setSetupTokenHash(hash: Uint8Array): Promise<boolean>
  /** Spends the setup token: true for one caller only, and only for the right one. In `executor`, with what it pays for. */
  consumeSetupToken(hash: Uint8Array, executor?: Executor): Promise<boolean>
}

/** Makes the store of the installation row. */
export function createInstallationStore({ db }: Pick<Database, 'db'>): InstallationStore {
  const notSetUp = and(eq(installation.id, theRow), isNull(installation.setUpAt))
  return {
    async find() {
      const [row] = await db
        .select({
          keyCheck: installation.keyCheck,
          setupTokenHash: installation.setupTokenHash,
          setUpAt: installation.setUpAt,
        })
        .from(installation)
        .where(eq(installation.id, theRow))
      return row
    },
    async setSetupTokenHash(hash) {
      const rows = await db
        .update(installation)
        .set({ setupTokenHash: hash })
        .where(notSetUp)
        .returning({ id: installation.id })
      return rows.length === 1
    },
    async consumeSetupToken(hash, executor = db) {
      const rows = await executor
        .update(installation)
        .set({ setupTokenHash: null, setUpAt: sql`now()` })
        .where(and(notSetUp, eq(installation.setupTokenHash, hash)))
        .returning({ id: installation.id })
      return rows.length === 1
    },
  }
}
