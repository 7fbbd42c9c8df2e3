import {
  type EntryQuery,
  fromBound,
  ofOutcome,
  ofQuery,
  seqMax,
  toBound,
} from './audit-openings-query.ts'
import type { Database, Sql } from './database.ts'

// Reading the audit log, and its checkpoints. What is read by page walks an index from its end: never the table.

/** A record as it stands in the table; nothing of it is believed before it has been verified. */
export interface StoredRecord {
  readonly seq: number
  readonly auditId: string
  readonly kind: string
  readonly atMs: number
  readonly agentId: string | null
  readonly connectionId: string | null
  readonly decision: string | null
  readonly entry: string
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

export interface StoredCheckpoint {
  readonly workspaceId: string
  readonly seq: number
  readonly count: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
  readonly atMs: number
  readonly signature: Uint8Array
}

export interface StoredHead {
  readonly workspaceId: string
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

export interface AuditReadStore {
  /** The records that open entries (intents, refusals, events), newest first. */
  listOpenings(query: EntryQuery): Promise<StoredRecord[]>
  /** Numbers between which all openings that fit the query's times and outcome stand; undefined where there are none. */
  openingsRange(query: EntryQuery): Promise<{ first: number; last: number } | undefined>
  /** The records that close these entries, oldest first. */
  listOutcomes(workspaceId: string, auditIds: readonly string[]): Promise<StoredRecord[]>
  /** Records from a number on, in order. The number may be anything, so that nothing hides below 1. */
  recordsFrom(workspaceId: string, seq: number, limit: number): Promise<StoredRecord[]>
  recordsAt(workspaceId: string, seqs: readonly number[]): Promise<StoredRecord[]>
  /** The head and the highest number in the table, as of one moment. */
  chainEnd(workspaceId: string): Promise<{ head: StoredHead | undefined; lastSeq: number }>
  checkpointsFrom(workspaceId: string, seq: number, limit: number): Promise<StoredCheckpoint[]>
  lastCheckpoint(workspaceId: string): Promise<StoredCheckpoint | undefined>
  /**
   * Hands the heads that moved since their last checkpoint to `make`, and stores what it answers. One caller at a time
   * over all replicas; the others return at once with 0.
   */
  checkpointHeads(
    limit: number,
    make: (heads: readonly StoredHead[]) => Promise<readonly StoredCheckpoint[]>,
  ): Promise<number>
  insertCheckpoint(checkpoint: StoredCheckpoint): Promise<void>
}

/** Of an intent that is still open, beyond what its deadline allows: from the sending to the deadline is a minute. */
const openSlackMs = 3_600_000
/** Any constant does, as long as it is the only use: it names the lock that checkpointing takes. */
const checkpointLock = 7_301_445_101
const msPerSecond = 1000

/** Makes the queries that read the audit log. */
export function createAuditReadStore(database: Pick<Database, 'sql'>): AuditReadStore {
  const { sql } = database
  return {
    listOpenings: (query) => listOpenings(sql, query),
    openingsRange: (query) => openingsRange(sql, query),
    async listOutcomes(workspaceId, auditIds) {
      return await sql<StoredRecord[]>`
        select ${recordColumns(sql)} from audit_records
        where audit_id = any(${[...auditIds]}::text[]) and workspace_id = ${workspaceId}
          and kind = 'outcome' order by audit_records.seq`
    },
    async recordsFrom(workspaceId, seq, limit) {
      return await sql<StoredRecord[]>`
        select ${recordColumns(sql)} from audit_records
        where workspace_id = ${workspaceId} and audit_records.seq >= ${seq}::float8::bigint
        order by audit_records.seq limit ${limit}`
    },
    async recordsAt(workspaceId, seqs) {
      return await sql<StoredRecord[]>`
        select ${recordColumns(sql)} from audit_records
        where workspace_id = ${workspaceId} and audit_records.seq = any(${[...seqs]}::bigint[])
        order by audit_records.seq`
    },
    chainEnd: (workspaceId) => chainEnd(sql, workspaceId),
    async checkpointsFrom(workspaceId, seq, limit) {
      return await sql<StoredCheckpoint[]>`
        select ${checkpointColumns(sql)} from audit_checkpoints
        where workspace_id = ${workspaceId} and audit_checkpoints.seq >= ${seq}::float8::bigint
        order by audit_checkpoints.seq limit ${limit}`
    },
    async lastCheckpoint(workspaceId) {
      const [last] = await sql<StoredCheckpoint[]>`
        select ${checkpointColumns(sql)} from audit_checkpoints
        where workspace_id = ${workspaceId} order by audit_checkpoints.seq desc limit 1`
      return last
    },
    checkpointHeads: (limit, make) => checkpointHeads(sql, limit, make),
    insertCheckpoint: (checkpoint) => insertCheckpoint(sql, checkpoint),
  }
}

type Tx = Parameters<Parameters<Sql['begin']>[1]>[0]

export const recordColumns = (sql: Sql | Tx) => sql`
  seq::float8 as seq, audit_id as "auditId", kind,
  round(extract(epoch from at) * 1000)::float8 as "atMs",
  agent_id as "agentId", connection_id as "connectionId", decision, entry, hash, mac`

export const checkpointColumns = (sql: Sql | Tx) => sql`
  workspace_id as "workspaceId", seq::float8 as seq, count::float8 as count, hash, mac,
  round(extract(epoch from at) * 1000)::float8 as "atMs", signature`

async function listOpenings(sql: Sql, query: EntryQuery): Promise<StoredRecord[]> {
  const none = sql``
  return await sql<StoredRecord[]>`
    select ${recordColumns(sql)} from audit_records
    where ${ofQuery(sql, query)} and audit_records.seq < ${query.beforeSeq ?? seqMax}::bigint
      ${query.sinceSeq === undefined ? none : sql`and audit_records.seq >= ${query.sinceSeq}`}
      ${query.outcome === undefined ? none : ofOutcome(sql, query.workspaceId, query.outcome)}
    order by audit_records.seq desc limit ${query.limit}`
}

async function openingsRange(
  sql: Sql,
  query: EntryQuery,
): Promise<{ first: number; last: number } | undefined> {
  const { workspaceId, toMs } = query
  let { fromMs } = query
  if (query.outcome === 'pending') {
    const [open] = await sql<{ sinceMs: number | null }[]>`
      select round(extract(epoch from min(deadline)) * 1000)::float8 - ${openSlackMs} as "sinceMs"
      from audit_open where workspace_id = ${workspaceId}`
    if (open === undefined || open.sinceMs === null) return undefined
    fromMs = Math.max(fromMs ?? open.sinceMs, open.sinceMs)
  }
  const none = sql``
  const [row] = await sql<{ first: number | null; last: number | null }[]>`
    select
      (select audit_records.seq from audit_records
        where workspace_id = ${workspaceId} and kind <> 'outcome'
          ${fromMs === undefined ? none : fromBound(sql, workspaceId, fromMs)}
        order by audit_records.seq limit 1)::float8 as first,
      (select audit_records.seq from audit_records
        where workspace_id = ${workspaceId} and kind <> 'outcome'
          ${toMs === undefined ? none : toBound(sql, workspaceId, toMs)}
        order by audit_records.seq desc limit 1)::float8 as last`
  if (row === undefined || row.first === null || row.last === null) return undefined
  return { first: row.first, last: row.last }
}

async function chainEnd(
  sql: Sql,
  workspaceId: string,
): Promise<{ head: StoredHead | undefined; lastSeq: number }> {
  const [row] = await sql<
    { seq: number | null; hash: Uint8Array; mac: Uint8Array; lastSeq: number }[]
  >`
    select head.seq::float8 as seq, head.hash, head.mac, coalesce(
      (select max(seq) from audit_records where workspace_id = ${workspaceId}), 0)::float8 as "lastSeq"
    from (select 1) as one left join audit_heads head on head.workspace_id = ${workspaceId}`
  const lastSeq = row?.lastSeq ?? 0
  if (row === undefined || row.seq === null) return { head: undefined, lastSeq }
  return { head: { workspaceId, seq: row.seq, hash: row.hash, mac: row.mac }, lastSeq }
}

async function checkpointHeads(
  sql: Sql,
  limit: number,
  make: (heads: readonly StoredHead[]) => Promise<readonly StoredCheckpoint[]>,
): Promise<number> {
  return await sql.begin(async (tx) => {
    const [lock] = await tx<{ taken: boolean }[]>`
      select pg_try_advisory_xact_lock(${checkpointLock}) as taken`
    if (lock?.taken !== true) return 0
    const heads = await tx<StoredHead[]>`
      select head.workspace_id as "workspaceId", head.seq::float8 as seq, head.hash, head.mac
      from audit_heads head
      where head.seq > coalesce((
        select max(checkpoint.seq) from audit_checkpoints checkpoint
        where checkpoint.workspace_id = head.workspace_id), 0)
      order by head.workspace_id limit ${limit}`
    const made = await make(heads)
    for (const checkpoint of made) await insertCheckpoint(tx, checkpoint)
    return made.length
  })
}

async function insertCheckpoint(sql: Sql | Tx, checkpoint: StoredCheckpoint): Promise<void> {
  const { workspaceId, seq, count, hash, mac, atMs, signature } = checkpoint
  await sql`
    insert into audit_checkpoints (workspace_id, seq, count, hash, mac, at, signature)
    values (${workspaceId}, ${seq}, ${count}, ${hash}, ${mac},
      to_timestamp(${atMs / msPerSecond}::float8), ${signature})
    on conflict do nothing`
}
