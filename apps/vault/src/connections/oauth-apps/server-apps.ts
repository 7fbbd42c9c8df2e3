import { type ClientAuthentication, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { OAuthAppsNeeds } from './oauth-apps-needs.ts'
import type { NamedClient, OAuthClients } from './oauth-clients.ts'
import { resolveClient } from './resolve-client.ts'
import { type OwnServer, type SealedApp, sealApp, type UpstreamOfApp } from './sealed-app.ts'
import { checkNoSecret, shownOf } from './shown-app.ts'

/** The MCP server that a client is for. */
interface ServerOfApp {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  /** The name that its tools stand under, which stays. */
  readonly toolset: string
}

/** A client as an authorization server knows it. Holds a secret: never log it. */
export interface NewServerClient {
  readonly clientId: string
  readonly authentication: Exclude<ClientAuthentication, 'private_key_jwt'>
  readonly clientSecret?: string | undefined
  readonly server: OwnServer
  readonly upstream: Omit<UpstreamOfApp, 'serverId'>
}

type Needs = Pick<
  OAuthAppsNeeds,
  'store' | 'keyring' | 'catalog' | 'audit' | 'onChanged' | 'newId' | 'now'
> & { readonly clients: Pick<OAuthClients, 'findByProvider'> }

/** Keeps the OAuth clients that belong to MCP servers: one in use, and another one while it takes its place. */
export interface ServerApps {
  /** Those of the server. Problem `credential-unreadable`. */
  find(server: ServerOfApp): Promise<readonly NamedClient[]>
  /** Seals a new one. Problems: `oauth-app-exists` where the names for it are taken, `invalid-input`. */
  keep(
    owner: AuthenticatedOwner,
    server: ServerOfApp,
    client: NewServerClient,
  ): Promise<NamedClient>
  /** Forgets those that no connection uses, but `exceptId`. */
  tidy(owner: AuthenticatedOwner, server: ServerOfApp, exceptId?: string): Promise<void>
}

/** One that is used, one that takes its place, and names that an owner may have taken. */
const namesMax = 4
const nameCharsMax = 56

/** Builds it. */
export function createServerApps(needs: Needs): ServerApps {
  const { store, clients } = needs

  async function find(server: ServerOfApp): Promise<readonly NamedClient[]> {
    const found: NamedClient[] = []
    for (const provider of providersOf(server)) {
      const one = await clients.findByProvider(server.workspaceId, provider)
      if (one?.client.upstream?.serverId === server.id) found.push(one)
    }
    return found
  }

  return {
    find,

    async keep(owner, server, { clientId, authentication, clientSecret, upstream, ...given }) {
      for (const provider of providersOf(server)) {
        const app: SealedApp = {
          ...{ provider, clientId, authentication, parameters: {} },
          ...(clientSecret !== undefined && { clientSecret }),
          own: { given: {}, server: given.server },
          upstream: { ...upstream, serverId: server.id },
        }
        const kept = await insert(needs, server, app)
        if (kept === undefined) continue
        await record(needs, owner, { operation: 'createOAuthApp', app: kept, server })
        return kept
      }
      throw new Problem(
        'oauth-app-exists',
        'The names for an OAuth app of this server are taken.',
        {
          next: `Delete the OAuth apps that are called ${providersOf(server)[0]} and are not used.`,
        },
      )
    },

    async tidy(owner, server, exceptId) {
      const { workspaceId } = server
      for (const app of await find(server)) {
        if (app.id === exceptId) continue
        if ((await store.delete({ workspaceId, id: app.id })) !== 'deleted') continue
        needs.onChanged({ id: app.id, workspaceId })
        await record(needs, owner, { operation: 'deleteOAuthApp', app, server })
      }
    },
  }
}

/** What the provider is called in sentences and in the list of OAuth apps: its server’s name, with a number for a second one. */
function providersOf({ toolset }: ServerOfApp): string[] {
  const base = `mcp-${toolset}`.slice(0, nameCharsMax).replace(/-+$/, '')
  return Array.from({ length: namesMax }, (_, at) => (at === 0 ? base : `${base}-${at + 1}`))
}

/** Undefined where the name is taken. */
async function insert(
  needs: Needs,
  { workspaceId, name }: ServerOfApp,
  app: SealedApp,
): Promise<NamedClient | undefined> {
  const now = new Date(needs.now())
  const row = {
    ...{ id: needs.newId('oauthApp'), workspaceId, name: `MCP server ${name}`.slice(0, 120) },
    ...shownOf(app),
    ...{ version: 1, createdAt: now, updatedAt: now },
  }
  checkNoSecret(app, row)
  const sealed = await sealApp(needs.keyring, row, app)
  if (!(await needs.store.insert({ ...row, sealed }))) return undefined
  needs.onChanged(row)
  return { id: row.id, name: row.name, client: resolveClient(app, needs.catalog) }
}

function record(
  needs: Needs,
  { workspaceId, ownerId }: AuthenticatedOwner,
  done: {
    readonly operation: 'createOAuthApp' | 'deleteOAuthApp'
    readonly app: NamedClient
    readonly server: ServerOfApp
  },
) {
  const { operation, app, server } = done
  const { provider, clientId } = app.client
  return needs.audit.record({
    ...{ auditId: needs.newId('audit'), workspaceId, ownerId, operation, outcome: 'done' },
    detail: { oauthAppId: app.id, provider, name: app.name, clientId, serverId: server.id },
  })
}
