import { type addMember, type InputOf, Problem, type Role } from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { memberView } from './owner-session.ts'
import type { Passwords } from './passwords.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'
import { requireSession } from './require-session.ts'

/** A person of a workspace, as stored. */
export interface MemberRow {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly createdAt: Date
}

/** Who asks for a change, and whom it is about: both in the same workspace. */
export interface MemberChange {
  readonly workspaceId: string
  readonly actorId: string
  readonly ownerId: string
}

/** Why a change was not made. The store decides while it holds the owners of the workspace locked. */
export type MemberRefusal = 'not-found' | 'last-owner' | 'actor-not-owner'

export interface MemberStore {
  list(workspaceId: string, page: PageAfter): Promise<MemberRow[]>
  add(
    given: Omit<MemberChange, 'ownerId'> & {
      readonly member: { id: string; email: string; role: Role; passwordHash: string }
      readonly nowMs: number
    },
  ): Promise<MemberRow | 'email-taken' | 'actor-not-owner'>
  /** Changes the role and ends the person's sessions and tokens. */
  changeRole(change: MemberChange, role: Role): Promise<MemberRow | MemberRefusal>
  /** Removes the person with their sessions and tokens. */
  remove(change: MemberChange): Promise<MemberRow | MemberRefusal>
}

interface MembersNeeds {
  readonly store: MemberStore
  readonly passwords: Passwords
  readonly record: RecordEvent
  readonly newId: (kind: 'owner') => string
  readonly now: () => number
}

/** The people of a workspace. Only an owner who signed in a moment ago changes them; at least one owner stays. */
export function createMembers(needs: MembersNeeds) {
  const { store, record } = needs
  const requireFreshOwner = (actor: AuthenticatedOwner) => {
    requireOwner(actor)
    requireFreshSignIn(actor, needs.now())
  }
  return {
    async list({ workspaceId }: AuthenticatedOwner, input: PageInput) {
      const { page, ...rest } = writePage(await store.list(workspaceId, readPage(input)), input)
      return { members: page.map(memberView), ...rest }
    },

    /** Problems: `email-taken`, `insufficient-scope`, `fresh-sign-in-required`. */
    async add(actor: AuthenticatedOwner, input: InputOf<typeof addMember>) {
      requireFreshOwner(actor)
      const id = needs.newId('owner')
      const passwordHash = await needs.passwords.hash(input.password)
      const row = await store.add({
        workspaceId: actor.workspaceId,
        actorId: actor.ownerId,
        member: { id, email: input.email.toLowerCase(), role: input.role, passwordHash },
        nowMs: needs.now(),
      })
      const member = granted(row)
      await record(event(actor, 'addMember', member))
      return { member: memberView(member) }
    },

    /** Problems: `member-not-found`, `last-owner`, `insufficient-scope`, `fresh-sign-in-required`. */
    async changeRole(
      actor: AuthenticatedOwner,
      { ownerId, role }: { ownerId: string; role: Role },
    ) {
      requireFreshOwner(actor)
      const member = granted(await store.changeRole(changeOf(actor, ownerId), role))
      await record(event(actor, 'changeMemberRole', member))
      return { member: memberView(member) }
    },

    /** Problems: `member-not-found`, `last-owner`, `insufficient-scope`, `fresh-sign-in-required`. */
    async remove(
      actor: AuthenticatedOwner,
      { ownerId }: { ownerId: string },
    ): Promise<{ deleted: true }> {
      requireFreshOwner(actor)
      const member = granted(await store.remove(changeOf(actor, ownerId)))
      await record(event(actor, 'removeMember', member))
      return { deleted: true }
    },
  }
}

/**
 * Demands an owner's session. The store looks again, with the owners locked.
 * @throws Problem session-required, insufficient-scope
 */
export function requireOwner(actor: AuthenticatedOwner): void {
  requireSession(actor)
  if (actor.role !== 'owner') throw notAnOwner()
}

function changeOf(actor: AuthenticatedOwner, ownerId: string): MemberChange {
  if (!isLookupId(ownerId)) throw refusal('not-found')
  return { workspaceId: actor.workspaceId, actorId: actor.ownerId, ownerId }
}

function granted(answer: MemberRow | MemberRefusal | 'email-taken'): MemberRow {
  if (typeof answer === 'string') throw refusal(answer)
  return answer
}

function refusal(reason: MemberRefusal | 'email-taken'): Problem {
  if (reason === 'actor-not-owner') return notAnOwner()
  if (reason === 'email-taken') return emailTaken()
  if (reason === 'last-owner') {
    return new Problem('last-owner', 'This person is the last owner who has a password.', {
      next: 'Make somebody else who has one an owner first: single sign-on alone must not be the only way in.',
    })
  }
  return new Problem('member-not-found', 'There is no such person in this workspace.', {
    next: 'List the members to find the id.',
  })
}

export const emailTaken = () =>
  new Problem('email-taken', 'This e-mail address is in use.', {
    next: 'Use another address, or change the role of the person who has it.',
  })

export const notAnOwner = () =>
  new Problem('insufficient-scope', 'Only an owner can change who is in the workspace.', {
    next: 'Ask an owner of the workspace.',
  })

const event = (
  { ownerId, workspaceId }: AuthenticatedOwner,
  operation: string,
  member: MemberRow,
) =>
  ({
    workspaceId,
    ownerId,
    operation,
    outcome: 'done',
    detail: { memberId: member.id, role: member.role },
  }) as const
