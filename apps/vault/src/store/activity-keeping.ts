import type { TransactionSql } from 'postgres'
import type { CountKeepingStore } from '../activity/keep-counts.ts'
import { dayMs, floorTo, quarterMs } from '../activity/kept-time.ts'
import {
  callsOpened,
  callsSince,
  type Executor,
  settledOutcomes,
  timeOf,
  wordsOf,
} from './activity-calls.ts'
import { type Database, guardStore } from './database.ts'

// Keeps the counts of calls that activity-kept.ts reads. Whoever counts holds the workspace's row of activity_progress, and what is
// counted commits together with how far that goes: each call is in the counts once, whoever counts and wherever they are interrupted.

const msPerSecond = 1000
/** A step and its waiting for a connection; each statement is bounded by itself. */
const stepMsMax = 20_000

interface Progress {
  readonly countedSeq: number
  readonly filledMs: number
}

/** Builds the steps. */
export function createCountKeepingStore({ sql }: Pick<Database, 'sql'>): CountKeepingStore {
  const holding = <T>(
    workspaceId: string,
    work: (tx: TransactionSql, progress: Progress) => Promise<T>,
  ) =>
    sql.begin(async (tx) => {
      const progress = await hold(tx, workspaceId)
      return { value: progress === undefined ? undefined : await work(tx, progress) }
    })
  return guardStore<CountKeepingStore>(
    {
      workspacesBehind: (behind) => workspacesBehind(sql, behind),
      begin: (workspaceId) => begin(sql, workspaceId),
      countOn: async (workspaceId, recordsMax) =>
        (
          await holding(workspaceId, (tx, progress) =>
            countOn(tx, { workspaceId, recordsMax, ...progress }),
          )
        ).value ?? 'done',
      fillBack: async (workspaceId, back) =>
        (
          await holding(workspaceId, (tx, progress) =>
            fillBack(tx, { workspaceId, ...back, ...progress }),
          )
        ).value ?? 'done',
      removeOld: async (workspaceId, old) =>
        (
          await holding(workspaceId, (tx, progress) =>
            removeOld(tx, { workspaceId, ...old, ...progress }),
          )
        ).value ?? 'done',
    },
    stepMsMax,
  )
}

/** Undefined where somebody else has it: what is to be done is being done. */
async function hold(tx: TransactionSql, workspaceId: string): Promise<Progress | undefined> {
  const [row] = await tx<Progress[]>`
    select counted_seq::float8 as "countedSeq",
      (extract(epoch from filled_from) * ${msPerSecond}::int)::float8 as "filledMs"
    from activity_progress where workspace_id = ${workspaceId} for update skip locked`
  return row
}

type Step<Name extends keyof CountKeepingStore> = Progress & {
  readonly workspaceId: string
} & Parameters<CountKeepingStore[Name]>[1]

/**
 * In no order: one that takes up all runs, or fails in each, must not stand before the same others for ever. Of retention nothing is asked,
 * since that would read the counts of every workspace: it removes nothing younger than 30 days, and each day is looked at anew.
 */
