import type { TransactionSql } from 'postgres'
import type { ActivityMoment, CountedCalls, KeptQuery } from '../activity/activity.ts'
import { ceilTo, quarterMs, splitDays, type TimeSpan } from '../activity/kept-time.ts'
import type { CallEnd } from '../activity/tally.ts'
import { callsSince, type Executor } from './activity-calls.ts'
import { bucketOf, type CountedRow, countedBy, readCounted } from './activity-counted.ts'

// Reads the counts that are kept, with what the log has said since. All on one snapshot: the counts and the log must be of one moment.

/** Where so many records are not counted yet, the log is walked by time: it comes to the same, and kept counts save nothing. */
const recordsSinceMax = 20_000
const msPerSecond = 1000

type KeptReader = Pick<ActivityMoment, 'keptFromMs' | 'countKept' | 'durationsKept'>

/** Builds the queries; they read what the transaction sees. */
export function createKeptCounts(sql: TransactionSql): KeptReader {
  return {
    async keptFromMs(workspaceId) {
      // Of a quarter of which retention has removed something, less is to be counted than is kept.
      const [row] = await sql<{ filledMs: number; prunedMs: number | null }[]>`
        select (extract(epoch from filled_from) * ${msPerSecond}::int)::float8 as "filledMs", (
          select (extract(epoch from max(counted.at)) * ${msPerSecond}::int)::float8
          from activity_counts counted join audit_starts start using (workspace_id)
          where counted.workspace_id = ${workspaceId} and counted."of" = 'all'
            and counted.first_seq <= start.seq) as "prunedMs"
        from activity_progress join audit_heads head using (workspace_id)
        where head.workspace_id = ${workspaceId} and head.seq - counted_seq <= ${recordsSinceMax}`
      if (row === undefined) return undefined
      const wholeMs = ceilTo(row.filledMs, quarterMs)
      return Math.max(wholeMs, row.prunedMs === null ? 0 : row.prunedMs + quarterMs)
    },
    async countKept(query) {
      const [byBucket, byKey, since] = await Promise.all([
        countBuckets(sql, query),
        countKeys(sql, query),
        countSince(sql, query),
      ])
      return [...byBucket, ...byKey, ...since]
    },
    durationsKept: (query, named) => durationsOf(sql, query, named),
  }
}

/** Times as rows of two columns. */
function spansOf(sql: Executor, spans: readonly TimeSpan[]) {
  const times = (name: keyof TimeSpan) => spans.map((span) => span[name] / msPerSecond)
  return sql`(
    select to_timestamp(from_s) as span_from, to_timestamp(to_s) as span_to
    from unnest(${times('fromMs')}::float8[], ${times('toMs')}::float8[]) as span (from_s, to_s)) spans`
}

const isIn = (sql: Executor) => sql`at >= span_from and at < span_to`

function isAsked(sql: Executor, { workspaceId, agentId, connectionId }: KeptQuery) {
  const none = sql``
  return sql`workspace_id = ${workspaceId}
    ${agentId === undefined ? none : sql`and agent_id = ${agentId}`}
    ${connectionId === undefined ? none : sql`and connection_id = ${connectionId}`}`
}

const isOfAll = ({ agentId, connectionId }: KeptQuery) => (agentId ?? connectionId) === undefined

interface EndsRow {
  key: string
  sent: number
  failed: number
  denied: number
  asked: number
  open: number
}

const endNames = ['sent', 'failed', 'denied', 'asked', 'open'] as const satisfies CallEnd[]
const sumOfEnds = (sql: Executor) => sql`
  sum(sent)::int as sent, sum(failed)::int as failed, sum(denied)::int as denied,
  sum(asked)::int as asked, sum(open)::int as open`

const readEnds = (row: EndsRow) =>
  endNames
    .filter((end) => row[end] !== 0)
    .map((end) => ({ end, bin: null, count: row[end] }) as const)

