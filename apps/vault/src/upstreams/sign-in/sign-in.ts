// Signs in to upstream MCP servers: finds out how, gets a client, and keeps the grant as a connection for that server alone.

import {
  type InputOf,
  type McpSignInFound,
  type OutputOf,
  type operations,
  Problem,
} from '@sallyport/contracts'
import type { ConnectionRecord } from '../../connections/connection-store.ts'
import { redirectUriOf } from '../../connections/oauth-apps/oauth-apps-needs.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { getServer, record } from '../servers/servers-needs.ts'
import { viewServer } from '../servers/view-server.ts'
import { authenticationOf } from './choose-client.ts'
import { type Discovered, discover } from './discover.ts'
import { endSignIns } from './end-sign-ins.ts'
import { type ClientWish, type PickedWay, pickWay, takeClient } from './pick-client.ts'
import { requireWeb, type SignInNeeds, type WebServer } from './sign-in-needs.ts'

type Op = typeof operations
type Owner = AuthenticatedOwner
type Does<Id extends keyof Op> = (owner: Owner, input: InputOf<Op[Id]>) => Promise<OutputOf<Op[Id]>>

/** The room’s operations. Each is bound to the caller’s workspace: what is not in it is `mcp-server-not-found`. */
export interface SignIn {
  /** Problems: `invalid-input`, `origin-not-allowed`, `provider-refused`, `provider-unavailable`. Nothing is changed. */
  readonly discover: Does<'discoverMcpSignIn'>
  /** Problems: those, and as `signInToMcpServer` names them. From a session it takes a fresh sign-in of the owner. */
  readonly signIn: Does<'signInToMcpServer'>
  /** When it resolves, the tokens are gone here. */
  readonly signOut: Does<'signOutOfMcpServer'>
  /** To be told of each account that was connected: one that is a sign-in takes the place of those before. */
  settle(
    owner: Owner,
    connection: Pick<ConnectionRecord, 'id' | 'workspaceId' | 'origins'>,
  ): Promise<void>
  /** The vault as authorization servers elsewhere read of it. */
  clientMetadata(path: string): OutputOf<Op['getMcpClientMetadata']>
}

/** How long an answer waits for the connection that a sign-in leads to, in ms. */
const connectWaitMs = 10_000
const scopesMax = 100

