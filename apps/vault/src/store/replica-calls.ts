import { and, eq, gt } from 'drizzle-orm'
import type { CallStore, StoredCall } from '../upstreams/sharing/sharing-store.ts'
import { changesChannel, writeNotice } from './changes.ts'
import { type Database, guardStore } from './database.ts'
import { replicaAnswers } from './replica-tables.ts'

/** Calls that are taken at once. */
const takenMax = 50
/** Pieces of an answer that are read at once. */
const framesMax = 16

/** Builds the queries on what replicas ask each other. What is written is told in the same statement: both happen, or neither. */
export function createCallStore({ sql, db }: Pick<Database, 'sql' | 'db'>): CallStore {
  const notify = (
    table: 'replica_calls' | 'replica_answers' | 'replica_stops',
    about: { readonly id: string; readonly replicaId: string },
  ) => sql`SELECT pg_notify(${changesChannel}, ${writeNotice({ table, ...about })})`

  return guardStore<CallStore>({
    async insert({ id, workspaceId, serverId, toReplica, fromReplica, sealed, deadlineMs }) {
      await sql`
        WITH made AS (
          INSERT INTO replica_calls
            (id, workspace_id, server_id, to_replica, from_replica, sealed, deadline_at)
          VALUES (${id}, ${workspaceId}, ${serverId}, ${toReplica}, ${fromReplica}, ${sealed},
            to_timestamp(${deadlineMs}::double precision / 1000))
          RETURNING 1
        ) ${notify('replica_calls', { id, replicaId: toReplica })} FROM made`
    },

    async tell(id, toReplica) {
      await notify('replica_calls', { id, replicaId: toReplica })
    },

    take: (toReplica) =>
      sql<StoredCall[]>`
        UPDATE replica_calls SET taken_at = clock_timestamp()
        WHERE id IN (
          SELECT id FROM replica_calls
          WHERE to_replica = ${toReplica} AND taken_at IS NULL AND deadline_at > clock_timestamp()
          LIMIT ${takenMax}::integer FOR UPDATE SKIP LOCKED)
        RETURNING id, workspace_id AS "workspaceId", server_id AS "serverId",
          to_replica AS "toReplica", from_replica AS "fromReplica", sealed`,

    async answer({ id, fromReplica }, { seq, sealed }) {
      const told = await sql`
        WITH made AS (
          INSERT INTO replica_answers (call_id, seq, sealed)
          SELECT id, ${seq}::integer, ${sealed}::bytea FROM replica_calls WHERE id = ${id} FOR KEY SHARE
          ON CONFLICT (call_id, seq) DO UPDATE SET sealed = excluded.sealed
          RETURNING 1
        ) ${notify('replica_answers', { id, replicaId: fromReplica })} FROM made`
      return told.length > 0
    },

    read: async (callId, afterSeq) =>
      await db
        .select({ seq: replicaAnswers.seq, sealed: replicaAnswers.sealed })
        .from(replicaAnswers)
        .where(and(eq(replicaAnswers.callId, callId), gt(replicaAnswers.seq, afterSeq)))
        .orderBy(replicaAnswers.seq)
        .limit(framesMax),

    async stateOf({ id, serverId, toReplica }) {
      const [row] = await sql<{ isThere: boolean; isTaken: boolean; isOwned: boolean }[]>`
        SELECT EXISTS (SELECT FROM replica_calls WHERE id = ${id}) AS "isThere",
          EXISTS (SELECT FROM replica_calls WHERE id = ${id} AND taken_at IS NOT NULL) AS "isTaken",
          EXISTS (SELECT FROM upstream_claims WHERE server_id = ${serverId}
            AND replica_id = ${toReplica} AND expires_at >= clock_timestamp()) AS "isOwned"`
      if (row === undefined) throw new Error('the database said nothing of the call')
      return row
    },

    async withdraw(callId) {
      const gone = await sql`
        DELETE FROM replica_calls WHERE id = ${callId} AND taken_at IS NULL RETURNING 1`
      return gone.length > 0
    },

    async finish(callId) {
      await sql`DELETE FROM replica_calls WHERE id = ${callId}`
    },

    async stop(callId, toReplica) {
      await sql`
        WITH gone AS (DELETE FROM replica_calls WHERE id = ${callId} RETURNING 1)
        ${notify('replica_stops', { id: callId, replicaId: toReplica })} FROM gone`
    },

    async standing(callIds) {
      const rows = await sql<{ id: string }[]>`
        SELECT id FROM replica_calls WHERE id = ANY (${sql.array([...callIds])}::text[])`
      return rows.map(({ id }) => id)
    },
  })
}
