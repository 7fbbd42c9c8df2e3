import type { ApprovalStatus } from '@sallyport/contracts'
import type { ChainHead, StampedGroup } from './chain.ts'
import type { LimitAnswer, LimitChanges, StoredLimits } from './limit-reservation.ts'

// What the audit room needs of the database; compose hands in what fits. The promises stand with the store.

/**
 * The approval that an attempt uses up, in the transaction that records its intent (S-25). It is spent only while all that
 * was decided on still stands: the policy's version, the connection's, the agent, the workspace (S-27).
 */
export interface Spending {
  /** Of an approval, or of an owner's answer that was remembered: that is counted instead of used up. */
  readonly approvalId: string
  readonly isRemembered?: boolean | undefined
  readonly policyId: string
  readonly policyVersion: number
}

/** The approval cannot be spent: what became of it, or `changed` where what was decided on has changed since. */
export interface SpendingRefusal {
  readonly granted: false
  readonly approval: ApprovalStatus | 'changed'
}

/** Whether an attempt may be sent. */
export type BeginAnswer = LimitAnswer | SpendingRefusal

export interface ChainBatch extends StampedGroup {
  readonly workspaceId: string
  readonly from: ChainHead
  readonly opened: readonly { readonly auditId: string; readonly deadlineMs: number }[]
  readonly ended: readonly string[]
  readonly limits: LimitChanges
  /** Approvals that intents among the rows use up. */
  readonly spent?: readonly {
    readonly approvalId: string
    readonly auditId: string
    readonly isRemembered?: boolean | undefined
  }[]
}

export interface LockedAppend {
  readonly workspaceId: string
  readonly genesis: ChainHead
  readonly policyIds: readonly string[]
  readonly closing: readonly string[]
  /** Approvals to lock and look at. */
  readonly spendings?: readonly Spending[]
}

export interface LockedState {
  readonly head: ChainHead
  /** Where the chain has been begun just now: the version of the newest keys that there are. */
  readonly newestKeys?: number | undefined
  readonly limits: ReadonlyMap<string, StoredLimits>
  readonly closed: readonly string[]
  /** How each of the spendings' approvals stands: `approved` where it can be spent now, and `left` times. */
  readonly approvals: ReadonlyMap<
    string,
    { readonly status: ApprovalStatus | 'changed'; readonly left: number }
  >
}

/** Writing. */
export interface ChainStore {
  append(batch: ChainBatch): Promise<boolean>
  appendLocked(request: LockedAppend, build: (state: LockedState) => ChainBatch): Promise<void>
  stillOpen(auditIds: readonly string[]): Promise<string[]>
  overdue(beforeMs: number, limit: number): Promise<{ auditId: string; workspaceId: string }[]>
  sweepLeases(limitNowMs: number): Promise<void>
  sweepWindows(limitNowMs: number): Promise<number>
  findLimits(policyId: string): Promise<StoredLimits | undefined>
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

/** The last record that retention has removed, and the vault's signature on it. */
export interface FoundStart extends FoundHead {
  readonly atMs: number
  readonly signature: Uint8Array
}

export interface EntryQuery {
  readonly workspaceId: string
  readonly limit: number
  readonly beforeSeq?: number | undefined
  /** Inclusive. */
  readonly sinceSeq?: number | undefined
  readonly auditId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly toolId?: string | undefined
  readonly toolName?: string | undefined
  readonly decision?: string | undefined
  readonly operation?: string | undefined
  /** As the entry shows it; `pending`: not recorded yet. */
  readonly outcome?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

/** Numbers of records, both inclusive. */
export interface SeqRange {
  readonly first: number
  readonly last: number
}

/** A record that says how an entry ended. */
export interface FoundEnding {
  readonly seq: number
  readonly kind: string
  readonly auditId: string
}

/** Reading. */
export interface RecordStore {
  listOpenings(query: EntryQuery): Promise<FoundRecord[]>
  openingsRange(query: EntryQuery): Promise<SeqRange | undefined>
  seqOfNth(query: EntryQuery, nth: number): Promise<number | undefined>
  listEndings(query: EntryQuery & { readonly outcome: string }): Promise<FoundEnding[]>
  openingsOfEndings(
    query: EntryQuery & { readonly outcome: string },
    endings: readonly (FoundEnding & { readonly madeMs: number })[],
    distanceMax: number,
  ): Promise<FoundRecord[]>
  listOutcomes(workspaceId: string, auditIds: readonly string[]): Promise<FoundRecord[]>
  openingsOf(
    workspaceId: string,
    auditIds: readonly string[],
    between: { readonly fromMs: number; readonly toMs: number },
  ): Promise<FoundRecord[]>
  recordsFrom(workspaceId: string, seq: number, limit: number): Promise<FoundRecord[]>
  recordsAt(workspaceId: string, seqs: readonly number[]): Promise<FoundRecord[]>
  chainEnd(workspaceId: string): Promise<{ head: FoundHead | undefined; lastSeq: number }>
  checkpointsFrom(workspaceId: string, seq: number, limit: number): Promise<CheckpointRow[]>
  lastCheckpoint(workspaceId: string): Promise<CheckpointRow | undefined>
  findStart(workspaceId: string): Promise<FoundStart | undefined>
  checkpointHeads(
    limit: number,
    make: (heads: readonly FoundHead[]) => Promise<readonly CheckpointRow[]>,
  ): Promise<number>
  insertCheckpoint(checkpoint: CheckpointRow): Promise<void>
}

/** Removing what is older than the operator keeps. */
export interface RetentionStore {
  retentionDays(): Promise<number | undefined>
  workspacesWithEntries(): Promise<readonly string[]>
  prunableUpTo(workspaceId: string, rowsMax: number): Promise<CheckpointRow | undefined>
  prune(start: FoundStart, keyVersion: number): Promise<number | undefined>
}
