import type { NotificationTarget } from '@sallyport/contracts'
import type { MessageReference } from './message.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { Unsettled } from './notify-store.ts'
import { openChannel } from './sealed-channel.ts'
import { openReference } from './sealed-reference.ts'
import { type SendContext, sendMsMax } from './sender.ts'
import { readersOf } from './write-message.ts'

/** A message that could not be changed is tried again after as long, for an hour. */
const leaseMs = 60_000
const atOnceMax = 20

/**
 * Says on messages with buttons what became of their approvals, wherever they were decided: one round, for a timer and for whoever
 * hears that an approval changed.
 */
export function createSettling(
  needs: Pick<NotifyNeeds, 'store' | 'keyring' | 'senders' | 'onFailure'> & {
    readonly replica: string
    readonly stop: AbortSignal
  },
) {
  const { store, keyring, senders, replica, stop, onFailure } = needs
  const isNeeded = Object.values(senders).some((sender) => sender.settle !== undefined)

  async function settle({ id, channel, reference, settled }: Unsettled): Promise<void> {
    const { target, linked } = await openChannel(keyring, channel)
    const { id: channelId, workspaceId } = channel
    const signal = AbortSignal.any([AbortSignal.timeout(sendMsMax), stop])
    const context = {
      ...{ channelId, workspaceId, signal },
      ...(linked !== undefined && { linked }),
    }
    const { approvalId } = settled
    const row = { workspaceId, deliveryId: id, channelId, approvalId }
    const { message } = await openReference(keyring, row, reference)
    await settleOn(senders, target, { reference: message, settled, context })
    await store.endSettling({ id, by: replica })
  }

  return async (): Promise<void> => {
    if (!isNeeded || stop.aborted) return
    const claimed = await store.claimUnsettled({
      ...{ by: replica, readers: readersOf.approval, leaseMs, rowsMax: atOnceMax },
    })
    await Promise.all(
      claimed.map((one) =>
        settle(one).catch((error: unknown) =>
          // Of the failure its name alone: what a service says may quote what it was given.
          onFailure(
            'a message could not be changed after its approval was decided',
            new Error(error instanceof Error ? error.name : typeof error),
          ),
        ),
      ),
    )
  }
}

type Kind = NotificationTarget['kind']

async function settleOn<K extends Kind>(
  senders: NotifyNeeds['senders'],
  target: Extract<NotificationTarget, { kind: K }>,
  told: Pick<Unsettled, 'settled'> & {
    readonly reference: MessageReference
    readonly context: Pick<SendContext, 'channelId' | 'workspaceId' | 'linked' | 'signal'>
  },
): Promise<void> {
  const sender = senders[target.kind as K]
  await sender?.settle?.(target, told, told.context)
}
