import { type ClientAuthentication, operations, Problem } from '@sallyport/contracts'
import type { NamedClient } from '../../connections/oauth-apps/oauth-clients.ts'
import type { NewServerClient } from '../../connections/oauth-apps/server-apps.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { authenticationOf, type ClientWay, chooseClient, documentUrlOf } from './choose-client.ts'
import type { Discovered } from './discover.ts'
import { registerClient } from './register-client.ts'
import type { SignInNeeds, WebServer } from './sign-in-needs.ts'

/** What an owner says of the client. */
export interface ClientWish {
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  readonly clientAuthentication?: Exclude<ClientAuthentication, 'private_key_jwt'> | undefined
  readonly newClient?: boolean | undefined
}

/** How the vault comes to a client, and which one it is where there is one already. */
export interface PickedWay {
  readonly way: ClientWay
  readonly kept?: NamedClient | undefined
  readonly documentUrl?: string | undefined
}

type Where = {
  readonly server: WebServer
  readonly found: Discovered
  readonly redirectUri: string
}

/** Chooses, and asks nobody. */
export function pickWay(
  needs: Pick<SignInNeeds, 'pagesUrl' | 'now'>,
  { server, found, redirectUri }: Where,
  { wish, apps }: { readonly wish: ClientWish; readonly apps: readonly NamedClient[] },
): PickedWay {
  const documentUrl = documentUrlOf(needs.pagesUrl(), operations.getMcpClientMetadata.path)
  const isUsable = ({ client }: NamedClient) =>
    isOf(client, { server, found, redirectUri }) && !hasExpired(client.upstream, needs.now())
  // That of the sign-in that there is comes first: the grant stays the same connection.
  const inOrder = [...apps].sort(
    (a, b) =>
      Number(b.id === server.signIn?.oauthAppId) - Number(a.id === server.signIn?.oauthAppId),
  )
  const { clientId, clientSecret } = wish
  const kept = inOrder.find(
    (app) =>
      isUsable(app) &&
      (clientId === undefined || (app.client.clientId === clientId && clientSecret === undefined)),
  )
  const isKept = kept !== undefined && wish.newClient !== true
  const way = chooseClient({
    ...{ isGiven: clientId !== undefined && !isKept, isKept, documentUrl },
    takesDocuments: found.takesDocuments,
    registrationEndpoint: found.registrationEndpoint,
  })
  return { way, ...(way === 'kept' && { kept }), ...(way === 'document' && { documentUrl }) }
}

/** A client of another place, or that was registered for another redirect URI, is another client. */
function isOf(client: NamedClient['client'], { server, found, redirectUri }: Where): boolean {
  const { upstream, issuer, authorizationEndpoint, tokenEndpoint } = client
  return (
    upstream?.url === server.url &&
    upstream.resource === found.resource &&
    upstream.redirectUri === redirectUri &&
    issuer === found.server.issuer &&
    authorizationEndpoint === found.server.authorizationEndpoint &&
    tokenEndpoint === found.server.tokenEndpoint
  )
}

const hasExpired = (upstream: NamedClient['client']['upstream'], nowMs: number): boolean =>
  upstream?.secretExpiresAt !== undefined && upstream.secretExpiresAt * 1000 <= nowMs

/**
 * The client to sign in with: kept, or made in the way that was picked.
 * @throws Problem oauth-app-missing where an owner has to register one; those of registering, and of keeping it
 */
export async function takeClient(
  needs: SignInNeeds,
  owner: AuthenticatedOwner,
  given: Where & { readonly wish: ClientWish; readonly picked: PickedWay },
): Promise<NamedClient> {
  const { server, found, redirectUri, wish, picked } = given
  const { way, kept } = picked
  if (way === 'kept' && kept !== undefined) return kept
  if (way === 'kept' || way === 'by-hand') throw byHand(found, redirectUri)
  const { secretExpiresAt, ...client } = await makeClient(needs, given)
  const about = { url: server.url, resource: found.resource, redirectUri, way }
  const expiry = secretExpiresAt === undefined ? {} : { secretExpiresAt }
  return needs.apps.keep(owner, server, {
    ...client,
    ...(wish.clientAuthentication !== undefined &&
      way === 'given' && { authentication: wish.clientAuthentication }),
    server: found.server,
    upstream: { ...about, ...expiry },
  })
}

type Made = Pick<NewServerClient, 'clientId' | 'authentication' | 'clientSecret'> & {
  readonly secretExpiresAt?: number
}

async function makeClient(
  needs: SignInNeeds,
  given: Where & { readonly wish: ClientWish; readonly picked: PickedWay },
): Promise<Made> {
  const { found, redirectUri, wish, picked } = given
  const { clientAuthentications: offered, registrationEndpoint } = found
  if (picked.way === 'given') {
    const { clientId = '', clientSecret } = wish
    if (clientSecret === undefined) return { clientId, authentication: 'none' }
    return { clientId, clientSecret, authentication: authenticationOf(offered) }
  }
  if (picked.documentUrl !== undefined) {
    return { clientId: picked.documentUrl, authentication: 'none' }
  }
  const clientUri = needs.pagesUrl()
  return registerClient(needs, registrationEndpoint ?? '', { redirectUri, clientUri, offered })
}

const byHand = ({ server }: Discovered, redirectUri: string) =>
  new Problem(
    'oauth-app-missing',
    `The authorization server ${server.issuer} lets no client register itself.`,
    {
      next: `An owner registers a client there with the redirect URI ${redirectUri}, and signs in with its client id and secret.`,
      extra: { redirectUri },
    },
  )
