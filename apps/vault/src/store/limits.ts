import type postgres from 'postgres'
import type { Database } from './database.ts'

// The state of policies' limits. It is read under the lock of the chain's head and written together with the head
// (see audit.ts), so that no attempt is sent uncounted.

/** What stands in the database of one policy's limits. */
export interface StoredLimits {
  /** Granted attempts by limit: pairs of a time, in whole ms of the limits' clock, and a count. */
  readonly windows: ReadonlyMap<string, readonly number[]>
  /** When the lease of each call in flight ends, in ms of the limits' clock, by audit id. */
  readonly leases: ReadonlyMap<string, number>
}

/** What a group of granted attempts changes. */
export interface LimitChanges {
  readonly windows: readonly {
    readonly policyId: string
    readonly name: string
    readonly spent: readonly number[]
  }[]
  readonly leases: readonly {
    readonly auditId: string
    readonly policyId: string
    readonly expiresMs: number
  }[]
}

/** Reads the limits of those of the policies that exist. The caller holds the head of their workspace's chain. */
export async function readLimits(
  tx: postgres.TransactionSql,
  policyIds: readonly string[],
): Promise<ReadonlyMap<string, StoredLimits>> {
  if (policyIds.length === 0) return new Map()
  const ids = [...policyIds]
  const [windows, , leases] = await Promise.all([
    tx<{ id: string; name: string | null; spent: string }[]>`
      select policies.id, name, array_to_string(spent, ',') as spent from policies
      left join limit_windows on policy_id = policies.id where policies.id = any(${ids}::text[])`,
    // Leases come and go with every call. A plain index scan marks the entries of rows that are gone, so that the next
    // one passes over them; a bitmap scan reads them all again and again until the next vacuum.
    tx`select set_config('enable_bitmapscan', 'off', true)`,
    tx<{ policyId: string; auditId: string; expiresMs: number }[]>`
      select policy_id as "policyId", audit_id as "auditId", expires_ms as "expiresMs"
      from limit_leases where policy_id = any(${ids}::text[])`,
  ])
  const found = new Map(
    windows.map((row) => [
      row.id,
      { windows: new Map<string, readonly number[]>(), leases: new Map<string, number>() },
    ]),
  )
  for (const row of windows) {
    if (row.name !== null)
      found.get(row.id)?.windows.set(row.name, row.spent.split(',').map(Number))
  }
  for (const row of leases) found.get(row.policyId)?.leases.set(row.auditId, row.expiresMs)
  return found
}

/** A lease is swept out only when it has been over for so long: replicas' clocks may differ. */
const sweepAfterMs = 3_600_000

export interface LimitStore {
  /** Removes leases that were never given back. They have not counted since they ended; this only keeps the table small. */
  sweepLeases(limitNowMs: number): Promise<void>
}

/** Makes the queries on limits that are not part of an append. */
export function createLimitStore(database: Pick<Database, 'sql'>): LimitStore {
  const { sql } = database
  return {
    async sweepLeases(limitNowMs) {
      await sql`delete from limit_leases where expires_ms <= ${limitNowMs - sweepAfterMs}`
    },
  }
}
