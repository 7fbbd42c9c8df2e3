import type { TransactionSql } from 'postgres'
import { checkpointColumns, type StoredCheckpoint, type StoredHead } from './audit-read.ts'
import { type Database, readFailure } from './database.ts'

// What retention has removed of the audit log, and what it may remove. Only a function of the owner's removes anything; see
// drizzle/0027_audit_retention.sql.

/** The last record that was removed. */
export interface StoredStart extends StoredHead {
  readonly atMs: number
  readonly signature: Uint8Array
}

export interface AuditRetentionStore {
  findStart(workspaceId: string): Promise<StoredStart | undefined>
  /** What the operator said at the last start; undefined: everything is kept. */
  retentionDays(): Promise<number | undefined>
  workspacesWithEntries(): Promise<string[]>
  /**
   * The checkpoint up to which records may be removed now: all older than the operator keeps, all delivered by each enabled
   * stream. About so many records beyond the start at most, so that one step is short.
   */
  prunableUpTo(workspaceId: string, rowsMax: number): Promise<StoredCheckpoint | undefined>
  /**
   * Removes the records up to the start's and keeps it. Answers how many; 0 where that was done already. undefined, and nothing
   * removed, where there are newer keys than those of this version, which signed the start.
   */
  prune(start: StoredStart, keyVersion: number): Promise<number | undefined>
}

const msPerSecond = 1000

/** Builds the queries. */
export function createAuditRetentionStore({ sql }: Pick<Database, 'sql'>): AuditRetentionStore {
  return {
    async findStart(workspaceId) {
      const [row] = await sql<StoredStart[]>`
        select workspace_id as "workspaceId", seq::float8 as seq, hash, mac,
          round(extract(epoch from at) * 1000)::float8 as "atMs", signature
        from audit_starts where workspace_id = ${workspaceId}`
      return row
    },

    async retentionDays() {
      const [row] = await sql<{ days: number | null }[]>`
        select days from audit_retention where id = 1`
      return row?.days ?? undefined
    },

    async workspacesWithEntries() {
      const rows = await sql<{ id: string }[]>`
        select workspace_id as id from audit_heads where seq > 0 order by workspace_id`
      return rows.map(({ id }) => id)
    },

    async prunableUpTo(workspaceId, rowsMax) {
      const [row] = await sql<StoredCheckpoint[]>`
        with bounds as (
          select
            coalesce((select start.seq from audit_starts start
              where start.workspace_id = ${workspaceId}), 0) as start_seq,
            (select min(least(
                case when 'entries' = any(stream.sends) then stream.last_seq end,
                case when 'checkpoints' = any(stream.sends) then stream.last_checkpoint_seq end))
              from audit_streams stream
              where stream.workspace_id = ${workspaceId} and stream.enabled) as delivered_seq,
            (select now() - make_interval(days => days) from audit_retention where id = 1) as kept_from
        )
        select ${checkpointColumns(sql)} from audit_checkpoints, bounds
        where workspace_id = ${workspaceId} and audit_checkpoints.seq > start_seq
          and audit_checkpoints.seq <= coalesce((
            select min(beyond.seq) from audit_checkpoints beyond
            where beyond.workspace_id = ${workspaceId} and beyond.seq > start_seq + ${rowsMax}),
            start_seq + ${rowsMax})
          and at < kept_from
          and exists (select 1 from audit_records record
            where record.workspace_id = ${workspaceId} and record.seq = audit_checkpoints.seq
              and record.at < kept_from)
          and (delivered_seq is null or audit_checkpoints.seq <= delivered_seq)
          and not exists (select 1 from audit_open
            where audit_open.workspace_id = ${workspaceId} and deadline < kept_from)
        order by audit_checkpoints.seq <= start_seq + ${rowsMax} desc,
          abs(audit_checkpoints.seq - start_seq - ${rowsMax}) limit 1`
      return row
    },

    async prune(start, keyVersion) {
      try {
        return await sql.begin((tx) => pruneLocked(tx, start, keyVersion))
      } catch (error) {
        throw readFailure(error)
      }
    },
  }
}

async function pruneLocked(
  tx: TransactionSql,
  { workspaceId, seq, atMs, signature }: StoredStart,
  keyVersion: number,
): Promise<number | undefined> {
  // Whoever changes the keys waits for this, or this for them: no start stays that only older ones have signed.
  // Of the table and of no row: a LOCK would take a right to change all of it.
  await tx`select from audit_heads where false for key share`
  const [keys] = await tx<{ version: number | null }[]>`
    select max(version) as version from installation_secrets where purpose = 'audit-mac'`
  if ((keys?.version ?? keyVersion) > keyVersion) return undefined
  const [row] = await tx<{ removed: number }[]>`
    select sallyport_prune_audit(${workspaceId}, ${seq},
      to_timestamp(${atMs / msPerSecond}::float8), ${signature})::float8 as removed`
  return row?.removed ?? 0
}
