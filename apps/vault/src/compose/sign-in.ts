import type { Catalog } from '@sallyport/catalog'
import { createClientSignIn } from '../connections/client-credentials-sign-in.ts'
import type { Connect } from '../connections/connect/connect.ts'
import { createServerApps } from '../connections/oauth-apps/server-apps.ts'
import { createRevocation } from '../connections/revoke-connection.ts'
import { createProviderRevocation } from '../connections/tokens/revoke-at-provider.ts'
import type { TokenKeeper } from '../connections/tokens/token-keeper.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import { createStreamDoors } from '../egress/stream-fetch.ts'
import { createConnectFlowStore } from '../store/connect-flows.ts'
import type { ConnectionStore } from '../store/connections.ts'
import { createServerStore } from '../store/mcp-servers.ts'
import { createOAuthAppStore } from '../store/oauth-apps.ts'
import type { Registry } from '../upstreams/registry/registry.ts'
import { endSignIns } from '../upstreams/sign-in/end-sign-ins.ts'
import { createSignIn } from '../upstreams/sign-in/sign-in.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeOAuth } from './oauth.ts'

/** Metadata of strangers, and what they answer to a registration. */
const metadataBytesMax = 256 * 1024
const askMs = 8_000

interface Given {
  readonly catalog: Catalog
  readonly connectionStore: ConnectionStore
  readonly oauth: ReturnType<typeof composeOAuth>
}

/** Builds what ends sign-ins to MCP servers: their tokens, and the clients that were registered for them. */
export function composeSignInEnding(
  { now }: Pick<ComposeNeeds, 'now'>,
  { database, feed, keyring, audit, newId, running, onFailure }: Foundation,
  { catalog, connectionStore, oauth }: Given,
) {
  const store = createServerStore(database)
  const apps = createServerApps({
    ...{ keyring, catalog, audit, newId, now, clients: oauth.clients },
    store: createOAuthAppStore(database),
    onChanged: ({ id, workspaceId }) => feed.publishLocal({ table: 'oauth_apps', id, workspaceId }),
  })
  const { isShared } = createConnectFlowStore(database)
  const revocation = createRevocation({
    ...{ audit, newId, now, store: connectionStore, endCalls: running.end },
    revokeAtProvider: createProviderRevocation({
      ...{ keyring, isShared, onFailure },
      source: oauth.source,
    }),
    onChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
  })
  const needs = {
    ...{ store, apps },
    endGrant: (owner: Parameters<typeof revocation.byOwner>[0], connectionId: string) =>
      revocation.byOwner(owner, { connectionId }),
  }
  type Server = Parameters<typeof endSignIns>[2]['server']
  return {
    ...needs,
    ofServer: (owner: Parameters<typeof revocation.byOwner>[0], server: Server) =>
      endSignIns(needs, owner, { server }),
  }
}

/** Builds the room that signs in to MCP servers, between those of servers and of accounts. */
export function composeSignIn<
  Upstreams extends {
    readonly registry: Pick<Registry, 'apply'>
    readonly ending: ReturnType<typeof composeSignInEnding>
  },
  Connects extends Pick<Connect, 'signIn' | 'finish'>,
>(
  { pagesUrl, now }: Pick<ComposeNeeds, 'pagesUrl' | 'now'>,
  { feed, keyring, audit, egress, newId }: Foundation,
  given: Omit<Given, 'catalog'> & {
    readonly connect: Connects
    readonly tokens: Pick<TokenKeeper, 'sealFirst'>
    readonly upstreams: Upstreams
  },
) {
  const { oauth, connect, tokens, connectionStore, upstreams } = given
  const { registry, ending } = upstreams
  const { store, apps, endGrant } = ending
  const signIn = createSignIn({
    ...{ store, apps, endGrant, registry, audit, newId, pagesUrl, now },
    fetch: createEgressFetch({
      ...{ send: egress.send, poolKey: 'mcp-sign-in', deadlineMs: askMs },
      responseBytesMax: metadataBytesMax,
    }),
    openDoor: createStreamDoors({ egress }),
    mayUseOrigin: egress.isAllowedOrigin,
    begin: connect.signIn,
    signInAsClient: createClientSignIn({
      ...{ keyring, newId, now, insert: connectionStore.insert, sealFirst: tokens.sealFirst },
      ...{ askForToken: oauth.askForToken, refresh: oauth.endpoint.refresh },
      clients: oauth.clients,
    }),
    onChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
  })
  /** An account that was connected may be a sign-in to a server, which then connects with it. */
  const finish: Connect['finish'] = async (owner, input) => {
    const finished = await connect.finish(owner, input)
    const { workspaceId } = owner
    await signIn.settle(owner, { ...finished.connection, workspaceId })
    return finished
  }
  return { connect: { ...connect, finish }, upstreams: { ...upstreams, signIn } }
}
