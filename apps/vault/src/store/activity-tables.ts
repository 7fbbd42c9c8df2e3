import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

// What is kept of the calls in the audit log, so that the page of activity need not count them each time. It follows from the log,
// may be thrown away at any time, and proves nothing. Queries on it are written in SQL (activity-keeping.ts, activity-kept.ts).

const ofPair = sql`"of" = 'pair'`

/**
 * How many calls ended how: `of` a pair of agent and connection, or of all, in the quarter of an hour that begins `at`; of an agent
 * or of a connection in the day (UTC) that begins then. '' stands for no connection, and for the ids that `of` is not about.
 * `counts` says how many calls' durations fell into each of `bins`. `first_seq` is the number of the first opening that is counted.
 */
export const activityCounts = pgTable(
  'activity_counts',
  {
    workspaceId: text('workspace_id').notNull(),
    of: text('of').$type<'pair' | 'all' | 'agent' | 'connection'>().notNull(),
    at: at('at').notNull(),
    agentId: text('agent_id').notNull(),
    connectionId: text('connection_id').notNull(),
    firstSeq: bigint('first_seq', { mode: 'number' }).notNull(),
    sent: integer('sent').notNull(),
    failed: integer('failed').notNull(),
    denied: integer('denied').notNull(),
    asked: integer('asked').notNull(),
    open: integer('open').notNull(),
    bins: smallint('bins').array().notNull(),
    counts: integer('counts').array().notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.workspaceId, table.of, table.at, table.agentId, table.connectionId],
    }),
    index('activity_counts_by_agent').on(table.workspaceId, table.agentId, table.at).where(ofPair),
    index('activity_counts_by_connection')
      .on(table.workspaceId, table.connectionId, table.at)
      .where(ofPair),
  ],
)

/** Counted calls whose end may still become another: those that are open, and those of which nobody knew it. */
export const activityUnsettled = pgTable(
  'activity_unsettled',
  {
    workspaceId: text('workspace_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    auditId: text('audit_id').notNull(),
    at: at('at').notNull(),
    agentId: text('agent_id').notNull(),
    connectionId: text('connection_id').notNull(),
    ended: text('ended').notNull(),
    bin: smallint('bin'),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.seq] })],
)

/**
 * How far the counts go: every call that was opened `filled_from` or later is counted, as records up to `counted_seq` tell of it. What
 * was opened before is not.
 */
export const activityProgress = pgTable('activity_progress', {
  workspaceId: text('workspace_id').primaryKey(),
  countedSeq: bigint('counted_seq', { mode: 'number' }).notNull(),
  countedAt: at('counted_at').notNull().defaultNow(),
  filledFrom: at('filled_from').notNull(),
})
