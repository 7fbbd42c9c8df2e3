// This room tells people what happens where they are: each has channels of their own, and what waits for them is sent there.

import type {
  getWebPushKey,
  InputOf,
  listNotificationDeliveries,
  NotificationDelivery,
  OutputOf,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import { type Channels, createChannels } from './channels.ts'
import { createAttempts } from './deliver.ts'
import { createDeliveryLoop, type DeliveryLoop } from './delivery-loop.ts'
import { createMailServers, type MailServers } from './mail-server.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredDelivery } from './notify-store.ts'
import { createSettling } from './settle.ts'
import { createTestChannel } from './test-channel.ts'

/** How long what was sent stays in the log. */
const keptMs = 90 * 86_400_000
const removedMax = 5_000
const replicaBytes = 9

/** The room's operations, and what makes it send. */
export interface Notify {
  readonly channels: Channels
  readonly testChannel: ReturnType<typeof createTestChannel>
  readonly mailServers: MailServers
  /** What browsers subscribe with. Problem: `credential-unreadable`. */
  getWebPushKey(
    owner: Pick<AuthenticatedOwner, 'workspaceId'>,
  ): Promise<OutputOf<typeof getWebPushKey>>
  /** Of one's own channels, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  listDeliveries(
    owner: AuthenticatedOwner,
    input: InputOf<typeof listNotificationDeliveries>,
  ): Promise<OutputOf<typeof listNotificationDeliveries>>
  /** For a timer, and `wake` for whoever hears that something happened. */
  readonly run: DeliveryLoop['run']
  readonly wake: DeliveryLoop['wake']
  /** Says on messages with buttons what became of their approvals: for a timer, and for whoever hears that one was decided. */
  readonly settle: () => Promise<void>
  /** Takes over at once what the last run left: for a vault that is alone on its database. */
  expireLeases(): Promise<void>
  /** Removes what was sent long ago, at most 5 000 at a time. */
  removeOld(): Promise<number>
  /** Sends nothing more; resolves when what was on its way is recorded. */
  stop(): Promise<void>
}

/** Builds the room. */
export function createNotify(needs: NotifyNeeds): Notify {
  const { store } = needs
  const replica = Buffer.from(needs.randomBytes(replicaBytes)).toString('base64url')
  const attempts = createAttempts(needs)
  const loop = createDeliveryLoop({ ...needs, attempts, replica })
  const stopping = new AbortController()
  const settle = createSettling({ ...needs, replica, stop: stopping.signal })
  const settling = new Set<Promise<void>>()
  return {
    channels: createChannels(needs),
    testChannel: createTestChannel({ ...needs, attempts, replica, stop: stopping.signal }),
    mailServers: createMailServers(needs),
    getWebPushKey: async ({ workspaceId }) => ({
      publicKey: await needs.pushKeys.publicKey(workspaceId),
    }),

    async listDeliveries(owner, input) {
      const { channelId, status } = input
      const rows = await store.listDeliveries(owner, { ...readPage(input), channelId, status })
      const { page, ...rest } = writePage(rows, input)
      return { deliveries: page.map(viewDelivery), ...rest }
    },

    run: loop.run,
    wake: loop.wake,
    settle() {
      const work = settle().finally(() => settling.delete(work))
      settling.add(work)
      return work
    },
    expireLeases: store.expireLeases,
    removeOld: () => store.removeOld({ keptMs, rowsMax: removedMax }),

    async stop() {
      stopping.abort()
      await loop.stop()
      await Promise.allSettled(settling)
    },
  }
}

function viewDelivery(row: StoredDelivery): NotificationDelivery {
  const { subjectId, message, endedAt } = row
  return {
    ...{ id: row.id, channelId: row.channelId, kind: row.kind, status: row.status },
    ...{ attempts: row.attempts, createdAt: row.createdAt.toISOString() },
    ...(subjectId !== null && { subjectId }),
    ...(row.status === 'waiting' && { nextAttemptAt: row.nextAttemptAt.toISOString() }),
    ...(endedAt !== null && { endedAt: endedAt.toISOString() }),
    ...(message !== null && message !== '' && { message }),
  }
}
