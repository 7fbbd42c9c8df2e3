import type postgres from 'postgres'
import {
  type ApprovalStanding,
  lockApprovals,
  type Spending,
  type Spent,
  spendApprovals,
} from './approval-spending.ts'
import type { Database } from './database.ts'
import { lines } from './joined-lines.ts'
import { type Executor, isFree, lockPolicies, writeLimits } from './limit-writing.ts'
import { type LimitChanges, readLimits, type StoredLimits } from './limits.ts'

// Writing the audit log: chain heads move by compare-and-set, together with the records that they cover.

/** Where a workspace's chain has got to. */
export interface AuditHead {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

/** A record as it is stored; its columns repeat members of `entry`. */
export interface AuditRow {
  readonly auditId: string
  readonly kind: 'intent' | 'outcome' | 'refusal' | 'event'
  /** RFC 3339. */
  readonly at: string
  readonly agentId: string | undefined
  readonly connectionId: string | undefined
  readonly decision: string | undefined
  /** One line of JSON. */
  readonly entry: string
}

/** Records that follow `from` without a gap, and what changes along with them. No id holds a line feed. */
export interface AuditBatch {
  readonly workspaceId: string
  readonly from: AuditHead
  readonly rows: readonly AuditRow[]
  /** Of the rows, 32 bytes each, end to end. */
  readonly hashes: Uint8Array
  readonly macs: Uint8Array
  readonly head: AuditHead
  /** Intents among the rows, each with the time by which its outcome is due. */
  readonly opened: readonly { readonly auditId: string; readonly deadlineMs: number }[]
  /** Entries whose outcome is among the rows. */
  readonly ended: readonly string[]
  /** What the rows' reservations change. */
  readonly limits: LimitChanges
  /** Approvals that intents among the rows use up; only under the lock. */
  readonly spent?: readonly Spent[]
}

/** What is needed to append where the head is not known, or where more than the chain is to be written. */
export interface LockedAppend {
  readonly workspaceId: string
  /** The head of an empty chain. */
  readonly genesis: AuditHead
  /** Policies whose limits are wanted. */
  readonly policyIds: readonly string[]
  /** Open intents to close, as far as they are still open. */
  readonly closing: readonly string[]
  /** Approvals to lock and look at. */
  readonly spendings?: readonly Spending[]
}

export interface LockedState {
  readonly head: AuditHead
  /** Where the chain has been begun just now: the version of the newest keys of audit logs. */
  readonly newestKeys?: number | undefined
  /** Of those of the policies that exist. */
  readonly limits: ReadonlyMap<string, StoredLimits>
  /** Those of `closing` that were still open and are not any more. */
  readonly closed: readonly string[]
  /** How each of the spendings' approvals stands: `approved` where it can be spent now. */
  readonly approvals: ReadonlyMap<string, ApprovalStanding>
}

export interface AuditStore {
  /**
   * Appends if the head is still `batch.from` and no policy of its limits has been deleted; false, and nothing written,
   * otherwise. One statement.
   */
  append(batch: AuditBatch): Promise<boolean>
  /**
   * Locks the head, reads limits, and appends what `build` makes of both, in one transaction. `build` may throw: then
   * nothing is written; it may be called again. Waits for a statement in doubt that still holds the head.
   */
  appendLocked(request: LockedAppend, build: (state: LockedState) => AuditBatch): Promise<void>
  /** Those of the entries whose outcome has not been recorded. */
  stillOpen(auditIds: readonly string[]): Promise<string[]>
  /** Intents whose outcome was due before, of any workspace, oldest first. */
  overdue(beforeMs: number, limit: number): Promise<{ auditId: string; workspaceId: string }[]>
}

/** Deadlocks and serialisation failures: the transaction was undone and may be tried again. */
const retryableCodes: ReadonlySet<unknown> = new Set(['40001', '40P01'])
const attemptsMax = 3
/**
 * The server ends whoever holds a head and says nothing for longer, as a replica that stands still does: sooner than others give
 * up waiting for the head.
 */
const silentHolderMsMax = 2_000
const msPerSecond = 1000

/** Makes the queries that write the audit log. */
export function createAuditStore(database: Pick<Database, 'sql'>): AuditStore {
  const { sql } = database
  return {
    append: (batch) => appendBatch(sql, batch),
    async appendLocked(request, build) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await sql.begin((tx) => appendInTransaction(tx, request, build))
          return
        } catch (error) {
          if (attempt >= attemptsMax || !isRetryable(error)) throw error
        }
      }
    },
    async stillOpen(auditIds) {
      const rows = await sql<{ audit_id: string }[]>`
        select audit_id from audit_open where audit_id = any(${[...auditIds]}::text[])`
      return rows.map((row) => row.audit_id)
    },
    async overdue(beforeMs, limit) {
      const rows = await sql<{ audit_id: string; workspace_id: string }[]>`
        select audit_id, workspace_id from audit_open
        where deadline <= to_timestamp(${beforeMs / msPerSecond}::float8)
        order by deadline limit ${limit}`
      return rows.map((row) => ({ auditId: row.audit_id, workspaceId: row.workspace_id }))
    },
  }
}

function isRetryable(error: unknown): boolean {
  if (error === policyVanished) return true
  return error instanceof Error && 'code' in error && retryableCodes.has(error.code)
}

