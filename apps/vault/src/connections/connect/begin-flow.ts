import type { Catalog } from '@sallyport/catalog'
import { type InputOf, Problem, type reconnect, type startConnection } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { StoredConnection } from '../connection-store.ts'
import { readCredential } from '../credential-opener.ts'
import { alreadyConnected, draftRequests, findService } from '../draft-requests.ts'
import { redirectUriOf } from '../oauth-apps/oauth-apps-needs.ts'
import type { NamedClient } from '../oauth-apps/oauth-clients.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { bindToSession } from './bind-flow.ts'
import { chooseScopes } from './choose-scopes.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import { type FlowDraft, type FlowSecrets, sealFlow, whoIsAsked } from './flow-secrets.ts'

type Owner = AuthenticatedOwner
/** How the account is asked for. */
type Wish = Pick<InputOf<typeof startConnection>, 'method' | 'returnTo'>

/** How long a person may take at the provider. */
const lifeMs = 10 * 60_000
/** What providers usually give a device code. */
const deviceLifeMsMax = 15 * 60_000
/** Attempts of one person that wait at once. */
const waitingMax = 20

/** An attempt that was begun: as stored, and where the browser goes if it goes at once. */
export interface Begun {
  readonly flow: StoredFlow
  readonly authorizationUrl?: string
}

interface Plan {
  readonly owner: Owner
  readonly oauthAppId: string
  readonly client: OAuthClient
  readonly service: string
  readonly provider: string
  readonly label: string
  readonly scopes: string[]
  readonly draft: FlowDraft
  readonly account?: string | null
  readonly wish: Wish
}

/** Builds the beginning of `startConnection`: everything that can be wrong is said before anybody goes to the provider. */
export function createStart(needs: ConnectNeeds) {
  const { catalog, store } = needs
  return async (owner: Owner, input: InputOf<typeof startConnection>): Promise<Begun> => {
    const { workspaceId } = owner
    const service = findService(catalog, input.service)
    const isCustom = service.id === 'custom'
    if (!isCustom && !service.credentials.some(({ kind }) => kind === 'oauth2')) {
      throw wrongField('service', `must be one that takes accounts; ${service.name} takes keys`)
    }
    const app = await findApp(needs, workspaceId, { input, provider: service.provider })
    const requests = draftRequests(needs, service, input)
    if (service.singleton && (await store.isTaken(workspaceId, service.id))) {
      throw alreadyConnected(service.id)
    }
    const { client } = app
    const label = input.label ?? (isCustom ? app.name : service.name)
    return begin(needs, {
      owner,
      oauthAppId: app.id,
      client,
      service: service.id,
      provider: client.provider,
      label,
      scopes: chooseScopes(catalog, service, { ...input, baseScopes: client.baseScopes }),
      draft: {
        kind: 'new',
        service: service.id,
        singleton: service.singleton,
        label,
        isNamed: input.label !== undefined,
        ...requests,
      },
      wish: input,
    })
  }
}

/** Builds the beginning of `reconnect`: the account is asked for all that it was asked for before, and what is new. */
export function createReconnect(needs: ConnectNeeds) {
  return async (owner: Owner, input: InputOf<typeof reconnect>): Promise<Begun> => {
    const connection = await needs.findConnection(owner.workspaceId, input.connectionId)
    const oauthAppId = await requireAccount(needs, connection)
    if (connection === undefined) throw connectionNotFound()
    const client = await needs.clients.get(owner.workspaceId, oauthAppId)
    return begin(needs, {
      owner,
      oauthAppId,
      client,
      service: connection.service,
      provider: connection.provider,
      label: connection.label,
      scopes: scopesAnew(needs, connection, { input, client }),
      draft: { kind: 'anew', connectionId: connection.id },
      account: connection.account,
      wish: input,
    })
  }
}

/** All that it was asked for before, and what is new. No service of the catalog says anything of an MCP server. */
function scopesAnew(
  { catalog }: Pick<ConnectNeeds, 'catalog'>,
  { service, requestedScopes: before }: StoredConnection,
  asked: { readonly input: InputOf<typeof reconnect>; readonly client: OAuthClient },
): string[] {
  const { input, client } = asked
  if (client.upstream !== undefined) return [...new Set([...before, ...(input.scopes ?? [])])]
  const { baseScopes } = client
  return chooseScopes(catalog, findService(catalog, service), { ...input, baseScopes, before })
}

/**
 * The OAuth client that a connection's account was connected with, as its seal says.
 * @throws Problem connection-not-found, connection-revoked, not-an-oauth-connection, credential-unreadable
 */
export async function requireAccount(
  { keyring }: Pick<ConnectNeeds, 'keyring'>,
  connection: StoredConnection | undefined,
): Promise<string> {
  if (connection === undefined) throw connectionNotFound()
  if (connection.status === 'revoked') {
    throw new Problem('connection-revoked', 'The connection has been revoked; that is for good.', {
      next: 'An owner connects the service anew.',
    })
  }
  const credential =
    connection.credentialKind === 'oauth2' ? await readCredential(keyring, connection) : undefined
  if (credential?.kind !== 'oauth2') {
    throw new Problem('not-an-oauth-connection', 'This connection has a key and no account.', {
      next: 'Change its credential instead.',
    })
  }
  return credential.oauthAppId
}

/**
 * The OAuth client that is named, or the one of the service’s provider.
 * @throws Problem oauth-app-not-found, oauth-app-missing, invalid-input
 */
