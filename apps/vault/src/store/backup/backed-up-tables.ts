import type { Sql } from '../connect.ts'

/**
 * What is not backed up: what holds for moments and for the vaults that run now, and what is counted from the audit log. The queue of
 * jobs has a schema of its own, and is made anew.
 */
const passing: ReadonlySet<string> = new Set([
  'running_vaults',
  'upstream_claims',
  'replica_calls',
  'replica_answers',
  'activity_counts',
  'activity_unsettled',
  'activity_progress',
])

/** A table with its columns, in an order in which rows only refer to rows of tables before. */
export interface BackedUpTable {
  readonly name: string
  readonly columns: readonly string[]
}

interface Reference {
  readonly from: string
  readonly to: string
}

/** The tables of the schema `public`, those that others refer to first. */
export async function listBackedUpTables(sql: Pick<Sql, 'unsafe'>): Promise<BackedUpTable[]> {
  const columns = await sql.unsafe<{ table: string; columns: string[] }[]>(`
    SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname`)
  const references = await sql.unsafe<Reference[]>(`
    SELECT DISTINCT f.relname AS from, t.relname AS to
    FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class f ON f.oid = k.conrelid JOIN pg_catalog.pg_class t ON t.oid = k.confrelid
    WHERE k.contype = 'f' AND f.relnamespace = 'public'::regnamespace AND f.oid <> t.oid`)
  const tables = columns
    .filter(({ table }) => !passing.has(table))
    .map(({ table, columns }) => ({ name: table, columns }))
  return inOrder(tables, references)
}

function inOrder(
  tables: readonly BackedUpTable[],
  references: readonly Reference[],
): BackedUpTable[] {
  const ordered: BackedUpTable[] = []
  const done = new Set(passing)
  let left = [...tables]
  while (left.length > 0) {
    const ready = left.filter(({ name }) =>
      references.every(({ from, to }) => from !== name || done.has(to)),
    )
    if (ready.length === 0) {
      throw new Error(
        `These tables refer to each other: ${left.map(({ name }) => name).join(', ')}`,
      )
    }
    for (const table of ready) {
      done.add(table.name)
      ordered.push(table)
    }
    left = left.filter(({ name }) => !done.has(name))
  }
  return ordered
}

/** A name as SQL takes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
