import type { Catalog } from '@sallyport/catalog'
import { createAuthorizationServer } from '../connections/connect/authorization-server.ts'
import { createConnect } from '../connections/connect/connect.ts'
import type { OAuthFetch, TokenEndpoint } from '../connections/oauth/token-endpoint.ts'
import { createOAuthApps } from '../connections/oauth-apps/oauth-apps.ts'
import { createOAuthClients } from '../connections/oauth-apps/oauth-clients.ts'
import { readMetadata } from '../connections/oauth-apps/read-metadata.ts'
import type { TokenKeeper } from '../connections/tokens/token-keeper.ts'
import { createConnectionView } from '../connections/view-connection.ts'
import { faultOfPrivateKey, readSigningKey } from '../credentials/signing-key.ts'
import { createConnectFlowStore } from '../store/connect-flows.ts'
import type { ConnectionStore } from '../store/connections.ts'
import { createOAuthAppStore } from '../store/oauth-apps.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the OAuth clients of workspaces: the room that keeps them, and the look-ups of those who ask with them. */
export function composeOAuthApps(
  { pagesUrl, now }: Pick<ComposeNeeds, 'pagesUrl' | 'now'>,
  { database, feed, keyring, audit, egress, newId }: Foundation,
  { catalog, fetch }: { readonly catalog: Catalog; readonly fetch: OAuthFetch },
) {
  const store = createOAuthAppStore(database)
  const mayUseOrigin = egress.isAllowedOrigin
  return {
    clients: createOAuthClients({ store, keyring, catalog }),
    listProviders: store.listProviders,
    oauthApps: createOAuthApps({
      ...{ store, keyring, catalog, audit, mayUseOrigin, faultOfPrivateKey, newId, pagesUrl, now },
      readMetadata: (given) => readMetadata({ fetch, mayUseOrigin }, given),
      onChanged: ({ id, workspaceId }) =>
        feed.publishLocal({ table: 'oauth_apps', id, workspaceId }),
    }),
  }
}

/** Builds the room that connects accounts. */
export function composeConnect(
  { pagesUrl, now, randomBytes }: Pick<ComposeNeeds, 'pagesUrl' | 'now' | 'randomBytes'>,
  { database, feed, keyring, audit, egress, newId, tokenHash, onFailure }: Foundation,
  given: {
    readonly catalog: Catalog
    readonly fetch: OAuthFetch
    readonly clients: ReturnType<typeof createOAuthClients>
    readonly connectionStore: Pick<ConnectionStore, 'find'>
    readonly tokens: Pick<TokenKeeper, 'sealFirst' | 'describe'>
    readonly revoke: TokenEndpoint['revoke']
  },
) {
  const { catalog, fetch, clients, connectionStore, tokens, revoke } = given
  const mayUseOrigin = egress.isAllowedOrigin
  return createConnect({
    ...{ keyring, tokenHash, catalog, audit, mayUseOrigin, newId, randomBytes, pagesUrl, now },
    ...{ clients, revoke, sealFirst: tokens.sealFirst },
    store: createConnectFlowStore(database),
    findConnection: connectionStore.find,
    server: createAuthorizationServer({ fetch, mayUseOrigin, readSigningKey, now }),
    viewConnection: createConnectionView({ tokens }).one,
    onChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
    onFailure: (error, what) => onFailure(what, error),
  })
}
