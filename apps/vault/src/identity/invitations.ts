import {
  type acceptInvitation,
  type createInvitation,
  type InputOf,
  type listInvitations,
  type OutputOf,
  Problem,
  type Role,
  type readInvitation,
} from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import type { LocalSignIn } from './local-sign-in.ts'
import { emailTaken, notAnOwner, requireOwner } from './members.ts'
import { ownerEvent } from './owner-event.ts'
import {
  beginning,
  type NewSession,
  type NewSessionNeeds,
  newSession,
  type OwnerProfile,
  previousSession,
  type SignInOrigin,
  type WithSession,
} from './owner-session.ts'
import type { Passwords } from './passwords.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import { isToken, newToken } from './secret-token.ts'

/** For how long an invitation is good, in ms. */
const lifeMs = 7 * 86_400_000
/** Open invitations that a workspace can have. */
const openMax = 200

/** An invitation as stored, its hash aside. */
export interface InvitationRow {
  readonly id: string
  readonly workspaceId: string
  readonly email: string
  readonly role: Role
  /** The e-mail address of who invited. */
  readonly invitedBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What an invitation is stored with. */
export interface NewInvitation {
  readonly id: string
  readonly workspaceId: string
  readonly email: string
  readonly role: Role
  readonly hash: Uint8Array
  readonly invitedBy: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface InvitationStore {
  /** Stores it in place of an earlier one for the address, decided while the owners of the workspace are locked. */
  put(
    invitation: NewInvitation,
    openMax: number,
  ): Promise<InvitationRow | 'email-taken' | 'actor-not-owner' | 'too-many'>
  /** Those that are open at the time. */
  list(workspaceId: string, page: PageAfter, nowMs: number): Promise<InvitationRow[]>
  /** False where the workspace has no such invitation. */
  delete(workspaceId: string, invitationId: string): Promise<boolean>
  /** One that is open, and was made by somebody who still is an owner. */
  find(
    hash: Uint8Array,
    nowMs: number,
  ): Promise<(InvitationRow & { readonly workspaceName: string }) | undefined>
  /** Uses it up, makes the person and begins their session: all or, with a reason, nothing. */
  accept(given: {
    readonly hash: Uint8Array
    readonly owner: { readonly id: string; readonly passwordHash: string }
    readonly session: NewSession
    readonly ends: Uint8Array | undefined
    readonly nowMs: number
  }): Promise<(OwnerProfile & { readonly invitationId: string }) | 'not-found' | 'email-taken'>
}

interface InvitationsNeeds extends Omit<NewSessionNeeds, 'newId'> {
  readonly store: InvitationStore
  readonly passwords: Passwords
  readonly record: RecordEvent
  readonly localSignIn: LocalSignIn
  readonly newId: (kind: 'invitation' | 'owner' | 'session') => string
  /** Where people open the vault's pages, without trailing slash. */
  readonly pagesUrl: () => string
}

/** How people join a workspace: by a link that an owner hands them, once, with a password that only they know. */
export function createInvitations(needs: InvitationsNeeds) {
  const { store, record, now, tokenHash } = needs
  return {
    /** Problems: `email-taken`, `insufficient-scope`, `fresh-sign-in-required`; `invalid-input` when there are too many. */
    async create(actor: AuthenticatedOwner, input: InputOf<typeof createInvitation>) {
      requireOwner(actor)
      requireFreshSignIn(actor, now())
      const token = newToken('invitation', needs.randomBytes)
      const createdAtMs = now()
      const email = input.email.toLowerCase()
      const made = { id: needs.newId('invitation'), email, role: input.role }
      const { workspaceId, ownerId: invitedBy } = actor
      const times = { createdAtMs, expiresAtMs: createdAtMs + lifeMs }
      const row = await store.put(
        { ...made, workspaceId, hash: tokenHash(token), invitedBy, ...times },
        openMax,
      )
      if (row === 'too-many') throw tooMany()
      if (row === 'email-taken') throw emailTaken()
      if (row === 'actor-not-owner') throw notAnOwner()
      const detail = { invitationId: row.id, email, role: row.role }
      await record(ownerEvent(actor, 'createInvitation', detail))
      return { invitation: view(row), invitationUrl: `${needs.pagesUrl()}/invite#token=${token}` }
    },

    async list(
      { workspaceId }: AuthenticatedOwner,
      input: PageInput,
    ): Promise<OutputOf<typeof listInvitations>> {
      const rows = await store.list(workspaceId, readPage(input), now())
      const { page, ...rest } = writePage(rows, input)
      return { invitations: page.map(view), ...rest }
    },

    /** Problems: `invitation-not-found`, `insufficient-scope`. */
    async delete(
      actor: AuthenticatedOwner,
      { invitationId }: { invitationId: string },
    ): Promise<{ deleted: true }> {
      requireOwner(actor)
      const { workspaceId } = actor
      const isDeleted = isLookupId(invitationId) && (await store.delete(workspaceId, invitationId))
      if (!isDeleted) throw notFound()
      await record(ownerEvent(actor, 'deleteInvitation', { invitationId }))
      return { deleted: true }
    },

    /** Problem `invalid-invitation`, one for a link that is used, withdrawn, over or made up. */
    async read({
      token,
    }: InputOf<typeof readInvitation>): Promise<OutputOf<typeof readInvitation>> {
      const found = await open(token)
      const { email, role, invitedBy } = view(found)
      return {
        email,
        role,
        workspace: found.workspaceName,
        invitedBy,
        expiresAt: found.expiresAt.toISOString(),
      }
    },

    /**
     * Makes the person and signs them in. Problems: `invalid-invitation`, `email-taken`; `sign-in-refused` where single sign-on
     * is demanded: signing in there uses the invitation up.
     */
    async accept(
      { token, password }: InputOf<typeof acceptInvitation>,
      from: SignInOrigin,
    ): Promise<WithSession> {
      // Looked at before the password is hashed: hashing costs, and is for the invited alone.
      await needs.localSignIn.requireNewcomer(await open(token))
      const passwordHash = await needs.passwords.hash(password)
      const { value, row: session } = newSession(needs, { method: 'invitation', from })
      const owner = { id: needs.newId('owner'), passwordHash }
      const ends = previousSession(needs, from)
      const given = { hash: tokenHash(token), owner, session, ends, nowMs: now() }
      const profile = await store.accept(given)
      if (profile === 'not-found') throw invalidInvitation()
      if (profile === 'email-taken') throw emailTaken()
      const { invitationId, workspaceId, role } = profile
      const person = { ownerId: profile.id, workspaceId }
      await record(ownerEvent(person, 'acceptInvitation', { invitationId, role }))
      return beginning(profile, value, session)
    },
  }

  async function open(token: string) {
    const found = isToken('invitation', token)
      ? await store.find(tokenHash(token), now())
      : undefined
    if (found === undefined) throw invalidInvitation()
    return found
  }
}

const view = ({ id, email, role, invitedBy, createdAt, expiresAt }: InvitationRow) => ({
  id,
  email,
  role,
  invitedBy,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})

const tooMany = () =>
  new Problem('invalid-input', `A workspace can have ${openMax} open invitations.`, {
    next: 'Withdraw some that are no longer needed and try again.',
  })

const notFound = () =>
  new Problem('invitation-not-found', 'There is no such invitation in this workspace.', {
    next: 'List the invitations; one that was accepted is not there any more.',
  })

const invalidInvitation = () =>
  new Problem('invalid-invitation', 'This invitation is not valid.', {
    next: 'It may have been used, withdrawn or be over 7 days old: ask an owner of the workspace for a new one.',
  })
