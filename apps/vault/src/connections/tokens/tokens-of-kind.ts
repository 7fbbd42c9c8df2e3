import type { Catalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { readCredential, type Sealer } from '../credential-opener.ts'
import type { TokenEndpoint } from '../oauth/token-endpoint.ts'
import type { OAuthClients } from '../oauth-apps/oauth-clients.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import type { StoredOf } from '../stored-credential.ts'
import type { AskForToken } from './ask-for-token.ts'
import type { RenewableConnection } from './renewable-connection.ts'
import type { TokenSource } from './token-source.ts'

export interface TokensOfKindNeeds {
  readonly keyring: Sealer
  /** The OAuth clients of workspaces. */
  readonly clients: Pick<OAuthClients, 'get'>
  readonly endpoint: Pick<TokenEndpoint, 'refresh' | 'revoke'>
  readonly askForToken: AskForToken
  readonly catalog: Pick<Catalog, 'findProvider'>
}

const dayMs = 86_400_000
/** Half of what providers usually give a refresh token that nobody uses. */
const keepAliveMsDefault = 7 * dayMs

/**
 * Builds what gets tokens with each kind of credential, as its seal says: a refresh token with the client that it was given to,
 * and client credentials and service accounts by themselves, at any time.
 */
export function createTokensOfKind(needs: TokensOfKindNeeds): TokenSource {
  const { keyring, clients, endpoint } = needs

  /** The client of an account, as long as it leads where it led when the account was connected. */
  async function getClient(
    { workspaceId }: RenewableConnection,
    { oauthAppId, place }: StoredOf<'oauth2'>,
  ): Promise<OAuthClient> {
    const client = await clients.get(workspaceId, oauthAppId)
    if (client.place === place) return client
    throw new Problem(
      'provider-refused',
      'The OAuth app leads elsewhere than when this account was connected, so that nothing was sent there.',
      { next: 'An owner reconnects the account.' },
    )
  }

  return {
    canRenew: ({ credentialKind }, hasRefreshToken) =>
      hasRefreshToken || credentialKind !== 'oauth2',

    async renew(connection, refreshToken) {
      const credential = await readCredential(keyring, connection)
      switch (credential.kind) {
        case 'oauth2': {
          if (refreshToken === undefined) throw notRenewable()
          const client = await getClient(connection, credential)
          return endpoint.refresh(client, refreshToken)
        }
        case 'oauth2-client-credentials':
        case 'jwt-service-account':
          return needs.askForToken(credential)
        default:
          throw notRenewable()
      }
    },

    async revoke(connection, { refreshToken, accessToken }) {
      const credential = await readCredential(keyring, connection)
      // What client credentials and service accounts get ends by itself, and nobody was asked to grant it.
      if (credential.kind !== 'oauth2') return undefined
      const client = await getClient(connection, credential)
      return refreshToken === undefined
        ? endpoint.revoke(client, accessToken, 'access_token')
        : endpoint.revoke(client, refreshToken, 'refresh_token')
    },

    revokesWholeAccount: ({ provider }) =>
      needs.catalog.findProvider(provider)?.oauth?.revokesWholeAccount ?? false,

    keepAliveMs({ provider }) {
      const oauth = needs.catalog.findProvider(provider)?.oauth
      return oauth?.idleDays === undefined ? keepAliveMsDefault : (oauth.idleDays * dayMs) / 2
    },
  }
}

const notRenewable = () =>
  new Problem('connection-needs-reauth', 'There is nothing to get an access token with.', {
    next: 'An owner reconnects it.',
  })
