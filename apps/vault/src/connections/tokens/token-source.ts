import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { RenewableConnection } from './renewable-connection.ts'
import type { Tokens } from './sealed-tokens.ts'

/**
 * Where access tokens come from, each kind of credential in its own way: the keeper knows nothing of kinds.
 * Problems as of the token endpoint, `credential-unreadable`, `store-unavailable`, and `oauth-app-missing`.
 */
export interface TokenSource {
  /** Can there be a renewal at all? */
  canRenew(
    connection: Pick<RenewableConnection, 'credentialKind'>,
    hasRefreshToken: boolean,
  ): boolean
  /** Asks the provider for new tokens, once. `connection-needs-reauth` for `invalid_grant` alone. */
  renew(connection: RenewableConnection, refreshToken: string | undefined): Promise<TokenAnswer>
  /** Tells the provider that they are to work no longer. Undefined: there is nothing to be told. */
  revoke(
    connection: RenewableConnection,
    tokens: Tokens,
  ): Promise<'revoked' | 'not-offered' | undefined>
  /** Does the provider end all that an account granted to a client, when one of its tokens is revoked? */
  revokesWholeAccount(connection: Pick<RenewableConnection, 'provider'>): boolean
  /** After how many ms a refresh token that nobody used has to be used; undefined: never. */
  keepAliveMs(connection: Pick<RenewableConnection, 'provider'>): number | undefined
}
