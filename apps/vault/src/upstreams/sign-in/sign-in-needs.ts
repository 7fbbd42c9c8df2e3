import { type IdKind, Problem } from '@sallyport/contracts'
import type { createClientSignIn } from '../../connections/client-credentials-sign-in.ts'
import type { Connect } from '../../connections/connect/connect.ts'
import type { ServerApps } from '../../connections/oauth-apps/server-apps.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { ServerRow, ServerStore } from '../kept/server-store.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServerEvent } from '../servers/servers-needs.ts'
import type { DiscoverNeeds } from './discover.ts'

/** What this room needs of others. */
export interface SignInNeeds extends DiscoverNeeds {
  readonly store: Pick<ServerStore, 'find' | 'listSignIns' | 'saveStatus'>
  readonly apps: ServerApps
  /** Begins an attempt as for any account, bound to the person and the session. */
  readonly begin: Connect['signIn']
  readonly signInAsClient: ReturnType<typeof createClientSignIn>
  /** Destroys a connection’s tokens, ends its calls, and tells its provider. */
  readonly endGrant: (owner: AuthenticatedOwner, connectionId: string) => Promise<unknown>
  readonly registry: Pick<Registry, 'apply'>
  readonly audit: { record(event: ServerEvent): Promise<unknown> }
  /** Told of each change before it is answered. */
  readonly onChanged: (connection: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  /** Where people open the vault’s pages, without trailing slash. */
  readonly pagesUrl: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A server that can be signed in to. */
export type WebServer = ServerRow & {
  readonly url: string
  readonly transport: 'streamable_http' | 'sse'
}

/** Problem `invalid-input` for one that is a program. */
export function requireWeb(server: ServerRow): WebServer {
  const { transport, url } = server
  if (transport !== 'stdio' && url !== null) return { ...server, transport, url }
  throw new Problem('invalid-input', 'A server that is a program is not signed in to.', {
    next: 'Give its program what it needs in its environment.',
    fields: [{ field: 'serverId', message: 'must be a server that is reached over HTTP' }],
  })
}
