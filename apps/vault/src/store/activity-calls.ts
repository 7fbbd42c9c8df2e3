import type { TransactionSql } from 'postgres'
import { binsPerUnit, type CallEnd, durationMsMin } from '../activity/tally.ts'
import type { Sql } from './database.ts'

// What a call is in the audit log, in SQL: an opening and the last of its outcomes. What is asked of an entry is read out of its text as
// in audit-read.ts: of an outcome only the vault's own numbers and words stand before what is looked for, or JSON's escapes keep texts
// apart from it.

const msPerSecond = 1000

/** The pool or a transaction. */
export type Executor = Sql | TransactionSql

/** A time of PostgreSQL's, of milliseconds since the epoch. */
export const timeOf = (sql: Executor, ms: number) => sql`to_timestamp(${ms / msPerSecond}::float8)`

const ends: Readonly<Record<string, CallEnd>> = {
  sent: 'sent',
  failed: 'failed',
  unknown: 'failed',
  deny: 'denied',
  refused: 'denied',
  require_approval: 'asked',
}

/** How calls ended whose opening was refused with this decision, or whose last outcome has this name. */
export const endOf = (ended: string): CallEnd => ends[ended] ?? 'open'

/** The words that mean this end; any other means that it is open. */
export const wordsOf = (end: Exclude<CallEnd, 'open'>): string[] =>
  Object.keys(ends).filter((word) => ends[word] === end)

/** A call that ended so stays as it is; of `unknown` the outcome may still come. */
export const settledOutcomes: readonly string[] = ['sent', 'failed', 'refused']

/** Is the record an agent's attempt to call something? */
const isCall = (sql: Executor, record: string) => sql`
  ${sql(record)}.kind in ('intent', 'refusal') and ${sql(record)}.agent_id is not null
  and (position(',"operation":"execute' in ${sql(record)}.entry) > 0
    or position(',"operation":"callMyTool"' in ${sql(record)}.entry) > 0)`

/** The outcome's name. */
const outcomeOf = (sql: Executor, record: string) =>
  sql`split_part(split_part(${sql(record)}.entry, ',"outcome":"', 2), '"', 1)`

/** The text of the outcome's duration. */
const tookOf = (sql: Executor, record: string) =>
  sql`rtrim(split_part(split_part(${sql(record)}.entry, ',"durationMs":', 2), ',', 1), '}')`

/** The number of the bin that a duration falls into; null where the text `took` is none. */
const binOf = (sql: Executor, record: string) => sql`
  case when ${sql(record)}.took ~ '^[0-9]{1,9}([.][0-9]{1,9})?$' then floor(ln(
    greatest(${durationMsMin}::float8, ${sql(record)}.took::float8)) * ${binsPerUnit}::float8)::int end`

/** Which calls, by when they were opened and what the log said of them up to a record. */
export interface CallsOpened {
  readonly workspaceId: string
  readonly fromMs: number
  readonly toMs: number
  /** Undefined: all there are. */
  readonly upToSeq?: number | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
}

/** The calls that were opened in a time: `seq, audit_id, kind, at, agent_id, connection_id, ended, bin, n`. */
export function callsOpened(sql: Executor, query: CallsOpened) {
  const { workspaceId, fromMs, toMs, upToSeq, agentId, connectionId } = query
  const none = sql``
  const known = (record: string) =>
    upToSeq === undefined ? none : sql`and ${sql(record)}.seq <= ${upToSeq}::bigint`
  return sql`
    select opening.seq, opening.audit_id, opening.kind, opening.at, opening.agent_id,
      opening.connection_id, coalesce(case when opening.kind <> 'intent' then opening.decision
        else ending.ended end, '') as ended, ${binOf(sql, 'ending')} as bin, 1 as n
    from audit_records opening
    left join lateral (
      select ${outcomeOf(sql, 'outcome')} as ended, ${tookOf(sql, 'outcome')} as took
      from audit_records outcome
      where outcome.audit_id = opening.audit_id and outcome.kind = 'outcome'
        and outcome.workspace_id = opening.workspace_id and opening.kind = 'intent' ${known('outcome')}
      order by outcome.seq desc limit 1) ending on true
    where opening.workspace_id = ${workspaceId} and opening.kind <> 'outcome'
      and ${isCall(sql, 'opening')} ${known('opening')}
      and opening.at >= ${timeOf(sql, fromMs)} and opening.at < ${timeOf(sql, toMs)}
      ${agentId === undefined ? none : sql`and opening.agent_id = ${agentId}`}
      ${connectionId === undefined ? none : sql`and opening.connection_id = ${connectionId}`}`
}

/**
 * What the records after one number, up to another, change of the counts, as the terms of a WITH: `opened` are calls that are new,
 * `changed` those of activity_unsettled that have another end now, and `calls` is both as counts, with `n` 1 or -1.
 */
export function callsSince(
  sql: Executor,
  workspaceId: string,
  { afterSeq, upToSeq }: { readonly afterSeq: number; readonly upToSeq?: number },
) {
  const known = upToSeq === undefined ? sql`` : sql`and seq <= ${upToSeq}::bigint`
  return sql`
    span as materialized (
      select seq, audit_id, kind, at, agent_id, connection_id, decision, entry from audit_records
      where workspace_id = ${workspaceId} and seq > ${afterSeq}::bigint ${known}
    ), outcomes as (
      select distinct on (audit_id) audit_id, ${outcomeOf(sql, 'span')} as ended,
        ${tookOf(sql, 'span')} as took
      from span where kind = 'outcome' order by audit_id, seq desc
    ), opened as (
      select span.seq, span.audit_id, span.kind, span.at, span.agent_id, span.connection_id,
        coalesce(case when span.kind <> 'intent' then span.decision else outcomes.ended end, '') as ended,
        case when span.kind = 'intent' then ${binOf(sql, 'outcomes')} end as bin
      from span left join outcomes on outcomes.audit_id = span.audit_id
      where ${isCall(sql, 'span')}
    ), changed as (
      select was.seq, was.at, was.agent_id, nullif(was.connection_id, '') as connection_id,
        was.ended as was_ended, was.bin as was_bin, outcomes.ended, ${binOf(sql, 'outcomes')} as bin
      from activity_unsettled was join outcomes on outcomes.audit_id = was.audit_id
      where was.workspace_id = ${workspaceId}
    ), calls as (
      select seq, at, agent_id, connection_id, ended, bin, 1 as n from opened
      union all select seq, at, agent_id, connection_id, was_ended, was_bin, -1 from changed
      union all select seq, at, agent_id, connection_id, ended, bin, 1 from changed
    )`
}