async function countBuckets(sql: TransactionSql, query: KeptQuery): Promise<CountedCalls[]> {
  const rows = sql`
    select ${bucketOf(sql, query)} as bucket, activity_counts.*
    from ${spansOf(sql, query.spans)} join activity_counts on ${isIn(sql)}
    where "of" = ${isOfAll(query) ? 'all' : 'pair'} and ${isAsked(sql, query)}`
  const [ends, durations] = await Promise.all([
    sql<(EndsRow & { bucket: number })[]>`
      select bucket, ${sumOfEnds(sql)} from (${rows}) kept group by bucket`,
    sql<{ bucket: number; bin: number; count: number }[]>`
      select bucket, bin, sum(n)::int as count
      from (${rows}) kept, unnest(bins, counts) as took (bin, n) group by bucket, bin`,
  ])
  return [
    ...ends.flatMap((row) =>
      readEnds(row).map((ended) => ({ by: 'bucket', key: row.bucket, ...ended }) as const),
    ),
    ...durations.map(
      ({ bucket, bin, count }) => ({ by: 'bucket', key: bucket, end: null, bin, count }) as const,
    ),
  ]
}

const keyColumns = { agent: 'agent_id', connection: 'connection_id' } as const

/** The rows by agent or by connection: of whole days where they are kept so, and of pairs for the rest. */
function rowsBy(sql: Executor, by: 'agent' | 'connection', query: KeptQuery) {
  const ofDays = isOfAll(query)
  const { days, quarters } = ofDays
    ? splitDays(query.spans)
    : { days: [], quarters: [...query.spans] }
  const rowsOf = (of: string, spans: readonly TimeSpan[]) => sql`
    select ${sql(keyColumns[by])} as key, sent, failed, denied, asked, open, bins, counts
    from ${spansOf(sql, spans)} join activity_counts on ${isIn(sql)}
    where "of" = ${of} and ${isAsked(sql, query)}`
  return ofDays
    ? sql`${rowsOf(by, days)} union all ${rowsOf('pair', quarters)}`
    : rowsOf('pair', quarters)
}

async function countKeys(sql: TransactionSql, query: KeptQuery): Promise<CountedCalls[]> {
  const count = async (by: 'agent' | 'connection') => {
    const rows = await sql<EndsRow[]>`
      select key, ${sumOfEnds(sql)} from (${rowsBy(sql, by, query)}) kept
      where key <> '' group by key`
    return rows.flatMap((row) =>
      readEnds(row).map((ended) => ({ by, key: row.key, ...ended }) as const),
    )
  }
  return (await Promise.all([count('agent'), count('connection')])).flat()
}

async function durationsOf(
  sql: TransactionSql,
  query: KeptQuery,
  named: { readonly agentIds: readonly string[]; readonly connectionIds: readonly string[] },
): Promise<CountedCalls[]> {
  const read = async (by: 'agent' | 'connection', keys: readonly string[]) => {
    const rows = await sql<{ key: string; bin: number; count: number }[]>`
      select key, bin, sum(n)::int as count
      from (${rowsBy(sql, by, query)}) kept, unnest(bins, counts) as took (bin, n)
      where key = any(${[...keys]}::text[]) group by key, bin`
    return rows.map((row) => ({ by, end: null, ...row }) as const)
  }
  const { agentIds, connectionIds } = named
  return (await Promise.all([read('agent', agentIds), read('connection', connectionIds)])).flat()
}

async function countSince(sql: TransactionSql, query: KeptQuery): Promise<CountedCalls[]> {
  const { workspaceId, agentId, connectionId, spans } = query
  const [progress] = await sql<{ seq: number }[]>`
    select counted_seq::float8 as seq from activity_progress where workspace_id = ${workspaceId}`
  if (progress === undefined) return []
  const none = sql``
  const asked = sql`(
    select calls.* from calls join ${spansOf(sql, spans)} on ${isIn(sql)} where true
      ${agentId === undefined ? none : sql`and agent_id = ${agentId}`}
      ${connectionId === undefined ? none : sql`and connection_id = ${connectionId}`}) asked`
  const rows = await sql<CountedRow[]>`
    with ${callsSince(sql, workspaceId, { afterSeq: progress.seq })} ${countedBy(sql, query, asked)}`
  return rows.map(readCounted)
}
