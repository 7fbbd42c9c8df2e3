// Fills an empty database with the tables of a backup, all or nothing.
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type postgres from 'postgres'
import { connect, type Sql } from '../connect.ts'
import { readFailure } from '../database.ts'
import { type BackedUpTable, listBackedUpTables, quoted } from './backed-up-tables.ts'

const silenceMsMax = 600_000

/** The tables of a backup, one after the other: the rows of one are read before the next one comes. */
export type RestoredTables = AsyncIterable<BackedUpTable & { readonly rows: Readable }>

/** What is in the place of a restore; `empty`: nothing, or the tables of a vault without anything in them. */
export type Occupation = 'empty' | 'vault' | 'other-tables'

const connectForRestore = (url: string) =>
  connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport restore',
    silenceMsMax,
    settings: { statement_timeout: 0, idle_in_transaction_session_timeout: 0 },
  })

/** Looks whether there is anything in the database. Changes nothing. Throws `store-unavailable`. */
export async function lookForTables(url: string): Promise<Occupation> {
  const sql = connectForRestore(url)
  try {
    const tables = await sql<{ name: string }[]>`
      SELECT relname::text AS name FROM pg_catalog.pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')`
    if (tables.length === 0) return 'empty'
    if (!tables.some(({ name }) => name === 'installation')) return 'other-tables'
    const [row] = await sql<{ rows: number }[]>`SELECT count(*)::int AS rows FROM installation`
    return row?.rows === 0 ? 'empty' : 'vault'
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** How tables are filled. */
interface CopyIn {
  readonly tables: RestoredTables
  /** Stops the agents of every workspace until somebody has looked. */
  readonly freezes: boolean
  readonly onTable: (name: string) => void
}

/**
 * Fills tables that are there and empty, in one transaction, without telling anybody, and then does what a restore changes: what was
 * open for an owner to answer, or answered and not used, is over, since nobody knows whether it was used after the backup, and so are
 * enrolment codes, invitations and whatever else is good for one use; sessions and agents' tokens have ended. Answers the rows of
 * each table; undefined where a vault has come into the database meanwhile. Throws an Error where the tables are others.
 */
export async function copyIn(
  url: string,
  { tables, freezes, onTable }: CopyIn,
): Promise<ReadonlyMap<string, number> | undefined> {
  const sql = connectForRestore(url)
  try {
    return await sql.begin(async (tx) => {
      const standing = await listBackedUpTables(tx)
      // From here on nobody else writes to them.
      const putBack = await disableTriggers(tx, standing)
      const [vault] = await tx`SELECT id FROM installation`
      // Thrown, so that it is all undone: returned, it would leave that vault without its triggers.
      if (vault !== undefined) throw vaultCame
      const counts = new Map<string, number>()
      for await (const table of tables) {
        requireSame(standing, table)
        onTable(table.name)
        counts.set(table.name, await fill(tx, table))
      }
      const missing = standing.find(({ name }) => !counts.has(name))
      if (missing !== undefined) throw new Error(`the table ${missing.name} is not in the backup`)
      await setSequences(tx)
      await endWhatWasOpen(tx)
      if (freezes) await tx`UPDATE workspaces SET frozen_at = now() WHERE frozen_at IS NULL`
      await putBack()
      return counts
    })
  } catch (error) {
    if (error === vaultCame) return undefined
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** A vault has come into the database since it was looked at. */
const vaultCame = new Error('There is a vault in the database.')

/** Answers what enables them again, those that nobody's session can pass over (S-37) as such. */
async function disableTriggers(
  tx: Pick<Sql, 'unsafe'>,
  tables: readonly BackedUpTable[],
): Promise<() => Promise<void>> {
  const always = await tx.unsafe<{ table: string; name: string }[]>(`
    SELECT c.relname::text AS table, t.tgname::text AS name
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled = 'A' AND NOT t.tgisinternal`)
  for (const { name } of tables) {
    await tx.unsafe(`ALTER TABLE ${quoted(name)} DISABLE TRIGGER USER`)
  }
  return async () => {
    for (const { name } of tables) {
      await tx.unsafe(`ALTER TABLE ${quoted(name)} ENABLE TRIGGER USER`)
    }
    for (const { table, name } of always) {
      await tx.unsafe(`ALTER TABLE ${quoted(table)} ENABLE ALWAYS TRIGGER ${quoted(name)}`)
    }
  }
}

function requireSame(standing: readonly BackedUpTable[], { name, columns }: BackedUpTable): void {
  const found = standing.find((table) => table.name === name)
  const known = new Set(found?.columns)
  if (found?.columns.length === columns.length && columns.every((one) => known.has(one))) return
  throw new Error(`the table ${name} of the backup is not the one that its schema has`)
}

async function fill(
  tx: postgres.TransactionSql,
  { name, columns, rows }: BackedUpTable & { readonly rows: Readable },
): Promise<number> {
  // Of what migrations put into a new database, the backup has its own.
  await tx.unsafe(`DELETE FROM ${quoted(name)}`)
  const list = columns.map(quoted).join(', ')
  await pipeline(rows, await tx.unsafe(`COPY ${quoted(name)} (${list}) FROM STDIN`).writable())
  const [counted] = await tx.unsafe<{ rows: string }[]>(
    `SELECT count(*)::text AS rows FROM ${quoted(name)}`,
  )
  return Number(counted?.rows)
}

/** Numbers go on where they were. */
async function setSequences(tx: Pick<Sql, 'unsafe'>): Promise<void> {
  const owned = await tx.unsafe<{ table: string; column: string; sequence: string }[]>(`
    SELECT t.relname::text AS table, a.attname::text AS column, s.oid::regclass::text AS sequence
    FROM pg_catalog.pg_class s
      JOIN pg_catalog.pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refobjsubid > 0
      JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace`)
  for (const { table, column, sequence } of owned) {
    await tx.unsafe(`
      SELECT setval('${sequence}', coalesce((SELECT max(${quoted(column)}) FROM ${quoted(table)}), 0) + 1, false)`)
  }
}

/** What may have been used, or ended, between the backup and now. */
async function endWhatWasOpen(tx: postgres.TransactionSql): Promise<void> {
  await tx`
    UPDATE approvals SET status = 'expired', sealed = NULL WHERE status IN ('pending', 'approved')`
  await tx`DELETE FROM sessions`
  await tx`DELETE FROM agent_tokens WHERE consumer_id IS NULL`
  // Each good for one use, which may have been made of it.
  await tx`DELETE FROM bootstrap_codes WHERE used_at IS NULL`
  await tx`DELETE FROM invitations`
  await tx`DELETE FROM challenges`
  await tx`DELETE FROM sign_in_flows`
  await tx`DELETE FROM connect_flows WHERE status = 'waiting'`
  await tx`
    UPDATE notification_channels SET link_hash = NULL, link_expires_at = NULL
    WHERE link_hash IS NOT NULL`
}
