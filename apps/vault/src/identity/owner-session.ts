import type { OutputOf, Role, signIn } from '@sallyport/contracts'
import { scopesOfRole } from './roles.ts'
import { isToken, newToken, type TokenHash } from './secret-token.ts'

/** A session ends after this long without a request, in ms (S-42). */
export const sessionIdleMs = 30 * 60_000
/** … and after this long in any case. */
const sessionLifeMs = 12 * 3_600_000
/** Characters of a browser's name, or of an address, that are kept. */
const shownCharsMax = 200

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

/** How a session was begun. */
export type SignInMethod = 'password' | 'passkey' | 'setup' | 'invitation' | 'oidc'

/** Where a request came from, and the session that the browser had until now. */
export interface SignInOrigin {
  readonly address: string
  readonly cookie?: string | undefined
  /** The cookie of a sign-in at the organisation's provider that was begun in this browser. */
  readonly flowCookie?: string | undefined
  readonly userAgent?: string | undefined
  /** The header `Host`: by what name the vault was reached. */
  readonly host?: string | undefined
}

/** A session as it is stored. */
export interface NewSession {
  readonly hash: Uint8Array
  readonly id: string
  readonly method: SignInMethod
  readonly userAgent: string | null
  readonly address: string | null
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** When the person last proved who they are; `neverMs` where nobody knows. */
  readonly authenticatedAtMs: number
}

/** Of a session whose person the provider let in without saying when they proved who they are. */
export const neverMs = 0

/** What http answers, and what it puts in the cookie: 43 base64url characters, and when they end at the latest. */
export interface WithSession {
  readonly output: OutputOf<typeof signIn>
  readonly session: { readonly value: string; readonly expiresAtMs: number }
}

export interface NewSessionNeeds {
  readonly newId: (kind: 'session') => string
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/**
 * Makes a session's value, and the row that is stored of it. The person counts as having proved who they are just now, and
 * the session's time begins, unless `times` says something else.
 */
export function newSession(
  needs: NewSessionNeeds,
  given: {
    readonly method: SignInMethod
    readonly from: SignInOrigin
    readonly times?: Partial<Pick<NewSession, 'expiresAtMs' | 'authenticatedAtMs'>>
  },
): { value: string; row: NewSession } {
  const value = newToken('session', needs.randomBytes)
  const createdAtMs = needs.now()
  const { method, from, times } = given
  const row: NewSession = {
    hash: needs.tokenHash(value),
    id: needs.newId('session'),
    method,
    userAgent: shown(from.userAgent),
    address: shown(from.address),
    createdAtMs,
    expiresAtMs: times?.expiresAtMs ?? createdAtMs + sessionLifeMs,
    authenticatedAtMs: times?.authenticatedAtMs ?? createdAtMs,
  }
  return { value, row }
}

/** The keyed hash of the session that a browser had, where what it sent has the form of one. */
export function previousSession(
  { tokenHash }: { readonly tokenHash: TokenHash },
  { cookie }: SignInOrigin,
): Uint8Array | undefined {
  return cookie !== undefined && isToken('session', cookie) ? tokenHash(cookie) : undefined
}

/** What a client says of itself, as it can be shown: bounded, and without what is not seen or changes what is. */
function shown(text: string | undefined): string | null {
  const plain = (text ?? '').replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()
  return plain === '' ? null : [...plain].slice(0, shownCharsMax).join('')
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
    ...(authenticatedAtMs !== undefined &&
      authenticatedAtMs !== neverMs && {
        authenticatedAt: new Date(authenticatedAtMs).toISOString(),
      }),
  }
}

/** The answer that begins a session. */
export function beginning(
  owner: OwnerProfile,
  value: string,
  { expiresAtMs, authenticatedAtMs }: NewSession,
): WithSession {
  const scopes = scopesOfRole(owner.role)
  return {
    output: sessionView(owner, { scopes, expiresAtMs, authenticatedAtMs }),
    session: { value, expiresAtMs },
  }
}
