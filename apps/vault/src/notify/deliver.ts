import { type NotificationTarget, Problem } from '@sallyport/contracts'
import type { Message, SealedReference } from './message.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { AttemptEnd, Claimed, StoredChannel, StoredDelivery, Subject } from './notify-store.ts'
import { waitAfter } from './retry-plan.ts'
import { openChannel, type SealedChannel } from './sealed-channel.ts'
import { askedOf, sealReference } from './sealed-reference.ts'
import { type SendContext, type SendResult, sendMsMax } from './sender.ts'
import { overReason, readersOf, writeGathered, writeMessage } from './write-message.ts'

type Needs = Pick<
  NotifyNeeds,
  'store' | 'keyring' | 'senders' | 'randomBytes' | 'pagesUrl' | 'onFailure'
>

/** What of a Problem is for now, so that another attempt makes sense. */
const forNow: ReadonlySet<Problem['type']> = new Set([
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-invalid-response',
  'overloaded',
  'request-stopped',
  'store-unavailable',
])

/** Sends what was claimed and says how each of them ended. Nothing is recorded here. */
export interface Attempts {
  /** One attempt for all deliveries that one message tells of. */
  attempt(
    claimed: Claimed,
    stop: AbortSignal,
  ): Promise<{ readonly ids: readonly string[]; readonly end: AttemptEnd }[]>
  /** One attempt with a message that is there already. A Problem of the way is a result too. */
  sendTo(
    channel: StoredChannel,
    message: Message,
    delivery: Pick<StoredDelivery, 'id' | 'createdAt'> & { readonly stop: AbortSignal },
  ): Promise<{ readonly result: SendResult; readonly channelStatus: 'active' | 'unlinked' }>
}

/** Builds the attempts. */
export function createAttempts(needs: Needs): Attempts {
  const sendTo = createSendTo(needs)
  return {
    sendTo,
    async attempt({ channel, ownerRole, deliveries, gathered }, stop) {
      const ends: { ids: readonly string[]; end: AttemptEnd }[] = []
      const told: { delivery: StoredDelivery; subject: Subject }[] = []
      for (const delivery of deliveries) {
        const found = await findSubject(needs, { channel, ownerRole }, delivery)
        if (typeof found === 'string') {
          ends.push({ ids: [delivery.id], end: { outcome: 'dropped', message: found } })
        } else told.push({ delivery, subject: found })
      }
      const at = { pagesUrl: needs.pagesUrl(), ownerRole }
      const parts = gathered && told.length > 1 ? [told] : told.map((one) => [one])
      const sent = await Promise.all(
        parts.map(async (part) => {
          const subjects = part.map(({ subject }) => subject)
          const [only] = subjects
          const message =
            only !== undefined && part.length === 1
              ? writeMessage(only, channel, at)
              : writeGathered(subjects, channel, at)
          const group = part.map(({ delivery }) => delivery)
          const sending = { id: idOf(group), createdAt: group[0]?.createdAt ?? new Date(0), stop }
          const answer = await sendTo(channel, message, sending)
          const reference = await referenceOf(needs, { channel, message, sending, answer })
          return {
            ids: group.map(({ id }) => id),
            end: endOf({ ...answer, reference }, group, randomOf(needs.randomBytes)),
          }
        }),
      )
      return [...ends, ...sent]
    },
  }
}

/** Of a message that was delivered with buttons; only these can be pressed. */
async function referenceOf(
  { keyring, onFailure }: Needs,
  {
    channel: { id: channelId, workspaceId },
    message: { mayDecide },
    sending,
    answer: { result },
  }: {
    readonly channel: StoredChannel
    readonly message: Message
    readonly sending: Pick<StoredDelivery, 'id'>
    readonly answer: { readonly result: SendResult }
  },
): Promise<SealedReference | undefined> {
  if (!result.delivered || result.reference === undefined || mayDecide === undefined) {
    return undefined
  }
  const row = { workspaceId, deliveryId: sending.id }
  const { approvalId } = mayDecide
  const told = { channelId, approvalId, asked: askedOf(mayDecide), message: result.reference }
  return sealReference(keyring, row, told).catch((error: unknown) => {
    // It is delivered: sending it again would not help its buttons.
    onFailure('a message was sent whose buttons decide nothing', nameOf(error))
    return undefined
  })
}

