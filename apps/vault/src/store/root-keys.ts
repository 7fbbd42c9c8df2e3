// Which root keys there are, what is wrapped under each, and which vaults have them.
import { eq, sql } from 'drizzle-orm'
import { type Database, guardStore } from './database.ts'
import { installationSecrets, rootKeys, runningVaults } from './key-tables.ts'
import { installation } from './tables.ts'

type RootKeyRow = Omit<typeof rootKeys.$inferSelect, 'createdAt'>
type SecretRow = Omit<typeof installationSecrets.$inferSelect, 'createdAt'>

const theRow = 1
/** A vault that has not been seen for longer cannot be serving: it has not reached the database for as long. */
const vaultSeenMsMax = 15_000

/** What a database is bound by. */
export interface Binding {
  readonly rootKey: RootKeyRow
  /** The secrets of the installation, wrapped by it. */
  readonly secrets: readonly SecretRow[]
}

/** Builds the queries on root keys and what they wrap above workspaces. */
export function createRootKeyStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>) {
  const columns = {
    id: rootKeys.id,
    keyCheck: rootKeys.keyCheck,
    ciphertext: rootKeys.ciphertext,
    kms: rootKeys.kms,
  }
  const { purpose, version, wrapped } = installationSecrets
  return guardStore({
    list: async (): Promise<RootKeyRow[]> => await db.select(columns).from(rootKeys),

    async findCurrentCheck(): Promise<Uint8Array | undefined> {
      const [row] = await db.select({ check: installation.keyCheck }).from(installation)
      return row?.check
    },

    listSecrets: async (): Promise<SecretRow[]> =>
      await db.select({ purpose, version, wrapped }).from(installationSecrets),

    /**
     * Binds the database to a root key and its secrets, all or nothing, unless it is bound. Answers the key check that stands:
     * another replica may have been first. For the owner of the tables. A database that was bound by a build without secrets keeps its key check and gets what
     * `older` gives for it.
     */
    bind: (
      fresh: Binding | undefined,
      older: (keyCheck: Uint8Array) => Binding | undefined,
    ): Promise<Uint8Array | undefined> =>
      transaction(async (tx) => {
        if (fresh !== undefined) {
          const made = await tx
            .insert(installation)
            .values({ id: theRow, keyCheck: fresh.rootKey.keyCheck })
            .onConflictDoNothing()
            .returning({ id: installation.id })
          if (made.length === 1) {
            await tx.insert(rootKeys).values(fresh.rootKey)
            await tx.insert(installationSecrets).values([...fresh.secrets])
            return fresh.rootKey.keyCheck
          }
        }
        // One at a time from here.
        const [standing] = await tx
          .select({ check: installation.keyCheck })
          .from(installation)
          .where(eq(installation.id, theRow))
          .for('update')
        const known = await tx.select({ id: rootKeys.id }).from(rootKeys).limit(1)
        const binding =
          standing === undefined || known.length > 0 ? undefined : older(standing.check)
        if (binding !== undefined) {
          await tx.insert(rootKeys).values(binding.rootKey)
          await tx.insert(installationSecrets).values([...binding.secrets])
        }
        return standing?.check
      }),

    /** Tells which root keys this vault has. */
    async announce(vaultId: string, rootKeyIds: readonly string[]): Promise<void> {
      const row = { rootKeyIds: [...rootKeyIds], seenAt: sql`now()` }
      await db
        .insert(runningVaults)
        .values({ id: vaultId, ...row })
        .onConflictDoUpdate({ target: runningVaults.id, set: row })
      await db
        .delete(runningVaults)
        .where(sql`${runningVaults.seenAt} < now() - ${`${10 * vaultSeenMsMax} ms`}::interval`)
    },

    async withdraw(vaultId: string): Promise<void> {
      await db.delete(runningVaults).where(eq(runningVaults.id, vaultId))
    },

    /** For whoever knows that no vault runs: those that were killed could not say that they are gone. */
    async withdrawAll(): Promise<void> {
      await db.delete(runningVaults)
    },

    /** The vaults that may be serving. */
    listVaults: async (): Promise<{ id: string; rootKeyIds: string[] }[]> =>
      await db
        .select({ id: runningVaults.id, rootKeyIds: runningVaults.rootKeyIds })
        .from(runningVaults)
        .where(sql`${runningVaults.seenAt} >= now() - ${`${vaultSeenMsMax} ms`}::interval`),
  })
}
