import { type InputOf, Problem, type Role, type signInWithPasskey } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { type LocalSignIn, requireLocal } from './local-sign-in.ts'
import { ownerEvent } from './owner-event.ts'
import {
  beginning,
  type NewSessionNeeds,
  newSession,
  type OwnerProfile,
  previousSession,
  type SignInOrigin,
  type WithSession,
} from './owner-session.ts'
import type { PasskeyChallenges } from './passkey-challenges.ts'
import { passkeyRefused } from './passkey-problems.ts'
import type { PasskeyStore } from './passkeys.ts'
import type { RelyingParties } from './relying-party.ts'
import { requireSession, sessionOf } from './require-session.ts'
import type { Replacement } from './sign-in.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { askForSignature, type NewCredential, readSigner, verifySignature } from './webauthn.ts'

/** A passkey, with whose it is. */
export interface StoredPasskey extends Omit<NewCredential, 'backedUp'> {
  readonly id: string
  readonly ownerId: string
  readonly workspaceId: string
  readonly role: Role
}

/** That a passkey signed: its new counter, which has to be above the one that is stored, or zero as that one. */
export interface PasskeyUse {
  readonly passkeyId: string
  readonly ownerId: string
  readonly counter: number
  readonly backedUp: boolean
  readonly atMs: number
}

export interface PasskeySignInStore extends Pick<PasskeyStore, 'listCredentials'> {
  find(credentialId: string, rpId: string): Promise<StoredPasskey | undefined>
  /** Notes the use and replaces the session; undefined, and nothing done, where passkey or counter are not as they were. */
  begin(use: PasskeyUse, replacement: Replacement): Promise<OwnerProfile | undefined>
}

export interface PasskeySignInNeeds extends NewSessionNeeds {
  readonly store: PasskeySignInStore
  readonly parties: RelyingParties
  readonly challenges: PasskeyChallenges
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly localSignIn: LocalSignIn
}

type Answer = InputOf<typeof signInWithPasskey>

/** Signing in with a passkey, and proving with one that one is still there (S-42). */
export function createPasskeySignIn(needs: PasskeySignInNeeds) {
  const { store, parties, challenges, limit, randomBytes } = needs
  return {
    /** Nobody is named: the device says who it is. Problems: `too-many-attempts`, `passkey-refused` where the address can have none. */
    async begin({ address, host }: SignInOrigin) {
      const party = parties.require(host)
      await limit.countChallenge(address)
      return challenges.open(await askForSignature({ party, randomBytes }), 'sign-in')
    },

    /**
     * Begins a session and ends the one that the browser had. Problems: `passkey-refused`, `too-many-attempts`;
     * `sign-in-refused` where single sign-on is demanded.
     */
    async signIn(answer: Answer, from: SignInOrigin): Promise<WithSession> {
      const ends = previousSession(needs, from)
      return signWith(needs, answer, { from, ends, operation: 'signInWithPasskey' })
    },

    /** Problem `passkey-not-found` where the person has none for this address. */
    async beginReauthentication(owner: AuthenticatedOwner, { host }: Pick<SignInOrigin, 'host'>) {
      requireSession(owner)
      const party = parties.at(host)
      const allowed = party ? await store.listCredentials(owner.ownerId, party.id) : []
      if (party === undefined || allowed.length === 0) throw noPasskey()
      const asked = await askForSignature({ party, allowed, randomBytes })
      return challenges.open(asked, 'reauthenticate', owner.ownerId)
    },

    /** Renews the session that asks. Problems: `passkey-refused`, `too-many-attempts`. */
    async reauthenticate(
      owner: AuthenticatedOwner,
      answer: Answer,
      from: SignInOrigin,
    ): Promise<WithSession> {
      const ends = sessionOf(owner)
      return signWith(needs, answer, { from, ends, operation: 'reauthenticate', owner })
    },
  }
}

interface Signing {
  readonly from: SignInOrigin
  readonly ends: Uint8Array | undefined
  readonly operation: string
  /** Who it has to be; anybody where it is left out. */
  readonly owner?: AuthenticatedOwner
}

async function signWith(
  needs: PasskeySignInNeeds,
  answer: Answer,
  { from, ends, operation, owner }: Signing,
): Promise<WithSession> {
  const who = { address: from.address }
  await needs.limit.begin(who)
  const passkey = await findSigner(needs, answer.response, owner)
  const use = await verifyUse(needs, { answer, passkey, owner })
  const how = await methodOf(needs, { owner, passkey: use && passkey, who, operation })
  const { value, row: session } = newSession(needs, { ...how, from })
  const onlyIfEnded = owner !== undefined
  const profile = use && (await needs.store.begin(use, { session, ends, onlyIfEnded }))
  if (profile === undefined) {
    const problem = passkeyRefused()
    const person = passkey ?? owner
    if (person !== undefined) {
      const refusal = { outcome: 'refused', problem: problem.type } as const
      await needs.record({ ...ownerEvent(person, operation), ...refusal })
    }
    throw problem
  }
  await needs.limit.succeed(who)
  const person = { ownerId: profile.id, workspaceId: profile.workspaceId }
  const detail = { method: 'passkey', passkeyId: use?.passkeyId ?? '' }
  await needs.record(ownerEvent(person, operation, detail))
  return beginning(profile, value, session)
}

/** How the session begins, where a passkey that was right may begin or renew one. Problem: `sign-in-refused`. */
async function methodOf(
  needs: PasskeySignInNeeds,
  given: {
    owner: AuthenticatedOwner | undefined
    passkey: StoredPasskey | undefined
    who: { readonly address: string }
    operation: string
  },
) {
  const { owner, passkey, who, operation } = given
  if (owner !== undefined) return needs.localSignIn.renew(owner, 'passkey')
  if (passkey !== undefined) await requireLocal(needs, passkey, { who, operation })
  return { method: 'passkey' } as const
}

async function findSigner(
  { store, parties }: PasskeySignInNeeds,
  response: unknown,
  owner: AuthenticatedOwner | undefined,
): Promise<StoredPasskey | undefined> {
  const signer = readSigner(response)
  const party = parties.at()
  if (signer === undefined || party === undefined) return undefined
  const passkey = await store.find(signer.credentialId, party.id)
  if (passkey === undefined) return undefined
  if (owner !== undefined && passkey.ownerId !== owner.ownerId) return undefined
  const isTheirs = signer.userHandle === undefined || signer.userHandle === passkey.ownerId
  return isTheirs ? passkey : undefined
}

async function verifyUse(
  { challenges, parties, now }: PasskeySignInNeeds,
  given: {
    answer: Answer
    passkey: StoredPasskey | undefined
    owner: AuthenticatedOwner | undefined
  },
): Promise<PasskeyUse | undefined> {
  const { answer, passkey, owner } = given
  const purpose = owner === undefined ? 'sign-in' : 'reauthenticate'
  // Used up by every answer, the right ones and the others.
  const challenge = await challenges.consume(answer.challengeId, purpose, owner?.ownerId)
  const party = parties.at()
  if (challenge === undefined || party === undefined || passkey === undefined) return undefined
  const credential = passkey
  const signed = await verifySignature(answer.response, { party, challenge, credential })
  if (signed === undefined) return undefined
  return { passkeyId: passkey.id, ownerId: passkey.ownerId, ...signed, atMs: now() }
}

const noPasskey = () =>
  new Problem('passkey-not-found', 'You have no passkey that works at this address.', {
    next: 'Use your password, and add a passkey in the settings of your account.',
  })
