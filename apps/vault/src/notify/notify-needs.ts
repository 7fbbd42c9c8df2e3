import type { IdKind, ProblemType } from '@sallyport/contracts'
import type { MailTransport } from './mail-transport.ts'
import type {
  ChannelStore,
  DeliveryStore,
  MailServerStore,
  OutboxStore,
  SettleStore,
  SubjectStore,
} from './notify-store.ts'
import type { PushKeys } from './push-keys.ts'
import type { NotifySealer } from './sealed-channel.ts'
import type { Senders } from './sender.ts'

/** Something that was done with a channel or the mail server. Never a secret in any member. */
export interface NotifyEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `createNotificationChannel`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed'
  readonly problem?: ProblemType
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** What this room needs of others. */
export interface NotifyNeeds {
  readonly store: ChannelStore & OutboxStore & DeliveryStore & SubjectStore & SettleStore
  readonly mailServers: MailServerStore
  readonly keyring: NotifySealer
  /** By kind; see `sender.ts`. */
  readonly senders: Senders
  readonly mail: MailTransport
  readonly pushKeys: Pick<PushKeys, 'publicKey'>
  /** Durable when it resolves: recorded after the change and before the answer. */
  readonly audit: { record(event: NotifyEvent): Promise<unknown> }
  readonly newId: (kind: IdKind) => string
  readonly randomBytes: (size: number) => Uint8Array
  /** Where people open the vault's pages, without trailing slash. */
  readonly pagesUrl: () => string
  /** Tells of what failed behind nobody's back. */
  readonly onFailure: (what: string, error: unknown) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
