import type { Sql } from './database.ts'

// What is asked of the records that open entries, as conditions on `audit_records`. An index leads to each but the outcome.

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

/**
 * Time bounds become bounds of sequence numbers, widened by this much, so that a page walks an index in order whatever
 * the bounds are. An entry stamped by a clock that was further off is found without time bounds only.
 */
const clockSkewMsMax = 300_000
/** The largest number that a bigint column holds, as text: JavaScript's numbers do not reach it. */
export const seqMax = '9223372036854775807'
const msPerSecond = 1000

/** All of the query but its numbers of records. Each shape of the conditions is its own prepared statement with its own plan. */
export function ofQuery(sql: Sql, query: EntryQuery) {
  const { workspaceId, fromMs, toMs } = query
  const none = sql``
  return sql`
    workspace_id = ${workspaceId} and kind <> 'outcome'
    ${query.auditId === undefined ? none : sql`and audit_id = ${query.auditId}`}
    ${query.agentId === undefined ? none : sql`and agent_id = ${query.agentId}`}
    ${query.connectionId === undefined ? none : sql`and connection_id = ${query.connectionId}`}
    ${query.toolId === undefined ? none : ofTool(sql, query.toolId)}
    ${query.toolName === undefined ? none : ofToolName(sql, query.toolName)}
    ${query.decision === undefined ? none : sql`and decision = ${query.decision}`}
    ${query.operation === undefined ? none : ofOperation(sql, query.operation)}
    ${fromMs === undefined ? none : fromBound(sql, workspaceId, fromMs)}
    ${toMs === undefined ? none : toBound(sql, workspaceId, toMs)}`
}

/**
 * Reads a member out of an entry's text, of which only the members' order and JSON's escapes are relied on: the first
 * `,"operation":"` is the member, since nothing before it is anybody's free text. Much cheaper than parsing, and an entry that
 * somebody has spoilt is no error.
 */
const member = (sql: Sql, record: string, name: 'operation' | 'outcome') =>
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

/** In the words of the index audit_records_by_tool_name. */
const ofToolName = (sql: Sql, name: string) => sql`
    and split_part(split_part(entry, ',"tool":"', 2), '"', 1) = ${name}
    and position(',"tool":"' in entry) > 0`

/** Entries with this outcome, as they stand: of several outcomes the last one counts. */
export function ofOutcome(sql: Sql, workspaceId: string, outcome: string) {
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

const time = (sql: Sql, ms: number) => sql`to_timestamp(${ms / msPerSecond}::float8)`

export function fromBound(sql: Sql, workspaceId: string, fromMs: number) {
  return sql`
    and at >= ${time(sql, fromMs)}
    and audit_records.seq >= coalesce((
      select edge.seq from audit_records edge
      where edge.workspace_id = ${workspaceId} and edge.kind <> 'outcome'
        and edge.at >= ${time(sql, fromMs - clockSkewMsMax)}
      order by edge.at limit 1), ${seqMax}::bigint)`
}

export function toBound(sql: Sql, workspaceId: string, toMs: number) {
  return sql`
    and at <= ${time(sql, toMs)}
    and audit_records.seq <= coalesce((
      select edge.seq from audit_records edge
      where edge.workspace_id = ${workspaceId} and edge.kind <> 'outcome'
        and edge.at <= ${time(sql, toMs + clockSkewMsMax)}
      order by edge.at desc limit 1), 0)`
}
