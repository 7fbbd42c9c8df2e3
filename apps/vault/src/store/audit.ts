import type postgres from 'postgres'
import { lockApprovals, spendApprovals } from './approval-spending.ts'
import type { AuditBatch, LockedAppend, LockedState } from './audit-batch.ts'
import { deleteOpen, selectHead, writeBatch } from './audit-statements.ts'
import type { Database } from './database.ts'
import { readLimits } from './limits.ts'
import { createPreparer, type Preparer } from './prepare-ahead.ts'

// Writing the audit log: chain heads move by compare-and-set, together with the records that they cover.

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

/**
 * The transaction was undone and may be tried again: deadlocks, serialisation failures, and the division by zero with which a
 * statement fails that found nothing to write to, such as a policy that was deleted since its limits were read.
 */
const retryableCodes: ReadonlySet<unknown> = new Set(['40001', '40P01', '22012'])
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
  const prepare = createPreparer()
  return {
    async append(batch) {
      if (batch.rows.length === 0) return true
      const [row] = await writeBatch(sql, batch, 'says so')
      return row?.moved === 1
    },
    async appendLocked(request, build) {
      for (let attempt = 1; ; attempt += 1) {
        let isDurable = false
        try {
          await sql.begin(async (tx) => {
            await startWriting(tx, request, prepare)
            await appendInTransaction(tx, request, build)
            isDurable = true
          })
          return
        } catch (error) {
          // What ends after that is an empty transaction.
          if (isDurable) return
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
  return error instanceof Error && 'code' in error && retryableCodes.has(error.code)
}

/** What can be asked before the head is locked is asked before. */
async function startWriting(
  tx: postgres.TransactionSql,
  request: LockedAppend,
  prepare: Preparer,
): Promise<void> {
  const { state } = await tx`
    set local idle_in_transaction_session_timeout = ${tx.unsafe(String(silentHolderMsMax))}`
  await prepare(tx, state.pid, request)
}

/** The head comes first in every transaction: whoever holds it holds all limits of its workspace. */
async function appendInTransaction(
  tx: postgres.TransactionSql,
  request: LockedAppend,
  build: (state: LockedState) => AuditBatch,
): Promise<void> {
  const batch = build((await lockState(tx, request)) ?? (await beginChain(tx, request)))
  const writing = [
    ...(batch.rows.length > 0 ? [writeBatch(tx, batch, 'fails')] : []),
    ...spendApprovals(tx, batch.spent ?? []),
  ]
  // In one go here, too, for the same reason: the head is given back with what is written, and not a way and back later. Whoever
  // began the transaction ends it, so another one is begun.
  const commit = tx`commit and chain`
  for (const query of [...writing, commit]) query.execute()
  await Promise.all([...writing, commit])
  // Of a transaction that failed it makes a rollback, and says so here.
  if ((await commit).command !== 'COMMIT') throw new Error('The audit records were not committed.')
}

/**
 * Locks the head and reads what is wanted under the lock: one way to the database and back for all of it, because a replica whose
 * way is slow keeps the head from the others as long. Undefined where there is no chain.
 */
async function lockState(
  tx: postgres.TransactionSql,
  request: LockedAppend,
): Promise<LockedState | undefined> {
  const { workspaceId, policyIds, closing, spendings = [] } = request
  const [[head], limits, closed, approvals] = await Promise.all([
    // Sent before what follows: a query that is only awaited is sent a turn later.
    selectHead(tx, workspaceId).execute(),
    readLimits(tx, policyIds),
    closing.length > 0 ? deleteOpen(tx, closing) : [],
    lockApprovals(tx, spendings),
  ])
  return head && { head, limits, closed: closed.map((row) => row.audit_id), approvals }
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
