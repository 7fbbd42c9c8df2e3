import type { AuditStream, IdKind, ProblemType } from '@sallyport/contracts'
import type { StreamSealer } from './sealed-stream.ts'
import type { StreamLine, StreamSenders } from './sender.ts'
import type { StreamStore } from './stream-store.ts'

/** Something that was done with a stream, or that it fails again and again. Never a secret in any member. */
export interface StreamEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId?: string
  /** The id of the operation, e.g. `createAuditStream`; `sendAuditStream` for what the vault does itself. */
  readonly operation: string
  readonly outcome: 'done' | 'failed'
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** The next part of a log: lines in the order of the chain, without a gap. */
export interface LogBatch {
  readonly lines: readonly StreamLine[]
  readonly lastSeq: number
  readonly lastCheckpointSeq: number
  readonly isFull: boolean
  readonly oldestAtMs: number | undefined
}

/** What this room needs of others. */
export interface StreamNeeds {
  readonly store: StreamStore
  readonly keyring: StreamSealer
  readonly senders: StreamSenders
  readonly audit: {
    /** Durable when it resolves: recorded after the change and before the answer. */
    record(event: StreamEvent): Promise<unknown>
    readBatch(request: {
      readonly workspaceId: string
      readonly afterSeq: number
      readonly afterCheckpointSeq: number
      readonly sends: AuditStream['sends']
      readonly format: AuditStream['format']
      readonly rowsMax: number
      readonly bytesMax: number
    }): Promise<LogBatch>
  }
  readonly newId: (kind: IdKind) => string
  readonly randomBytes: (size: number) => Uint8Array
  /** Tells of what failed behind nobody's back. */
  readonly onFailure: (what: string, error: unknown) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
