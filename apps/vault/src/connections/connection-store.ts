import type { ConnectionStatus, CredentialKind, PolicyDocument } from '@sallyport/contracts'
import type { z } from 'zod'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { PageAfter } from '../paging/page-cursor.ts'
import type { NewTokenRow } from './tokens/token-store.ts'

/** A connection as it is stored, without its credential. */
export interface ConnectionRecord {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly service: string
  readonly label: string
  readonly status: z.infer<typeof ConnectionStatus>
  /** Why it has to be reconnected, in a sentence for its owner. */
  readonly statusReason: string | null
  readonly singleton: boolean
  readonly requestedScopes: string[]
  readonly grantedScopes: string[]
  /** The OAuth client that its account was connected with; what is sealed names it too, and counts. */
  readonly oauthAppId: string | null
  /** Whose account it is, as the provider calls it, and by the provider's own lasting name for it. */
  readonly account: string | null
  readonly accountSubject: string | null
  readonly origins: string[]
  /** Headers beside the usual ones that agents may send, in lower case. */
  readonly requestHeaders: string[]
  /** Headers beside the usual ones that agents may see, in lower case. */
  readonly responseHeaders: string[]
  readonly allowEncodedSlash: boolean
  readonly testUrl: string | null
  readonly credentialKind: CredentialKind
  readonly credentialHint: string
  /** Raised whenever the credential is sealed anew or destroyed. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly revokedAt: Date | null
}

/** The same with its sealed credential: null once revoked. */
export interface StoredConnection extends ConnectionRecord {
  readonly sealed: Uint8Array | null
}

/** What the request path needs of a connection; its credential stays sealed. */
export type ConnectionSnapshot = Pick<
  StoredConnection,
  | 'id'
  | 'workspaceId'
  | 'provider'
  | 'service'
  | 'label'
  | 'status'
  | 'singleton'
  | 'allowEncodedSlash'
  | 'version'
  | 'sealed'
  | 'credentialKind'
> & {
  readonly origins: readonly string[]
  readonly requestHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
}

/** What an update may change. */
export type ConnectionChanges = Partial<
  Pick<
    StoredConnection,
    | 'label'
    | 'status'
    | 'statusReason'
    | 'requestedScopes'
    | 'grantedScopes'
    | 'oauthAppId'
    | 'account'
    | 'accountSubject'
    | 'origins'
    | 'requestHeaders'
    | 'responseHeaders'
    | 'allowEncodedSlash'
    | 'testUrl'
    | 'credentialKind'
    | 'credentialHint'
    | 'sealed'
    | 'version'
  >
>

/**
 * What becomes of a connection's tokens when it changes: others in the place of those of version `before` (undefined: there
 * were none), the same sealed anew for the next version, or none any more.
 */
export type TokensChange =
  | { readonly put: NewTokenRow; readonly before: number | undefined }
  | { readonly reseal: Uint8Array; readonly before: number }
  | 'drop'

/** A connection that an agent has a policy for, with that policy. */
export interface GrantedRecord {
  readonly connection: ConnectionRecord
  readonly policy: { readonly id: string; readonly document: PolicyDocument }
}

/** What this room has to know of the agent that asks. */
export type CallingAgent = Pick<AuthenticatedAgent, 'agentId' | 'workspaceId'>

/** What the room needs of the store. Every query is bound to a workspace. */
export interface ConnectionStore {
  /**
   * Writes it with its first tokens, or neither. Undefined where the service is a singleton that has a connection that is
   * not revoked; `no-app` where its OAuth client is gone.
   */
  insert(
    row: StoredConnection,
    tokens?: NewTokenRow,
  ): Promise<ConnectionRecord | 'no-app' | undefined>
  find(workspaceId: string, id: string): Promise<StoredConnection | undefined>
  /** Newest first. */
  list(
    workspaceId: string,
    page: PageAfter & { readonly status?: ConnectionRecord['status'] | undefined },
  ): Promise<ConnectionRecord[]>
  /** Newest first. */
  listForAgent(agent: CallingAgent, page: PageAfter): Promise<GrantedRecord[]>
  /**
   * Compare and set, with its tokens or not at all: undefined where it, or they, have another version by now, or it is
   * revoked; `no-app` where its new OAuth client is gone.
   */
  update(
    at: { readonly workspaceId: string; readonly id: string; readonly version: number },
    changes: ConnectionChanges & { readonly updatedAt: Date },
    tokens?: TokensChange,
  ): Promise<ConnectionRecord | 'no-app' | undefined>
  /**
   * Revokes and destroys the sealed credential and the tokens, as one; once more changes nothing. With an `agentId`, only
   * where that agent has a policy for it.
   */
  revoke(at: {
    readonly workspaceId: string
    readonly id: string
    readonly agentId?: string
    readonly now: Date
  }): Promise<RevokedConnection | undefined>
}

/** A connection that was revoked, and what was destroyed with it: from here on it is in memory alone. */
export interface RevokedConnection {
  readonly connection: ConnectionRecord
  /** Only of the revocation that destroyed them. */
  readonly ended?: EndedTokens
}

/** The tokens that a connection had, and the connection as it was when they were sealed for it. */
export interface EndedTokens {
  readonly connection: StoredConnection
  readonly tokens: { readonly sealed: Uint8Array; readonly version: number }
}