/** The head comes first in every transaction: whoever holds it holds all limits of its workspace. */
async function appendInTransaction(
  tx: postgres.TransactionSql,
  request: LockedAppend,
  build: (state: LockedState) => AuditBatch,
): Promise<void> {
  const batch = build((await lockState(tx, request)) ?? (await beginChain(tx, request)))
  // In one go here, too, for the same reason.
  const [isAppended] = await Promise.all([
    appendBatch(tx, batch),
    spendApprovals(tx, batch.spent ?? []),
  ])
  if (!isAppended) throw policyVanished
}

/** A policy was deleted between the reading of its limits and their writing. */
const policyVanished = new Error('A policy was deleted while its limits were being reserved.')

interface HeadRow {
  seq: number
  hash: Uint8Array
  mac: Uint8Array
}

const selectHead = (tx: postgres.TransactionSql, workspaceId: string) => tx<HeadRow[]>`
  select seq::float8 as seq, hash, mac,
    set_config('idle_in_transaction_session_timeout', ${String(silentHolderMsMax)}, true)
  from audit_heads where workspace_id = ${workspaceId} for update`

/**
 * Locks the head and reads what is wanted under the lock: one way to the database and back for all of it, because a replica whose
 * way is slow keeps the head from the others as long. Undefined where there is no chain.
 */
async function lockState(
  tx: postgres.TransactionSql,
  request: LockedAppend,
): Promise<LockedState | undefined> {
  const [[head], limits, closed, approvals] = await Promise.all([
    // Sent before what follows: a query that is only awaited is sent a turn later.
    selectHead(tx, request.workspaceId).execute(),
    readLimits(tx, request.policyIds),
    closeOpen(tx, request.closing),
    lockApprovals(tx, request.spendings ?? []),
  ])
  return head && { head, limits, closed, approvals }
}

async function beginChain(
  tx: postgres.TransactionSql,
  request: LockedAppend,
): Promise<LockedState> {
  const { workspaceId, genesis } = request
  await tx`
    insert into audit_heads (workspace_id, seq, hash, mac)
    values (${workspaceId}, ${genesis.seq}, ${genesis.hash}, ${genesis.mac})
    on conflict do nothing`
  // Once more: what was read before was read without a lock.
  const state = await lockState(tx, request)
  if (state === undefined) throw new Error('The head of an audit chain could not be made.')
  // Whoever changes the keys keeps all heads meanwhile: what is read here stays so until this is committed.
  const [keys] = await tx<{ version: number | null }[]>`
    select max(version) as version from installation_secrets where purpose = 'audit-mac'`
  return { ...state, newestKeys: keys?.version ?? undefined }
}

async function closeOpen(
  tx: postgres.TransactionSql,
  auditIds: readonly string[],
): Promise<string[]> {
  if (auditIds.length === 0) return []
  const rows = await tx<{ audit_id: string }[]>`
    delete from audit_open where audit_id = any(${[...auditIds]}::text[]) returning audit_id`
  return rows.map((row) => row.audit_id)
}

/** The one statement of a group: it writes all or, if the head has moved, nothing; false then. */
async function appendBatch(sql: Executor, batch: AuditBatch): Promise<boolean> {
  const { workspaceId, from, rows, head, opened, ended } = batch
  if (rows.length === 0) return true
  const { windows, leases, settled } = batch.limits
  const limited = windows.length > 0 || leases.length > 0 || settled.length > 0
  const moved = await sql<{ moved: number }[]>`
    with ${limited ? lockPolicies(sql, batch.limits) : sql``} moved as (
      update audit_heads set seq = ${head.seq}, hash = ${head.hash}, mac = ${head.mac}
      where workspace_id = ${workspaceId} and seq = ${from.seq} and hash = ${from.hash} and mac = ${from.mac}
        ${limited ? sql`and (select count(*) from allowed) = (select count(*) from wanted)` : sql``}
      returning workspace_id
    ), inserted as (
      insert into audit_records
        (workspace_id, seq, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac)
      select moved.workspace_id, ${from.seq}::bigint + r.n, r.audit_id, r.kind, r.at::timestamptz,
        nullif(r.agent_id, ''), nullif(r.connection_id, ''), nullif(r.decision, ''), r.entry,
        substring(${batch.hashes}::bytea from (r.n::int - 1) * 32 + 1 for 32),
        substring(${batch.macs}::bytea from (r.n::int - 1) * 32 + 1 for 32)
      from moved, unnest(
        string_to_array(${lines(rows.map((row) => row.auditId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.kind))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.at))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.agentId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.connectionId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.decision))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.entry))}, E'\n')
      ) with ordinality as r (audit_id, kind, at, agent_id, connection_id, decision, entry, n)
    ), opened as (
      insert into audit_open (audit_id, workspace_id, deadline)
      select o.audit_id, moved.workspace_id, to_timestamp(o.deadline_ms::float8 / 1000)
      from moved, unnest(
        string_to_array(${lines(opened.map((intent) => intent.auditId))}, E'\n'),
        string_to_array(${lines(opened.map((intent) => String(intent.deadlineMs)))}, E'\n')
      ) as o (audit_id, deadline_ms)
      on conflict do nothing
    ), closed as (
      delete from audit_open using moved
      where audit_id = any(string_to_array(${lines(ended)}, E'\n'))
        and audit_open.workspace_id = moved.workspace_id
    ), released as (
      delete from limit_leases using moved
      where audit_id = any(string_to_array(${lines(ended)}, E'\n'))
        and ${limited ? isFree(sql, batch.limits) : sql`held is null`}
    ) ${limited ? writeLimits(sql, batch.limits) : sql``}
    select count(*)::int as moved from moved`
  return moved[0]?.moved === 1
}
