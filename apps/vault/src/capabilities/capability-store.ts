import type { CredentialKind, PolicyDocument } from '@sallyport/contracts'
import type { PageAfter } from '../paging/page-cursor.ts'
import type { StoredPolicy } from '../policies/policy-store.ts'

/** What became of a capability request. */
export type CapabilityStatus = 'pending' | 'approved' | 'denied' | 'cancelled'

/** A capability request as it is first stored. */
export interface NewCapabilityRequest {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string
  readonly actionTemplateId: string
  readonly reason: string
  readonly createdAt: Date
}

/** A capability request as it is stored, with the name of its agent. */
export interface StoredCapabilityRequest extends NewCapabilityRequest {
  readonly agentName: string
  readonly status: CapabilityStatus
  readonly answeredAt: Date | null
  readonly answeredBy: string | null
  /** As it was then. */
  readonly answeredByEmail: string | null
  readonly connectionId: string | null
  readonly policyId: string | null
  readonly note: string | null
}

/** Who answered a request, and when. */
export interface Answer {
  readonly ownerId: string
  readonly email: string
  readonly at: Date
}

/** A connection on which a request may be granted, with the agent's policy for it. */
export interface GrantCandidate {
  readonly id: string
  readonly label: string
  readonly status: 'healthy' | 'needs_reauth' | 'revoked'
  readonly origins: readonly string[]
  readonly credentialKind: CredentialKind
  readonly grantedScopes: readonly string[]
  readonly policyId: string | null
}

/** Which request is granted on which connection, and who says so. */
export interface Grant {
  readonly request: Pick<StoredCapabilityRequest, 'id' | 'workspaceId' | 'agentId'>
  readonly connectionId: string
  /** The id of the policy, should there be none yet. */
  readonly newPolicyId: string
  readonly answer: Answer
}

/** What a grant finds, as it stays until the grant is committed. */
export interface GrantParties {
  readonly agentStatus: 'pending' | 'active' | 'disabled'
  readonly connection: {
    readonly label: string
    readonly status: 'healthy' | 'needs_reauth' | 'revoked'
    readonly service: string
    readonly origins: readonly string[]
  }
  /** The agent's policy for the connection. */
  readonly policy: PolicyDocument | undefined
}

/** What came of a grant: done, or what was no longer there. `busy` may be tried again. */
export type GrantOutcome =
  | { readonly outcome: 'granted'; readonly policy: StoredPolicy }
  | { readonly outcome: 'not-pending' | 'no-agent' | 'no-connection' | 'busy' }

/** What the room needs of the store. Every query is bound to a workspace or an agent. */
export interface CapabilityStore {
  /**
   * Stores a pending request, counted and stored as one step: however many an agent sends at once, no more than
   * `pendingMax` wait. `asked`: the template is waited for already.
   */
  insert(
    row: NewCapabilityRequest,
    pendingMax: number,
  ): Promise<'inserted' | 'asked' | 'full' | 'no-agent'>
  listPending(agentId: string): Promise<StoredCapabilityRequest[]>
  /** What was approved or denied since then, the newest answer first. */
  listAnswered(
    agentId: string,
    newest: { readonly since: Date; readonly limit: number },
  ): Promise<StoredCapabilityRequest[]>
  /** Newest first. */
  list(
    workspaceId: string,
    page: PageAfter & { readonly status?: CapabilityStatus | undefined },
  ): Promise<StoredCapabilityRequest[]>
  find(workspaceId: string, id: string): Promise<StoredCapabilityRequest | undefined>
  /** The connections of a service that are not revoked, newest first, fifty at most. */
  listCandidates(where: {
    readonly workspaceId: string
    readonly agentId: string
    readonly service: string
  }): Promise<GrantCandidate[]>
  /** False where the request waits no longer. */
  deny(
    request: Pick<StoredCapabilityRequest, 'id' | 'workspaceId'>,
    answer: Answer & { readonly note: string | null },
  ): Promise<boolean>
  /**
   * Answers the request and writes the policy in one transaction: both or neither. What `draft` throws undoes it;
   * it may be called more than once.
   */
  grant(grant: Grant, draft: (parties: GrantParties) => PolicyDocument): Promise<GrantOutcome>
}
