import { and, eq } from 'drizzle-orm'
import type { ClaimStore } from '../upstreams/sharing/sharing-store.ts'
import { changesChannel } from './changes.ts'
import { type Database, guardStore } from './database.ts'
import { upstreamClaims } from './replica-tables.ts'

/** Shorter than for other stores: a renewal that hangs must not hold up the next ones. */
const deadlineMs = 3_000
/** Somebody may have taken a claim, and have let go of it, between two looks. */
const looksMax = 3
/** Of servers that nobody runs. */
const freeMax = 1_000

/** Builds the queries on which replica runs which program. A claim runs out by the database’s clock alone. */
export function createClaimStore({ sql, db }: Pick<Database, 'sql' | 'db'>): ClaimStore {
  const until = (ttlMs: number) =>
    sql`clock_timestamp() + make_interval(secs => ${ttlMs / 1000}::double precision)`
  const databaseNowMs = sql`(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "databaseNowMs"`

  async function holderOf(serverId: string) {
    const [found] = await sql<{ holderId: string | null; databaseNowMs: number }[]>`
      SELECT (SELECT replica_id FROM upstream_claims
        WHERE server_id = ${serverId} AND expires_at >= clock_timestamp()) AS "holderId",
        ${databaseNowMs}`
    if (found === undefined) throw new Error('the database said nothing of the claim')
    return { ...found, holderId: found.holderId ?? undefined }
  }

  return guardStore<ClaimStore>(
    {
      holderOf,

      async take({ serverId, replicaId, ttlMs }) {
        for (let looks = 1; ; looks += 1) {
          const [taken] = await sql<{ databaseNowMs: number }[]>`
            INSERT INTO upstream_claims AS claim (server_id, workspace_id, replica_id, expires_at)
            SELECT id, workspace_id, ${replicaId}::text, ${until(ttlMs)} FROM mcp_servers
              WHERE id = ${serverId} AND enabled
            ON CONFLICT (server_id) DO UPDATE
              SET replica_id = excluded.replica_id, expires_at = ${until(ttlMs)}
              WHERE claim.replica_id = excluded.replica_id OR claim.expires_at < clock_timestamp()
            RETURNING ${databaseNowMs}`
          if (taken !== undefined) return { holderId: replicaId, ...taken }
          const found = await holderOf(serverId)
          if (found.holderId !== undefined || looks >= looksMax) return found
        }
      },

      async renew(replicaId, ttlMs) {
        const [row] = await sql<
          { held: string[] | null; free: string[] | null; databaseNowMs: number }[]
        >`
          WITH renewed AS (
            UPDATE upstream_claims SET expires_at = ${until(ttlMs)}
            WHERE replica_id = ${replicaId} AND expires_at >= clock_timestamp() RETURNING server_id
          ), free AS (
            SELECT server.id FROM mcp_servers server
            LEFT JOIN upstream_claims claim
              ON claim.server_id = server.id AND claim.expires_at >= clock_timestamp()
            WHERE server.enabled AND server.transport = 'stdio' AND claim.server_id IS NULL
            ORDER BY server.id LIMIT ${freeMax}::integer
          )
          SELECT (SELECT array_agg(server_id) FROM renewed) AS held,
            (SELECT array_agg(id) FROM free) AS free, ${databaseNowMs}`
        if (row === undefined) throw new Error('the database said nothing of the claims')
        return { held: row.held ?? [], free: row.free ?? [], databaseNowMs: row.databaseNowMs }
      },

      async release(replicaId, serverId) {
        const isMine = eq(upstreamClaims.replicaId, replicaId)
        await db.delete(upstreamClaims).where(and(isMine, eq(upstreamClaims.serverId, serverId)))
      },

      async releaseAll(replicaId) {
        await sql`
          WITH released AS (
            DELETE FROM upstream_claims WHERE replica_id = ${replicaId} RETURNING server_id, workspace_id
          )
          SELECT pg_notify(${changesChannel}, json_build_object(
            'table', 'mcp_servers', 'id', server_id, 'workspaceId', workspace_id)::text) FROM released`
      },
    },
    deadlineMs,
  )
}
