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

/** Which entries are asked for. `beforeSeq` is exclusive, `sinceSeq` inclusive. */
export interface EntryQuery {
  readonly workspaceId: string
  readonly limit: number
  readonly beforeSeq?: number | undefined
  readonly sinceSeq?: number | undefined
  readonly auditId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly toolId?: string | undefined
  readonly toolName?: string | undefined
  readonly decision?: string | undefined
  readonly operation?: string | undefined
  /** As the entry shows it; `pending`: not recorded yet. */
  readonly outcome?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
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

/**
 * Time bounds become bounds of sequence numbers, widened by this much, so that a page walks an index in order whatever
 * the bounds are. An entry stamped by a clock that was further off is found without time bounds only.
 */
const clockSkewMsMax = 300_000
/** Of an intent that is still open, beyond what its deadline allows: from the sending to the deadline is a minute. */
const openSlackMs = 3_600_000
/** Any constant does, as long as it is the only use: it names the lock that checkpointing takes. */
const checkpointLock = 7_301_445_101
/** The largest number that a bigint column holds, as text: JavaScript's numbers do not reach it. */
const seqMax = '9223372036854775807'
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
  const { workspaceId, fromMs, toMs } = query
  const before = query.beforeSeq ?? seqMax
  // Each shape of the conditions is its own prepared statement with its own plan.
  const none = sql``
  return await sql<StoredRecord[]>`
    select ${recordColumns(sql)} from audit_records
    where workspace_id = ${workspaceId} and kind <> 'outcome' and audit_records.seq < ${before}::bigint
      ${query.auditId === undefined ? none : sql`and audit_id = ${query.auditId}`}
      ${query.agentId === undefined ? none : sql`and agent_id = ${query.agentId}`}
      ${query.connectionId === undefined ? none : sql`and connection_id = ${query.connectionId}`}
      ${query.toolId === undefined ? none : ofTool(sql, query.toolId)}
      ${query.toolName === undefined ? none : sql`and ${member(sql, 'audit_records', 'tool')} = ${query.toolName}`}
      ${query.decision === undefined ? none : sql`and decision = ${query.decision}`}
      ${query.sinceSeq === undefined ? none : sql`and audit_records.seq >= ${query.sinceSeq}`}
      ${query.operation === undefined ? none : ofOperation(sql, query.operation)}
      ${query.outcome === undefined ? none : ofOutcome(sql, workspaceId, query.outcome)}
      ${fromMs === undefined ? none : fromBound(sql, workspaceId, fromMs)}
      ${toMs === undefined ? none : toBound(sql, workspaceId, toMs)}
    order by audit_records.seq desc limit ${query.limit}`
}

/**
 * Reads a member out of an entry's text, of which only the members' order and JSON's escapes are relied on: the first
 * `,"operation":"` is the member, since nothing before it is anybody's free text. Much cheaper than parsing, and an entry that
 * somebody has spoilt is no error.
 */
const member = (sql: Sql, record: string, name: 'operation' | 'outcome' | 'tool') =>
  sql`split_part(split_part(${sql(record)}.entry, ${`,"${name}":"`}, 2), '"', 1)`

function ofOperation(sql: Sql, operation: string) {
  if (operation === 'execute')
    return sql`and ${member(sql, 'audit_records', 'operation')} = 'execute'`
  // In the words of the index audit_records_by_operation.
  return sql`
    and split_part(split_part(entry, ',"operation":"', 2), '"', 1) = ${operation}
    and position(',"operation":"execute"' in entry) = 0`
}

/** In the words of the index audit_records_by_tool. */
export const ofTool = (sql: Sql, toolId: string) => sql`
    and split_part(split_part(entry, ',"toolId":"', 2), '"', 1) = ${toolId}
    and position(',"toolId":"' in entry) > 0`

function ofOutcome(sql: Sql, workspaceId: string, outcome: string) {
  if (outcome === 'pending') {
    return sql`and kind = 'intent' and audit_id in (
      select audit_id from audit_open where workspace_id = ${workspaceId})`
  }
  // What is done to the vault itself is neither allowed nor denied: the index by decision finds it.
  const none = outcome === 'done' ? sql`and decision = 'none'` : sql``
  return sql`${none} and ${outcome} = case when kind = 'intent' then (
      select ${member(sql, 'ending', 'outcome')} from audit_records ending
      where ending.audit_id = audit_records.audit_id and ending.kind = 'outcome'
        and ending.workspace_id = ${workspaceId}
      order by ending.seq desc limit 1)
    else ${member(sql, 'audit_records', 'outcome')} end`
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

const time = (sql: Sql, ms: number) => sql`to_timestamp(${ms / msPerSecond}::float8)`

function fromBound(sql: Sql, workspaceId: string, fromMs: number) {
  return sql`
    and at >= ${time(sql, fromMs)}
    and audit_records.seq >= coalesce((
      select edge.seq from audit_records edge
      where edge.workspace_id = ${workspaceId} and edge.kind <> 'outcome'
        and edge.at >= ${time(sql, fromMs - clockSkewMsMax)}
      order by edge.at limit 1), ${seqMax}::bigint)`
}

function toBound(sql: Sql, workspaceId: string, toMs: number) {
  return sql`
    and at <= ${time(sql, toMs)}
    and audit_records.seq <= coalesce((
      select edge.seq from audit_records edge
      where edge.workspace_id = ${workspaceId} and edge.kind <> 'outcome'
        and edge.at <= ${time(sql, toMs + clockSkewMsMax)}
      order by edge.at desc limit 1), 0)`
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
