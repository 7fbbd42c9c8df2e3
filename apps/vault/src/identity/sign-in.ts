import type { InputOf, signIn } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { type LocalSignIn, requireLocal } from './local-sign-in.ts'
import { ownerEvent } from './owner-event.ts'
import {
  beginning,
  type NewSession,
  type NewSessionNeeds,
  neverMs,
  newSession,
  type OwnerProfile,
  previousSession,
  type SignInOrigin,
  sessionView,
  type WithSession,
} from './owner-session.ts'
import {
  type OwnerCredential,
  type ProveNeeds,
  type ProvenPerson,
  provePassword,
  provePerson,
  refused,
} from './prove-person.ts'
import { unauthenticated } from './unauthenticated.ts'

/** A session that takes the place of another one. */
export interface Replacement {
  readonly session: NewSession
  /** The session to end, if there is one. */
  readonly ends: Uint8Array | undefined
  /** Begin nothing where the session to end is not there any more. */
  readonly onlyIfEnded: boolean
}

export interface SessionStore {
  findByEmail(email: string): Promise<OwnerCredential | undefined>
  findById(ownerId: string): Promise<(OwnerCredential & OwnerProfile) | undefined>
  /**
   * Begins a session if what was proved still holds, using up the second factor, and ends the one that it replaces. Undefined,
   * and nothing done, if it does not hold.
   */
  begin(proven: ProvenPerson, replacement: Replacement): Promise<OwnerProfile | undefined>
  /** Changes the password if it is still the one that was verified; ends all sessions and begins this one. */
  changePassword(
    owner: OwnerCredential,
    given: { passwordHash: string; session: NewSession },
  ): Promise<OwnerProfile | undefined>
  end(hash: Uint8Array): Promise<void>
}

export interface SignInNeeds extends ProveNeeds, NewSessionNeeds {
  readonly store: SessionStore
  readonly localSignIn: LocalSignIn
}

/** Signing in and out, and the password (S-42). Sessions are opaque, and renewed by everything that proves the password. */
export function createSignIn(needs: SignInNeeds) {
  const { store, record, limit } = needs
  return {
    /**
     * Begins a session and ends the one that the browser had.
     * Problems: `invalid-credentials`, the same for an unknown address, a wrong password and a wrong code; `otp-required`;
     * `too-many-attempts`; `sign-in-refused` where single sign-on is demanded.
     */
    async signIn(input: InputOf<typeof signIn>, from: SignInOrigin): Promise<WithSession> {
      const operation = 'signIn'
      const email = input.email.toLowerCase()
      const who = { email, address: from.address }
      const owner = await store.findByEmail(email)
      const { password, otp } = input
      const proven = await provePerson(needs, { owner, who, password, otp, operation })
      await requireLocal(needs, proven.owner, { who, operation })
      const { value, row: session } = newSession(needs, { method: 'password', from })
      const ends = previousSession(needs, from)
      const profile = await store.begin(proven, { session, ends, onlyIfEnded: false })
      if (profile === undefined) throw refused(needs, { owner, operation })
      await limit.succeed(who)
      const detail = { method: session.method, secondFactor: proven.factor.kind }
      await record(ownerEvent(proven.owner, operation, detail))
      return beginning(profile, value, session)
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
      await record(ownerEvent(owner, 'signOut'))
      return { output: { signedOut: true }, session: null }
    },

    /**
     * Changes the person's own password. All their sessions end; the one that asked is renewed. Where signing in takes a code
     * as well, the password alone makes no fresh sign-in, and no session that lasts longer.
     */
    async changePassword(
      owner: AuthenticatedOwner,
      input: { currentPassword: string; newPassword: string },
      from: SignInOrigin,
    ): Promise<WithSession> {
      const operation = 'changePassword'
      const known = await store.findById(owner.ownerId)
      const who = { email: owner.email, address: from.address }
      const password = input.currentPassword
      const verified = await provePassword(needs, { owner: known, who, password, operation })
      const isWhole = verified.totp === undefined
      const { expiresAtMs, authenticatedAtMs = neverMs } = owner
      const renewal = await needs.localSignIn.renew(owner, 'password')
      const times = isWhole ? renewal.times : { expiresAtMs, authenticatedAtMs }
      const { value, row } = newSession(needs, { ...renewal, from, ...(times && { times }) })
      const passwordHash = await needs.passwords.hash(input.newPassword)
      const profile = await store.changePassword(verified, { passwordHash, session: row })
      if (profile === undefined) throw refused(needs, { owner: known, operation })
      if (isWhole) await limit.succeed(who)
      else await limit.takeBack(who)
      await record(ownerEvent(verified, operation))
      return beginning(profile, value, row)
    },
  }
}
