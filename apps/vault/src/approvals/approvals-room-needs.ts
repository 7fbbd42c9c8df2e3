import type { IdKind } from '@sallyport/contracts'
import type { PolicySnapshot } from '../execute/resolve-call.ts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { Fingerprint } from './fingerprints.ts'
import type { RememberedStore } from './remembered-store.ts'

/** Where a sealed value belongs. */
interface SealContext {
  readonly table: string
  readonly column: string
  readonly workspaceId: string
  readonly rowId: string
  readonly rowVersion: number
}

/** An owner's answer. Never a part of the request. */
export interface ApprovalEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly operation: 'approveRequest' | 'denyRequest' | 'revokeRememberedApproval'
  readonly outcome: 'done'
  readonly ownerId: string
  readonly agentId: string
  readonly connectionId: string
  readonly policyId: string
  readonly policyVersion?: number | undefined
  readonly ruleId?: string | undefined
  readonly requestDigest: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly detail: Readonly<Record<string, string | number | readonly string[]>>
}

/** What this room needs of others. */
export interface ApprovalsRoomNeeds {
  readonly store: ApprovalStore
  readonly remembered: RememberedStore
  /** The policy of a pair as requests are decided by it. */
  readonly findPolicy: (
    agentId: string,
    connectionId: string,
  ) => Promise<PolicySnapshot | undefined>
  readonly keyring: {
    seal(context: SealContext, plaintext: Uint8Array): Promise<Uint8Array>
    /** @throws Problem credential-unreadable */
    open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>
  }
  readonly fingerprint: Fingerprint
  /** Durable when it resolves. An answer is recorded after it was given and before it is confirmed. */
  readonly audit: { record(event: ApprovalEvent): Promise<unknown> }
  /** Told of each change, so that those who wait on this replica hear of it at once. */
  readonly onChanged: (approval: {
    readonly id: string
    readonly workspaceId: string
    readonly agentId: string
  }) => void
  /** Tells of changed approvals, on whichever replica, by id; undefined means that any may have changed. */
  readonly subscribe: (listener: (approvalId: string | undefined) => void) => void
  /** Tells of agents that, or whose tokens, were changed. */
  readonly subscribeAgents: (listener: (agentId: string) => void) => void
  /** Is the token with which the agent asked not taken away? It may have run out. */
  readonly isNotEnded: (agent: AuthenticatedAgent) => Promise<boolean>
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
  /** Without trailing slash. */
  readonly publicUrl: () => string
}
