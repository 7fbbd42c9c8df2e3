import type { Catalog } from '@sallyport/catalog'
import { createConnections } from '../connections/connections.ts'
import type { Probe } from '../connections/connections-needs.ts'
import { createTokenResealing } from '../connections/tokens/reseal-tokens.ts'
import { createProviderRevocation } from '../connections/tokens/revoke-at-provider.ts'
import type { TokenKeeper } from '../connections/tokens/token-keeper.ts'
import { faultOfPrivateKey } from '../credentials/signing-key.ts'
import { createConnectFlowStore } from '../store/connect-flows.ts'
import { createTokenStore } from '../store/connection-tokens.ts'
import type { ConnectionStore } from '../store/connections.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeOAuth } from './oauth.ts'

/** Builds the room of connections. */
export function composeConnections(
  { now }: ComposeNeeds,
  { database, feed, keyring, audit, egress, newId, running, onFailure }: Foundation,
  given: {
    readonly catalog: Catalog
    readonly connectionStore: ConnectionStore
    readonly oauth: ReturnType<typeof composeOAuth>
    readonly tokens: Pick<TokenKeeper, 'sealFirst' | 'describe'>
    readonly probe: Probe
  },
) {
  const { catalog, connectionStore, oauth, tokens, probe } = given
  const { isTaken, findTokensVersion, isShared } = createConnectFlowStore(database)
  return createConnections({
    ...{ keyring, catalog, audit, tokens, probe, newId, now, faultOfPrivateKey },
    ...{ isTaken, findTokensVersion },
    store: connectionStore,
    clients: oauth.clients,
    refresh: oauth.endpoint.refresh,
    askForToken: oauth.askForToken,
    resealTokens: createTokenResealing({ store: createTokenStore(database), keyring }),
    revokeAtProvider: createProviderRevocation({
      ...{ keyring, isShared, onFailure },
      source: oauth.source,
    }),
    mayUseOrigin: egress.isAllowedOrigin,
    endCalls: running.end,
    onChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
  })
}