/** What a delivery is about, or why it is dropped. */
async function findSubject(
  { store, senders }: Needs,
  { channel, ownerRole }: Pick<Claimed, 'channel' | 'ownerRole'>,
  { kind, subjectId }: StoredDelivery,
): Promise<Subject | string> {
  if (!channel.enabled) return 'The channel was turned off.'
  if (channel.status === 'gone') return 'There is nothing any more where the channel sends.'
  const needsLink = senders[channel.kind]?.needsLink === true
  if (needsLink && channel.status === 'unlinked') return 'No account is linked yet.'
  if (kind === 'test' || subjectId === null) return 'The test was interrupted.'
  if (!readersOf[kind].includes(ownerRole)) return 'Its owner may not read of this any more.'
  const subject = await store.read({ workspaceId: channel.workspaceId, kind, subjectId })
  return overReason(subject) ?? subject ?? ''
}

/** Stable for the same deliveries: of one its own id, of many one that no other group has. */
const idOf = (group: readonly StoredDelivery[]): string => {
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined || group.length === 1) return first?.id ?? ''
  return `${first.id}.${group.length}.${last.id}`
}

function createSendTo({ keyring, senders, onFailure }: Needs): Attempts['sendTo'] {
  return async (channel, message, { id, createdAt, stop }) => {
    const opened = await openChannel(keyring, channel).catch((error: unknown) => error)
    if (opened instanceof Error || !isSealed(opened)) {
      return { result: failureOf(opened, onFailure), channelStatus: 'active' }
    }
    const { target, linked, signing } = opened
    const signal = AbortSignal.any([AbortSignal.timeout(sendMsMax), stop])
    const context: SendContext = {
      ...{ workspaceId: channel.workspaceId, channelId: channel.id, ownerId: channel.ownerId },
      ...{ deliveryId: id, at: createdAt, signal },
      ...(linked !== undefined && { linked }),
      ...(signing !== undefined && { signing }),
    }
    const hasButtons = senders[target.kind]?.hasButtons === true
    const channelStatus = hasButtons && linked === undefined ? 'unlinked' : 'active'
    try {
      return { result: await send(senders, target, { message, context }), channelStatus }
    } catch (error) {
      return { result: failureOf(error, onFailure), channelStatus }
    }
  }
}

const isSealed = (opened: unknown): opened is SealedChannel =>
  typeof opened === 'object' && opened !== null && 'target' in opened

function send<K extends NotificationTarget['kind']>(
  senders: Needs['senders'],
  target: Extract<NotificationTarget, { kind: K }>,
  { message, context }: { readonly message: Message; readonly context: SendContext },
): Promise<SendResult> {
  const sender = senders[target.kind as K]
  if (sender === undefined) {
    const none = 'This vault does not send to channels of this kind.'
    return Promise.resolve({ delivered: false, message: none, retry: false })
  }
  return sender.send(target, message, context)
}

function failureOf(error: unknown, onFailure: Needs['onFailure']): SendResult {
  if (error instanceof Problem) {
    const { retryAfterSeconds } = error
    return {
      ...{ delivered: false, message: error.detail, retry: forNow.has(error.type) },
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }
  }
  // No message of it: what a library throws may quote what it was given.
  onFailure('a notification could not be sent', nameOf(error))
  return { delivered: false, message: 'Something went wrong in the vault.', retry: true }
}

const nameOf = (error: unknown): Error =>
  new Error(error instanceof Error ? error.name : typeof error)

function endOf(
  {
    result,
    channelStatus,
    reference,
  }: Awaited<ReturnType<Attempts['sendTo']>> & {
    readonly reference: SealedReference | undefined
  },
  group: readonly StoredDelivery[],
  random: number,
): AttemptEnd {
  const { message } = result
  if (result.delivered) {
    const many = group.length === 1 ? '' : ` (with ${group.length - 1} others in one message)`
    return {
      ...{ outcome: 'delivered', message: `${message}${many}`, channelStatus },
      ...(reference !== undefined && { reference }),
    }
  }
  const gone = result.gone === true ? { gone: true as const } : {}
  if (!result.retry) return { outcome: 'failed', message, ...gone }
  const attempts = Math.max(...group.map((delivery) => delivery.attempts))
  const { retryAfterSeconds } = result
  const afterMs = waitAfter(attempts, {
    random,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
  if (afterMs === undefined) return { outcome: 'failed', message }
  return { outcome: 'retry', message, afterMs }
}

/** In [0, 1). */
function randomOf(randomBytes: NotifyNeeds['randomBytes']): number {
  const [byte = 0] = randomBytes(1)
  return byte / 256
}
