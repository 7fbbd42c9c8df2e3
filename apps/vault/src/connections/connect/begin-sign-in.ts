import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { NamedClient } from '../oauth-apps/oauth-clients.ts'
import { type Begun, begin } from './begin-flow.ts'
import type { ConnectNeeds } from './connect-needs.ts'

/** A sign-in to an MCP server, as it was found and chosen. */
export interface SignInPlan {
  readonly app: NamedClient
  readonly serverId: string
  readonly label: string
  readonly scopes: string[]
  /** The sign-in that is made anew; undefined: a new one. */
  readonly connection?: { readonly id: string; readonly account: string | null } | undefined
  readonly returnTo?: string | undefined
}

/** The only place that the grant of a server may go to: no request of HTTP leads there. */
const originOfServer = (serverId: string): string => `mcp://${serverId}`

/** Builds the beginning of a sign-in to an MCP server: the same attempt as for any account, for that server alone. */
export function createSignInStart(needs: ConnectNeeds) {
  return (owner: AuthenticatedOwner, plan: SignInPlan): Promise<Begun> => {
    const { app, label, scopes, connection, returnTo } = plan
    const { provider } = app.client
    return begin(needs, {
      ...{ owner, oauthAppId: app.id, client: app.client, service: 'mcp', provider, label, scopes },
      draft:
        connection === undefined
          ? {
              ...{ kind: 'new', service: 'mcp', singleton: false, label, isNamed: true },
              origins: [originOfServer(plan.serverId)],
              ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false },
              testUrl: null,
            }
          : { kind: 'anew', connectionId: connection.id },
      ...(connection !== undefined && { account: connection.account }),
      wish: { method: 'code', returnTo },
    })
  }
}
