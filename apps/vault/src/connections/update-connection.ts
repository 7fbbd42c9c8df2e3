import { type InputOf, type OutputOf, Problem, type updateConnection } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { type AcceptedCredential, acceptCredential } from './accept-credential.ts'
import {
  checkExtraHeaders,
  checkNoSecret,
  checkOrigins,
  checkTestUrl,
  invalidField,
} from './check-connection.ts'
import { findApp } from './connect/begin-flow.ts'
import type {
  ConnectionChanges,
  ConnectionRecord,
  StoredConnection,
  TokensChange,
} from './connection-store.ts'
import { type ConnectionsNeeds, getLive, oauthAppGone, recordFailure } from './connections-needs.ts'
import { checkCredential } from './credential-faults.ts'
import { credentialContext, readCredential } from './credential-opener.ts'
import { checkKnownHosts } from './draft-requests.ts'
import { encodeCredential, isRenewable } from './stored-credential.ts'
import type { ConnectionView } from './view-connection.ts'

type Input = InputOf<typeof updateConnection>
type Output = OutputOf<typeof updateConnection>
type Needs = Omit<ConnectionsNeeds, 'probe'> & { readonly view: ConnectionView }

/** How often an update is worked out anew because somebody else was faster. */
const attemptsMax = 4

/**
 * Builds the operation `updateConnection`. What is not named stays. A new credential or other origins seal the
 * credential anew, for the next version of the row, and its tokens with it, and end the calls that are on their way with the
 * old one; what makes it reach further takes, from a session, a fresh sign-in.
 */
export function createConnectionUpdate(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const about = {
      auditId: needs.newId('audit'),
      workspaceId: owner.workspaceId,
      operation: 'updateConnection',
      connectionId: input.connectionId,
      ownerId: owner.ownerId,
    }
    const { stored, changes } = await recordFailure(needs, about, () =>
      compareAndSet(needs, owner, input),
    )
    needs.onChanged(stored)
    if (changes.sealed !== undefined) needs.endCalls({ connectionId: stored.id })
    await needs.audit.record({
      ...about,
      outcome: 'done',
      detail: { changed: namesOf(input), ...(changes.origins && { origins: stored.origins }) },
    })
    return { connection: await needs.view.one(stored) }
  }
}

interface Applied {
  readonly stored: ConnectionRecord
  readonly changes: ConnectionChanges
}

/** A credential that was tried, and when. */
interface Tried extends AcceptedCredential {
  readonly atMs: number
}

async function compareAndSet(
  needs: Needs,
  owner: AuthenticatedOwner,
  input: Input,
): Promise<Applied> {
  // Tried once, however often the rest is worked out: a refresh token may be good for one try.
  let tried: Tried | undefined
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = await getLive(needs, owner.workspaceId, input.connectionId)
    if (reachesFurther(input, current)) requireFreshSession(owner, needs.now())
    refuseKept(input, current)
    const plain = plainChanges(needs, input, current)
    refuseElsewhere(input, plain, current)
    tried ??= await tryCredential(needs, current, { input, plain })
    const { changes, tokens } = await workOut(needs, current, { plain, tried })
    const updatedAt = new Date(needs.now())
    const stored = await needs.store.update(current, { ...changes, updatedAt }, tokens)
    if (stored === 'no-app') throw oauthAppGone()
    if (stored !== undefined) return { stored, changes }
  }
  throw new Problem('version-conflict', 'The connection is being changed by somebody else.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })
}

/** Whether other places get a credential, or these another one. */
const reachesFurther = ({ credential, origins = [] }: Input, current: StoredConnection) =>
  credential !== undefined || origins.some((origin) => !current.origins.includes(origin))

/**
 * Callers name such a connection when they send it credentials of their own: where these go is fixed for good, so that nobody has
 * them sent elsewhere, or takes them where another's goes on.
 */
function refuseElsewhere(
  { credential }: Input,
  { origins }: ConnectionChanges,
  current: StoredConnection,
): void {
  const isOfCaller = current.credentialKind === 'caller'
  const instead = 'make another connection, and let callers name that one'
  if (credential !== undefined && (credential.kind === 'caller') !== isOfCaller) {
    throw invalidField({
      field: 'credential.kind',
      message: isOfCaller
        ? `must be caller, since callers send their own credentials to this connection; ${instead}`
        : 'must not become caller, since the connection has a credential of its own; make another connection',
    })
  }
  if (isOfCaller && origins?.some((origin) => !current.origins.includes(origin)) === true) {
    throw invalidField({
      field: 'origins',
      message: `must not grow, since callers send their own credentials to these; ${instead}`,
    })
  }
}

/**
 * The connection of an upstream MCP server or of a SQL source belongs to it: what is sent where is changed there alone.
 * @throws Problem invalid-input
 */
function refuseKept(input: Input, { origins }: StoredConnection): void {
  const field = namesOf(input).find((name) => name !== 'label')
  const kept = origins.some((origin) => /^(?:mcp|sql):/.test(origin))
  if (field === undefined || !kept) return
  throw invalidField({
    field,
    message:
      'must be left out: the connection belongs to an MCP server or a SQL source; change that',
  })
}

/** A person who may have left the browser open proves that they are there. A token was given its scope by one who did. */
function requireFreshSession(owner: AuthenticatedOwner, nowMs: number): void {
  if (owner.via === 'session') requireFreshSignIn(owner, nowMs)
}

