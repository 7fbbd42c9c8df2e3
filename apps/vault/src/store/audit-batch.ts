import type { ApprovalStanding, Spending, Spent } from './approval-spending.ts'
import type { LimitChanges, StoredLimits } from './limits.ts'

// What is written to the audit log at one time, and what is looked at before.

/** Where a workspace's chain has got to. */
export interface AuditHead {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

/** A record as it is stored; its columns repeat members of `entry`. */
export interface AuditRow {
  readonly auditId: string
  readonly kind: 'intent' | 'outcome' | 'refusal' | 'event'
  /** RFC 3339. */
  readonly at: string
  readonly agentId: string | undefined
  readonly connectionId: string | undefined
  readonly decision: string | undefined
  /** One line of JSON. */
  readonly entry: string
}

/** Records that follow `from` without a gap, and what changes along with them. No id holds a line feed. */
export interface AuditBatch {
  readonly workspaceId: string
  readonly from: AuditHead
  readonly rows: readonly AuditRow[]
  /** Of the rows, 32 bytes each, end to end. */
  readonly hashes: Uint8Array
  readonly macs: Uint8Array
  readonly head: AuditHead
  /** Intents among the rows, each with the time by which its outcome is due. */
  readonly opened: readonly { readonly auditId: string; readonly deadlineMs: number }[]
  /** Entries whose outcome is among the rows. */
  readonly ended: readonly string[]
  /** What the rows' reservations change. */
  readonly limits: LimitChanges
  /** Approvals that intents among the rows use up; only under the lock. */
  readonly spent?: readonly Spent[]
}

/** What is needed to append where the head is not known, or where more than the chain is to be written. */
export interface LockedAppend {
  readonly workspaceId: string
  /** The head of an empty chain. */
  readonly genesis: AuditHead
  /** Policies whose limits are wanted. */
  readonly policyIds: readonly string[]
  /** Open intents to close, as far as they are still open. */
  readonly closing: readonly string[]
  /** Approvals to lock and look at. */
  readonly spendings?: readonly Spending[]
}

export interface LockedState {
  readonly head: AuditHead
  /** Where the chain has been begun just now: the version of the newest keys of audit logs. */
  readonly newestKeys?: number | undefined
  /** Of those of the policies that exist. */
  readonly limits: ReadonlyMap<string, StoredLimits>
  /** Those of `closing` that were still open and are not any more. */
  readonly closed: readonly string[]
  /** How each of the spendings' approvals stands: `approved` where it can be spent now. */
  readonly approvals: ReadonlyMap<string, ApprovalStanding>
}
