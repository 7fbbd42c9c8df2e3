import type { OutputOf, Role, signIn } from '@sallyport/contracts'
import { scopesOfRole } from './roles.ts'
import { newToken, type TokenHash } from './secret-token.ts'

/** A session ends after this long without a request, in ms (S-42). */
export const sessionIdleMs = 30 * 60_000
/** … and after this long in any case. */
const sessionLifeMs = 12 * 3_600_000

/** A person with their workspace, as stored. */
export interface OwnerProfile {
  readonly id: string
  readonly workspaceId: string
  readonly workspaceName: string
  readonly workspaceFrozen: boolean
  readonly email: string
  readonly role: Role
  readonly createdAt: Date
}

/** A session as it is stored. */
export interface NewSession {
  readonly hash: Uint8Array
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** What http answers, and what it puts in the cookie: 43 base64url characters, and when they end at the latest. */
export interface WithSession {
  readonly output: OutputOf<typeof signIn>
  readonly session: { readonly value: string; readonly expiresAtMs: number }
}

/** Makes a session's value, and the row that is stored of it. */
export function newSession(needs: {
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}): { value: string; row: NewSession } {
  const value = newToken('session', needs.randomBytes)
  const createdAtMs = needs.now()
  const expiresAtMs = createdAtMs + sessionLifeMs
  return { value, row: { hash: needs.tokenHash(value), createdAtMs, expiresAtMs } }
}

/** A person as the members' list shows them. */
export function memberView(person: Pick<OwnerProfile, 'id' | 'email' | 'role' | 'createdAt'>) {
  const { id, email, role, createdAt } = person
  return { id, email, role, createdAt: createdAt.toISOString() }
}

/** Who is signed in, where, and with what scopes. */
export function sessionView(
  owner: OwnerProfile,
  {
    scopes,
    expiresAtMs,
    authenticatedAtMs,
  }: { scopes: Iterable<string>; expiresAtMs: number; authenticatedAtMs?: number },
): OutputOf<typeof signIn> {
  const allowed = new Set<string>(scopes)
  return {
    owner: memberView(owner),
    workspace: {
      id: owner.workspaceId,
      name: owner.workspaceName,
      frozen: owner.workspaceFrozen,
    },
    scopes: [...scopesOfRole(owner.role)].filter((scope) => allowed.has(scope)),
    expiresAt: new Date(expiresAtMs).toISOString(),
    ...(authenticatedAtMs !== undefined && {
      authenticatedAt: new Date(authenticatedAtMs).toISOString(),
    }),
  }
}

/** The answer that begins a session. */
export function beginning(
  owner: OwnerProfile,
  value: string,
  { createdAtMs, expiresAtMs }: NewSession,
): WithSession {
  const scopes = scopesOfRole(owner.role)
  return {
    output: sessionView(owner, { scopes, expiresAtMs, authenticatedAtMs: createdAtMs }),
    session: { value, expiresAtMs },
  }
}
