import type postgres from 'postgres'
import type { Database, Sql } from './database.ts'

// The state of policies' limits. It is read under the lock of the chain's head and written together with the head
// (see audit.ts), so that no attempt is sent uncounted.

/** The place of a call in flight, in ms of the limits' clock. */
export interface LimitLease {
  readonly expiresMs: number
  /** What is held for it until its outcome is known: since when, and how much by the limit's name. */
  readonly held?:
    | { readonly atMs: number; readonly weights: Readonly<Record<string, number>> }
    | undefined
}

/** What stands in the database of one policy's limits. */
export interface StoredLimits {
  /** What was spent by limit: pairs of a time, in whole ms of the limits' clock, and an amount. */
  readonly windows: ReadonlyMap<string, readonly number[]>
  /** By audit id. */
  readonly leases: ReadonlyMap<string, LimitLease>
}

/** What a group of granted attempts, and of attempts that ended, changes. */
export interface LimitChanges {
  readonly windows: readonly {
    readonly policyId: string
    readonly name: string
    readonly spent: readonly number[]
  }[]
  readonly leases: readonly (LimitLease & {
    readonly auditId: string
    readonly policyId: string
  })[]
  /** Calls whose lease goes though it holds something: what they took is among `windows`. */
  readonly settled: readonly string[]
}

/** Reads the limits of those of the policies that exist. The caller holds the head of their workspace's chain. */
export async function readLimits(
  tx: postgres.TransactionSql,
  policyIds: readonly string[],
): Promise<ReadonlyMap<string, StoredLimits>> {
  if (policyIds.length === 0) return new Map()
  const ids = [...policyIds]
  const [windows, , leases] = await Promise.all([
    selectWindows(tx, ids),
    // Leases come and go with every call. A plain index scan marks the entries of rows that are gone, so that the next
    // one passes over them; a bitmap scan reads them all again and again until the next vacuum.
    tx`select set_config('enable_bitmapscan', 'off', true)`,
    selectLeases(tx, ids),
  ])
  return collect(windows, leases)
}

/** All that reading limits asks, for whoever has it prepared ahead. */
export const limitStatements = (tx: postgres.TransactionSql) => [
  selectWindows(tx, ['']),
  selectLeases(tx, ['']),
]

interface WindowRow {
  id: string
  name: string | null
  spent: string
}

interface LeaseRow {
  policyId: string
  auditId: string
  expiresMs: number
  held: string | null
}

const selectWindows = (sql: Sql | postgres.TransactionSql, ids: string[]) => sql<WindowRow[]>`
  select policies.id, name, array_to_string(spent, ',') as spent from policies
  left join limit_windows on policy_id = policies.id where policies.id = any(${ids}::text[])`

const selectLeases = (sql: Sql | postgres.TransactionSql, ids: string[]) => sql<LeaseRow[]>`
  select policy_id as "policyId", audit_id as "auditId", expires_ms as "expiresMs", held
  from limit_leases where policy_id = any(${ids}::text[])`

function collect(
  windows: readonly WindowRow[],
  leases: readonly LeaseRow[],
): ReadonlyMap<string, StoredLimits> {
  const found = new Map(
    windows.map((row) => [
      row.id,
      { windows: new Map<string, readonly number[]>(), leases: new Map<string, LimitLease>() },
    ]),
  )
  for (const row of windows) {
    if (row.name !== null)
      found.get(row.id)?.windows.set(row.name, row.spent.split(',').map(Number))
  }
  for (const { policyId, auditId, expiresMs, held } of leases) {
    found.get(policyId)?.leases.set(auditId, {
      expiresMs,
      held: held === null ? undefined : JSON.parse(held),
    })
  }
  return found
}

/** A lease is swept out only when it has been over for so long: replicas' clocks may differ. */
const sweepAfterMs = 3_600_000
/** The longest window that a limit has, and what replicas' clocks may differ by: what is older counts nowhere. */
const countedMs = 31 * 86_400_000
/** Rows that one sweep removes at most; the rest waits for the next. */
const sweptMax = 5_000

export interface LimitStore {
  /** Removes leases that were never given back. They have not counted since they ended; this only keeps the table small. */
  sweepLeases(limitNowMs: number): Promise<void>
  /**
   * Removes what was spent so long ago that it counts nowhere, limits that a policy no longer has among it. Answers how many
   * rows.
   */
  sweepWindows(limitNowMs: number): Promise<number>
  /** What is kept of one policy's limits; undefined where there is no such policy. */
  findLimits(policyId: string): Promise<StoredLimits | undefined>
}

/** Makes the queries on limits that are not part of an append. */
export function createLimitStore(database: Pick<Database, 'sql'>): LimitStore {
  const { sql } = database
  return {
    async sweepLeases(limitNowMs) {
      await sql`
        delete from limit_leases where expires_ms <= ${limitNowMs - sweepAfterMs}
          and (held is null or expires_ms <= ${limitNowMs - countedMs - sweepAfterMs})`
    },
    async sweepWindows(limitNowMs) {
      // Whoever writes a row just now is passed over: waiting for several rows in turn could end in a deadlock.
      const removed = await sql`
        delete from limit_windows where ctid = any(array(
          select ctid from limit_windows
          where coalesce(spent[array_upper(spent, 1) - 1], 0) <= ${Math.floor(limitNowMs - countedMs)}::bigint
          limit ${sweptMax} for update skip locked))`
      return removed.count
    },
    async findLimits(policyId) {
      const [windows, leases] = await Promise.all([
        selectWindows(sql, [policyId]),
        selectLeases(sql, [policyId]),
      ])
      return collect(windows, leases).get(policyId)
    },
  }
}
