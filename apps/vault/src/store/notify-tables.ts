import type {
  AlertKind,
  AlertSettings,
  NotificationChannel,
  NotificationDelivery,
  NotificationKind,
} from '@sallyport/contracts'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, bytes, createdAt } from './columns.ts'
import { owners } from './owner-tables.ts'
import { agents, policies, workspaceId } from './tables.ts'

// The tables of what reaches people who do not look, of alerts, and of answers that count for more than one request.

/** An owner's yes that counts for more than one request. Fingerprints are keyed: what the request said can not be read of them. */
export const rememberedApprovals = pgTable(
  'remembered_approvals',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    policyId: text('policy_id')
      .notNull()
      .references(() => policies.id, { onDelete: 'cascade' }),
    agentId: text('agent_id').notNull(),
    connectionId: text('connection_id').notNull(),
    connectionVersion: integer('connection_version').notNull(),
    approvalId: text('approval_id').notNull(),
    scope: text('scope').$type<'exact' | 'fields'>().notNull(),
    method: text('method').notNull(),
    origin: text('origin').notNull(),
    path: text('path').notNull(),
    /** SHA-256 of the frozen request, hex. */
    digest: text('digest').notNull(),
    /** Of all parts of the request, by name. */
    fingerprints: jsonb('fingerprints').$type<Record<string, string>>().notNull(),
    /** Names of the parts that have to be the same. */
    fields: text('fields').array().notNull(),
    /** What those parts say, as JSON, sealed for this row: to be shown. */
    sealed: bytes('sealed'),
    /** What was demanded of the answer. */
    freshSignIn: boolean('fresh_sign_in').notNull(),
    ownersNeeded: integer('owners_needed').notNull(),
    uses: integer('uses').notNull(),
    used: integer('used').notNull().default(0),
    createdBy: text('created_by').notNull(),
    /** As it was then: people come and go. */
    createdByEmail: text('created_by_email').notNull(),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
    revokedBy: text('revoked_by'),
  },
  (table) => [
    index('remembered_approvals_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('remembered_approvals_of_use')
      .on(table.policyId, table.method, table.path)
      .where(sql`revoked_at IS NULL`),
  ],
)

/** What happened and has not been handed to channels yet. Triggers write it in the transaction in which it happens. */
export const notificationOutbox = pgTable('notification_outbox', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  workspaceId: workspaceId(),
  kind: text('kind').$type<NotificationKind>().notNull(),
  /** The approval, capability request, connection, alert or workspace. */
  subjectId: text('subject_id').notNull(),
  createdAt: createdAt(),
})

/** Where a person is told. What is sent where is read from `sealed` alone; the rest is to be shown and searched. */
export const notificationChannels = pgTable(
  'notification_channels',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    ownerId: text('owner_id')
      .notNull()
      .references(() => owners.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<NotificationChannel['kind']>().notNull(),
    label: text('label').notNull(),
    events: text('events').array().$type<NotificationKind[]>().notNull(),
    detail: text('detail').$type<'full' | 'minimal'>().notNull(),
    enabled: boolean('enabled').notNull(),
    /** To be shown: the host, with the end of what is secret. */
    target: text('target').notNull(),
    status: text('status').$type<NotificationChannel['status']>().notNull(),
    /** Its target with all secrets, and the account that is linked, as JSON, sealed for this row, `version` and owner. */
    sealed: bytes('sealed').notNull(),
    version: integer('version').notNull(),
    /** Linking that is under way: keyed hash of its code, and how often a wrong one was given. */
    linkHash: bytes('link_hash'),
    linkExpiresAt: at('link_expires_at'),
    linkTries: integer('link_tries').notNull().default(0),
    /** Where answers have to be fetched: who does, until when, and how far they got. */
    polledBy: text('polled_by'),
    polledUntil: at('polled_until'),
    pollOffset: bigint('poll_offset', { mode: 'number' }).notNull().default(0),
    lastDeliveredAt: at('last_delivered_at'),
    lastError: text('last_error'),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('notification_channels_by_owner').on(table.ownerId, table.createdAt, table.id),
    index('notification_channels_by_workspace').on(table.workspaceId),
  ],
)

