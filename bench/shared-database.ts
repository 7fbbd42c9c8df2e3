import type { Database } from '../apps/vault/src/store/database.ts'
import { descendantsOf, parentOf } from './processes.ts'

/** All processes of a database's server, now: those that serve connections come and go. */
export async function databasePidsOf({
  database,
}: {
  readonly database: Pick<Database, 'sql'>
}): Promise<() => number[]> {
  const [backend] = await database.sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  const postmaster = parentOf(backend?.pid ?? 0)
  if (postmaster === undefined) throw new Error('the server of the database was not found')
  return () => [postmaster, ...descendantsOf(postmaster)]
}
