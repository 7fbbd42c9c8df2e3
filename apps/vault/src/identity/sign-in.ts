import { Problem } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import {
  beginning,
  type NewSession,
  newSession,
  type OwnerProfile,
  sessionView,
  type WithSession,
} from './owner-session.ts'
import type { Passwords } from './passwords.ts'
import { isToken, type TokenHash } from './secret-token.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { unauthenticated } from './unauthenticated.ts'

/** What signing in needs to know of a person. */
export interface OwnerCredential {
  readonly ownerId: string
  readonly workspaceId: string
  readonly passwordHash: string
}

export interface SessionStore {
  findByEmail(email: string): Promise<OwnerCredential | undefined>
  findById(ownerId: string): Promise<(OwnerCredential & OwnerProfile) | undefined>
  /**
   * Begins a session if the password is still the one that was verified, and ends the one with the hash `ends`.
   * Undefined, and nothing done, if it is not.
   */
  begin(
    owner: OwnerCredential,
    session: NewSession,
    ends: Uint8Array | undefined,
  ): Promise<OwnerProfile | undefined>
  /** Changes the password if it is still the one that was verified; ends all sessions and begins this one. */
  changePassword(
    owner: OwnerCredential,
    given: { passwordHash: string; session: NewSession },
  ): Promise<OwnerProfile | undefined>
  end(hash: Uint8Array): Promise<void>
}

export interface SignInNeeds {
  readonly store: SessionStore
  readonly passwords: Passwords
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly logFailure: (error: unknown) => void
  readonly tokenHash: TokenHash
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/** Where a request came from, and the session that the browser had until now. */
export interface SignInOrigin {
  readonly address: string
  readonly cookie?: string | undefined
}

/** Signing in and out, and the password (S-42). Sessions are opaque, and renewed by everything that proves the password. */
export function createSignIn(needs: SignInNeeds) {
  const { store, record } = needs
  return {
    /**
     * Begins a session and ends the one that the browser had.
     * Problems: `invalid-credentials`, the same for an unknown address and a wrong password; `too-many-attempts`.
     */
    async signIn(
      input: { email: string; password: string },
      from: SignInOrigin,
    ): Promise<WithSession> {
      const email = input.email.toLowerCase()
      const owner = await store.findByEmail(email)
      const who = { email, address: from.address }
      const verified = await proveWith(needs, {
        owner,
        who,
        password: input.password,
        operation: 'signIn',
      })
      const { value, row } = newSession(needs)
      const profile = await store.begin(verified, row, previous(needs, from.cookie))
      if (profile === undefined) throw invalidCredentials()
      await record({ ...subject(verified), operation: 'signIn', outcome: 'done' })
      return beginning(profile, value, row)
    },

    async getSession(owner: AuthenticatedOwner) {
      const profile = await store.findById(owner.ownerId)
      if (profile === undefined) throw unauthenticated()
      return sessionView(profile, owner)
    },

    async signOut(
      owner: AuthenticatedOwner,
    ): Promise<{ output: { signedOut: true }; session: null }> {
      if (owner.sessionHash !== undefined) await store.end(owner.sessionHash)
      await record({ ...subject(owner), operation: 'signOut', outcome: 'done' })
      return { output: { signedOut: true }, session: null }
    },

    /** Changes the person's own password. All their sessions end; the one that asked is renewed. */
    async changePassword(
      owner: AuthenticatedOwner,
      input: { currentPassword: string; newPassword: string },
      from: SignInOrigin,
    ): Promise<WithSession> {
      const operation = 'changePassword'
      const known = await store.findById(owner.ownerId)
      const who = { email: known?.email ?? owner.ownerId, address: from.address }
      const password = input.currentPassword
      const verified = await proveWith(needs, { owner: known, who, password, operation })
      const { value, row } = newSession(needs)
      const passwordHash = await needs.passwords.hash(input.newPassword)
      const profile = await store.changePassword(verified, { passwordHash, session: row })
      if (profile === undefined) throw invalidCredentials()
      await record({ ...subject(verified), operation, outcome: 'done' })
      return beginning(profile, value, row)
    },
  }
}

interface Proof {
  readonly owner: OwnerCredential | undefined
  readonly who: { readonly email: string; readonly address: string }
  readonly password: string
  readonly operation: string
}

async function proveWith(needs: SignInNeeds, proof: Proof): Promise<OwnerCredential> {
  const { owner, who, password, operation } = proof
  await needs.limit.begin(who)
  const isRight = await needs.passwords.verify(password, owner?.passwordHash)
  if (owner === undefined || !isRight) {
    const problem = invalidCredentials()
    // Not waited for: an address that has an account must not answer later than one that has none.
    if (owner !== undefined) {
      needs
        .record({ ...subject(owner), operation, outcome: 'refused', problem: problem.type })
        .catch(needs.logFailure)
    }
    throw problem
  }
  await needs.limit.succeed(who)
  return owner
}

const subject = ({ ownerId, workspaceId }: { ownerId: string; workspaceId: string }) => ({
  ownerId,
  workspaceId,
})

function previous({ tokenHash }: SignInNeeds, cookie: string | undefined): Uint8Array | undefined {
  return cookie !== undefined && isToken('session', cookie) ? tokenHash(cookie) : undefined
}

const invalidCredentials = () =>
  new Problem('invalid-credentials', 'The e-mail address or the password is not right.', {
    next: 'Check both and try again; an owner of the workspace can add you anew.',
  })
