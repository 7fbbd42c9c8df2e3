import { and, asc, eq, getTableColumns, gt, inArray, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { AttemptEnd, Claimed, DeliveryStore } from '../notify/notify-store.ts'
import { type Database, guardStore, type Transaction } from './database.ts'
import { channelColumns } from './notification-channels.ts'
import { notificationDeliveries as deliveries, notificationChannels } from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'

// All times are the database's: replicas' clocks differ, and a lease is an agreement among them.

const all = getTableColumns(deliveries)
const columns = {
  id: all.id,
  channelId: all.channelId,
  kind: all.kind,
  subjectId: all.subjectId,
  status: all.status,
  attempts: all.attempts,
  nextAttemptAt: all.nextAttemptAt,
  message: all.message,
  createdAt: all.createdAt,
  endedAt: all.endedAt,
}

type ClaimBounds = Parameters<DeliveryStore['claim']>[0]

const inMs = (ms: number): SQL => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`
const isFree = sql`(${all.leasedUntil} IS NULL OR ${all.leasedUntil} <= now())`
const isDue = (): SQL =>
  sql`${all.status} = 'waiting' AND ${all.nextAttemptAt} <= now() AND ${isFree}`

/** Builds the queries on deliveries. */
export function createNotificationDeliveryStore(
  database: Pick<Database, 'db' | 'transaction'>,
): DeliveryStore {
  const { db } = database
  return guardStore<DeliveryStore>({
    async claim(bounds) {
      // In no order: a channel that has to wait its turn keeps none of the others waiting.
      const due = await db
        .select({ channelId: all.channelId })
        .from(deliveries)
        .where(isDue())
        .groupBy(all.channelId)
        .orderBy(sql`random()`)
        .limit(bounds.channelsMax)
      const claimed: Claimed[] = []
      for (const { channelId } of due) {
        const one = await database.transaction((tx) => claimOf(tx, channelId, bounds))
        if (one !== undefined) claimed.push(one)
      }
      return claimed
    },

    end: ({ ids, by, end }) => database.transaction((tx) => record(tx, { ids, by, end })),

    listDeliveries: async ({ workspaceId, ownerId }, { limit, after, channelId, status }) =>
      db
        .select(columns)
        .from(deliveries)
        .where(
          and(
            eq(all.workspaceId, workspaceId),
            eq(all.ownerId, ownerId),
            channelId === undefined ? undefined : eq(all.channelId, channelId),
            status === undefined ? undefined : eq(all.status, status),
            afterRow(deliveries, after),
          ),
        )
        .orderBy(...newestFirst(deliveries))
        .limit(limit),

    beginTest: ({ channel, id, by, leaseMs, testsMax }) =>
      database.transaction(async (tx) => {
        if (!(await lockChannel(tx, channel.id, 'wait'))) return false
        const [made] = await tx
          .select({ tests: sql<number>`count(*)::integer` })
          .from(deliveries)
          .where(
            and(
              eq(all.channelId, channel.id),
              eq(all.kind, 'test'),
              sql`${all.createdAt} > now() - interval '1 minute'`,
            ),
          )
        if ((made?.tests ?? 0) >= testsMax) return false
        await tx.insert(deliveries).values({
          ...{ id, workspaceId: channel.workspaceId, channelId: channel.id },
          ...{ ownerId: channel.ownerId, kind: 'test', status: 'waiting', attempts: 1 },
          ...{ nextAttemptAt: sql`now()`, leasedBy: by, leasedUntil: inMs(leaseMs) },
          createdAt: sql`now()`,
        })
        return true
      }),

    async expireLeases() {
      await db
        .update(deliveries)
        .set({ leasedBy: null, leasedUntil: null })
        .where(and(eq(all.status, 'waiting'), gt(all.leasedUntil, sql`now()`)))
    },

    async removeOld({ keptMs, rowsMax }) {
      const old = db
        .select({ id: all.id })
        .from(deliveries)
        .where(and(ne(all.status, 'waiting'), lt(all.createdAt, inMs(-keptMs))))
        .limit(rowsMax)
        .for('update', { skipLocked: true })
      const removed = await db
        .delete(deliveries)
        .where(inArray(all.id, old))
        .returning({ id: all.id })
      return removed.length
    },
  })
}

/** Locks a channel, so that its deliveries are counted and leased by one replica at a time. */
async function lockChannel(tx: Transaction, channelId: string, ifLocked: 'skip' | 'wait') {
  const [row] = await tx
    .select({ channel: channelColumns, ownerRole: owners.role })
    .from(notificationChannels)
    .innerJoin(owners, eq(owners.id, notificationChannels.ownerId))
    .where(eq(notificationChannels.id, channelId))
    .for('no key update', {
      of: notificationChannels,
      ...(ifLocked === 'skip' && { skipLocked: true }),
    })
  return row
}

/** What is due of a channel, as far as its bounds go; undefined where it has to wait. */
async function claimOf(
  tx: Transaction,
  channelId: string,
  bounds: ClaimBounds,
): Promise<Claimed | undefined> {
  const found = await lockChannel(tx, channelId, 'skip')
  if (found === undefined) return undefined
  const due = await tx
    .select({ id: all.id })
    .from(deliveries)
    .where(and(eq(all.channelId, channelId), isDue()))
    .orderBy(asc(all.createdAt), asc(all.id))
    .limit(bounds.gatheredMax)
    .for('update', { skipLocked: true })
  const { leased, sent, quietMs } = await countOf(tx, channelId)
  const gathered = sent + leased + due.length > bounds.perMinuteMax
  if (gathered && (leased > 0 || quietMs < bounds.gatherMs)) return undefined
  const taken = gathered ? due : due.slice(0, Math.max(0, bounds.atOnceMax - leased))
  if (taken.length === 0) return undefined
  const leasedNow = await tx
    .update(deliveries)
    .set({
      leasedBy: bounds.by,
      leasedUntil: inMs(bounds.leaseMs),
      attempts: sql`${all.attempts} + 1`,
    })
    .where(
      inArray(
        all.id,
        taken.map(({ id }) => id),
      ),
    )
    .returning(columns)
  return { ...found, deliveries: leasedNow, gathered: gathered && taken.length > 1 }
}

/** How busy a channel is. What was told in one message ended at one time. */
async function countOf(tx: Transaction, channelId: string) {
  const endedMs = sql`extract(epoch FROM now() - max(${all.endedAt})) * 1000`
  const [row] = await tx
    .select({
      leased: sql<number>`(count(*) FILTER (WHERE ${all.status} = 'waiting' AND ${all.leasedUntil} > now()))::integer`,
      sent: sql<number>`(count(DISTINCT ${all.endedAt}) FILTER (WHERE ${all.status} <> 'dropped'))::integer`,
      quietMs: sql<number | null>`(${endedMs})::double precision`,
    })
    .from(deliveries)
    .where(
      and(
        eq(all.channelId, channelId),
        sql`(${all.status} = 'waiting' OR ${all.endedAt} > now() - interval '1 minute')`,
      ),
    )
  return {
    leased: row?.leased ?? 0,
    sent: row?.sent ?? 0,
    quietMs: row?.quietMs ?? Number.POSITIVE_INFINITY,
  }
}

async function record(
  tx: Transaction,
  { ids, by, end }: Parameters<DeliveryStore['end']>[0],
): Promise<void> {
  const released = { leasedBy: null, leasedUntil: null, message: end.message }
  const rows = await tx
    .update(deliveries)
    .set(
      end.outcome === 'retry'
        ? { ...released, nextAttemptAt: inMs(end.afterMs) }
        : {
            ...{ ...released, status: end.outcome, endedAt: sql`now()` },
            ...(end.outcome === 'delivered' &&
              end.reference !== undefined && { reference: { ...end.reference } }),
          },
    )
    // Whoever lost the lease has nothing to say: another replica sends it, or has.
    .where(
      and(
        inArray(all.id, [...ids]),
        eq(all.leasedBy, by),
        eq(all.status, 'waiting'),
        gt(all.leasedUntil, sql`now()`),
      ),
    )
    .returning({ channelId: all.channelId })
  const [first] = rows
  const changes = changesOf(end)
  if (first === undefined || changes === undefined) return
  await tx
    .update(notificationChannels)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(eq(notificationChannels.id, first.channelId))
}

/** What a channel shows of it. Nothing of what was dropped, since nothing was tried. */
function changesOf(end: AttemptEnd) {
  if (end.outcome === 'dropped') return undefined
  if (end.outcome === 'delivered') {
    return { status: end.channelStatus, lastError: null, lastDeliveredAt: sql`now()` }
  }
  const isGone = end.outcome === 'failed' && end.gone === true
  const { status } = notificationChannels
  return {
    // Who waits for an account goes on to: only linking it ends that.
    status: isGone
      ? ('gone' as const)
      : sql`CASE ${status} WHEN 'unlinked' THEN ${status} ELSE 'failing' END`,
    lastError: end.message,
  }
}
