import type { OwnerScope, Role } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { type SignInMethod, sessionIdleMs } from './owner-session.ts'
import { scopesOfRole } from './roles.ts'
import { isToken, type TokenHash } from './secret-token.ts'
import { unauthenticated } from './unauthenticated.ts'

/** How exact the time of last use is, in ms. A session may end this much before its idle time is over, never after. */
const touchEveryMs = 60_000

interface Bearer {
  readonly ownerId: string
  readonly workspaceId: string
  readonly email: string
  /** As it is now, not as it was when the session or token began. */
  readonly role: Role
  readonly expiresAtMs: number
}
export interface SessionAccess extends Bearer {
  readonly lastSeenAtMs: number
  readonly authenticatedAtMs: number
  readonly method: SignInMethod
}
export interface TokenAccess extends Bearer {
  readonly tokenId: string
  readonly scopes: readonly OwnerScope[]
  readonly lastUsedAtMs: number | undefined
}

export interface OwnerAccessStore {
  findSession(hash: Uint8Array): Promise<SessionAccess | undefined>
  touchSession(hash: Uint8Array, nowMs: number): Promise<void>
  findToken(hash: Uint8Array): Promise<TokenAccess | undefined>
  touchToken(tokenId: string, nowMs: number): Promise<void>
}

interface AuthenticateOwnerNeeds {
  readonly store: OwnerAccessStore
  readonly tokenHash: TokenHash
  readonly now: () => number
}

/**
 * Tells which person a session's cookie or a personal access token belongs to. Where both are given the token counts
 * alone. Anything but one that is good now is the same Problem `unauthenticated` (S-06, S-08, S-42).
 */
export function createAuthenticateOwner(needs: AuthenticateOwnerNeeds) {
  return async (given: { bearer?: string; cookie?: string }): Promise<AuthenticatedOwner> => {
    const owner =
      given.bearer !== undefined
        ? await byToken(needs, given.bearer)
        : await bySession(needs, given.cookie ?? '')
    if (owner === undefined) throw unauthenticated()
    return owner
  }
}

/**
 * Looks again whether the session or token is still good, and with what scopes; undefined where it is not. It does not
 * count as use: a session that is only looked at runs out. Problem: `store-unavailable`.
 */
export function createRecheckOwner(needs: Pick<AuthenticateOwnerNeeds, 'store' | 'now'>) {
  return async ({
    sessionHash,
    tokenHash,
  }: AuthenticatedOwner): Promise<AuthenticatedOwner | undefined> => {
    if (tokenHash !== undefined) return (await findToken(needs, tokenHash))?.owner
    if (sessionHash !== undefined) return (await findSession(needs, sessionHash))?.owner
    return undefined
  }
}

type Lookup = Pick<AuthenticateOwnerNeeds, 'store' | 'now'>

async function byToken(
  needs: AuthenticateOwnerNeeds,
  bearer: string,
): Promise<AuthenticatedOwner | undefined> {
  if (!isToken('owner', bearer)) return undefined
  const found = await findToken(needs, needs.tokenHash(bearer))
  if (found === undefined) return undefined
  const { owner, token } = found
  const nowMs = needs.now()
  if (isStale(token.lastUsedAtMs, nowMs)) await needs.store.touchToken(token.tokenId, nowMs)
  return owner
}

async function findToken({ store, now }: Lookup, tokenHash: Uint8Array) {
  const token = await store.findToken(tokenHash)
  if (token === undefined || token.expiresAtMs <= now()) return undefined
  const { ownerId, workspaceId, email, role, expiresAtMs } = token
  const ofRole = scopesOfRole(role)
  const scopes = new Set(token.scopes.filter((scope) => ofRole.has(scope)))
  const owner: AuthenticatedOwner = {
    ...{ ownerId, workspaceId, email, role, scopes, via: 'token', expiresAtMs, tokenHash },
  }
  return { owner, token }
}

async function bySession(
  needs: AuthenticateOwnerNeeds,
  cookie: string,
): Promise<AuthenticatedOwner | undefined> {
  if (!isToken('session', cookie)) return undefined
  const sessionHash = needs.tokenHash(cookie)
  const found = await findSession(needs, sessionHash)
  if (found === undefined) return undefined
  const nowMs = needs.now()
  if (isStale(found.session.lastSeenAtMs, nowMs)) await needs.store.touchSession(sessionHash, nowMs)
  return found.owner
}

async function findSession({ store, now }: Lookup, sessionHash: Uint8Array) {
  const session = await store.findSession(sessionHash)
  const nowMs = now()
  if (session === undefined || session.expiresAtMs <= nowMs) return undefined
  if (session.lastSeenAtMs + sessionIdleMs <= nowMs) return undefined
  const { ownerId, workspaceId, email, role, expiresAtMs, authenticatedAtMs, method } = session
  const owner: AuthenticatedOwner = {
    ...{ ownerId, workspaceId, email, role, expiresAtMs, sessionHash, authenticatedAtMs, method },
    scopes: scopesOfRole(role),
    via: 'session',
  }
  return { owner, session }
}

const isStale = (lastMs: number | undefined, nowMs: number) =>
  lastMs === undefined || nowMs - lastMs >= touchEveryMs
