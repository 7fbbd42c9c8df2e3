import type { RememberedApproval } from '@sallyport/contracts'

type Scope = RememberedApproval['scope']
type Status = RememberedApproval['status']

/** A yes that counts for more than one request, as it is stored. */
export interface StoredRemembered {
  readonly id: string
  readonly workspaceId: string
  readonly policyId: string
  readonly agentId: string
  readonly connectionId: string
  readonly connectionVersion: number
  readonly approvalId: string
  readonly scope: Scope
  readonly method: string
  readonly origin: string
  readonly path: string
  readonly digest: string
  /** `shape`, `field.<name>` of those that are fixed, `rule.<id>` of those that asked; keyed. */
  readonly fingerprints: Readonly<Record<string, string>>
  readonly fields: readonly string[]
  readonly freshSignIn: boolean
  readonly ownersNeeded: number
  readonly uses: number
  readonly used: number
  readonly createdBy: string
  readonly createdByEmail: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

/** With the names that people know. */
export interface NamedRemembered extends StoredRemembered {
  /** What the fixed fields say, sealed. */
  readonly sealed: Uint8Array | null
  readonly agentName: string
  readonly connectionLabel: string
  readonly connectionService: string
  readonly status: Status
}

/** A yes that is to count for more; what the approval itself says is taken from it. */
export interface NewRemembered
  extends Pick<StoredRemembered, 'id' | 'scope' | 'fingerprints' | 'fields' | 'uses'> {
  readonly sealed: Uint8Array
  readonly expiresInMinutes: number
}

/** Which may cover a request. */
export type RememberedLookup = Pick<
  StoredRemembered,
  | 'policyId'
  | 'agentId'
  | 'connectionId'
  | 'connectionVersion'
  | 'method'
  | 'origin'
  | 'path'
  | 'digest'
>

interface RememberedPage {
  readonly limit: number
  readonly after?: { readonly createdAtMs: number; readonly id: string } | undefined
  readonly policyId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly status?: Status | undefined
}

/** What the room needs of the store. Every query of a person is bound to a workspace. */
export interface RememberedStore {
  /** Those that may still be used for a request like this: of the same bytes, or of fields; at most `max`. */
  findUsable(like: RememberedLookup, max: number): Promise<StoredRemembered[]>
  find(workspaceId: string, id: string): Promise<NamedRemembered | undefined>
  /** Newest first. */
  list(workspaceId: string, page: RememberedPage): Promise<NamedRemembered[]>
  /** Ends one that is not ended yet. False where there was nothing to end. */
  revoke(workspaceId: string, id: string, ownerId: string): Promise<boolean>
}