export async function findApp(
  {
    clients,
    catalog,
  }: Pick<ConnectNeeds, 'clients'> & { readonly catalog: Pick<Catalog, 'findProvider'> },
  workspaceId: string,
  asked: { readonly input: { oauthAppId?: string | undefined }; readonly provider: string },
): Promise<NamedClient> {
  const { input, provider } = asked
  const isCustom = provider === 'custom'
  if (input.oauthAppId === undefined) {
    if (isCustom) throw wrongField('oauthAppId', 'must be given for an API of your own')
    const found = await clients.findByProvider(workspaceId, provider)
    if (found !== undefined) return found
    const name = catalog.findProvider(provider)?.name ?? provider
    throw new Problem('oauth-app-missing', `There is no OAuth app for ${name} yet.`, {
      next: `An owner registers an OAuth app at ${name} and keeps its client id and secret in the vault: in the dashboard under Settings, OAuth apps, or by the command sallyport oauth-apps add.`,
      extra: { provider },
    })
  }
  const found = await clients.find(workspaceId, input.oauthAppId)
  if (found === undefined) throw appNotFound()
  // Its tokens are for that server alone, and go nowhere else.
  if (found.client.upstream !== undefined) {
    throw wrongField('oauthAppId', 'must be no OAuth app of an MCP server: sign in to the server')
  }
  if (!isCustom && found.client.provider !== provider) {
    throw wrongField('oauthAppId', `must be an OAuth app for ${provider}`)
  }
  return found
}

/** Begins what was planned: the attempt is written down, and bound to the session where there is one. */
export async function begin(needs: ConnectNeeds, plan: Plan): Promise<Begun> {
  const { owner, client, oauthAppId, draft, scopes, wish } = plan
  const now = needs.now()
  const secrets: FlowSecrets = {
    ownerId: owner.ownerId,
    provider: plan.provider,
    oauthAppId,
    asked: whoIsAsked(client),
    redirectUri: redirectUriOf(needs.pagesUrl()),
    scopes,
    ...(plan.account && { loginHint: plan.account }),
    draft,
  }
  const row: Omit<StoredFlow, 'sealed'> = {
    id: needs.newId('connectFlow'),
    workspaceId: owner.workspaceId,
    ownerId: owner.ownerId,
    method: wish.method,
    status: 'waiting',
    ...{ sessionHash: null, stateHash: null, version: 1 },
    service: plan.service,
    provider: plan.provider,
    label: plan.label,
    oauthAppId,
    scopes,
    connectionId: draft.kind === 'anew' ? draft.connectionId : null,
    ...{ userCode: null, verificationUri: null, verificationUriComplete: null },
    ...{ pollAfter: null, pollSeconds: null, problem: null },
    returnTo: wish.returnTo ?? null,
    createdAt: new Date(now),
    expiresAt: new Date(now + lifeMs),
    finishedAt: null,
  }
  const { begun, authorizationUrl } =
    wish.method === 'device'
      ? await askForDevice(needs, client, { row, secrets })
      : await askForCode(needs, owner, { row, secrets, client })
  const outcome = await needs.store.insert(begun, waitingMax)
  if (outcome === 'too-many') throw tooMany()
  if (outcome === 'gone') throw appNotFound()
  return { flow: begun, ...(authorizationUrl !== undefined && { authorizationUrl }) }
}

interface Beginning {
  readonly row: Omit<StoredFlow, 'sealed'>
  readonly secrets: FlowSecrets
}

/** A session goes on at once. What a token began waits for a session of the same person. */
async function askForCode(
  needs: ConnectNeeds,
  owner: Owner,
  { row, secrets, client }: Beginning & { readonly client: OAuthClient },
): Promise<{ begun: StoredFlow; authorizationUrl?: string }> {
  if (owner.sessionHash === undefined) {
    return { begun: { ...row, sealed: await sealFlow(needs.keyring, row, secrets) } }
  }
  const { bound, authorizationUrl } = await bindToSession(needs, {
    row,
    secrets,
    client,
    sessionHash: owner.sessionHash,
  })
  return { begun: { ...row, ...bound }, authorizationUrl }
}

async function askForDevice(
  needs: ConnectNeeds,
  client: OAuthClient,
  { row, secrets }: Beginning,
): Promise<{ begun: StoredFlow; authorizationUrl?: string }> {
  if (client.deviceAuthorizationEndpoint === undefined) {
    throw new Problem('provider-refused', `${client.provider} gives no device codes here.`, {
      next: 'Connect the account in a browser instead (method code).',
    })
  }
  // Looked at once more when it is written: here, so that the provider is not asked for what cannot be kept.
  if ((await needs.store.countWaiting(row.ownerId, row.createdAt)) >= waitingMax) throw tooMany()
  const device = await needs.server.startDevice(client, secrets.scopes)
  const now = row.createdAt.getTime()
  const sealed = await sealFlow(needs.keyring, row, { ...secrets, deviceCode: device.deviceCode })
  const begun: StoredFlow = {
    ...row,
    sealed,
    userCode: device.userCode,
    verificationUri: device.verificationUri,
    verificationUriComplete: device.verificationUriComplete ?? null,
    pollSeconds: device.intervalSeconds,
    pollAfter: new Date(now + device.intervalSeconds * 1000),
    expiresAt: new Date(now + Math.min(device.lifeSeconds * 1000, deviceLifeMsMax)),
  }
  return { begun }
}

/** A problem with one field of the input. */
function wrongField(field: string, message: string): Problem {
  return new Problem('invalid-input', `${field} ${message}.`, { fields: [{ field, message }] })
}

const appNotFound = () =>
  new Problem('oauth-app-not-found', 'There is no such OAuth app.', {
    next: 'List the OAuth apps to see which there are.',
  })

const connectionNotFound = () =>
  new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })

const tooMany = () =>
  new Problem('too-many-attempts', `You have begun ${waitingMax} attempts that still wait.`, {
    next: 'Finish some of them or give them up; each ends by itself after ten minutes.',
    retryAfterSeconds: 60,
  })
