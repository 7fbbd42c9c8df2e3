import type { AuditStreamTarget } from '@sallyport/contracts'

// What a kind of stream has to bring along. `compose/audit-streams.ts` hands the room one of each kind.

type Kind = AuditStreamTarget['kind']

/** The target of one kind. */
export type TargetOf<K extends Kind> = Extract<AuditStreamTarget, { kind: K }>

/** One line: JSON without a line feed. */
export interface StreamLine {
  readonly seq: number
  readonly kind: 'entry' | 'checkpoint' | 'test'
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly refused: boolean
  readonly json: string
}

/** What is sent at once: taken whole, or sent again. */
export interface StreamPart {
  readonly workspaceId: string
  readonly lines: readonly StreamLine[]
  /** The same for the same part at each attempt: what the other side can tell a repetition by. */
  readonly id: string
  /** Names the part among all of the workspace: no two with different content have one. */
  readonly name: string
  /** Of the oldest line. */
  readonly atMs: number
}

/** What came of it. `message` holds no secret. */
export type Sent =
  | { readonly taken: true; readonly message: string }
  | {
      readonly taken: false
      readonly message: string
      readonly retryAfterSeconds?: number | undefined
    }

/** One kind of stream. Everything goes out through egress (S-17). */
export interface StreamSender<K extends Kind> {
  /** Says what is shown of a target. @throws Problem invalid-input, origin-not-allowed, address-refused */
  prepare(target: TargetOf<K>): { readonly target: TargetOf<K>; readonly signingSecret?: string }
  /** The target without its secrets. */
  show(target: TargetOf<K>): string
  /** One attempt. @throws Problem of the way out */
  send(
    target: TargetOf<K>,
    part: StreamPart,
    context: { readonly signal: AbortSignal; readonly signingSecret?: string | undefined },
  ): Promise<Sent>
}

/** All kinds. */
export type StreamSenders = { readonly [K in Kind]: StreamSender<K> }

/** How long one attempt may take. */
export const sendMsMax = 20_000