/** Builds the room. */
export function createSignIn(needs: SignInNeeds): SignIn {
  const shown = async ({ workspaceId }: Owner, id: string) =>
    viewServer(await getServer(needs, workspaceId, id))
  const find = async ({ workspaceId }: Owner, serverId: string) =>
    requireWeb(await getServer(needs, workspaceId, serverId))

  return {
    async discover(owner, { serverId, issuer }) {
      const server = await find(owner, serverId)
      const found = await discover(needs, server, issuer)
      return { found: await describe(needs, { server, found, wish: {} }) }
    },

    async signIn(owner, input) {
      const row = await getServer(needs, owner.workspaceId, input.serverId)
      // A grant, or a secret, begins to go somewhere.
      if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
      const server = requireWeb(row)
      const found = await discover(needs, server, input.issuer)
      const described = await describe(needs, { server, found, wish: input })
      if (input.method === 'client_credentials') {
        await signInAsClient(needs, owner, { server, found, input })
        return { server: await shown(owner, server.id), found: described }
      }
      const begun = await beginSignIn(needs, owner, { server, found, input })
      return { server: await shown(owner, server.id), found: described, ...begun }
    },

    async signOut(owner, { serverId }) {
      const server = await getServer(needs, owner.workspaceId, serverId)
      await endSignIns(needs, owner, { server })
      await needs.registry.apply(server.id, { anew: true, waitMs: connectWaitMs })
      await record(needs, owner, { operation: 'signOutOfMcpServer', server })
      return { server: await shown(owner, serverId) }
    },

    async settle(owner, connection) {
      const [, serverId] = /^mcp:\/\/(ups_[0-9a-z]+)$/.exec(connection.origins[0] ?? '') ?? []
      if (serverId === undefined) return
      const server = await getServer(needs, owner.workspaceId, serverId)
      await settleAt(needs, owner, { server: requireWeb(server), connectionId: connection.id })
    },

    clientMetadata: (path) => ({
      client_id: `${needs.pagesUrl()}${path}`,
      client_name: 'Sallyport',
      client_uri: needs.pagesUrl(),
      redirect_uris: [redirectUriOf(needs.pagesUrl())],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  }
}

type Input = InputOf<Op['signInToMcpServer']>

interface Wanted {
  readonly server: WebServer
  readonly found: Discovered
  readonly input: Input
}

async function beginSignIn(needs: SignInNeeds, owner: Owner, { server, found, input }: Wanted) {
  // MCP, Authorization Code Protection: without S256 in its metadata no code is asked for.
  if (!found.knowsS256) throw withoutPkce(found)
  const redirectUri = redirectUriOf(needs.pagesUrl())
  const apps = await needs.apps.find(server)
  const picked = pickWay(needs, { server, found, redirectUri }, { wish: input, apps })
  // What earlier attempts left behind makes room.
  if (picked.kept === undefined) await needs.apps.tidy(owner, server)
  const app = await takeClient(needs, owner, { server, found, redirectUri, wish: input, picked })
  const { signIn } = server
  const isSame = signIn !== null && signIn.oauthAppId === app.id
  const { flow, authorizationUrl } = await needs.begin(owner, {
    ...{ app, serverId: server.id, label: labelOf(server), scopes: scopesOf(server, found, input) },
    ...(isSame && { connection: signIn }),
    returnTo: input.returnTo ?? `/servers/${server.id}`,
  })
  return { flow, ...(authorizationUrl !== undefined && { authorizationUrl }) }
}

const labelOf = ({ name }: WebServer) => `${name} (sign-in)`.slice(0, 120)

/** What an owner says; else what the server wants, now and at its last refusal, and what was asked for before. */
function scopesOf({ challenge, signIn }: WebServer, found: Discovered, input: Input): string[] {
  if (input.scopes !== undefined) return input.scopes
  const lacked = challenge?.status === 403 ? (challenge.scopes ?? []) : []
  const before = lacked.length === 0 ? [] : (signIn?.requestedScopes ?? [])
  const offline =
    found.takesOfflineAccess && input.method === 'authorization_code' ? ['offline_access'] : []
  return [...new Set([...before, ...found.scopes, ...lacked, ...offline])].slice(0, scopesMax)
}

async function signInAsClient(needs: SignInNeeds, owner: Owner, { server, found, input }: Wanted) {
  const { clientId, clientSecret, clientAuthentication: wanted } = input
  if (clientId === undefined || clientSecret === undefined) {
    const field = clientId === undefined ? 'clientId' : 'clientSecret'
    const message = 'must be given for client_credentials'
    throw new Problem('invalid-input', `${field} ${message}.`, { fields: [{ field, message }] })
  }
  const offered = authenticationOf(found.clientAuthentications)
  const connection = await needs.signInAsClient({
    workspaceId: owner.workspaceId,
    label: labelOf(server),
    origin: `mcp://${server.id}`,
    credential: {
      kind: 'oauth2-client-credentials',
      ...{ tokenEndpoint: found.server.tokenEndpoint, clientId, clientSecret },
      clientAuthentication: wanted === undefined || wanted === 'none' ? offered : wanted,
      ...{ scopes: scopesOf(server, found, input), resource: found.resource },
    },
  })
  needs.onChanged(connection)
  await record(needs, owner, {
    ...{ operation: 'signInToMcpServer', server },
    detail: { method: 'client_credentials', issuer: found.server.issuer, clientId },
  })
  await settleAt(needs, owner, { server, connectionId: connection.id })
}

/** The new grant serves first, and then the ones before it end. */
async function settleAt(
  needs: SignInNeeds,
  owner: Owner,
  { server, connectionId }: { readonly server: WebServer; readonly connectionId: string },
) {
  await needs.store.saveStatus(server.id, { challenge: null })
  await needs.registry.apply(server.id, { anew: true, waitMs: connectWaitMs })
  await endSignIns(needs, owner, { server, olderThan: connectionId })
}

/** What was found, for owners; nothing is asked or made. */
async function describe(
  needs: SignInNeeds,
  {
    server,
    found,
    wish,
  }: { readonly server: WebServer; readonly found: Discovered; readonly wish: ClientWish },
): Promise<McpSignInFound> {
  const redirectUri = redirectUriOf(needs.pagesUrl())
  const apps = await needs.apps.find(server)
  const picked = pickWay(needs, { server, found, redirectUri }, { wish, apps })
  const { issuer, authorizationEndpoint, tokenEndpoint } = found.server
  const clientId = wish.clientId ?? picked.kept?.client.clientId ?? picked.documentUrl
  return {
    ...{
      resource: found.resource,
      issuer,
      issuers: [...found.issuers],
      tokenEndpoint,
      redirectUri,
    },
    ...(found.knowsS256 && { authorizationEndpoint }),
    scopes: [...found.scopes],
    client: picked.way,
    ...(clientId !== undefined && { clientId }),
    message: messageOf(found, picked, redirectUri),
  }
}

function messageOf(found: Discovered, { way }: PickedWay, redirectUri: string): string {
  const { issuer } = found.server
  if (!found.knowsS256) return withoutPkce(found).message
  const said = {
    given: `You sign in at ${issuer} with the client that you give.`,
    kept: `You sign in at ${issuer} with the client of before.`,
    document: `You sign in at ${issuer}, which reads who the vault is from its metadata document.`,
    registration: `You sign in at ${issuer}, where the vault registers itself first.`,
    'by-hand': `The authorization server ${issuer} lets no client register itself: register one there with the redirect URI ${redirectUri}, and give its id and secret.`,
  }
  return said[way]
}

const withoutPkce = ({ server }: Discovered) =>
  new Problem(
    'provider-refused',
    `The authorization server ${server.issuer} does not say that it knows PKCE with S256, so that nobody is sent there.`,
    { next: 'Sign in with client credentials where it gives those, or tell whoever runs it.' },
  )
