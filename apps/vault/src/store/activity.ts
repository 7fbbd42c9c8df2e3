import { and, eq, inArray } from 'drizzle-orm'
import type { ActivityNeeds, CallQuery, CountedCalls } from '../activity/activity.ts'
import { binsPerUnit, durationMsMin } from '../activity/tally.ts'
import { type Database, guardStore, type Sql } from './database.ts'
import { agents, connections } from './tables.ts'

const msPerSecond = 1000

/** Builds the queries that count calls. Each walks the audit log's index by time, and leaves parallel workers to others. */
export function createActivityStore({ db, sql }: Database): ActivityNeeds['store'] {
  return guardStore<ActivityNeeds['store']>({
    countCalls: (query) => countCalls(sql, query),

    async namesOf(workspaceId, { agentIds, connectionIds }) {
      const [agentRows, connectionRows] = await Promise.all([
        db
          .select({ id: agents.id, name: agents.name })
          .from(agents)
          .where(and(eq(agents.workspaceId, workspaceId), inArray(agents.id, [...agentIds]))),
        db
          .select({ id: connections.id, name: connections.label })
          .from(connections)
          .where(
            and(
              eq(connections.workspaceId, workspaceId),
              inArray(connections.id, [...connectionIds]),
            ),
          ),
      ])
      const byId = (rows: readonly { id: string; name: string }[]) =>
        new Map(rows.map(({ id, name }) => [id, name]))
      return { agents: byId(agentRows), connections: byId(connectionRows) }
    },
  })
}

interface Row {
  by: 'bucket' | 'agent' | 'connection'
  bucket: number | null
  agentId: string | null
  connectionId: string | null
  ended: string
  bin: number | null
  count: number
}

/**
 * An opening and the last of its outcomes make a call. What is asked of an entry is read out of its text as in audit-read.ts: of
 * an outcome only the vault's own numbers and words stand before what is looked for, or JSON's escapes keep texts apart from it.
 */
async function countCalls(sql: Sql, query: CallQuery): Promise<CountedCalls[]> {
  const { workspaceId, agentId, connectionId } = query
  const none = sql``
  const time = (ms: number) => sql`to_timestamp(${ms / msPerSecond}::float8)`
  const rows = await sql<Row[]>`
    with calls as (
      select
        floor((extract(epoch from opening.at)::float8 * ${msPerSecond}::float8
          - ${query.bucketsFromMs}::float8) / ${query.bucketMs}::float8)::int as bucket,
        opening.agent_id, opening.connection_id,
        case when opening.kind <> 'intent' then opening.decision
          else split_part(split_part(ending.entry, ',"outcome":"', 2), '"', 1) end as ended,
        case when ending.took ~ '^[0-9]{1,9}([.][0-9]{1,9})?$' then floor(ln(
          greatest(${durationMsMin}::float8, ending.took::float8)) * ${binsPerUnit}::float8)::int end as bin
      from audit_records opening
      left join lateral (
        select entry, rtrim(split_part(split_part(entry, ',"durationMs":', 2), ',', 1), '}') as took
        from audit_records outcome
        where outcome.audit_id = opening.audit_id and outcome.kind = 'outcome'
          and outcome.workspace_id = opening.workspace_id and opening.kind = 'intent'
        order by outcome.seq desc limit 1) ending on true
      where opening.workspace_id = ${workspaceId} and opening.kind <> 'outcome'
        and opening.kind in ('intent', 'refusal') and opening.agent_id is not null
        and opening.at >= ${time(query.fromMs)} and opening.at < ${time(query.toMs)}
        and (position(',"operation":"execute' in opening.entry) > 0
          or position(',"operation":"callMyTool"' in opening.entry) > 0)
        ${agentId === undefined ? none : sql`and opening.agent_id = ${agentId}`}
        ${connectionId === undefined ? none : sql`and opening.connection_id = ${connectionId}`}
    )
    select
      case grouping(bucket, agent_id, connection_id)
        when 3 then 'bucket' when 5 then 'agent' else 'connection' end as by,
      bucket, agent_id as "agentId", connection_id as "connectionId",
      coalesce(ended, '') as ended, bin, count(*)::int as count
    from calls
    group by grouping sets (
      (bucket, ended, bin), (agent_id, ended, bin), (connection_id, ended, bin))`
  return rows.map(readRow)
}

const ends: Readonly<Record<string, CountedCalls['end']>> = {
  sent: 'sent',
  failed: 'failed',
  unknown: 'failed',
  deny: 'denied',
  refused: 'denied',
  require_approval: 'asked',
}

function readRow({ by, bucket, agentId, connectionId, ended, bin, count }: Row): CountedCalls {
  const counted = { end: ends[ended] ?? 'open', bin, count }
  if (by === 'bucket') return { by, key: bucket ?? 0, ...counted }
  return { by, key: by === 'agent' ? agentId : connectionId, ...counted }
}
