import type { Catalog } from '@sallyport/catalog'
import type { IdKind, PolicyDocument } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { StoredPolicy } from '../policies/policy-store.ts'
import type { CapabilityStore } from './capability-store.ts'

/** A connection that the agent has a policy for. */
export interface GrantedConnection {
  readonly id: string
  readonly service: string
  readonly provider: string
  readonly label: string
  readonly status: string
  readonly policies: readonly PolicyDocument[]
}

/** Something that was asked for or answered. */
export interface CapabilityEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly operation: 'requestCapability' | 'approveCapabilityRequest' | 'denyCapabilityRequest'
  readonly outcome: 'done'
  readonly agentId: string
  readonly ownerId?: string
  readonly connectionId?: string
  readonly policyId?: string
  readonly policyVersion?: number
  readonly detail: Readonly<Record<string, string | boolean | readonly string[]>>
}

/** What this room needs of others. */
export interface CapabilitiesNeeds {
  readonly catalog: Catalog
  readonly store: CapabilityStore
  /** Durable when it resolves. */
  readonly audit: { record(event: CapabilityEvent): Promise<unknown> }
  /** The providers that the workspace has an OAuth client at. */
  readonly listOAuthProviders: (workspaceId: string) => Promise<readonly string[]>
  /** Where a connection's credential may go; undefined where the workspace has no such connection. */
  readonly findOrigins: (
    workspaceId: string,
    connectionId: string,
  ) => Promise<readonly string[] | undefined>
  readonly listGranted: (agent: AuthenticatedAgent) => Promise<readonly GrantedConnection[]>
  /** Told of each policy that a grant wrote, before it is answered, so that this replica decides by it at once. */
  readonly onPolicyChanged: (
    policy: Pick<StoredPolicy, 'id' | 'workspaceId' | 'agentId' | 'connectionId'>,
  ) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly publicUrl: () => string
}
