// What is wrapped under which root key, and how it is wrapped anew: for the rotation of the root key.
import { connect } from './connect.ts'
import { type Database, guardStore, readFailure } from './database.ts'

/** A wrapped key: a workspace's, or a secret of the installation. */
export type WrappedRow = { readonly version: number; readonly wrapped: Uint8Array } & (
  | { readonly workspaceId: string }
  | { readonly purpose: string }
)

/** Rows that are read at once. */
const rowsAtOnce = 200

/** Builds the queries. `sql` is a pool that may do what the vault's own role may. */
export function createRootRotationStore({ sql }: Pick<Database, 'sql'>) {
  return guardStore({
    /** How many rows name each root key, by its id in hexadecimal. */
    async usage(): Promise<ReadonlyMap<string, { workspaceKeys: number; secrets: number }>> {
      const rows = await sql<{ id: string; workspaceKeys: number; secrets: number }[]>`
        SELECT encode(id, 'hex') AS id, sum(keys)::int AS "workspaceKeys", sum(secrets)::int AS secrets
        FROM (
          SELECT substring(wrapped FROM 2 FOR 8) AS id, 1 AS keys, 0 AS secrets FROM workspace_keys
          UNION ALL
          SELECT substring(wrapped FROM 2 FOR 8), 0, 1 FROM installation_secrets
        ) AS named GROUP BY 1`
      return new Map(rows.map(({ id, ...counts }) => [id, counts]))
    },

    /** Makes a root key known; one that is known stays as it is. */
    async add(row: {
      readonly id: Uint8Array
      readonly keyCheck: Uint8Array
      readonly ciphertext: Uint8Array | null
      readonly kms: string | null
    }): Promise<void> {
      await sql`
        INSERT INTO root_keys (id, key_check, ciphertext, kms)
        VALUES (${Buffer.from(row.id)}, ${Buffer.from(row.keyCheck)},
          ${row.ciphertext && Buffer.from(row.ciphertext)}, ${row.kms})
        ON CONFLICT (id) DO NOTHING`
    },

    /** Takes back a root key under which there is nothing; the database refuses any other. */
    async drop(id: Uint8Array): Promise<void> {
      await sql`DELETE FROM root_keys WHERE id = ${Buffer.from(id)}`
    },

    /** Some of what is wrapped under a root key. */
    async listWrapped(id: Uint8Array): Promise<readonly WrappedRow[]> {
      const key = Buffer.from(id)
      const secrets = await sql<WrappedRow[]>`
        SELECT purpose, version, wrapped FROM installation_secrets
        WHERE substring(wrapped FROM 2 FOR 8) = ${key}`
      const keys = await sql<WrappedRow[]>`
        SELECT workspace_id AS "workspaceId", version, wrapped FROM workspace_keys
        WHERE substring(wrapped FROM 2 FOR 8) = ${key}
        ORDER BY workspace_id, version LIMIT ${rowsAtOnce}`
      return [...secrets, ...keys]
    },

    /** Puts a new wrapping in the place of the one that was read; one that changed meanwhile stays. */
    async replace(row: WrappedRow, wrapped: Uint8Array): Promise<void> {
      const [was, now] = [Buffer.from(row.wrapped), Buffer.from(wrapped)]
      await ('purpose' in row
        ? sql`UPDATE installation_secrets SET wrapped = ${now}
            WHERE purpose = ${row.purpose} AND version = ${row.version} AND wrapped = ${was}`
        : sql`UPDATE workspace_keys SET wrapped = ${now}
            WHERE workspace_id = ${row.workspaceId} AND version = ${row.version} AND wrapped = ${was}`)
    },

    /**
     * Makes another root key the current one and forgets the old one, at once; false, and nothing is changed, while a row names the
     * old one.
     */
    finish: (old: Uint8Array, next: Uint8Array): Promise<boolean> =>
      sql.begin(async (tx) => {
        const key = Buffer.from(old)
        // Whoever wraps something under it holds its row: they are waited for here, and nobody comes after.
        await tx`SELECT 1 FROM root_keys WHERE id = ${key} FOR UPDATE`
        const [used] = await tx<{ is: boolean }[]>`
          SELECT EXISTS (SELECT 1 FROM workspace_keys WHERE substring(wrapped FROM 2 FOR 8) = ${key})
            OR EXISTS (SELECT 1 FROM installation_secrets WHERE substring(wrapped FROM 2 FOR 8) = ${key}) AS is`
        if (used?.is !== false) return false
        await tx`
          UPDATE installation SET key_check = root_keys.key_check
          FROM root_keys WHERE root_keys.id = ${Buffer.from(next)}`
        await tx`DELETE FROM root_keys WHERE id = ${key}`
        return true
      }) as Promise<boolean>,

    /** All workspaces, with the versions of their keys. */
    async listWorkspaces(): Promise<readonly { id: string; name: string; versions: number[] }[]> {
      return sql<{ id: string; name: string; versions: number[] }[]>`
        SELECT id, name, to_json(ARRAY(
          SELECT version FROM workspace_keys WHERE workspace_id = workspaces.id ORDER BY version
        )) AS versions FROM workspaces ORDER BY id`
    },
  })
}

/** Any two commands agree on this number; it spells nothing. */
const rotationLock = 6_120_447_893

/** Nothing is said on the lock's session while the work goes on. */
const silenceMsMax = 86_400_000

/**
 * Does work that one process at a time may do. Undefined where another is at it; the lock goes with the session, however this one
 * ends. Two at once would do no harm, each value is replaced only where it is what was read, but each would see the other's work half
 * done.
 */
export async function withRotationLock<T>(
  url: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const session = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport keys lock',
    silenceMsMax,
    keepsSession: true,
  })
  try {
    const [row] = await session<{ locked: boolean }[]>`
      SELECT pg_try_advisory_lock(${rotationLock}) AS locked`
    return row?.locked === true ? { value: await work() } : undefined
  } catch (error) {
    throw readFailure(error)
  } finally {
    await session.end({ timeout: 1 })
  }
}