/** Takes the new credential, where there is one, once everything else about it is known to be right. */
async function tryCredential(
  needs: Needs,
  current: StoredConnection,
  { input, plain }: { readonly input: Input; readonly plain: ConnectionChanges },
): Promise<Tried | undefined> {
  const { credential } = input
  if (credential === undefined) return undefined
  if (plain.origins === undefined) await requireSealedOrigins(needs, current)
  checkCredential(needs, credential, plain.origins ?? current.origins)
  const requestedScopes = 'scopes' in credential ? credential.scopes : undefined
  checkNoSecret(credential, { ...current, ...plain, requestedScopes })
  const { workspaceId } = current
  const oauthAppId = credential.kind === 'oauth2' ? await findAppId(needs, current) : undefined
  const accepted = await acceptCredential(needs, credential, { workspaceId, oauthAppId })
  return { ...accepted, atMs: needs.now() }
}

/**
 * The origins of the row count only as far as the old credential was sealed for them: whoever edits a row and waits for the
 * credential to be entered again gets no new one sent anywhere (S-33).
 */
async function requireSealedOrigins({ keyring }: Needs, current: StoredConnection): Promise<void> {
  try {
    await readCredential(keyring, current)
  } catch (error) {
    if (!(error instanceof Problem) || error.type !== 'credential-unreadable') throw error
    throw new Problem('credential-unreadable', 'The credential that is kept cannot be read.', {
      next: 'Look at the origins, since nothing else vouches for them, and send them along with the new credential; or revoke the connection and add it anew.',
      cause: error.cause,
    })
  }
}

/** The client that the account was connected with so far, as its seal says; else the one of the service's provider. */
async function findAppId(needs: Needs, current: StoredConnection): Promise<string> {
  if (current.credentialKind === 'oauth2') {
    const credential = await readCredential(needs.keyring, current)
    if (credential.kind === 'oauth2') return credential.oauthAppId
  }
  const { provider } = current
  // Nothing says whose refresh token it would be.
  if (provider === 'custom') {
    throw invalidField({
      field: 'credential.kind',
      message: 'must be the kind of a key: an account gets a connection of its own',
    })
  }
  return (await findApp(needs, current.workspaceId, { input: {}, provider })).id
}

/** What has to be written so that the connection becomes what the input says. */
async function workOut(
  needs: Needs,
  current: StoredConnection,
  { plain, tried }: { readonly plain: ConnectionChanges; readonly tried: Tried | undefined },
): Promise<{ readonly changes: ConnectionChanges; readonly tokens?: TokensChange | undefined }> {
  const reseals = tried !== undefined || plain.origins !== undefined
  const namesText = plain.label !== undefined || plain.testUrl !== undefined
  if (!reseals && !namesText) return { changes: plain }

  const stored = tried?.stored ?? (await readCredential(needs.keyring, current))
  const origins = plain.origins ?? current.origins
  if (tried === undefined) {
    checkNoSecret(stored, { ...current, ...plain })
    // Of what is kept only this depends on the origins.
    if (stored.kind === 'aws-sigv4') checkCredential(needs, stored, origins)
  }
  if (!reseals) return { changes: plain }

  const next = { ...current, version: current.version + 1, origins, ...tried?.columns }
  const sealed = await needs.keyring.seal(credentialContext(next), encodeCredential(stored))
  const isNew = tried !== undefined && { status: 'healthy' as const, statusReason: null }
  const changes = { ...plain, origins, version: next.version, sealed, ...isNew, ...tried?.columns }
  return { changes, tokens: await tokensOf(needs, { current, next, tried }) }
}

/** The tokens go with the credential: new ones with a new one, none with a key, the same for other origins. */
async function tokensOf(
  needs: Needs,
  {
    current,
    next,
    tried,
  }: {
    readonly current: StoredConnection
    readonly next: StoredConnection
    readonly tried: Tried | undefined
  },
): Promise<TokensChange | undefined> {
  if (tried?.answer !== undefined) {
    const before = await needs.findTokensVersion(current.id)
    const at = { nowMs: tried.atMs, version: (before ?? 0) + 1 }
    return { put: await needs.tokens.sealFirst(next, tried.answer, at), before }
  }
  if (!isRenewable(current.credentialKind)) return undefined
  return tried === undefined ? needs.resealTokens(current, next.origins) : 'drop'
}

/** The changes that do not concern the credential. A test URL always lies within the origins. */
function plainChanges(needs: Needs, input: Input, current: StoredConnection): ConnectionChanges {
  const { label, requestHeaders, responseHeaders, allowEncodedSlash, testUrl } = input
  const origins = input.origins && checkOrigins(input.origins, needs.mayUseOrigin)
  const service = needs.catalog.findService(current.service)
  if (origins !== undefined && service !== undefined) checkKnownHosts(service, origins)
  const probed = testUrl === undefined ? current.testUrl : testUrl
  if (probed !== null) checkTestUrl(probed, origins ?? current.origins)
  return {
    ...(label !== undefined && { label }),
    ...(origins !== undefined && { origins }),
    ...(requestHeaders && { requestHeaders: checkExtraHeaders('requestHeaders', requestHeaders) }),
    ...(responseHeaders && {
      responseHeaders: checkExtraHeaders('responseHeaders', responseHeaders),
    }),
    ...(allowEncodedSlash !== undefined && { allowEncodedSlash }),
    ...(testUrl !== undefined && { testUrl }),
  }
}

const namesOf = (input: Input): string[] =>
  Object.entries(input)
    .filter(([name, value]) => name !== 'connectionId' && value !== undefined)
    .map(([name]) => name)