/** One message to one channel: at least once, with a lease on whoever sends it. */
export const notificationDeliveries = pgTable(
  'notification_deliveries',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    channelId: text('channel_id')
      .notNull()
      .references(() => notificationChannels.id, { onDelete: 'cascade' }),
    ownerId: text('owner_id').notNull(),
    /** The event in the outbox that it came from; null for a test. */
    outboxId: bigint('outbox_id', { mode: 'number' }),
    kind: text('kind').$type<NotificationDelivery['kind']>().notNull(),
    subjectId: text('subject_id'),
    status: text('status').$type<NotificationDelivery['status']>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull(),
    leasedBy: text('leased_by'),
    leasedUntil: at('leased_until'),
    message: text('message'),
    /** Of a message with buttons: how the other side calls it and what it asks, sealed for this row. */
    reference: jsonb('reference').$type<Record<string, string>>(),
    /** Its message says already what became of the subject. */
    settledAt: at('settled_at'),
    createdAt: createdAt(),
    endedAt: at('ended_at'),
  },
  (table) => [
    uniqueIndex('notification_deliveries_once').on(table.outboxId, table.channelId),
    index('notification_deliveries_by_owner').on(table.ownerId, table.createdAt, table.id),
    index('notification_deliveries_by_channel').on(table.channelId, table.createdAt, table.id),
    index('notification_deliveries_by_subject').on(table.subjectId),
    index('notification_deliveries_due').on(table.nextAttemptAt).where(sql`status = 'waiting'`),
    index('notification_deliveries_unsettled')
      .on(table.subjectId)
      .where(sql`reference IS NOT NULL AND settled_at IS NULL`),
  ],
)

/** Presses of buttons that were taken, by a hash of what proved them, kept until they could not be sent again. */
export const notificationPresses = pgTable(
  'notification_presses',
  {
    channelId: text('channel_id')
      .notNull()
      .references(() => notificationChannels.id, { onDelete: 'cascade' }),
    useHash: bytes('use_hash').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.channelId, table.useHash] }),
    index('notification_presses_by_expiry').on(table.expiresAt),
  ],
)

/** How a workspace sends mail. */
export const mailServers = pgTable('mail_servers', {
  workspaceId: workspaceId().primaryKey(),
  host: text('host').notNull(),
  /** All of it with its password, as JSON, sealed for this row and `version`. */
  sealed: bytes('sealed').notNull(),
  version: integer('version').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** The key with which a workspace signs web push messages (VAPID); its private part is sealed. */
export const pushKeys = pgTable('push_keys', {
  workspaceId: workspaceId().primaryKey(),
  publicKey: text('public_key').notNull(),
  sealed: bytes('sealed').notNull(),
  createdAt: createdAt(),
})

/** What an agent did that it does not usually do. */
export const alerts = pgTable(
  'alerts',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    agentId: text('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    connectionId: text('connection_id'),
    kind: text('kind').$type<AlertKind>().notNull(),
    /** What tells one from another of the same kind, such as a host. */
    subject: text('subject').notNull().default(''),
    sentence: text('sentence').notNull(),
    observed: doublePrecision('observed'),
    usual: doublePrecision('usual'),
    threshold: doublePrecision('threshold'),
    agentDisabled: boolean('agent_disabled').notNull().default(false),
    createdAt: createdAt(),
    lastAt: at('last_at').notNull(),
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    acknowledgedByEmail: text('acknowledged_by_email'),
  },
  (table) => [
    index('alerts_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('alerts_by_agent').on(table.agentId, table.createdAt, table.id),
    index('alerts_open').on(table.workspaceId).where(sql`acknowledged_at IS NULL`),
  ],
)

export const alertSettings = pgTable('alert_settings', {
  workspaceId: workspaceId().primaryKey(),
  settings: jsonb('settings').$type<AlertSettings>().notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** How far each workspace's audit log has been watched; who watches it, and until when. */
export const alertCursors = pgTable('alert_cursors', {
  workspaceId: workspaceId().primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  watchedBy: text('watched_by'),
  watchedUntil: at('watched_until'),
})

/** What an agent usually does: counters by name, kept by the room of alerts. */
export const agentBaselines = pgTable(
  'agent_baselines',
  {
    agentId: text('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    workspaceId: workspaceId(),
    baseline: jsonb('baseline').$type<unknown>().notNull(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.agentId] })],
)
