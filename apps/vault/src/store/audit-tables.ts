import { sql } from 'drizzle-orm'
import { bigint, doublePrecision, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at, bytes } from './columns.ts'
import { policies } from './tables.ts'

// The tables of the audit log and of the limits that are reserved with it. Queries on them are written in SQL
// (audit.ts, audit-read.ts, limits.ts), because they are the hot path; the tables stand here for the migrations.

/**
 * What was spent of one limit of one policy and may still count, oldest first: pairs of a time, in whole ms of the
 * limits' own clock, and how much counts as spent at it: attempts, bytes, tokens, millionths of a dollar.
 */
export const limitWindows = pgTable(
  'limit_windows',
  {
    policyId: text('policy_id')
      .notNull()
      .references(() => policies.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    spent: bigint('spent', { mode: 'number' }).array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.policyId, table.name] })],
)

/**
 * Calls in flight under a policy with a limit of them; a lease that was not given back ends by itself. `held` is JSON: what is
 * held of limits whose true weight the outcome says, `{"atMs":…,"weights":{"tokensPerDay":…}}`; it stays until then.
 */
export const limitLeases = pgTable(
  'limit_leases',
  {
    auditId: text('audit_id').primaryKey(),
    policyId: text('policy_id')
      .notNull()
      .references(() => policies.id, { onDelete: 'cascade' }),
    expiresMs: doublePrecision('expires_ms').notNull(),
    held: text('held'),
  },
  (table) => [index('limit_leases_by_policy').on(table.policyId)],
)

const opensEntry = sql`kind <> 'outcome'`
const closesEntry = sql`kind = 'outcome'`
const opensToolEntry = sql`kind <> 'outcome' and position(',"toolId":"' in entry) > 0`
const namesToolEntry = sql`kind <> 'outcome' and position(',"tool":"' in entry) > 0`
/** Nearly all outcomes are that it was sent: the others are few, and those are looked for. */
const endsOtherwise = sql`split_part(split_part(entry, ',"outcome":"', 2), '"', 1) <> 'sent' and split_part(split_part(entry, ',"outcome":"', 2), '"', 1) <> ''`
/** Calls are nearly all there is: who asks for them walks the log, and they cost no place in an index. */
const opensRareEntry = sql`kind <> 'outcome' and position(',"operation":"execute"' in entry) = 0`

/**
 * Append-only (a trigger refuses the rest). `entry` is the exact JSON text that `hash` and `mac` cover; the other
 * columns repeat parts of it so that it can be searched, and are checked against it by the verifier.
 */
export const auditRecords = pgTable(
  'audit_records',
  {
    workspaceId: text('workspace_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    auditId: text('audit_id').notNull(),
    kind: text('kind').$type<'intent' | 'outcome' | 'refusal' | 'event'>().notNull(),
    at: at('at').notNull(),
    agentId: text('agent_id'),
    connectionId: text('connection_id'),
    decision: text('decision'),
    entry: text('entry').notNull(),
    hash: bytes('hash').notNull(),
    mac: bytes('mac').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.seq] }),
    // Entries are searched by the record that opens them, and outcomes are then found by the entry's id: a record stands
    // in no index that is not searched for it.
    index('audit_records_by_id').on(table.auditId).where(closesEntry),
    index('audit_records_by_agent')
      .on(table.workspaceId, table.agentId, table.seq)
      .where(opensEntry),
    index('audit_records_by_connection')
      .on(table.workspaceId, table.connectionId, table.seq)
      .where(opensEntry),
    index('audit_records_by_decision')
      .on(table.workspaceId, table.decision, table.seq)
      .where(opensEntry),
    index('audit_records_by_operation')
      .on(
        table.workspaceId,
        sql`split_part(split_part(entry, ',"operation":"', 2), '"', 1)`,
        table.seq,
      )
      .where(opensRareEntry),
    index('audit_records_by_tool')
      .on(
        table.workspaceId,
        sql`split_part(split_part(entry, ',"toolId":"', 2), '"', 1)`,
        table.seq,
      )
      .where(opensToolEntry),
    index('audit_records_by_tool_name')
      .on(table.workspaceId, sql`split_part(split_part(entry, ',"tool":"', 2), '"', 1)`, table.seq)
      .where(namesToolEntry),
    index('audit_records_by_outcome')
      .on(
        table.workspaceId,
        sql`split_part(split_part(entry, ',"outcome":"', 2), '"', 1)`,
        table.seq,
      )
      .where(endsOtherwise),
    index('audit_records_by_time').on(table.workspaceId, table.at).where(opensEntry),
  ],
)

/** The head of each workspace's chain: moved by compare-and-set together with the records that it covers. */
export const auditHeads = pgTable('audit_heads', {
  workspaceId: text('workspace_id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: bytes('hash').notNull(),
  mac: bytes('mac').notNull(),
})

/** Intents whose outcome has not been recorded yet: what a job closes as `unknown` after a crash. */
export const auditOpen = pgTable(
  'audit_open',
  {
    auditId: text('audit_id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    deadline: at('deadline').notNull(),
  },
  (table) => [index('audit_open_by_deadline').on(table.deadline)],
)

export const auditCheckpoints = pgTable(
  'audit_checkpoints',
  {
    workspaceId: text('workspace_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
    hash: bytes('hash').notNull(),
    mac: bytes('mac').notNull(),
    at: at('at').notNull(),
    signature: bytes('signature').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.seq] })],
)
