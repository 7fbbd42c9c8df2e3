import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import type { KnownAlert } from '../alerts/plan-alerts.ts'
import type { WatchedRecord } from '../alerts/read-seen.ts'
import type { WatchedPart, WatchStore } from '../alerts/watch-store.ts'
import { type Database, guardStore, type Sql, type Transaction } from './database.ts'
import { agentBaselines, alertCursors, alertSettings, alerts } from './notify-tables.ts'
import { agents } from './tables.ts'

/** An outcome is matched with its intent when it stands at most so many records after it. */
const outcomeRecordsMax = 5_000
const msPerSecond = 1_000

const time = (ms: number) => sql`to_timestamp(${ms / msPerSecond}::float8)`

/** Builds the queries of the watch over audit logs. */
export function createAlertWatchStore(database: Database): WatchStore {
  const { db, sql: raw } = database
  return guardStore<WatchStore>({
    async listBehind(limit) {
      const rows = await raw<{ id: string }[]>`
        select workspaces.id from audit_heads head
        join workspaces on workspaces.id = head.workspace_id
        left join alert_cursors on alert_cursors.workspace_id = workspaces.id
        where coalesce(alert_cursors.seq, 0) < head.seq
        order by alert_cursors.watched_until nulls first limit ${limit}`
      return rows.map(({ id }) => id)
    },

    async claim(workspaceId, holder, leaseMs) {
      const [row] = await raw<{ seq: number; headSeq: number }[]>`
        insert into alert_cursors as held (workspace_id, seq, watched_by, watched_until)
        select id, 0, ${holder}, now() + ${leaseMs}::float8 * interval '1 ms'
        from workspaces where id = ${workspaceId}
        on conflict (workspace_id) do update
          set watched_by = excluded.watched_by, watched_until = excluded.watched_until
          where held.watched_until is null or held.watched_until <= now()
            or held.watched_by = excluded.watched_by
        returning seq::float8 as seq, coalesce((
          select head.seq from audit_heads head where head.workspace_id = ${workspaceId}
        ), 0)::float8 as "headSeq"`
      return row && { workspaceId, ...row }
    },

    async release(workspaceId, holder) {
      await db
        .update(alertCursors)
        .set({ watchedUntil: sql`now()` })
        .where(and(eq(alertCursors.workspaceId, workspaceId), eq(alertCursors.watchedBy, holder)))
    },

    readRecords: (workspaceId, fromSeq, toSeq) => readRecords(raw, { workspaceId, fromSeq, toSeq }),

    async findBaselines(workspaceId, agentIds) {
      const rows = await db
        .select({ id: agents.id, baseline: agentBaselines.baseline })
        .from(agents)
        .leftJoin(agentBaselines, eq(agentBaselines.agentId, agents.id))
        .where(and(eq(agents.workspaceId, workspaceId), inArray(agents.id, [...agentIds])))
      return new Map(rows.map(({ id, baseline }) => [id, baseline]))
    },

    async findSettings(workspaceId) {
      const [row] = await db
        .select({ settings: alertSettings.settings })
        .from(alertSettings)
        .where(eq(alertSettings.workspaceId, workspaceId))
      return row?.settings
    },

    ...alertQueries(database),
  })
}

/** Each query is over the alerts of one workspace. */
function alertQueries(
  database: Database,
): Pick<WatchStore, 'findKnown' | 'countSince' | 'findEnabledMs' | 'commit' | 'removeOld'> {
  const { db, sql: raw } = database
  return {
    async findKnown(workspaceId, findings) {
      const of = (name: 'agentId' | 'kind' | 'subject') => findings.map((finding) => finding[name])
      const rows = await raw<(KnownAlert & { observed: number | null })[]>`
        select distinct on (alerts.agent_id, alerts.kind, alerts.subject)
          alerts.id, alerts.agent_id as "agentId", alerts.kind, alerts.subject, observed,
          round(extract(epoch from last_at) * 1000)::float8 as "lastMs",
          acknowledged_at is null as "isOpen"
        from unnest(${of('agentId')}::text[], ${of('kind')}::text[], ${of('subject')}::text[])
          as finding(agent_id, kind, subject)
        join alerts on alerts.agent_id = finding.agent_id and alerts.kind = finding.kind
          and alerts.subject = finding.subject and alerts.workspace_id = ${workspaceId}
        order by alerts.agent_id, alerts.kind, alerts.subject, (acknowledged_at is null) desc,
          last_at desc`
      return rows
    },

    async countSince(workspaceId, sinceMs) {
      const rows = await raw<{ agentId: string; count: number }[]>`
        select agent_id as "agentId", count(*)::int as count from alerts
        where workspace_id = ${workspaceId}
          and created_at >= to_timestamp(${sinceMs / msPerSecond}::float8)
        group by agent_id`
      return new Map(rows.map(({ agentId, count }) => [agentId, count]))
    },

    async findEnabledMs(workspaceId, agentId) {
      // In the words of the index audit_records_by_operation.
      const [row] = await raw<{ atMs: number }[]>`
        select round(extract(epoch from at) * 1000)::float8 as "atMs" from audit_records
        where workspace_id = ${workspaceId} and agent_id = ${agentId} and kind <> 'outcome'
          and split_part(split_part(entry, ',"operation":"', 2), '"', 1) = 'enableAgent'
          and position(',"operation":"execute"' in entry) = 0
        order by audit_records.seq desc limit 1`
      return row?.atMs
    },

    commit: (part) => database.transaction((tx) => commit(tx, part)),

    async removeOld(beforeMs, limit) {
      const removed = await db.execute(sql`
        delete from alerts where id in (
          select id from alerts
          where acknowledged_at is not null and last_at < ${time(beforeMs)} limit ${limit})`)
      return removed.count
    },
  }
}

