import type { HistoryStore } from '../policies/history/read-history.ts'
import { type Database, guardStore, type Sql } from './database.ts'

/** The largest number that a bigint column holds, as text: JavaScript's numbers do not reach it. */
const seqMax = '9223372036854775807'

/** Builds the query of attempts, which walks the audit log's index of an agent's records from its end. */
export function createPolicyHistoryStore({ sql }: Pick<Database, 'sql'>): HistoryStore {
  return guardStore<HistoryStore>({
    listOpenings: async (whose, part) => await listOpenings(sql, whose, part),
  })
}

/**
 * What is of another connection is passed over by the reader and not by a condition: however little of the log is of this one, a
 * statement looks at no more than it answers.
 */
const listOpenings = (
  sql: Sql,
  { workspaceId, agentId, connectionId }: Parameters<HistoryStore['listOpenings']>[0],
  { beforeSeq, limit }: Parameters<HistoryStore['listOpenings']>[1],
) => sql<{ seq: number; atMs: number; text: string | null }[]>`
  select audit_records.seq::float8 as seq,
    round(extract(epoch from at) * 1000)::float8 as "atMs",
    case when connection_id = ${connectionId} and kind in ('intent', 'refusal')
      then entry end as text
  from audit_records
  where workspace_id = ${workspaceId} and agent_id = ${agentId} and kind <> 'outcome'
    and audit_records.seq < ${beforeSeq ?? seqMax}::bigint
  order by audit_records.seq desc limit ${limit}`
