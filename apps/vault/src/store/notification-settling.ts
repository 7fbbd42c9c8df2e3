import type { Role } from '@sallyport/contracts'
import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { SettleStore, Unsettled } from '../notify/notify-store.ts'
import type { Settled } from '../notify/sender.ts'
import { isOverdue } from './approval-columns.ts'
import { type Database, guardStore } from './database.ts'
import { channelColumns } from './notification-channels.ts'
import { notificationDeliveries as deliveries, notificationChannels } from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { approvalAnswers, approvals } from './tables.ts'

/** Later nobody looks at the message any more. */
const settledWithin = sql`interval '1 hour'`

const status = sql<
  Settled['status']
>`CASE WHEN ${isOverdue()} THEN 'expired' ELSE ${approvals.status} END`
/** Whoever denied it, or approved it last: as they were called then, or now. */
const by = sql<string | null>`coalesce(
  (SELECT ${owners.email} FROM ${owners} WHERE ${owners.id} = ${approvals.deniedBy}),
  (SELECT ${approvalAnswers.email} FROM ${approvalAnswers}
    WHERE ${approvalAnswers.approvalId} = ${approvals.id} ORDER BY ${approvalAnswers.at} DESC LIMIT 1))`

const ownerRole = sql<Role | null>`(
  SELECT ${owners.role} FROM ${owners} WHERE ${owners.id} = ${notificationChannels.ownerId})`

/** Builds the queries on messages whose buttons are of no use any more. */
export function createNotificationSettlingStore({
  db,
  transaction,
}: Pick<Database, 'db' | 'transaction'>): SettleStore {
  return guardStore<SettleStore>({
    claimUnsettled: ({ by: replica, readers, leaseMs, rowsMax }) =>
      transaction(async (tx): Promise<Unsettled[]> => {
        const rows = await tx
          .select({
            id: deliveries.id,
            channel: channelColumns,
            reference: deliveries.reference,
            approvalId: approvals.id,
            ...{ status, by, ownerRole },
          })
          .from(deliveries)
          .innerJoin(notificationChannels, eq(notificationChannels.id, deliveries.channelId))
          .innerJoin(approvals, eq(approvals.id, deliveries.subjectId))
          .where(
            and(
              isNotNull(deliveries.reference),
              isNull(deliveries.settledAt),
              eq(deliveries.status, 'delivered'),
              sql`(${approvals.status} <> 'pending' OR ${isOverdue()})`,
              sql`coalesce(${approvals.decidedAt}, ${approvals.expiresAt}) > now() - ${settledWithin}`,
              sql`(${deliveries.leasedUntil} IS NULL OR ${deliveries.leasedUntil} <= now())`,
            ),
          )
          .limit(rowsMax)
          .for('update', { of: deliveries, skipLocked: true })
        if (rows.length === 0) return []
        const ids = rows.map(({ id }) => id)
        await tx
          .update(deliveries)
          .set({
            leasedBy: replica,
            leasedUntil: sql`now() + make_interval(secs => ${leaseMs / 1000}::double precision)`,
          })
          .where(inArray(deliveries.id, ids))
        return rows.flatMap(({ id, channel, reference, ...row }) => {
          if (reference === null) return []
          const mayRead = row.ownerRole !== null && readers.includes(row.ownerRole)
          const tellsWho = mayRead && channel.detail === 'full'
          const settled = {
            ...{ approvalId: row.approvalId, status: row.status },
            ...(row.by !== null && tellsWho && { by: row.by }),
          }
          return [{ id, channel, reference, settled }]
        })
      }),

    async endSettling({ id, by: replica }) {
      await db
        .update(deliveries)
        .set({ settledAt: sql`now()`, leasedBy: null, leasedUntil: null })
        .where(and(eq(deliveries.id, id), eq(deliveries.leasedBy, replica)))
    },
  })
}
