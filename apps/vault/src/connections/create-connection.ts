import { nearestNames } from '@sallyport/catalog'
import { type createConnection, type InputOf, type OutputOf, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import {
  checkCredential,
  checkExtraHeaders,
  checkNoSecret,
  checkOrigins,
  checkTestUrl,
  invalidField,
} from './check-connection.ts'
import type { ConnectionRecord } from './connection-store.ts'
import type { ConnectionsNeeds } from './connections-needs.ts'
import { credentialContext } from './credential-opener.ts'
import { hintOf } from './credential-secrets.ts'
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
  const origins = checkOrigins(input.origins ?? service.origins, needs.mayUseOrigin)
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
    origins,
    requestHeaders: checkExtraHeaders(
      'requestHeaders',
      input.requestHeaders ?? service.requestHeaders,
    ),
    responseHeaders: checkExtraHeaders(
      'responseHeaders',
      input.responseHeaders ?? service.responseHeaders,
    ),
    allowEncodedSlash: input.allowEncodedSlash ?? service.allowEncodedSlash,
    testUrl: input.testUrl === undefined ? null : checkTestUrl(input.testUrl, origins),
    credentialKind: input.credential.kind,
    credentialHint: hintOf(input.credential),
    version: 1,
    createdAt: now,
    updatedAt: now,
    revokedAt: null,
  }
}

function findService(catalog: Needs['catalog'], id: string) {
  const service = catalog.findService(id)
  if (service !== undefined) return service
  const suggestions = nearestNames(
    id,
    catalog.services.map((known) => known.id),
  )
  const shown = id.replace(/[^\x20-\x7e]/g, '?')
  throw new Problem('invalid-input', `The catalog has no service "${shown}".`, {
    next:
      suggestions.length > 0
        ? `Did you mean ${suggestions.join(' or ')}? For an API of your own leave service out.`
        : 'For an API of your own leave service out, or write custom.',
    fields: [{ field: 'service', message: 'must be a service of the catalog, or custom' }],
    extra: { suggestions },
  })
}

function alreadyConnected(service: string): Problem {
  return new Problem(
    'connection-exists',
    `${service} is connected already, and agents may call it by that name, so there can be only one.`,
    { next: 'Change the credential of the connection that is there, or revoke that one first.' },
  )
}
