import type { TokenState } from '@sallyport/contracts'
import type { ConnectionSnapshot } from '../connection-store.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { NewTokenRow } from './token-store.ts'

/** What the request path knows of a connection whose credential becomes access tokens. */
export type RenewableConnection = Pick<
  ConnectionSnapshot,
  'id' | 'workspaceId' | 'provider' | 'origins' | 'version' | 'sealed' | 'status' | 'credentialKind'
>

/** What goes on a request, and which of a connection's tokens it is. Never log it. */
export interface AccessToken {
  readonly accessToken: string
  /** Raised with each renewal. */
  readonly version: number
}

/** What is known of a connection's tokens; none of it is secret. */
export type TokenDescription = Omit<TokenState, 'oauthAppId' | 'account'>

/**
 * Keeps the access tokens of connections fresh: renewed when due or refused by an upstream, one renewal per connection at a
 * time over all replicas, what comes back durable before it is used (S-32). A refresh token never leaves it.
 */
export interface TokenKeeper {
  /**
   * The access token to send. One that is about to end is renewed beside it; one that has ended is waited for, 15 s at most.
   * @throws Problem connection-needs-reauth, connection-revoked, token-refresh-failed (with `retryAfterSeconds`),
   * credential-unreadable, store-unavailable, request-stopped where the connection changed meanwhile
   */
  open(connection: RenewableConnection): Promise<AccessToken>
  /**
   * After an upstream's 401 for the token of `version`: a newer one. Each version is renewed so once at most. The same one
   * comes back where it cannot be renewed or was renewed a moment ago: the upstream refuses something else. Throws as `open`.
   */
  renewRefused(connection: RenewableConnection, version: number): Promise<AccessToken>
  /**
   * Seals the first tokens of a connection, or those of an account that was connected anew (`version`: one more than that of
   * the tokens before), for the store to write in the transaction that writes the connection. `nowMs`: when they came.
   */
  sealFirst(
    connection: Pick<
      RenewableConnection,
      'id' | 'workspaceId' | 'provider' | 'origins' | 'credentialKind'
    >,
    answer: TokenAnswer,
    at: { readonly nowMs: number; readonly version?: number },
  ): Promise<NewTokenRow>
  /** By connection id; those without tokens are left out. */
  describe(connectionIds: readonly string[]): Promise<ReadonlyMap<string, TokenDescription>>
}
