import { and, asc, eq, inArray, ne, sql } from 'drizzle-orm'
import type { OutboxStore } from '../notify/notify-store.ts'
import { type Database, guardStore, type Transaction } from './database.ts'
import {
  notificationChannels,
  notificationDeliveries,
  notificationOutbox,
} from './notify-tables.ts'
import { owners } from './owner-tables.ts'

type Event = typeof notificationOutbox.$inferSelect
type Given = Parameters<OutboxStore['fanOut']>[0]

/** Builds the queries on what happened and has not been handed to channels yet. */
export function createNotificationOutboxStore(
  database: Pick<Database, 'transaction'>,
): OutboxStore {
  return guardStore<OutboxStore>({
    fanOut: (given) =>
      database.transaction(async (tx) => {
        const events = await tx
          .select()
          .from(notificationOutbox)
          .orderBy(asc(notificationOutbox.id))
          .limit(given.eventsMax)
          .for('update', { skipLocked: true })
        for (const event of events) await enter(tx, event, given)
        const ids = events.map(({ id }) => id)
        if (ids.length > 0) {
          await tx.delete(notificationOutbox).where(inArray(notificationOutbox.id, ids))
        }
        return events.length
      }),
  })
}

/** One delivery for each channel of somebody who may read what it is about. */
async function enter(tx: Transaction, event: Event, { readers, newId }: Given): Promise<void> {
  const { workspaceId, kind, subjectId, createdAt } = event
  const channels = await tx
    .select({ id: notificationChannels.id, ownerId: notificationChannels.ownerId })
    .from(notificationChannels)
    .innerJoin(owners, eq(owners.id, notificationChannels.ownerId))
    .where(
      and(
        eq(notificationChannels.workspaceId, workspaceId),
        eq(owners.workspaceId, workspaceId),
        inArray(owners.role, [...readers[kind]]),
        eq(notificationChannels.enabled, true),
        ne(notificationChannels.status, 'gone'),
        sql`${kind} = ANY (${notificationChannels.events})`,
      ),
    )
  if (channels.length === 0) return
  const deliveries = channels.map((channel) => ({
    ...{ id: newId(), workspaceId, channelId: channel.id, ownerId: channel.ownerId },
    ...{ outboxId: event.id, kind, subjectId, status: 'waiting' as const, createdAt },
    nextAttemptAt: sql`now()`,
  }))
  await tx.insert(notificationDeliveries).values(deliveries).onConflictDoNothing()
}
