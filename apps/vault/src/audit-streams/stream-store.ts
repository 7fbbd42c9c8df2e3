import type { AuditStream } from '@sallyport/contracts'

// What the room needs of the database.

/** A stream as it is kept. */
export interface StoredStream {
  readonly id: string
  readonly workspaceId: string
  readonly kind: AuditStream['kind']
  readonly label: string
  readonly sends: AuditStream['sends']
  readonly format: AuditStream['format']
  readonly enabled: boolean
  readonly sealed: Uint8Array
  /** Moves with what an owner changes. */
  readonly version: number
  readonly lastSeq: number
  readonly lastCheckpointSeq: number
  readonly failures: number
  readonly nextAttemptAt: Date
  readonly lastError: string | null
  readonly lastDeliveredAt: Date | null
  readonly createdAt: Date
}

/** A stream with how far its workspace's log has got. */
export interface StreamProgress extends StoredStream {
  readonly headSeq: number
  /** Checkpoints that stand after the last that was delivered. */
  readonly checkpointsLeft: number
}

/** What an owner may change. */
export type StreamChanges = Partial<
  Pick<StoredStream, 'label' | 'sends' | 'format' | 'enabled' | 'sealed'>
>

/** Queries on streams. Each names the workspace, but for those of whoever sends. */
export interface StreamStore {
  /** False where the workspace has as many already. `from` `beginning`: after what retention has removed. */
  insert(
    row: Omit<StoredStream, 'lastSeq' | 'lastCheckpointSeq' | 'nextAttemptAt'>,
    bounds: { readonly streamsMax: number; readonly from: 'now' | 'beginning' },
  ): Promise<boolean>
  /** In the order in which they were made. */
  list(workspaceId: string): Promise<readonly StreamProgress[]>
  find(workspaceId: string, id: string): Promise<StreamProgress | undefined>
  /** Of that version alone, which becomes the next one; what failed is tried again at once. False where it was another. */
  update(
    ref: Pick<StoredStream, 'workspaceId' | 'id' | 'version'>,
    changes: StreamChanges,
  ): Promise<boolean>
  delete(workspaceId: string, id: string): Promise<boolean>
  /** False where the last test was less than `everyMs` ago. */
  beginTest(ref: Pick<StoredStream, 'workspaceId' | 'id'>, everyMs: number): Promise<boolean>
  /** Takes streams that have something to send and that nobody sends for, the longest due first. */
  claim(bounds: {
    readonly by: string
    readonly leaseMs: number
    readonly streamsMax: number
  }): Promise<readonly StoredStream[]>
  /** What was sent was taken. False where the stream is not to go on as it was: changed, turned off, deleted, or another's. */
  advance(
    ref: Pick<StoredStream, 'id' | 'version'> & { readonly by: string; readonly leaseMs: number },
    to: Pick<StoredStream, 'lastSeq' | 'lastCheckpointSeq'> & { readonly delivered: boolean },
  ): Promise<boolean>
  /** What was sent was not taken; gives the stream back. */
  fail(
    ref: { readonly id: string; readonly by: string },
    failure: { readonly error: string; readonly failures: number; readonly afterMs: number },
  ): Promise<void>
  /** Ends every lease: at the start of a vault that has the database to itself, nobody sends any more. */
  expireLeases(): Promise<void>
  /** Gives the stream back; it is due again after that time. */
  release(ref: { readonly id: string; readonly by: string }, afterMs: number): Promise<void>
}
