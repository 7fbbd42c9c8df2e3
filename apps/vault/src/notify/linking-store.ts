import type { Role } from '@sallyport/contracts'
import type { SealedReference } from './message.ts'
import type { ChannelRef, StoredChannel } from './notify-store.ts'

// What linking accounts and taking presses of buttons need of the store.

export interface LinkingStore {
  /** A channel by its id alone: for what comes from outside, which proves itself afterwards. */
  findAny(channelId: string): Promise<StoredChannel | undefined>
  /** Begins linking, in place of one that was begun before; false where that is less than `everyMs` ago. */
  beginLink(
    ref: ChannelRef,
    link: { readonly hash: Uint8Array; readonly lastsMs: number; readonly everyMs: number },
  ): Promise<boolean>
  /** Counts one try; the keyed hash of the code, while it lasts and not more than `triesMax` were made. */
  takeLinkTry(channelId: string, triesMax: number): Promise<Uint8Array | undefined>
  /** Where the channel has the version still that was read, and linking with this code is under way; a code links once. */
  finishLink(
    linked: Pick<StoredChannel, 'id' | 'sealed' | 'version' | 'target'> & {
      readonly hash: Uint8Array
    },
  ): Promise<StoredChannel | undefined>
}

/** What presses need. */
export interface PressStore {
  /** The newest messages with buttons by which this channel was told of the approval; a few at most. */
  findTold(channelId: string, approvalId: string): Promise<readonly ToldRow[]>
  /** Notes that a press was taken, by a hash of what proves it; false where it was taken before. */
  usePress(press: {
    readonly channelId: string
    readonly hash: Uint8Array
    readonly lastsMs: number
  }): Promise<boolean>
  /** Whose channel it is, as they are now; undefined for who is no member any more. */
  findOwner(of: Omit<ChannelRef, 'id'>): Promise<{ email: string; role: Role } | undefined>
}

/** A delivery that has a reference. */
export interface ToldRow {
  readonly id: string
  readonly reference: Partial<SealedReference>
}

/** A bot whose updates have to be fetched. */
export interface PolledChannel {
  readonly channel: StoredChannel
  /** The first update that was not taken yet; 0 where that is too long ago to mean anything to Telegram. */
  readonly offset: number
}

export interface PollStore {
  /**
   * Leases bots, the longest unasked first, for whom something may have come: linking is under way, or a message with buttons waits
   * for an answer.
   */
  claimPolls(given: {
    readonly by: string
    readonly leaseMs: number
    readonly channelsMax: number
  }): Promise<PolledChannel[]>
  endPoll(given: {
    readonly channelId: string
    readonly by: string
    readonly offset: number
    /** When it may be looked at again. */
    readonly againMs: number
  }): Promise<void>
}
