import { type AnyColumn, desc, type SQL, sql } from 'drizzle-orm'

/** The row after which a page begins, newest first. */
export interface PageStart {
  readonly createdAtMs: number
  readonly id: string
}

interface PagedColumns {
  readonly createdAt: AnyColumn
  readonly id: AnyColumn
}

/** What comes after the given row in a list that runs newest first; undefined where the list begins. */
export function afterRow(table: PagedColumns, after: PageStart | undefined): SQL | undefined {
  if (after === undefined) return undefined
  return sql`(${table.createdAt}, ${table.id}) < (${instant(after.createdAtMs)}, ${after.id})`
}

/** The order of such a list. */
export const newestFirst = (table: PagedColumns): SQL[] => [desc(table.createdAt), desc(table.id)]

/** A point in time in SQL, from ms since the epoch. */
export const instant = (ms: number): SQL => sql`${new Date(ms).toISOString()}::timestamptz`
