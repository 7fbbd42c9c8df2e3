import type { OwnerScope, Role } from '@sallyport/contracts'
import type { SignInMethod } from './owner-session.ts'

/** An agent whose token was valid a moment ago. */
export interface AuthenticatedAgent {
  readonly agentId: string
  readonly workspaceId: string
  readonly name: string
  /** `consumer`: with a consumer token, which lists and calls tools and nothing else. */
  readonly via: 'token' | 'consumer'
  /** Set where it calls through the vault’s own MCP endpoint. */
  readonly through?: 'mcp' | undefined
  /** The keyed hash of the token in use, so that it can be looked up once more before anything is sent. */
  readonly tokenHash: Uint8Array
}

/** A person whose session or token was valid a moment ago, with what it may do. */
export interface AuthenticatedOwner {
  readonly ownerId: string
  readonly workspaceId: string
  readonly email: string
  readonly role: Role
  readonly scopes: ReadonlySet<OwnerScope>
  readonly via: 'session' | 'token'
  /** When this session or token ends at the latest, in ms since the epoch. */
  readonly expiresAtMs: number
  /** The keyed hash of the session in use; absent where a token was used. */
  readonly sessionHash?: Uint8Array
  /** The keyed hash of the personal access token in use; absent where a session was used. */
  readonly tokenHash?: Uint8Array
  /** When the person last proved who they are, in ms since the epoch; absent where a token was used. */
  readonly authenticatedAtMs?: number
  /** How the session was begun; absent where a token was used. */
  readonly method?: SignInMethod
}
