import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core'
import { at, bytes, createdAt } from './columns.ts'
import { workspaceId } from './tables.ts'

// Where the audit log goes beside its tables, and what retention has removed of it.

/**
 * Where a workspace's audit log is sent as it grows. `lastSeq` and `lastCheckpointSeq` are what has been delivered: they only ever
 * move after the other side has taken it. `version` moves with what an owner changes, not with what is delivered.
 */
export const auditStreams = pgTable(
  'audit_streams',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    kind: text('kind').$type<'webhook' | 'syslog' | 's3'>().notNull(),
    label: text('label').notNull(),
    sends: text('sends').array().$type<('entries' | 'checkpoints')[]>().notNull(),
    format: text('format').$type<'jsonl' | 'ocsf'>().notNull(),
    enabled: boolean('enabled').notNull(),
    /** All that says where it goes, with its secrets, as JSON, sealed for this row and `version`. */
    sealed: bytes('sealed').notNull(),
    version: integer('version').notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
    lastCheckpointSeq: bigint('last_checkpoint_seq', { mode: 'number' }).notNull(),
    /** Attempts that failed since the last that did not. */
    failures: integer('failures').notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    lastDeliveredAt: at('last_delivered_at'),
    testedAt: at('tested_at'),
    leasedBy: text('leased_by'),
    leasedUntil: at('leased_until'),
    createdAt: createdAt(),
  },
  (table) => [
    index('audit_streams_by_workspace').on(table.workspaceId),
    index('audit_streams_due').on(table.nextAttemptAt).where(sql`enabled`),
  ],
)

/** Where a chain starts since retention removed what was before: the last record that was, and the vault's signature on it. */
export const auditStarts = pgTable(
  'audit_starts',
  {
    workspaceId: text('workspace_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    hash: bytes('hash').notNull(),
    mac: bytes('mac').notNull(),
    at: at('at').notNull(),
    signature: bytes('signature').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId] })],
)

/** How long entries are kept at least, as the operator said at the last start; the role of the running vault only reads it. */
export const auditRetention = pgTable(
  'audit_retention',
  {
    id: integer('id').primaryKey(),
    /** Null: for ever. */
    days: integer('days'),
  },
  (table) => [
    check('audit_retention_one_row', sql`${table.id} = 1`),
    check('audit_retention_floor', sql`${table.days} >= 30`),
  ],
)