/**
 * What agents did, and the outcomes of it: an outcome names no agent, so it is matched with its intent, which stands not far
 * before it. Bounded by the numbers on both sides, so it walks the primary key.
 */
async function readRecords(
  raw: Sql,
  { workspaceId, fromSeq, toSeq }: { workspaceId: string; fromSeq: number; toSeq: number },
): Promise<WatchedRecord[]> {
  return await raw<WatchedRecord[]>`
    with intents as materialized (
      select audit_id, agent_id, connection_id from audit_records
      where workspace_id = ${workspaceId} and kind = 'intent' and agent_id is not null
        and seq > ${fromSeq - outcomeRecordsMax}::float8::bigint and seq <= ${toSeq}::float8::bigint
        and (position(',"operation":"execute"' in entry) > 0
          or position(',"operation":"callMyTool"' in entry) > 0))
    select part.kind, part.entry,
      round(extract(epoch from part.at) * 1000)::float8 as "atMs",
      coalesce(part.agent_id, intents.agent_id) as "agentId",
      coalesce(part.connection_id, intents.connection_id) as "connectionId"
    from audit_records part
    left join intents on part.kind = 'outcome' and intents.audit_id = part.audit_id
    where part.workspace_id = ${workspaceId}
      and part.seq > ${fromSeq}::float8::bigint and part.seq <= ${toSeq}::float8::bigint
      and case when part.kind = 'outcome' then intents.agent_id is not null
        else part.agent_id is not null and (position(',"operation":"execute"' in part.entry) > 0
          or position(',"operation":"callMyTool"' in part.entry) > 0) end
    order by part.seq`
}

async function commit(tx: Transaction, part: WatchedPart): Promise<boolean> {
  const { workspaceId, holder, fromSeq, toSeq } = part
  const moved = await tx
    .update(alertCursors)
    .set({
      seq: toSeq,
      watchedUntil: sql`now() + ${part.leaseMs}::float8 * interval '1 ms'`,
    })
    .where(
      and(
        eq(alertCursors.workspaceId, workspaceId),
        eq(alertCursors.watchedBy, holder),
        eq(alertCursors.seq, fromSeq),
        lt(alertCursors.seq, toSeq),
      ),
    )
    .returning({ seq: alertCursors.seq })
  if (moved.length !== 1) return false
  const there = await lockAgents(tx, part)
  await saveBaselines(tx, part, there)
  await saveAlerts(tx, part, there)
  return true
}

/** Agents may be deleted meanwhile, and what belongs to them with them. */
async function lockAgents(tx: Transaction, part: WatchedPart): Promise<ReadonlySet<string>> {
  const ids = [...new Set([...part.baselines.keys(), ...part.raised.map(({ agentId }) => agentId)])]
  if (ids.length === 0) return new Set()
  const rows = await tx.execute<{ id: string }>(sql`
    select id from agents where workspace_id = ${part.workspaceId}
      and id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))
    order by id for key share`)
  return new Set(rows.map(({ id }) => id))
}

async function saveBaselines(
  tx: Transaction,
  { workspaceId, baselines }: WatchedPart,
  there: ReadonlySet<string>,
): Promise<void> {
  const rows = [...baselines].flatMap(([id, baseline]) => (there.has(id) ? [{ id, baseline }] : []))
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into agent_baselines (agent_id, workspace_id, baseline, updated_at)
    select row ->> 'id', ${workspaceId}, row -> 'baseline', now()
    from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) as row
    on conflict (agent_id) do update set baseline = excluded.baseline, updated_at = now()`)
}

async function saveAlerts(
  tx: Transaction,
  { workspaceId, raised, goneOn, disabledBy }: WatchedPart,
  there: ReadonlySet<string>,
): Promise<void> {
  const disabled = new Set(disabledBy)
  const rows = raised.filter(({ agentId }) => there.has(agentId))
  if (rows.length > 0) {
    await tx.insert(alerts).values(
      rows.map(({ atMs, lastMs, ...alert }) => ({
        ...alert,
        workspaceId,
        agentDisabled: disabled.has(alert.id),
        createdAt: new Date(atMs),
        lastAt: new Date(lastMs),
      })),
    )
  }
  for (const { id, lastMs, more } of goneOn) {
    await tx
      .update(alerts)
      .set({
        lastAt: new Date(lastMs),
        ...more,
        ...(disabled.has(id) && { agentDisabled: true }),
      })
      .where(and(eq(alerts.workspaceId, workspaceId), eq(alerts.id, id)))
  }
}
