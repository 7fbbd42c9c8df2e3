// Reads the whole database as it is at one moment, however long that takes.
import type { Readable } from 'node:stream'
import { connect, type Sql } from '../connect.ts'
import { readFailure } from '../database.ts'
import { type BackedUpTable, listBackedUpTables, quoted } from './backed-up-tables.ts'

/** A copy of a large table sends all the time; whoever says nothing for so long is gone. */
const silenceMsMax = 120_000

/** A root key that the database knows of. */
export interface BackedUpRootKey {
  readonly id: Uint8Array
  readonly keyCheck: Uint8Array
  readonly ciphertext: Uint8Array | null
  readonly kms: string | null
}

/** The database at one moment. */
export interface Snapshot {
  /** When the newest migration that it has was written, in ms since the epoch: names what its tables are like. */
  readonly schemaAt: number
  /** The one that new keys are wrapped under. */
  readonly currentKeyCheck: Uint8Array
  readonly rootKeys: readonly BackedUpRootKey[]
  readonly tables: readonly BackedUpTable[]
  /** The rows of a table, as PostgreSQL's COPY writes them as text. One table after the other. */
  rows(table: BackedUpTable): Promise<Readable>
}

/**
 * Hands a snapshot to `use`; vaults go on meanwhile. Throws `store-unavailable`, and undefined is answered where the database holds no
 * vault of this build.
 */
export async function withSnapshot<T>(
  url: string,
  use: (snapshot: Snapshot) => Promise<T>,
): Promise<T | undefined> {
  const sql = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport backup',
    silenceMsMax,
    settings: { statement_timeout: 0, idle_in_transaction_session_timeout: 0 },
  })
  try {
    const done = await sql.begin('isolation level repeatable read read only', async (tx) => {
      const head = await readHead(tx)
      if (head === undefined) return undefined
      const tables = await listBackedUpTables(tx)
      const rows = ({ name, columns }: BackedUpTable) =>
        tx.unsafe(`COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) TO STDOUT`).readable()
      return { value: await use({ ...head, tables, rows }) }
    })
    return done?.value as T | undefined
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function readHead(
  tx: Pick<Sql, 'unsafe'>,
): Promise<Pick<Snapshot, 'schemaAt' | 'currentKeyCheck' | 'rootKeys'> | undefined> {
  const [found] = await tx.unsafe<{ exists: boolean }[]>(
    `SELECT to_regclass('public.root_keys') IS NOT NULL AS exists`,
  )
  if (found?.exists !== true) return undefined
  const [row] = await tx.unsafe<{ at: string; check: Uint8Array }[]>(`
    SELECT (SELECT max(created_at)::text FROM drizzle.__drizzle_migrations) AS at, key_check AS check
    FROM installation`)
  if (row === undefined) return undefined
  const rootKeys = await tx.unsafe<BackedUpRootKey[]>(
    'SELECT id, key_check AS "keyCheck", ciphertext, kms FROM root_keys',
  )
  if (rootKeys.length === 0) return undefined
  return { schemaAt: Number(row.at), currentKeyCheck: row.check, rootKeys }
}
