import {
  type InputOf,
  type OutputOf,
  Problem,
  type testNotificationChannel,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { getChannel } from './channels.ts'
import type { Attempts } from './deliver.ts'
import { leaseMs } from './delivery-loop.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import { writeTest } from './write-message.ts'

/** Tests of one channel in a minute. */
const testsMax = 6
const testEverySeconds = 60

/**
 * Sends a test at once and waits for what comes of it, ten seconds at most. It stands in the delivery log like any other. Problems:
 * `notification-channel-not-found`, `too-many-attempts`.
 */
export function createTestChannel(
  needs: Pick<NotifyNeeds, 'store' | 'newId' | 'pagesUrl' | 'now'> & {
    readonly attempts: Attempts
    readonly replica: string
    readonly stop: AbortSignal
  },
) {
  const { store, attempts, replica, stop } = needs
  return async (
    owner: AuthenticatedOwner,
    { channelId }: InputOf<typeof testNotificationChannel>,
  ): Promise<OutputOf<typeof testNotificationChannel>> => {
    const channel = await getChannel(needs, owner, channelId)
    const id = needs.newId('notificationDelivery')
    if (!(await store.beginTest({ channel, id, by: replica, leaseMs, testsMax }))) throw tooMany()
    const message = writeTest(channel, { pagesUrl: needs.pagesUrl() })
    const delivery = { id, createdAt: new Date(needs.now()), stop }
    const { result, channelStatus } = await attempts.sendTo(channel, message, delivery)
    const said = result.message
    await store.end({
      ...{ ids: [id], by: replica },
      end: result.delivered
        ? { outcome: 'delivered', message: said, channelStatus }
        : { outcome: 'failed', message: said, ...(result.gone === true && { gone: true }) },
    })
    return { delivered: result.delivered, message: said === '' ? 'It was taken.' : said }
  }
}

const tooMany = () =>
  new Problem('too-many-attempts', 'There were too many tests of this channel.', {
    next: `Wait ${testEverySeconds} s and try again.`,
    retryAfterSeconds: testEverySeconds,
  })
