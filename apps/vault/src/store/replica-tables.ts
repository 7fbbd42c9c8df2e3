import { foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at, bytes } from './columns.ts'
import { workspaceId } from './tables.ts'
import { mcpServers } from './upstream-tables.ts'

/** Which replica runs the program of an upstream MCP server. Until `expires_at`, by the database’s clock, no other one does. */
export const upstreamClaims = pgTable(
  'upstream_claims',
  {
    serverId: text('server_id')
      .primaryKey()
      .references(() => mcpServers.id, { onDelete: 'cascade' }),
    workspaceId: workspaceId(),
    /** Made anew with each process. */
    replicaId: text('replica_id').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [index('upstream_claims_by_replica').on(table.replicaId)],
)

/**
 * What one replica asks of the one that runs a program. Unlogged, as its answers are: after a crash of the database nobody waits for
 * either. A row goes with its answer, or after its deadline.
 */
export const replicaCalls = pgTable(
  'replica_calls',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    serverId: text('server_id').notNull(),
    toReplica: text('to_replica').notNull(),
    fromReplica: text('from_replica').notNull(),
    /** What is asked, sealed for this row. */
    sealed: bytes('sealed').notNull(),
    /** When it was taken to be carried out: that happens once. */
    takenAt: at('taken_at'),
    deadlineAt: at('deadline_at').notNull(),
  },
  (table) => [
    index('replica_calls_by_replica').on(table.toReplica),
    index('replica_calls_by_deadline').on(table.deadlineAt),
  ],
)

/** What comes back, in pieces. */
export const replicaAnswers = pgTable(
  'replica_answers',
  {
    callId: text('call_id').notNull(),
    /** From 1 on, without a gap; the version in the seal. */
    seq: integer('seq').notNull(),
    sealed: bytes('sealed').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.callId, table.seq] }),
    foreignKey({
      columns: [table.callId],
      foreignColumns: [replicaCalls.id],
      name: 'replica_answers_call_id_fk',
    }).onDelete('cascade'),
  ],
)
