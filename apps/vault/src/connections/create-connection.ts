import type { Service } from '@sallyport/catalog'
import { type createConnection, type InputOf, type OutputOf, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { type AcceptedCredential, acceptCredential } from './accept-credential.ts'
import { checkNoSecret } from './check-connection.ts'
import { findApp } from './connect/begin-flow.ts'
import type { ConnectionRecord, ConnectionStore } from './connection-store.ts'
import { type ConnectionsNeeds, oauthAppGone, recordFailure } from './connections-needs.ts'
import { checkCredential } from './credential-faults.ts'
import { credentialContext } from './credential-opener.ts'
import { alreadyConnected, draftRequests, findService } from './draft-requests.ts'
import { encodeCredential } from './stored-credential.ts'
import type { ConnectionView } from './view-connection.ts'

type Input = InputOf<typeof createConnection>
type Output = OutputOf<typeof createConnection>
type Needs = Omit<ConnectionsNeeds, 'probe' | 'endCalls'> & { readonly view: ConnectionView }

/**
 * Builds the operation `createConnection`: checks where the credential may go, tries what becomes an access token, and seals
 * all of it for exactly that.
 */
export function createConnectionCreation(needs: Needs) {
  return async (
    owner: AuthenticatedOwner,
    input: Input,
    insertRow: ConnectionStore['insert'] = needs.store.insert,
  ): Promise<Output> => {
    const draft = await draftConnection(needs, owner, input)
    const about = {
      auditId: needs.newId('audit'),
      workspaceId: owner.workspaceId,
      operation: 'createConnection',
      connectionId: draft.id,
      ownerId: owner.ownerId,
    }
    const accepted = await recordFailure(needs, about, () =>
      acceptCredential(needs, input.credential, draft),
    )
    const record = { ...draft, ...accepted.columns }
    const stored = await insert({ ...needs, insertRow }, record, accepted)
    await needs.audit.record({
      ...about,
      outcome: 'done',
      detail: {
        label: stored.label,
        service: stored.service,
        origins: stored.origins,
        credentialKind: stored.credentialKind,
        ...(stored.grantedScopes.length > 0 && { scopes: stored.grantedScopes }),
      },
    })
    return { connection: await needs.view.one(stored) }
  }
}

type Draft = Omit<ConnectionRecord, keyof AcceptedCredential['columns']> & {
  readonly oauthAppId: string | undefined
}

/** Everything that can be wrong is said before a secret is sent anywhere. */
async function draftConnection(
  needs: Needs,
  owner: AuthenticatedOwner,
  input: Input,
): Promise<Draft> {
  const { credential } = input
  const service = findService(needs.catalog, input.service)
  const requests = draftRequests(needs, service, input)
  checkCredential(needs, credential, requests.origins)
  const requestedScopes = 'scopes' in credential ? credential.scopes : undefined
  checkNoSecret(credential, { label: input.label, requestedScopes, ...requests })
  const app = await findImportedApp(needs, owner, { input, service })
  // A refresh token may be used up by being tried: not for a connection that there cannot be.
  if (service.singleton && (await needs.isTaken(owner.workspaceId, service.id))) {
    throw alreadyConnected(service.id)
  }
  const now = new Date(needs.now())
  return {
    id: needs.newId('connection'),
    workspaceId: owner.workspaceId,
    provider: app?.client.provider ?? service.provider,
    service: service.id,
    label: input.label,
    status: 'healthy',
    statusReason: null,
    singleton: service.singleton,
    ...requests,
    oauthAppId: app?.id,
    version: 1,
    createdAt: now,
    updatedAt: now,
    revokedAt: null,
  }
}

/** The OAuth client that a refresh token was given to. */
async function findImportedApp(
  needs: Needs,
  { workspaceId }: AuthenticatedOwner,
  { input, service }: { readonly input: Input; readonly service: Service },
) {
  if (input.credential.kind === 'oauth2') {
    return findApp(needs, workspaceId, { input, provider: service.provider })
  }
  if (input.oauthAppId === undefined) return undefined
  throw new Problem('invalid-input', 'oauthAppId goes with a refresh token alone.', {
    next: 'Leave it out.',
    fields: [{ field: 'oauthAppId', message: 'must be left out with this kind of credential' }],
  })
}

async function insert(
  needs: Needs & { readonly insertRow: ConnectionStore['insert'] },
  record: ConnectionRecord,
  { stored, answer }: AcceptedCredential,
): Promise<ConnectionRecord> {
  const sealed = await needs.keyring.seal(credentialContext(record), encodeCredential(stored))
  const tokens =
    answer && (await needs.tokens.sealFirst(record, answer, { nowMs: record.createdAt.getTime() }))
  const inserted = await needs.insertRow({ ...record, sealed }, tokens)
  if (inserted === undefined) throw alreadyConnected(record.service)
  if (inserted === 'no-app') throw oauthAppGone()
  return inserted
}
