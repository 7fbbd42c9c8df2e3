import { type InputOf, type OutputOf, Problem, type updateConnection } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import {
  checkCredential,
  checkExtraHeaders,
  checkNoSecret,
  checkOrigins,
  checkTestUrl,
  invalidField,
} from './check-connection.ts'
import type { ConnectionChanges, ConnectionRecord, StoredConnection } from './connection-store.ts'
import { type ConnectionsNeeds, getLive } from './connections-needs.ts'
import { credentialContext, readCredential } from './credential-opener.ts'
import { hintOf } from './credential-secrets.ts'
import { encodeCredential } from './stored-credential.ts'
import { viewConnection } from './view-connection.ts'

type Input = InputOf<typeof updateConnection>
type Output = OutputOf<typeof updateConnection>
type Needs = Omit<ConnectionsNeeds, 'catalog' | 'probe'>

/** How often an update is worked out anew because somebody else was faster. */
const attemptsMax = 4

/**
 * Builds the operation `updateConnection`. What is not named stays. A new credential or other origins seal the
 * credential anew, for the next version of the row, and end the calls that are on their way with the old one; what makes it
 * reach further takes, from a session, a fresh sign-in.
 */
export function createConnectionUpdate(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { stored, changes } = await compareAndSet(needs, owner, input)
    needs.onChanged(stored)
    if (changes.sealed !== undefined) needs.endCalls({ connectionId: stored.id })
    await needs.audit.record({
      ...subject(needs, owner, input),
      outcome: 'done',
      detail: { changed: namesOf(input), ...(changes.origins && { origins: stored.origins }) },
    })
    return { connection: viewConnection(stored) }
  }
}

interface Applied {
  readonly stored: ConnectionRecord
  readonly changes: ConnectionChanges
}

async function compareAndSet(
  needs: Needs,
  owner: AuthenticatedOwner,
  input: Input,
): Promise<Applied> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = await getLive(needs, owner.workspaceId, input.connectionId)
    if (reachesFurther(input, current)) requireFreshSession(owner, needs.now())
    const changes = await recordFailure(needs, subject(needs, owner, input), () =>
      workOut(needs, current, input),
    )
    const updatedAt = new Date(needs.now())
    const stored = await needs.store.update(current, { ...changes, updatedAt })
    if (stored !== undefined) return { stored, changes }
  }
  throw new Problem('version-conflict', 'The connection is being changed by somebody else.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })
}

/** Whether other places get a credential, or these another one. */
const reachesFurther = ({ credential, origins = [] }: Input, current: StoredConnection) =>
  credential !== undefined || origins.some((origin) => !current.origins.includes(origin))

/** A person who may have left the browser open proves that they are there. A token was given its scope by one who did. */
function requireFreshSession(owner: AuthenticatedOwner, nowMs: number): void {
  if (owner.via === 'session') requireFreshSignIn(owner, nowMs)
}

/** What has to be written so that the connection becomes what the input says. */
async function workOut(
  needs: Needs,
  current: StoredConnection,
  input: Input,
): Promise<ConnectionChanges> {
  const origins = input.origins && checkOrigins(input.origins, needs.mayUseOrigin)
  const plain = plainChanges(input, current, origins)
  const reseals = input.credential !== undefined || origins !== undefined
  const namesText = input.label !== undefined || plain.testUrl !== undefined
  if (!reseals && !namesText) return plain

  if (input.credential?.kind === 'oauth2') {
    throw invalidField({ field: 'credential.kind', message: 'must be the kind of a key' })
  }
  const credential = input.credential ?? (await readCredential(needs.keyring, current))
  checkCredential(credential)
  checkNoSecret(credential, { ...current, ...plain })
  if (!reseals) return plain

  const next = { ...current, version: current.version + 1, origins: origins ?? current.origins }
  const sealed = await needs.keyring.seal(credentialContext(next), encodeCredential(credential))
  return {
    ...plain,
    origins: next.origins,
    version: next.version,
    sealed,
    ...(input.credential !== undefined && {
      status: 'healthy',
      credentialKind: credential.kind,
      credentialHint: hintOf(credential),
    }),
  }
}

/** The changes that do not concern the credential. A test URL always lies within the origins. */
function plainChanges(
  input: Input,
  current: StoredConnection,
  origins = current.origins,
): ConnectionChanges {
  const { label, requestHeaders, responseHeaders, allowEncodedSlash, testUrl } = input
  const probed = testUrl === undefined ? current.testUrl : testUrl
  if (probed !== null) checkTestUrl(probed, origins)
  return {
    ...(label !== undefined && { label }),
    ...(requestHeaders && { requestHeaders: checkExtraHeaders('requestHeaders', requestHeaders) }),
    ...(responseHeaders && {
      responseHeaders: checkExtraHeaders('responseHeaders', responseHeaders),
    }),
    ...(allowEncodedSlash !== undefined && { allowEncodedSlash }),
    ...(testUrl !== undefined && { testUrl }),
  }
}

/** A credential that does not open is an event of its own (S-33); the failure goes on unchanged. */
async function recordFailure<T>(
  { audit }: Pick<Needs, 'audit'>,
  about: ReturnType<typeof subject>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Problem && error.type === 'credential-unreadable') {
      await audit.record({ ...about, outcome: 'failed', problem: error.type })
      error.auditId = about.auditId
    }
    throw error
  }
}

function subject(needs: Pick<Needs, 'newId'>, owner: AuthenticatedOwner, input: Input) {
  return {
    auditId: needs.newId('audit'),
    workspaceId: owner.workspaceId,
    operation: 'updateConnection',
    connectionId: input.connectionId,
    ownerId: owner.ownerId,
  }
}

const namesOf = (input: Input): string[] =>
  Object.entries(input)
    .filter(([name, value]) => name !== 'connectionId' && value !== undefined)
    .map(([name]) => name)
