import type { NotificationKind } from '@sallyport/contracts'

/** How much a message is in a hurry: `urgent` waits for a person and ends, `high` wants to be looked at, `normal` is news. */
export type Severity = 'normal' | 'high' | 'urgent'

/** What buttons would decide, shown beside them exactly as it is asked. */
export interface Decidable {
  readonly approvalId: string
  readonly method: string
  /** From the parsed URL, in ASCII. */
  readonly host: string
  readonly path: string
}

/**
 * What a person is told, before any channel's own escaping. Every text in it is plain and bounded: characters that cannot be seen
 * or that change the direction of others are named (S-28), and agents' own words stand in quotation marks. Senders escape it for
 * where it goes and add nothing of their own about the subject.
 */
export interface Message {
  readonly kind: NotificationKind | 'test'
  /** One line, at most `titleCharsMax` characters. */
  readonly title: string
  /** What, who, where and until when, in the order to show them; empty where the channel tells no more than that something waits. */
  readonly facts: readonly Fact[]
  /** A page of the dashboard. Opening it decides nothing (S-26). */
  readonly url: string
  /** The approval, capability request, connection, alert or workspace; absent of a test and where many are told of at once. */
  readonly subjectId?: string
  readonly severity: Severity
  readonly detail: 'full' | 'minimal'
  /** When it is no use any more. */
  readonly expiresAt?: Date
  /**
   * Where the person may answer the approval, it takes no more than a yes (no fresh sign-in and no second owner), and what is asked
   * is short enough to be shown whole. What a
   * sender without buttons leaves alone. With `minimal` it is there all the same: a button shows what it decides.
   */
  readonly mayDecide?: Decidable
}

/** Stands beside buttons: they answer for the whole request, and a message shows method, host and path of it. */
export const unshownWords = 'Query and body are not shown here: open it to see them.'

/** One line: `name: value`. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** How the other side calls a message that it took: whatever `settle` needs, and no secret. */
export type MessageReference = Readonly<Record<string, string>>

/** The same as it is stored, sealed with what the message showed (`sealed-reference.ts`): base64. */
export interface SealedReference {
  readonly sealed: string
}

/** What became of the subject of a message that has buttons. */
export interface Settled {
  readonly approvalId: string
  readonly status: 'approved' | 'denied' | 'expired' | 'cancelled' | 'consumed'
  /** Who decided, where somebody did. */
  readonly by?: string
}

export const titleCharsMax = 150
export const factCharsMax = 300

/** The facts as lines of plain text. */
export const bodyOf = ({ facts }: Pick<Message, 'facts'>): string =>
  facts.map(({ name, value }) => `${name}: ${value}`).join('\n')
