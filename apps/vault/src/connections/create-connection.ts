import type { createConnection, InputOf, OutputOf } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { checkCredential, checkNoSecret, invalidField } from './check-connection.ts'
import type { ConnectionRecord } from './connection-store.ts'
import type { ConnectionsNeeds } from './connections-needs.ts'
import { credentialContext } from './credential-opener.ts'
import { hintOf } from './credential-secrets.ts'
import { alreadyConnected, draftRequests, findService } from './draft-requests.ts'
import { encodeCredential } from './stored-credential.ts'
import { viewConnection } from './view-connection.ts'

type Input = InputOf<typeof createConnection>
type Output = OutputOf<typeof createConnection>
type Needs = Pick<
  ConnectionsNeeds,
  'store' | 'keyring' | 'catalog' | 'audit' | 'mayUseOrigin' | 'newId' | 'now'
>

/** Builds the operation `createConnection`: checks where the credential may go, and seals it for exactly that. */
export function createConnectionCreation(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const record = draft(needs, owner, input)
    const { credential } = input
    if (credential.kind === 'oauth2') {
      throw invalidField({ field: 'credential.kind', message: 'must be the kind of a key' })
    }
    checkCredential(credential)
    checkNoSecret(credential, record)
    const sealed = await needs.keyring.seal(credentialContext(record), encodeCredential(credential))
    const stored = await needs.store.insert({ ...record, sealed })
    if (stored === undefined) throw alreadyConnected(record.service)
    await needs.audit.record({
      auditId: needs.newId('audit'),
      workspaceId: owner.workspaceId,
      operation: 'createConnection',
      outcome: 'done',
      connectionId: stored.id,
      ownerId: owner.ownerId,
      detail: {
        label: stored.label,
        service: stored.service,
        origins: stored.origins,
        credentialKind: stored.credentialKind,
      },
    })
    return { connection: viewConnection(stored) }
  }
}

function draft(needs: Needs, owner: AuthenticatedOwner, input: Input): ConnectionRecord {
  const service = findService(needs.catalog, input.service)
  const now = new Date(needs.now())
  return {
    id: needs.newId('connection'),
    workspaceId: owner.workspaceId,
    provider: service.provider,
    service: service.id,
    label: input.label,
    status: 'healthy',
    statusReason: null,
    singleton: service.singleton,
    requestedScopes: [],
    grantedScopes: [],
    oauthAppId: null,
    account: null,
    accountSubject: null,
    ...draftRequests(needs, service, input),
    credentialKind: input.credential.kind,
    credentialHint: hintOf(input.credential),
    version: 1,
    createdAt: now,
    updatedAt: now,
    revokedAt: null,
  }
}
