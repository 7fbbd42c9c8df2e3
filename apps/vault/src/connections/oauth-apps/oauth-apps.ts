// Keeps the workspace's own OAuth clients: who the vault is at a provider, and where the provider is.

import {
  type createOAuthApp,
  type deleteOAuthApp,
  type getOAuthApp,
  type InputOf,
  type listOAuthApps,
  type OAuthApp,
  type OutputOf,
  Problem,
  type updateOAuthApp,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { readPage, writePage } from '../../paging/page-cursor.ts'
import { draftApp, leadsElsewhere } from './draft-app.ts'
import { refuse } from './field-faults.ts'
import type { CountedOAuthApp, OAuthAppRecord, StoredOAuthApp } from './oauth-app-store.ts'
import { type OAuthAppsNeeds, redirectUriOf } from './oauth-apps-needs.ts'
import { openApp, type SealedApp, sealApp } from './sealed-app.ts'
import { checkNoSecret, shownOf } from './shown-app.ts'

type One = OutputOf<typeof getOAuthApp>
type Owner = AuthenticatedOwner

/** The room's operations. Each is bound to the caller's workspace; what is not in it is `oauth-app-not-found`. */
export interface OAuthApps {
  /** Problems: `invalid-input`, `oauth-app-exists`, `origin-not-allowed`, `provider-refused`, `provider-unavailable`. */
  create(owner: Owner, input: InputOf<typeof createOAuthApp>): Promise<One>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(owner: Owner, input: InputOf<typeof listOAuthApps>): Promise<OutputOf<typeof listOAuthApps>>
  get(owner: Owner, input: InputOf<typeof getOAuthApp>): Promise<One>
  /**
   * Anything but a new name takes, from a session, a fresh sign-in; where a connection uses it, it stays the client that it is
   * and leads where it led. Problems as of `create`, and `oauth-app-in-use`, `version-conflict`, `credential-unreadable`.
   */
  update(owner: Owner, input: InputOf<typeof updateOAuthApp>): Promise<One>
  /** Problem `oauth-app-in-use`. Attempts to connect with it end. */
  delete(
    owner: Owner,
    input: InputOf<typeof deleteOAuthApp>,
  ): Promise<OutputOf<typeof deleteOAuthApp>>
}

/** Builds the room. */
export function createOAuthApps(needs: OAuthAppsNeeds): OAuthApps {
  const { store } = needs
  return {
    create: createCreation(needs),
    update: createUpdate(needs),

    async list({ workspaceId }, input) {
      const rows = await store.list(workspaceId, readPage(input))
      const { page, ...rest } = writePage(rows, input)
      return { oauthApps: page.map(view), redirectUri: redirectUriOf(needs.pagesUrl()), ...rest }
    },

    async get({ workspaceId }, { oauthAppId }) {
      return { oauthApp: view(await getStored(needs, workspaceId, oauthAppId)) }
    },

    async delete(owner, { oauthAppId }) {
      const { workspaceId } = owner
      const stored = await getStored(needs, workspaceId, oauthAppId)
      const outcome = await store.delete({ workspaceId, id: oauthAppId })
      if (outcome === 'not-found') throw notFound()
      if (outcome === 'in-use') throw inUse('It can be deleted once no connection uses it.')
      needs.onChanged(stored)
      await record(needs, owner, { operation: 'deleteOAuthApp', app: stored })
      return { deleted: true }
    },
  }
}

function createCreation(needs: OAuthAppsNeeds): OAuthApps['create'] {
  return async (owner, { provider, name, ...wish }) => {
    const app = await draftApp(needs, wish, { provider })
    const now = new Date(needs.now())
    const row = {
      id: needs.newId('oauthApp'),
      workspaceId: owner.workspaceId,
      name: name ?? needs.catalog.findProvider(provider)?.name ?? provider,
      ...shownOf(app),
      ...{ version: 1, createdAt: now, updatedAt: now },
    }
    checkNoSecret(app, row)
    const sealed = await sealApp(needs.keyring, row, app)
    if (!(await needs.store.insert({ ...row, sealed }))) throw exists(row.name)
    needs.onChanged(row)
    await record(needs, owner, { operation: 'createOAuthApp', app: row })
    return { oauthApp: view({ ...row, connections: 0 }) }
  }
}

function createUpdate(needs: OAuthAppsNeeds): OAuthApps['update'] {
  return async (owner, { oauthAppId, name, ...wish }) => {
    const current = await getStored(needs, owner.workspaceId, oauthAppId)
    const changed = Object.keys(wish).filter((key) => wish[key as keyof typeof wish] !== undefined)
    const updatedAt = new Date(needs.now())
    if (changed.length > 0 && owner.via === 'session') requireFreshSignIn(owner, needs.now())
    const renamed = { ...(name !== undefined && { name }), updatedAt }
    const before = await open(needs, owner, current)
    if (before.upstream !== undefined && changed.length > 0) throw ofServer()
    const app = await draftApp(needs, wish, before)
    const onlyUnused = leadsElsewhere(before, app)
    if (onlyUnused && current.connections > 0) throw inUse(elsewhere)
    if (onlyUnused) requireSecretAgain(app, wish)
    const row = { ...current, ...renamed, ...shownOf(app), version: current.version + 1 }
    checkNoSecret(app, row)
    const { upstream } = before
    const whole = upstream === undefined ? app : { ...app, upstream }
    const sealed = await sealApp(needs.keyring, row, whole)
    const { id: _id, workspaceId: _workspaceId, createdAt: _at, connections: _n, ...rest } = row
    const stored = await needs.store.update({ ...current, onlyUnused }, { ...rest, sealed })
    if (stored === 'in-use') throw inUse(elsewhere)
    if (stored === 'changed') throw conflict()
    needs.onChanged(stored)
    const names = name === undefined ? changed : ['name', ...changed]
    await record(needs, owner, { operation: 'updateOAuthApp', app: stored, changed: names })
    return { oauthApp: view(stored) }
  }
}

const ofServer = () =>
  new Problem('oauth-app-in-use', 'This OAuth app belongs to an MCP server.', {
    next: 'Sign in to the server again, with another client where that is wanted.',
  })

/** What does not open is an event of its own (S-33). */
async function open(needs: OAuthAppsNeeds, owner: Owner, stored: StoredOAuthApp) {
  try {
    return await openApp(needs.keyring, stored)
  } catch (error) {
    if (error instanceof Problem && error.type === 'credential-unreadable') {
      error.auditId = needs.newId('audit')
      await needs.audit.record({
        ...{ auditId: error.auditId, workspaceId: owner.workspaceId, ownerId: owner.ownerId },
        ...{ operation: 'updateOAuthApp', outcome: 'failed', problem: error.type },
        detail: { oauthAppId: stored.id },
      })
    }
    throw error
  }
}

/**
 * A secret that was entered for one place is not sent to another because an address was changed; nor is what a key signs, which
 * names the issuer and would be good there.
 */
function requireSecretAgain(
  { authentication }: SealedApp,
  wish: { readonly clientSecret?: string | undefined; readonly privateKey?: string | undefined },
): void {
  if (authentication === 'none') return
  const field = authentication === 'private_key_jwt' ? 'privateKey' : 'clientSecret'
  if (wish[field] !== undefined) return
  refuse(
    [{ field, message: 'must be entered again, since it would be used elsewhere' }],
    'Send the secret, or the key, along with the change.',
  )
}

function view(row: CountedOAuthApp): OAuthApp {
  const { issuer, authorizationEndpoint, tokenEndpoint } = row
  const { revocationEndpoint, deviceAuthorizationEndpoint } = row
  return {
    id: row.id,
    provider: row.provider,
    name: row.name,
    clientId: row.clientId,
    clientAuthentication: row.clientAuthentication,
    secretHint: row.secretHint,
    ...(issuer !== null && { issuer }),
    ...(authorizationEndpoint !== null && { authorizationEndpoint }),
    ...(tokenEndpoint !== null && { tokenEndpoint }),
    ...(revocationEndpoint !== null && { revocationEndpoint }),
    ...(deviceAuthorizationEndpoint !== null && { deviceAuthorizationEndpoint }),
    parameters: row.parameters,
    connections: row.connections,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

async function getStored({ store }: OAuthAppsNeeds, workspaceId: string, id: string) {
  const stored = await store.find(workspaceId, id)
  if (stored === undefined) throw notFound()
  return stored
}

function record(
  needs: OAuthAppsNeeds,
  owner: Owner,
  done: {
    readonly operation: string
    readonly app: OAuthAppRecord
    readonly changed?: readonly string[]
  },
) {
  const { operation, app, ...more } = done
  const { id: oauthAppId, provider, name, clientId } = app
  return needs.audit.record({
    auditId: needs.newId('audit'),
    workspaceId: owner.workspaceId,
    operation,
    outcome: 'done',
    ownerId: owner.ownerId,
    detail: { oauthAppId, provider, name, clientId, ...more },
  })
}

const elsewhere =
  'Its client id, endpoints and parameters stay as they are while connections use it; the secret, the key and the name may change.'

const inUse = (why: string) =>
  new Problem('oauth-app-in-use', `Connections use this OAuth app. ${why}`, {
    next: 'Revoke the connections that use it first, or keep another OAuth app under another provider name.',
  })

const exists = (name: string) =>
  new Problem('oauth-app-exists', `There is an OAuth app for ${name} already.`, {
    next: 'Change the one that is there, or choose a provider name of your own for a second one.',
  })

/** One and the same for what does not exist and for what is another workspace's (S-09). */
const notFound = () =>
  new Problem('oauth-app-not-found', 'There is no such OAuth app.', {
    next: 'List the OAuth apps to see which there are.',
  })

const conflict = () =>
  new Problem('version-conflict', 'The OAuth app was changed by somebody else meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })
