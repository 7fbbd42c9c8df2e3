import type { createMcpServer, InputOf } from '@sallyport/contracts'
import { toolsetNameCharsMax } from '@sallyport/contracts'
import type { StoredConnection } from '../../connections/connection-store.ts'
import { credentialContext } from '../../connections/credential-opener.ts'
import { encodeCredential } from '../../connections/stored-credential.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { placeOf } from '../kept/place-of.ts'
import type { NewServer, StoredServer } from '../kept/server-store.ts'
import { checkDraft, requireAllowed } from './check-draft.ts'
import { type DraftServer, draftServer } from './draft-server.ts'
import { record, refuseFaults, type ServersNeeds, serverExists } from './servers-needs.ts'

/** How often another name is sought for the toolset, where somebody takes one at the same time. */
const attemptsMax = 5

/**
 * Builds what makes a server: its settings, its sealed values, and a toolset without tools, all of it or nothing. Everything that
 * can be wrong is said before.
 */
export function createServerCreation(needs: ServersNeeds) {
  return async (
    owner: AuthenticatedOwner,
    input: InputOf<typeof createMcpServer>,
  ): Promise<StoredServer> => {
    const { faults, ...draft } = draftServer(input, undefined)
    refuseFaults(faults)
    const checked = await checkDraft(needs, owner.workspaceId, draft)
    refuseFaults(checked.faults)
    requireAllowed(needs, draft.settings)
    // From here on a command runs, or a secret goes where none went before.
    if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
    const server = await insert(needs, owner, { draft, names: checked.names })
    needs.onChanged({ server })
    await record(needs, owner, {
      operation: 'createMcpServer',
      server,
      detail: detailOf(server),
    })
    return server
  }
}

/** What the log keeps of a server: where it is, and the names of what it is given. */
const detailOf = (server: StoredServer) => ({
  transport: server.transport,
  ...(server.command !== null && { command: server.command }),
  ...(server.url !== null && { origin: new URL(server.url).origin }),
  ...(server.headerNames.length > 0 && { headers: server.headerNames }),
  ...(server.envNames.length > 0 && { env: server.envNames }),
  ...(server.variables.length > 0 && { variables: server.variables }),
  enabled: server.enabled,
})

async function insert(
  needs: ServersNeeds,
  owner: AuthenticatedOwner,
  { draft, names }: { readonly draft: DraftServer; readonly names: readonly string[] },
): Promise<StoredServer> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const made = await makeServer(needs, owner, { draft, names })
    const outcome = await needs.store.insert(made)
    if (outcome === 'inserted') return made.server
    if (outcome === 'exists') break
  }
  throw serverExists(draft.settings.name)
}

async function makeServer(
  needs: ServersNeeds,
  { workspaceId, ownerId }: AuthenticatedOwner,
  { draft, names }: { readonly draft: DraftServer; readonly names: readonly string[] },
): Promise<NewServer> {
  const { settings, values } = draft
  const at = new Date(needs.now())
  const id = needs.newId('upstream')
  const connection = await sealConnection(needs, { workspaceId, id, at }, draft)
  const toolsetId = needs.newId('toolset')
  const common = { workspaceId, version: 1, createdAt: at, updatedAt: at }
  return {
    server: {
      ...settings,
      ...{ ...common, id, connectionId: connection.id, toolsetId },
      envNames: Object.keys(values.env),
      headerNames: Object.keys(values.headers),
      variables: names,
      ...{ status: 'disconnected', failure: null, serverInfo: null, lastConnectedAt: null },
      challenge: null,
    },
    connection,
    toolset: {
      ...{ ...common, id: toolsetId, connectionId: connection.id, format: 'mcp' },
      name: await freeName(needs, workspaceId, settings.name),
      ...{ title: settings.name.slice(0, 120), description: settings.description },
      ...{ template: null, sourceDigest: null, leftOut: null },
    },
    note: { cause: 'created', ownerId, added: 0, removed: 0, changed: 0 },
  }
}

async function sealConnection(
  { keyring, newId }: ServersNeeds,
  { workspaceId, id, at }: { readonly workspaceId: string; readonly id: string; readonly at: Date },
  { settings, values }: DraftServer,
): Promise<StoredConnection> {
  const row: StoredConnection = {
    ...{ id: newId('connection'), workspaceId, provider: 'mcp', service: 'mcp' },
    ...{ label: settings.name.slice(0, 120), status: 'healthy', statusReason: null },
    ...{ singleton: false, requestedScopes: [], grantedScopes: [], oauthAppId: null },
    ...{ account: null, accountSubject: null, origins: [`mcp://${id}`] },
    ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false, testUrl: null },
    ...{ credentialKind: 'upstream', credentialHint: '', sealed: null, version: 1 },
    ...{ createdAt: at, updatedAt: at, revokedAt: null },
  }
  const content = { kind: 'upstream' as const, ...values, place: placeOf(settings) }
  return { ...row, sealed: await keyring.seal(credentialContext(row), encodeCredential(content)) }
}

/** The name that the server’s tools stand under, for good: another server of a like name gets a number. */
async function freeName(
  { isToolsetTaken }: ServersNeeds,
  workspaceId: string,
  name: string,
): Promise<string> {
  const base = slugOf(name)
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? '' : `-${number}`
    const slug = `${base.slice(0, toolsetNameCharsMax - ending.length).replace(/-$/, '')}${ending}`
    if (!(await isToolsetTaken(workspaceId, slug))) return slug
  }
}

/** Small letters, digits and single hyphens. */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, toolsetNameCharsMax)
    .replaceAll(/^-|-$/g, '') || 'server'
