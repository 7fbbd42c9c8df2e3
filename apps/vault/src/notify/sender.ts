import type { NotificationChannel, NotificationTarget } from '@sallyport/contracts'
import type { Message, MessageReference, Settled } from './message.ts'
import type { LinkedAccount, SealedChannel } from './sealed-channel.ts'

export type { MessageReference, Settled } from './message.ts'

// What a kind of channel has to bring along. `compose/notify.ts` hands the room one table of them by kind; a kind that is not in
// the table cannot be made. To add one: write `senders/<kind>.ts` with `createXSender({ fetch, … }): Sender<'x'>`, and enter it
// in the table of `composeSenders`. Its callbacks from outside are routes of their own (`http/provider-callbacks.ts` shows
// how an operation without a caller is mounted), and read channels through the store that compose hands in.

type Kind = NotificationTarget['kind']

/** The target of one kind. */
export type TargetOf<K extends Kind> = Extract<NotificationTarget, { kind: K }>

/** All that a sender knows of a delivery beside the message. */
export interface SendContext {
  readonly workspaceId: string
  readonly channelId: string
  readonly ownerId: string
  /** The same at each attempt: what the other side can tell a repetition by. */
  readonly deliveryId: string
  /** When what is told of happened. */
  readonly at: Date
  readonly linked?: LinkedAccount
  readonly signing?: NonNullable<SealedChannel['signing']>
  /** Ends the attempt after `sendMsMax`, and when the vault stops. */
  readonly signal: AbortSignal
}

/**
 * What came of an attempt. `message` is shown in the delivery log: what the other side said, bounded and printable (`wordsOf`),
 * never a secret. A sender that throws a Problem has failed: those that the network explains (unreachable, timeout, garbage,
 * overloaded) are tried again, all others are final.
 */
export type SendResult =
  | {
      readonly delivered: true
      readonly message: string
      /** Of a message that has buttons, and of no other. */
      readonly reference?: MessageReference
    }
  | {
      readonly delivered: false
      readonly message: string
      /** Does it make sense to try again? */
      readonly retry: boolean
      readonly retryAfterSeconds?: number
      /** There is nothing there any more: the channel is marked `gone`, and nothing is sent to it again. */
      readonly gone?: true
    }

/** What a new channel is, by its kind. */
export interface Prepared<K extends Kind> {
  /** As it is sealed: normalised, and exactly what is sent to. */
  readonly target: TargetOf<K>
  /** To be shown: the host, with the end of what is secret (`maskedEnd`). */
  readonly shown: string
  /** `unlinked` where its owner has yet to link an account: see `needsLink` and `hasButtons`. */
  readonly status: Extract<NotificationChannel['status'], 'active' | 'unlinked'>
  /** Of a webhook: told once. */
  readonly signing?: NonNullable<SealedChannel['signing']>
}

/** One kind of channel. */
export interface Sender<K extends Kind> {
  /**
   * Looks at what its owner typed. Nothing is sent. Problems: `invalid-input`, `origin-not-allowed` (S-17, by the rule of
   * upstream origins: `egress.isAllowedOrigin`), `mail-server-not-found`.
   */
  prepare(target: TargetOf<K>, workspaceId: string): Promise<Prepared<K>> | Prepared<K>
  send(target: TargetOf<K>, message: Message, context: SendContext): Promise<SendResult>
  /** Says on a message that was delivered with a reference what became of its approval. A failure is tried again a few times. */
  settle?(
    target: TargetOf<K>,
    told: { readonly reference: MessageReference; readonly settled: Settled },
    context: Pick<SendContext, 'channelId' | 'workspaceId' | 'linked' | 'signal'>,
  ): Promise<void>
  /** Can its messages have buttons, once an account is linked? */
  readonly hasButtons?: true
  /** Is there nowhere to send to before an account is linked? Until then what happens is dropped. */
  readonly needsLink?: true
}

/** The kinds that there are. */
export type Senders = { readonly [K in Kind]?: Sender<K> }

/** An attempt to send takes no longer, whatever the other side does. */
export const sendMsMax = 10_000
