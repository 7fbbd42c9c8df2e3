import type { Database } from './database.ts'

/** The database's clock: milliseconds since the epoch. */
export async function readDatabaseClock({ sql }: Pick<Database, 'sql'>): Promise<number> {
  const [row] = await sql<{ nowMs: number }[]>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`
  if (row === undefined) throw new Error('the database did not tell its time')
  return row.nowMs
}
