import { and, asc, desc, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { LinkingStore, PollStore, PressStore } from '../notify/linking-store.ts'
import { type Database, guardStore } from './database.ts'
import { channelColumns } from './notification-channels.ts'
import {
  notificationChannels as channels,
  notificationDeliveries as deliveries,
  notificationPresses as presses,
} from './notify-tables.ts'
import { owners } from './owner-tables.ts'

// All times are the database's: replicas' clocks differ.

const inMs = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`
const now = sql`now()`
/** An approval is told to a channel once; more come of what was sent again. */
const toldMax = 5

/** Builds the queries on linked accounts. */
export function createNotificationLinkStore({ db }: Pick<Database, 'db'>): LinkingStore {
  return guardStore<LinkingStore>({
    async findAny(channelId) {
      const [row] = await db.select(channelColumns).from(channels).where(eq(channels.id, channelId))
      return row
    },

    async beginLink({ workspaceId, ownerId, id }, { hash, lastsMs, everyMs }) {
      const begun = await db
        .update(channels)
        .set({ linkHash: hash, linkExpiresAt: inMs(lastsMs), linkTries: 0 })
        .where(
          and(
            eq(channels.id, id),
            eq(channels.workspaceId, workspaceId),
            eq(channels.ownerId, ownerId),
            or(isNull(channels.linkExpiresAt), lt(channels.linkExpiresAt, inMs(lastsMs - everyMs))),
          ),
        )
        .returning({ id: channels.id })
      return begun.length === 1
    },

    async takeLinkTry(channelId, triesMax) {
      const [row] = await db
        .update(channels)
        .set({ linkTries: sql`${channels.linkTries} + 1` })
        .where(
          and(
            eq(channels.id, channelId),
            gt(channels.linkExpiresAt, now),
            lt(channels.linkTries, triesMax),
          ),
        )
        .returning({ hash: channels.linkHash })
      return row?.hash ?? undefined
    },

    async finishLink({ id, sealed, version, target, hash }) {
      const [row] = await db
        .update(channels)
        .set({
          ...{ sealed, version, target, status: 'active', linkHash: null, linkExpiresAt: null },
          updatedAt: now,
        })
        .where(
          and(
            eq(channels.id, id),
            eq(channels.version, version - 1),
            eq(channels.linkHash, hash),
            gt(channels.linkExpiresAt, now),
          ),
        )
        .returning(channelColumns)
      return row
    },
  })
}

/** Builds the queries on presses. */
export function createNotificationPressStore({ db }: Pick<Database, 'db'>): PressStore {
  return guardStore<PressStore>({
    async findTold(channelId, approvalId) {
      const rows = await db
        .select({ id: deliveries.id, reference: deliveries.reference })
        .from(deliveries)
        .where(
          and(
            eq(deliveries.subjectId, approvalId),
            eq(deliveries.channelId, channelId),
            eq(deliveries.kind, 'approval'),
            eq(deliveries.status, 'delivered'),
            isNotNull(deliveries.reference),
          ),
        )
        .orderBy(desc(deliveries.createdAt))
        .limit(toldMax)
      return rows.flatMap(({ id, reference }) => (reference === null ? [] : [{ id, reference }]))
    },

    async usePress({ channelId, hash, lastsMs }) {
      const used = await db
        .insert(presses)
        .values({ channelId, useHash: hash, expiresAt: inMs(lastsMs) })
        .onConflictDoNothing()
        .returning({ channelId: presses.channelId })
      return used.length === 1
    },

    async findOwner({ workspaceId, ownerId }) {
      const [row] = await db
        .select({ email: owners.email, role: owners.role })
        .from(owners)
        .where(and(eq(owners.id, ownerId), eq(owners.workspaceId, workspaceId)))
      return row
    },
  })
}

/** Is there a message with buttons whose approval may still be answered? They last a day at most. */
const hasWaiting = sql`EXISTS (
  SELECT 1 FROM ${deliveries} WHERE ${deliveries.channelId} = ${channels.id}
    AND ${deliveries.kind} = 'approval' AND ${deliveries.status} = 'delivered'
    AND ${deliveries.reference} IS NOT NULL AND ${deliveries.settledAt} IS NULL
    AND ${deliveries.createdAt} > now() - interval '25 hours')`

/**
 * Telegram keeps what nobody fetched for a day, and after a quiet week it counts on from any number: by then the old one would pass
 * over what is new.
 */
const offsetNow = sql`CASE WHEN ${channels.polledUntil} > now() - interval '25 hours'
  THEN ${channels.pollOffset} ELSE 0 END`

/** Builds the queries on bots that are asked for what was pressed. */
export function createNotificationPollStore({ db }: Pick<Database, 'db'>): PollStore {
  return guardStore<PollStore>({
    async claimPolls({ by, leaseMs, channelsMax }) {
      const due = db
        .select({ id: channels.id })
        .from(channels)
        .where(
          and(
            eq(channels.kind, 'telegram'),
            or(isNull(channels.polledUntil), lt(channels.polledUntil, now)),
            or(gt(channels.linkExpiresAt, now), and(eq(channels.enabled, true), hasWaiting)),
          ),
        )
        .orderBy(sql`${channels.polledUntil} NULLS FIRST`, asc(channels.id))
        .limit(channelsMax)
        .for('update', { skipLocked: true })
      const rows = await db
        .update(channels)
        .set({ polledBy: by, polledUntil: inMs(leaseMs), pollOffset: offsetNow })
        // An array is made once: no more are taken than were locked.
        .where(sql`${channels.id} = ANY (ARRAY${due})`)
        .returning({ ...channelColumns, offset: channels.pollOffset })
      return rows.map(({ offset, ...channel }) => ({ channel, offset }))
    },

    async endPoll({ channelId, by, offset, againMs }) {
      await db
        .update(channels)
        .set({ polledUntil: inMs(againMs), pollOffset: offset })
        .where(and(eq(channels.id, channelId), eq(channels.polledBy, by)))
    },
  })
}
