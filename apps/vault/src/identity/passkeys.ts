import {
  type createPasskey,
  type InputOf,
  type listPasskeys,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { ownerEvent } from './owner-event.ts'
import type { PasskeyChallenges } from './passkey-challenges.ts'
import { passkeyRefused } from './passkey-problems.ts'
import type { RelyingParties } from './relying-party.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import { requireSession, sessionOf } from './require-session.ts'
import {
  askForPasskey,
  type KnownCredential,
  type NewCredential,
  verifyNewPasskey,
} from './webauthn.ts'

/** Passkeys that a person can have. */
const passkeysMax = 20

/** A passkey, as its person sees it. */
export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly backedUp: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** A passkey as it is stored. */
export interface NewPasskey extends NewCredential {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly rpId: string
  readonly createdAtMs: number
}

export interface PasskeyStore {
  list(ownerId: string, page: PageAfter): Promise<PasskeyRow[]>
  /** Those of a person for one domain; a person has `passkeysMax` at most. */
  listCredentials(ownerId: string, rpId: string): Promise<KnownCredential[]>
  /** Says why not where the person has `passkeysMax` already or the credential is stored already. */
  insert(passkey: NewPasskey, passkeysMax: number): Promise<PasskeyRow | 'too-many' | 'known'>
  /** Removes it and ends the person's sessions but the one with the hash `keeps`. False where the person has no such passkey. */
  delete(given: { ownerId: string; passkeyId: string; keeps: Uint8Array }): Promise<boolean>
}

interface PasskeysNeeds {
  readonly store: PasskeyStore
  readonly parties: RelyingParties
  readonly challenges: PasskeyChallenges
  readonly record: RecordEvent
  readonly newId: (kind: 'passkey') => string
  readonly randomBytes: (size: number) => Uint8Array
  readonly now: () => number
}

/** A person's passkeys (WebAuthn Level 3). One proves what they have and who they are, so no code is asked for after it. */
export function createPasskeys(needs: PasskeysNeeds) {
  const { store, parties, challenges, record, now } = needs
  return {
    async list(
      owner: AuthenticatedOwner,
      input: PageInput,
    ): Promise<OutputOf<typeof listPasskeys>> {
      requireSession(owner)
      const { page, ...rest } = writePage(await store.list(owner.ownerId, readPage(input)), input)
      return { passkeys: page.map(view), ...rest }
    },

    /** Problems: `fresh-sign-in-required`; `passkey-refused` where the address can have none. */
    async begin(owner: AuthenticatedOwner, { host }: { readonly host?: string | undefined }) {
      requireFreshSignIn(owner, now())
      const party = parties.require(host)
      const known = await store.listCredentials(owner.ownerId, party.id)
      const { randomBytes } = needs
      const asked = await askForPasskey({ party, person: owner, known, randomBytes })
      return challenges.open(asked, 'register', owner.ownerId)
    },

    /** Problems: `passkey-refused`, `fresh-sign-in-required`; `invalid-input` when there are too many. */
    async create(owner: AuthenticatedOwner, input: InputOf<typeof createPasskey>) {
      requireFreshSignIn(owner, now())
      const party = parties.require()
      const challenge = await challenges.consume(input.challengeId, 'register', owner.ownerId)
      const made =
        challenge === undefined
          ? undefined
          : await verifyNewPasskey(input.response, { party, challenge })
      if (made === undefined) throw passkeyRefused()
      const { ownerId } = owner
      const id = needs.newId('passkey')
      const passkey = { ...made, id, ownerId, name: input.name, rpId: party.id, createdAtMs: now() }
      const row = await store.insert(passkey, passkeysMax)
      if (row === 'too-many') throw tooMany()
      if (row === 'known') throw passkeyRefused()
      await record(ownerEvent(owner, 'createPasskey', { passkeyId: id, name: input.name }))
      return { passkey: view(row) }
    },

    /** A lost device may hold a session as well: the others end. Problems: `passkey-not-found`, `fresh-sign-in-required`. */
    async delete(
      owner: AuthenticatedOwner,
      { passkeyId }: { passkeyId: string },
    ): Promise<{ deleted: true }> {
      requireFreshSignIn(owner, now())
      const keeps = sessionOf(owner)
      const { ownerId } = owner
      const isDeleted = isLookupId(passkeyId) && (await store.delete({ ownerId, passkeyId, keeps }))
      if (!isDeleted) throw notFound()
      await record(ownerEvent(owner, 'deletePasskey', { passkeyId }))
      return { deleted: true }
    },
  }
}

const view = ({ id, name, backedUp, createdAt, lastUsedAt }: PasskeyRow) => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  ...(lastUsedAt !== null && { lastUsedAt: lastUsedAt.toISOString() }),
  backedUp,
})

const tooMany = () =>
  new Problem('invalid-input', `A person can have ${passkeysMax} passkeys.`, {
    next: 'Remove one that is no longer needed and try again.',
  })

const notFound = () =>
  new Problem('passkey-not-found', 'You have no such passkey.', {
    next: 'List your passkeys to find its id.',
  })
