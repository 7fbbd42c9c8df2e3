import type { OwnerScope, Role } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { sessionIdleMs } from './owner-session.ts'
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

async function byToken(
  { store, tokenHash, now }: AuthenticateOwnerNeeds,
  bearer: string,
): Promise<AuthenticatedOwner | undefined> {
  if (!isToken('owner', bearer)) return undefined
  const token = await store.findToken(tokenHash(bearer))
  const nowMs = now()
  if (token === undefined || token.expiresAtMs <= nowMs) return undefined
  if (isStale(token.lastUsedAtMs, nowMs)) await store.touchToken(token.tokenId, nowMs)
  const { ownerId, workspaceId, email, role, expiresAtMs } = token
  const ofRole = scopesOfRole(role)
  const scopes = new Set(token.scopes.filter((scope) => ofRole.has(scope)))
  return { ownerId, workspaceId, email, role, scopes, via: 'token', expiresAtMs }
}

async function bySession(
  { store, tokenHash, now }: AuthenticateOwnerNeeds,
  cookie: string,
): Promise<AuthenticatedOwner | undefined> {
  if (!isToken('session', cookie)) return undefined
  const sessionHash = tokenHash(cookie)
  const session = await store.findSession(sessionHash)
  const nowMs = now()
  if (session === undefined || session.expiresAtMs <= nowMs) return undefined
  if (session.lastSeenAtMs + sessionIdleMs <= nowMs) return undefined
  if (isStale(session.lastSeenAtMs, nowMs)) await store.touchSession(sessionHash, nowMs)
  const { ownerId, workspaceId, email, role, expiresAtMs, authenticatedAtMs } = session
  return {
    ownerId,
    workspaceId,
    email,
    role,
    scopes: scopesOfRole(role),
    via: 'session',
    expiresAtMs,
    sessionHash,
    authenticatedAtMs,
  }
}

const isStale = (lastMs: number | undefined, nowMs: number) =>
  lastMs === undefined || nowMs - lastMs >= touchEveryMs
