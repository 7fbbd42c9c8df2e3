import { and, eq, inArray } from 'drizzle-orm'
import type { ActivityNeeds, CallQuery, CountedCalls } from '../activity/activity.ts'
import { callsOpened, type Executor } from './activity-calls.ts'
import { type CountedRow, countedBy, readCounted } from './activity-counted.ts'
import { createKeptCounts } from './activity-kept.ts'
import { type Database, guardStore } from './database.ts'
import { agents, connections } from './tables.ts'

/** All that is read at one moment, waiting for a connection included; each statement is bounded by itself. */
const momentMsMax = 30_000

/** Builds the queries that count calls: in the log, and what is kept of it. They leave parallel workers to others. */
export function createActivityStore({ db, sql }: Database): ActivityNeeds['store'] {
  const store: Pick<ActivityNeeds['store'], 'atOneMoment'> = {
    atOneMoment: async (work) => {
      const done = await sql.begin('isolation level repeatable read read only', async (tx) => ({
        value: await work({
          countCalls: (query) => countCalls(tx, query),
          ...createKeptCounts(tx),
        }),
      }))
      return done.value
    },
  }
  const names: Pick<ActivityNeeds['store'], 'namesOf'> = {
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
  }
  return { ...guardStore(store, momentMsMax), ...guardStore(names) }
}

/** Walks the audit log's index by time. */
async function countCalls(sql: Executor, query: CallQuery): Promise<CountedCalls[]> {
  const rows = await sql<CountedRow[]>`
    with calls as (${callsOpened(sql, query)}) ${countedBy(sql, query, sql`calls`)}`
  return rows.map(readCounted)
}
