import type {
  AlertKind,
  ApprovalStatus,
  NotificationChannel,
  NotificationDelivery,
  NotificationKind,
  Role,
} from '@sallyport/contracts'
import type { PageAfter } from '../paging/page-cursor.ts'
import type { SealedReference, Settled } from './message.ts'

// What the room needs of the store. All waits and leases are measured by the database's clock, which all replicas share.

/** A channel as it is stored. What is sent where is read from the seal. */
export interface StoredChannel {
  readonly id: string
  readonly workspaceId: string
  readonly ownerId: string
  readonly kind: NotificationChannel['kind']
  readonly label: string
  readonly events: NotificationKind[]
  readonly detail: 'full' | 'minimal'
  readonly enabled: boolean
  readonly target: string
  readonly status: NotificationChannel['status']
  readonly sealed: Uint8Array
  /** Raised whenever it is sealed anew. */
  readonly version: number
  readonly lastDeliveredAt: Date | null
  readonly lastError: string | null
  readonly createdAt: Date
}

/** Of one person: another's channel is not found. */
export interface ChannelRef {
  readonly workspaceId: string
  readonly ownerId: string
  readonly id: string
}

export interface ChannelStore {
  /** False where the person has as many already. */
  insert(row: StoredChannel, bounds: { readonly channelsMax: number }): Promise<boolean>
  find(ref: ChannelRef): Promise<StoredChannel | undefined>
  /** Of one person, newest first. */
  list(owner: Omit<ChannelRef, 'id'>, page: PageAfter): Promise<StoredChannel[]>
  /** With `version` compare and set. Undefined where it is gone, or has another version. */
  update(
    ref: ChannelRef & { readonly version?: number },
    changes: ChannelChanges,
  ): Promise<StoredChannel | undefined>
  /** With its deliveries. */
  delete(ref: ChannelRef): Promise<boolean>
}

/** What an update may change. */
export type ChannelChanges = Partial<
  Pick<
    StoredChannel,
    'label' | 'events' | 'detail' | 'enabled' | 'status' | 'sealed' | 'version' | 'target'
  >
> & { readonly lastError?: null }

/** A delivery as it is stored. */
export interface StoredDelivery {
  readonly id: string
  readonly channelId: string
  readonly kind: NotificationDelivery['kind']
  readonly subjectId: string | null
  readonly status: NotificationDelivery['status']
  readonly attempts: number
  readonly nextAttemptAt: Date
  readonly message: string | null
  readonly createdAt: Date
  readonly endedAt: Date | null
}

export interface OutboxStore {
  /**
   * Takes what happened out of the outbox and makes a delivery of it for each channel that wants it, in one transaction: neither
   * is anything lost nor told twice. Several replicas may call it at once. Answers how many events it took, at most `eventsMax`.
   */
  fanOut(given: {
    readonly eventsMax: number
    /** Who may read what an event is about. */
    readonly readers: Readonly<Record<NotificationKind, readonly Role[]>>
    readonly newId: () => string
  }): Promise<number>
}

/** Deliveries of one channel that are due and are leased to the caller; each attempt is counted already. */
export interface Claimed {
  readonly channel: StoredChannel
  /** As it is now. */
  readonly ownerRole: Role
  readonly deliveries: readonly StoredDelivery[]
  /** More came than are told one by one: they are to be told in one message. */
  readonly gathered: boolean
}

/** What became of an attempt. `retry` in how many ms; the number of attempts is the caller's business. */
export type AttemptEnd =
  | {
      readonly outcome: 'delivered'
      readonly message: string
      /** What the channel is once it works: `unlinked` where its owner's account is waited for still. */
      readonly channelStatus: 'active' | 'unlinked'
      /** Of a message with buttons. */
      readonly reference?: SealedReference
    }
  | { readonly outcome: 'retry'; readonly message: string; readonly afterMs: number }
  | { readonly outcome: 'failed'; readonly message: string; readonly gone?: true }
  | { readonly outcome: 'dropped'; readonly message: string }

