import type { OwnerScope, Role } from '@sallyport/contracts'

/** An agent whose token was valid a moment ago. */
export interface AuthenticatedAgent {
  readonly agentId: string
  readonly workspaceId: string
  readonly name: string
}

/** A person whose session or token was valid a moment ago, with what it may do. */
export interface AuthenticatedOwner {
  readonly ownerId: string
  readonly workspaceId: string
  readonly role: Role
  readonly scopes: ReadonlySet<OwnerScope>
  readonly via: 'session' | 'token'
  /** When this session or token ends at the latest, in ms since the epoch. */
  readonly expiresAtMs: number
  /** The keyed hash of the session in use; absent where a token was used. */
  readonly sessionHash?: Uint8Array
}
