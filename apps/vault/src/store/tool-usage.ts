import { binsPerUnit, durationMsMin } from '../activity/tally.ts'
import type { CountedToolCalls, ToolUsageQuery, ToolUsageStore } from '../tools/usage.ts'
import { endOf } from './activity-calls.ts'
import { ofTool } from './audit-openings-query.ts'
import { type Database, guardStore, type Sql } from './database.ts'

const msPerSecond = 1000

/** Builds the query that counts calls of tools. */
export function createToolUsageStore({ sql }: Pick<Database, 'sql'>): ToolUsageStore {
  return guardStore<ToolUsageStore>({ countCalls: (query) => countCalls(sql, query) })
}

interface Row {
  by: 'tool' | 'agent' | 'day'
  toolId: string | null
  agentId: string | null
  day: number | null
  tool: string
  ended: string
  isRefusal: boolean
  bin: number | null
  count: number
  lastMs: number
}

/**
 * The newest calls, an opening with the last of its outcomes each; what is asked of an entry is read out of its text as in
 * audit-read.ts. In the words of the index by operation, and of the one by tool.
 */
async function countCalls(sql: Sql, query: ToolUsageQuery): Promise<CountedToolCalls[]> {
  const { workspaceId, fromMs, dayMs, toolId, toolsetId, agentId, connectionId, callsMax } = query
  const none = sql``
  const text = (record: string, name: string) =>
    sql`split_part(split_part(${sql(record)}.entry, ${`,"${name}":"`}, 2), '"', 1)`
  const isOfOne = toolId === undefined && (agentId ?? connectionId) !== undefined
  const rows = await sql<Row[]>`
    with openings as (
      select * from audit_records
      where workspace_id = ${workspaceId} and kind <> 'outcome' and kind in ('intent', 'refusal')
        ${
          isOfOne
            ? calledTool(sql)
            : sql`
        and split_part(split_part(entry, ',"operation":"', 2), '"', 1) = 'callMyTool'
        and position(',"operation":"execute"' in entry) = 0
        and position(',"toolId":"' in entry) > 0`
        }
        and at >= to_timestamp(${fromMs / msPerSecond}::float8)
        ${toolId === undefined ? none : ofTool(sql, toolId)}
        ${toolsetId === undefined ? none : sql`and position(${`,"toolsetId":"${toolsetId}"`} in entry) > 0`}
        ${agentId === undefined ? none : sql`and agent_id = ${agentId}`}
        ${connectionId === undefined ? none : sql`and connection_id = ${connectionId}`}
      order by audit_records.seq desc limit ${callsMax}
    ), calls as (
      select ${text('opening', 'toolId')} as tool_id, ${text('opening', 'tool')} as tool,
        opening.agent_id, opening.at,
        floor((extract(epoch from opening.at)::float8 * ${msPerSecond}::float8
          - ${fromMs}::float8) / ${dayMs}::float8)::int as day,
        case when opening.kind <> 'intent' then opening.decision
          else split_part(split_part(ending.entry, ',"outcome":"', 2), '"', 1) end as ended,
        coalesce(ending.status ~ '^[45]', false) as is_refusal,
        case when ending.took ~ '^[0-9]{1,9}([.][0-9]{1,9})?$' then floor(ln(
          greatest(${durationMsMin}::float8, ending.took::float8)) * ${binsPerUnit}::float8)::int end as bin
      from openings opening
      left join lateral (
        select entry, rtrim(split_part(split_part(entry, ',"durationMs":', 2), ',', 1), '}') as took,
          rtrim(split_part(split_part(entry, ',"status":', 2), ',', 1), '}') as status
        from audit_records outcome
        where outcome.audit_id = opening.audit_id and outcome.kind = 'outcome'
          and outcome.workspace_id = opening.workspace_id and opening.kind = 'intent'
        order by outcome.seq desc limit 1) ending on true
    )
    select case grouping(tool_id, agent_id, day)
        when 3 then 'tool' when 5 then 'agent' else 'day' end as by,
      tool_id as "toolId", agent_id as "agentId", day, max(tool) as tool,
      coalesce(ended, '') as ended, is_refusal as "isRefusal", bin, count(*)::int as count,
      round(extract(epoch from max(at)) * 1000)::float8 as "lastMs"
    from calls
    group by grouping sets ((tool_id, ended, is_refusal, bin), (agent_id, ended, is_refusal, bin),
      (day, ended, is_refusal, bin))`
  return rows.map(readRow)
}

/**
 * In other words than those of the indexes by operation and by tool: of one agent or connection, its own index leads to fewer, and
 * PostgreSQL cannot know.
 */
const calledTool = (sql: Sql) => sql`
        and strpos(entry, ',"operation":"callMyTool"') > 0 and strpos(entry, ',"toolId":"') > 0`

function readRow({ by, toolId, agentId, day, ended, isRefusal, ...row }: Row): CountedToolCalls {
  const { bin, count, lastMs, tool } = row
  const key = by === 'tool' ? toolId : by === 'agent' ? agentId : String(day ?? 0)
  return { by, key: key ?? '', tool, end: endOf(ended), isRefusal, bin, count, lastMs }
}