export interface DeliveryStore {
  /**
   * Leases what is due, channel by channel: of a channel at most `atOnceMax` at a time over all replicas, and at most
   * `perMinuteMax` in a minute, beyond which all that is due is leased together as `gathered`.
   */
  claim(given: {
    readonly by: string
    readonly leaseMs: number
    readonly channelsMax: number
    readonly atOnceMax: number
    readonly perMinuteMax: number
    readonly gatheredMax: number
    /** Between two gathered messages. */
    readonly gatherMs: number
  }): Promise<Claimed[]>
  /** Records the end of an attempt, where the caller has the lease still; the channel shows it too. */
  end(given: {
    readonly ids: readonly string[]
    readonly by: string
    readonly end: AttemptEnd
  }): Promise<void>
  /** Of one person's channels, newest first. */
  listDeliveries(
    owner: Omit<ChannelRef, 'id'>,
    page: PageAfter & {
      readonly channelId?: string | undefined
      readonly status?: StoredDelivery['status'] | undefined
    },
  ): Promise<StoredDelivery[]>
  /** Enters a test, leased to the caller; false where `testsMax` were made of the channel in the last minute. */
  beginTest(given: {
    readonly channel: StoredChannel
    readonly id: string
    readonly by: string
    readonly leaseMs: number
    readonly testsMax: number
  }): Promise<boolean>
  /** Ends all leases: for a vault that is alone on its database, and so knows that nobody has them. */
  expireLeases(): Promise<void>
  /** Removes those that ended long ago, at most `rowsMax`; answers how many. */
  removeOld(given: { readonly keptMs: number; readonly rowsMax: number }): Promise<number>
}

/** A message with buttons whose approval is over, leased to the caller. */
export interface Unsettled {
  readonly id: string
  readonly channel: StoredChannel
  readonly reference: Partial<SealedReference>
  readonly settled: Settled
}

export interface SettleStore {
  /**
   * Leases messages of the last hour that have a reference and do not say yet what became of their approval. Who decided is told
   * where the channel's owner is a reader now, and the channel tells more than that something waits.
   */
  claimUnsettled(given: {
    readonly by: string
    readonly readers: readonly Role[]
    readonly leaseMs: number
    readonly rowsMax: number
  }): Promise<Unsettled[]>
  /** The message says it, or has no channel to say it in any more. */
  endSettling(given: { readonly id: string; readonly by: string }): Promise<void>
}

/** What a message is about, as it is now. */
export type Subject =
  | {
      readonly kind: 'approval'
      readonly id: string
      readonly status: ApprovalStatus
      readonly agentName: string
      readonly connectionLabel: string
      readonly method: string
      readonly host: string
      readonly path: string
      /** The full name of the tool whose call asks. */
      readonly tool?: string | null
      /** The policy's. */
      readonly reason: string
      readonly agentReason: string | null
      readonly expiresAt: Date
      readonly freshSignIn: boolean
      readonly ownersNeeded: number
    }
  | {
      readonly kind: 'capability'
      readonly id: string
      readonly status: 'pending' | 'approved' | 'denied' | 'cancelled'
      readonly agentName: string
      readonly actionTemplateId: string
      readonly agentReason: string
    }
  | {
      readonly kind: 'needs_reauth'
      readonly id: string
      readonly status: 'healthy' | 'needs_reauth' | 'revoked'
      readonly label: string
      readonly service: string
      readonly reason: string | null
    }
  | {
      readonly kind: 'freeze'
      readonly id: string
      readonly name: string
      readonly frozenAt: Date | null
      readonly frozenByEmail: string | null
    }
  | {
      readonly kind: 'limit_reached' | 'unusual_activity'
      readonly id: string
      readonly alertKind: AlertKind
      readonly sentence: string
      readonly agentName: string
      readonly connectionLabel: string | null
      readonly agentDisabled: boolean
      readonly isAcknowledged: boolean
    }

export interface SubjectStore {
  /** Undefined where it does not exist any more. */
  read(given: {
    readonly workspaceId: string
    readonly kind: NotificationKind
    readonly subjectId: string
  }): Promise<Subject | undefined>
}

/** A workspace's mail server as it is stored. */
export interface StoredMailServer {
  readonly workspaceId: string
  readonly host: string
  readonly sealed: Uint8Array
  readonly version: number
  readonly updatedAt: Date
}

export interface MailServerStore {
  find(workspaceId: string): Promise<StoredMailServer | undefined>
  /** Where what is stored is of `version - 1`, or nothing is. */
  put(row: StoredMailServer): Promise<boolean>
  delete(workspaceId: string): Promise<boolean>
}
