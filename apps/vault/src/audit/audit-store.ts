import type { ChainHead, StampedGroup } from './chain.ts'

// What the audit room needs of the database; compose hands in what fits. The promises stand with the store.

/** What one attempt asks of the limits of its policy, all or nothing. */
export interface LimitReservation {
  readonly policyId: string
  readonly limits: {
    readonly perMinute?: number | undefined
    readonly perHour?: number | undefined
    readonly perDay?: number | undefined
    readonly concurrent?: number | undefined
  }
  /** How long the call may hold its place under `concurrent` if the vault never says that it ended. */
  readonly leaseMs: number
}

export type LimitName = 'perMinute' | 'perHour' | 'perDay' | 'concurrent' | 'policy-gone'

export type LimitAnswer =
  | { readonly granted: true }
  | { readonly granted: false; readonly limit: LimitName; readonly retryAfterSeconds: number }

/** What stands in the database of one policy's limits, in ms of the limits' clock. */
export interface StoredLimits {
  /** Granted attempts by limit, as in sliding-window.ts. */
  readonly windows: ReadonlyMap<string, readonly number[]>
  readonly leases: ReadonlyMap<string, number>
}

export interface LimitChanges {
  readonly windows: readonly {
    readonly policyId: string
    readonly name: string
    readonly spent: readonly number[]
  }[]
  readonly leases: readonly {
    readonly auditId: string
    readonly policyId: string
    readonly expiresMs: number
  }[]
}

export interface ChainBatch extends StampedGroup {
  readonly workspaceId: string
  readonly from: ChainHead
  readonly opened: readonly { readonly auditId: string; readonly deadlineMs: number }[]
  readonly ended: readonly string[]
  readonly limits: LimitChanges
}

export interface LockedAppend {
  readonly workspaceId: string
  readonly genesis: ChainHead
  readonly policyIds: readonly string[]
  readonly closing: readonly string[]
}

export interface LockedState {
  readonly head: ChainHead
  readonly limits: ReadonlyMap<string, StoredLimits>
  readonly closed: readonly string[]
}

/** Writing. */
export interface ChainStore {
  append(batch: ChainBatch): Promise<boolean>
  appendLocked(request: LockedAppend, build: (state: LockedState) => ChainBatch): Promise<void>
  stillOpen(auditIds: readonly string[]): Promise<string[]>
  overdue(beforeMs: number, limit: number): Promise<{ auditId: string; workspaceId: string }[]>
  sweepLeases(limitNowMs: number): Promise<void>
}

/** A record as it was found; nothing of it is believed. */
export interface FoundRecord {
  readonly seq: number
  readonly auditId: string
  readonly kind: string
  readonly atMs: number
  readonly agentId: string | null
  readonly connectionId: string | null
  readonly decision: string | null
  readonly entry: string
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

export interface FoundHead {
  readonly workspaceId: string
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

export interface CheckpointRow extends FoundHead {
  readonly count: number
  readonly atMs: number
  readonly signature: Uint8Array
}

export interface EntryQuery {
  readonly workspaceId: string
  readonly limit: number
  readonly beforeSeq?: number | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly decision?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

/** Reading. */
export interface RecordStore {
  listOpenings(query: EntryQuery): Promise<FoundRecord[]>
  listOutcomes(workspaceId: string, auditIds: readonly string[]): Promise<FoundRecord[]>
  recordsFrom(workspaceId: string, seq: number, limit: number): Promise<FoundRecord[]>
  recordsAt(workspaceId: string, seqs: readonly number[]): Promise<FoundRecord[]>
  chainEnd(workspaceId: string): Promise<{ head: FoundHead | undefined; lastSeq: number }>
  checkpointsFrom(workspaceId: string, seq: number, limit: number): Promise<CheckpointRow[]>
  lastCheckpoint(workspaceId: string): Promise<CheckpointRow | undefined>
  checkpointHeads(
    limit: number,
    make: (heads: readonly FoundHead[]) => Promise<readonly CheckpointRow[]>,
  ): Promise<number>
  insertCheckpoint(checkpoint: CheckpointRow): Promise<void>
}