async function workspacesBehind(
  sql: Executor,
  { recordsMin, waitMs, keptFromMs }: Parameters<CountKeepingStore['workspacesBehind']>[0],
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select head.workspace_id as id
    from audit_heads head left join activity_progress using (workspace_id)
    where head.seq > 0 and (filled_from is null
      or filled_from <> ${timeOf(sql, keptFromMs)}
      or head.seq - counted_seq >= ${recordsMin}::bigint
      or (head.seq > counted_seq
        and counted_at < now() - make_interval(secs => ${waitMs / msPerSecond}::float8)))
    order by random()`
  return rows.map(({ id }) => id)
}

/** Nothing that is in the log already was opened as late as what is then said to be counted. */
async function begin(sql: Executor, workspaceId: string): Promise<void> {
  await sql`
    insert into activity_progress (workspace_id, counted_seq, filled_from)
    select head.workspace_id, head.seq, to_timestamp((floor(extract(epoch from coalesce((
        select at from audit_records
        where workspace_id = ${workspaceId} and kind <> 'outcome'
        order by audit_records.at desc limit 1), now()))::float8 * 1000 / ${quarterMs}::float8) + 1)
      * ${quarterMs}::float8 / 1000)
    from audit_heads head where head.workspace_id = ${workspaceId}
    on conflict do nothing`
}

async function countOn(
  tx: TransactionSql,
  {
    workspaceId,
    recordsMax,
    countedSeq,
    filledMs,
  }: {
    readonly workspaceId: string
    readonly recordsMax: number
  } & Progress,
): Promise<'more' | 'done'> {
  // Records are numbered as they are committed: all up to the head are there.
  const [head] = await tx<{ seq: number; last: number | null }[]>`
    select head.seq::float8 as seq, (
      select seq::float8 from audit_records
      where workspace_id = ${workspaceId} and seq > ${countedSeq}::bigint
      order by audit_records.seq offset ${recordsMax - 1} limit 1) as last
    from audit_heads head where workspace_id = ${workspaceId}`
  if (head === undefined) return 'done'
  const upToSeq = Math.min(head.seq, head.last ?? head.seq)
  const settled = [...settledOutcomes]
  await tx`
    with ${callsSince(tx, workspaceId, { afterSeq: countedSeq, upToSeq })}
    , settled as (
      delete from activity_unsettled was using changed
      where was.workspace_id = ${workspaceId} and was.seq = changed.seq
        and changed.ended = any(${settled}::text[])
    ), unsettled as (
      update activity_unsettled was set ended = changed.ended, bin = changed.bin from changed
      where was.workspace_id = ${workspaceId} and was.seq = changed.seq
        and changed.ended <> all(${settled}::text[])
    ), fresh as (
      select * from opened where at >= ${timeOf(tx, filledMs)}
    ), left_open as (${leaveUnsettled(tx, workspaceId, tx`fresh`)})
    , counting as (select * from calls where at >= ${timeOf(tx, filledMs)})
    , ${keep(tx, workspaceId, tx`counting`)}
    update activity_progress set counted_seq = ${upToSeq}, counted_at = now()
    where workspace_id = ${workspaceId}`
  return upToSeq < head.seq ? 'more' : 'done'
}

async function fillBack(
  tx: TransactionSql,
  { workspaceId, downToMs, partMs, countedSeq, filledMs }: Step<'fillBack'>,
): Promise<'more' | 'done'> {
  if (filledMs <= downToMs) return 'done'
  const [found] = await tx<{ hasOld: boolean; newestMs: number | null }[]>`
    select exists (${rowsBefore(tx, workspaceId, filledMs)} limit 1) as "hasOld", (
      select (extract(epoch from at) * ${msPerSecond}::int)::float8 from audit_records
      where workspace_id = ${workspaceId} and kind <> 'outcome'
        and at >= ${timeOf(tx, downToMs)} and at < ${timeOf(tx, filledMs)}
      order by audit_records.at desc limit 1) as "newestMs"`
  // What an interrupted removal has left there would be counted twice.
  if (found === undefined || found.hasOld) return 'done'
  const toMs = found.newestMs === null ? downToMs : found.newestMs + 1
  const fromMs = Math.max(downToMs, toMs - partMs)
  await tx`
    with counting as (
      ${callsOpened(tx, { workspaceId, fromMs, toMs, upToSeq: countedSeq })}
    ), left_open as (${leaveUnsettled(tx, workspaceId, tx`counting`)})
    , ${keep(tx, workspaceId, tx`counting`)}
    update activity_progress set filled_from = ${timeOf(tx, fromMs)}
    where workspace_id = ${workspaceId}`
  return fromMs > downToMs ? 'more' : 'done'
}

async function removeOld(
  tx: TransactionSql,
  { workspaceId, beforeMs, rowsMax, filledMs }: Step<'removeOld'>,
): Promise<'more' | 'done'> {
  const [pruned] = await tx<{ lastMs: number | null }[]>`
    select (extract(epoch from max(counted.at)) * ${msPerSecond}::int)::float8 as "lastMs"
    from activity_counts counted join audit_starts start using (workspace_id)
    where counted.workspace_id = ${workspaceId} and counted."of" = 'all'
      and counted.first_seq <= start.seq`
  // Whole days, since what is kept by day cannot be removed in part. What is left of them is filled in again.
  const lastMs = pruned?.lastMs ?? undefined
  const prunedMs = lastMs === undefined ? 0 : floorTo(lastMs, dayMs) + dayMs
  const fromMs = Math.max(filledMs, beforeMs, prunedMs)
  if (fromMs > filledMs) {
    await tx`
      update activity_progress set filled_from = ${timeOf(tx, fromMs)}
      where workspace_id = ${workspaceId}`
    await tx`
      delete from activity_unsettled
      where workspace_id = ${workspaceId} and at < ${timeOf(tx, fromMs)}`
  }
  const removed = await tx`
    delete from activity_counts where ctid = any(array(
      ${rowsBefore(tx, workspaceId, fromMs)} limit ${rowsMax}))`
  return removed.count === rowsMax ? 'more' : 'done'
}

/** Where counts are filled in amid a day, that day has counts already. */
const rowsBefore = (sql: Executor, workspaceId: string, ms: number) => sql`
  select ctid from activity_counts
  where workspace_id = ${workspaceId} and "of" in ('all', 'pair', 'agent', 'connection')
    and at < ${timeOf(sql, floorTo(ms, dayMs))}`

type Fragment = ReturnType<typeof timeOf>

const leaveUnsettled = (sql: Executor, workspaceId: string, calls: Fragment) => sql`
  insert into activity_unsettled
    (workspace_id, seq, audit_id, at, agent_id, connection_id, ended, bin)
  select ${workspaceId}, seq, audit_id, at, agent_id, coalesce(connection_id, ''), ended, bin
  from ${calls}
  where kind = 'intent' and ended <> all(${[...settledOutcomes]}::text[])`

/** Adds calls to the counts, as terms of a WITH. */
function keep(sql: Executor, workspaceId: string, calls: Fragment) {
  const quarterOf = sql`to_timestamp(
    floor(extract(epoch from call.at)::float8 * 1000 / ${quarterMs}::float8) * ${quarterMs}::float8 / 1000)`
  const dayOf = sql`date_trunc('day', call.at, 'UTC')`
  const words = (['sent', 'failed', 'denied', 'asked'] as const).map(wordsOf)
  const [sent, failed, denied, asked] = words
  const count = (of: readonly string[] = []) =>
    sql`coalesce(sum(n) filter (where ended = any(${[...of]}::text[])), 0)::int`
  const open = sql`coalesce(sum(n) filter (where ended <> all(${words.flat()}::text[])), 0)::int`
  return sql`
    parts as (
      select part."of", part.at, part.agent_id, part.connection_id, call.seq, call.ended, call.bin, call.n
      from ${calls} call cross join lateral (values
        ('pair', ${quarterOf}, call.agent_id, coalesce(call.connection_id, '')),
        ('all', ${quarterOf}, '', ''),
        ('agent', ${dayOf}, call.agent_id, ''),
        ('connection', ${dayOf}, '', call.connection_id)
      ) as part ("of", at, agent_id, connection_id)
      where part.connection_id is not null
    ), binned as (
      select "of", at, agent_id, connection_id, bin, min(seq) as first_seq, sum(n)::int as n,
        ${count(sent)} as sent, ${count(failed)} as failed, ${count(denied)} as denied,
        ${count(asked)} as asked, ${open} as open
      from parts group by "of", at, agent_id, connection_id, bin
    ), counted as (
      select "of", at, agent_id, connection_id, min(first_seq) as first_seq, sum(sent)::int as sent,
        sum(failed)::int as failed, sum(denied)::int as denied, sum(asked)::int as asked,
        sum(open)::int as open,
        array_agg(bin order by bin) filter (where bin is not null) as bins,
        array_agg(n order by bin) filter (where bin is not null) as counts
      from binned group by "of", at, agent_id, connection_id
    ), kept as (
      insert into activity_counts as kept (workspace_id, "of", at, agent_id, connection_id, first_seq,
        sent, failed, denied, asked, open, bins, counts)
      select ${workspaceId}, "of", at, agent_id, connection_id, first_seq, sent, failed, denied, asked,
        open, coalesce(bins, '{}'), coalesce(counts, '{}')
      from counted
      on conflict (workspace_id, "of", at, agent_id, connection_id) do update set
        first_seq = least(kept.first_seq, excluded.first_seq),
        sent = kept.sent + excluded.sent, failed = kept.failed + excluded.failed,
        denied = kept.denied + excluded.denied, asked = kept.asked + excluded.asked,
        open = kept.open + excluded.open,
        (bins, counts) = (
          select coalesce(array_agg(bin order by bin), '{}'), coalesce(array_agg(n order by bin), '{}')
          from (
            select bin, sum(n)::int as n from (
              select * from unnest(kept.bins, kept.counts) as before (bin, n)
              union all
              select * from unnest(excluded.bins, excluded.counts) as more (bin, n)) both_of
            group by bin having sum(n) <> 0) summed)
    )`
}
