import { and, count, eq, getTableColumns, sql } from 'drizzle-orm'
import type { ChannelRef, ChannelStore } from '../notify/notify-store.ts'
import { type Database, guardStore } from './database.ts'
import { notificationChannels } from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'

const {
  linkHash: _linkHash,
  linkExpiresAt: _linkExpiresAt,
  linkTries: _linkTries,
  polledBy: _polledBy,
  polledUntil: _polledUntil,
  pollOffset: _pollOffset,
  updatedAt: _updatedAt,
  ...columns
} = getTableColumns(notificationChannels)

/** What is read of a channel; not how its linking goes, nor who fetches its answers. */
export const channelColumns = columns

const isOf = ({ workspaceId, ownerId }: Omit<ChannelRef, 'id'>) =>
  and(eq(notificationChannels.workspaceId, workspaceId), eq(notificationChannels.ownerId, ownerId))
const isThis = (ref: ChannelRef) => and(isOf(ref), eq(notificationChannels.id, ref.id))

/** Builds the queries on channels, each bound to one person. */
export function createNotificationChannelStore(
  database: Pick<Database, 'db' | 'transaction'>,
): ChannelStore {
  const { db } = database
  return guardStore<ChannelStore>({
    insert: (row, { channelsMax }) =>
      database.transaction(async (tx) => {
        // One after the other: two at once would count past each other.
        await tx
          .select({ id: owners.id })
          .from(owners)
          .where(eq(owners.id, row.ownerId))
          .for('no key update')
        const [kept] = await tx
          .select({ channels: count() })
          .from(notificationChannels)
          .where(isOf(row))
        if ((kept?.channels ?? 0) >= channelsMax) return false
        await tx.insert(notificationChannels).values(row)
        return true
      }),

    async find(ref) {
      const [row] = await db.select(columns).from(notificationChannels).where(isThis(ref))
      return row
    },

    list: async (owner, { limit, after }) =>
      db
        .select(columns)
        .from(notificationChannels)
        .where(and(isOf(owner), afterRow(notificationChannels, after)))
        .orderBy(...newestFirst(notificationChannels))
        .limit(limit),

    async update({ version, ...ref }, changes) {
      const isVersion =
        version === undefined ? undefined : eq(notificationChannels.version, version)
      const [row] = await db
        .update(notificationChannels)
        .set({ ...changes, updatedAt: sql`now()` })
        .where(and(isThis(ref), isVersion))
        .returning(columns)
      return row
    },

    async delete(ref) {
      const deleted = await db
        .delete(notificationChannels)
        .where(isThis(ref))
        .returning({ id: notificationChannels.id })
      return deleted.length === 1
    },
  })
}
