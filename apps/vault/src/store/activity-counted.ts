import type { CountedCalls } from '../activity/activity.ts'
import { type Executor, endOf } from './activity-calls.ts'

/** A count as PostgreSQL answers it. */
export interface CountedRow {
  by: 'bucket' | 'agent' | 'connection'
  bucket: number | null
  agentId: string | null
  connectionId: string | null
  ended: string
  bin: number | null
  count: number
}

const msPerSecond = 1000

/** Where buckets begin, and how long they are. */
export interface Buckets {
  readonly bucketMs: number
  readonly bucketsFromMs: number
}

/** The number of the bucket in which the column `at` lies. */
export const bucketOf = (sql: Executor, { bucketMs, bucketsFromMs }: Buckets) => sql`
  floor((extract(epoch from at)::float8 * ${msPerSecond}::float8
    - ${bucketsFromMs}::float8) / ${bucketMs}::float8)::int`

/** Counts calls, as activity-calls.ts makes them: each with its bucket, its agent and its connection. */
export const countedBy = (
  sql: Executor,
  buckets: Buckets,
  calls: ReturnType<typeof bucketOf>,
) => sql`
  select
    case grouping(bucket, agent_id, connection_id)
      when 3 then 'bucket' when 5 then 'agent' else 'connection' end as by,
    bucket, agent_id as "agentId", connection_id as "connectionId", ended, bin, sum(n)::int as count
  from (select ${bucketOf(sql, buckets)} as bucket, agent_id, connection_id, ended, bin, n
    from ${calls}) as placed
  group by grouping sets ((bucket, ended, bin), (agent_id, ended, bin), (connection_id, ended, bin))`

export function readCounted({
  by,
  bucket,
  agentId,
  connectionId,
  ended,
  bin,
  count,
}: CountedRow): CountedCalls {
  const counted = { end: endOf(ended), bin, count }
  if (by === 'bucket') return { by, key: bucket ?? 0, ...counted }
  return { by, key: by === 'agent' ? agentId : connectionId, ...counted }
}
