import { and, count, eq, gt, ne } from 'drizzle-orm'
import type { InvitationStore } from '../identity/invitations.ts'
import type { Database, Executor } from './database.ts'
import { invitations, owners } from './owner-tables.ts'
import { forgetRemoved, lockOwners } from './owners.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { replaceSession } from './sessions.ts'
import { workspaces } from './tables.ts'

const shown = {
  id: invitations.id,
  workspaceId: invitations.workspaceId,
  email: invitations.email,
  role: invitations.role,
  invitedBy: owners.email,
  createdAt: invitations.createdAt,
  expiresAt: invitations.expiresAt,
}

/** The queries on invitations. */
export function createInvitationStore(database: Database): InvitationStore {
  const { db } = database
  return {
    put: (invitation, openMax) =>
      database.transaction(async (tx) => {
        const { createdAtMs, expiresAtMs, ...rest } = invitation
        const owning = await lockOwners(tx, rest.workspaceId)
        if (!owning.includes(rest.invitedBy)) return 'actor-not-owner'
        if (await isTaken(tx, rest.email)) return 'email-taken'
        const createdAt = new Date(createdAtMs)
        const [others] = await tx
          .select({ open: count() })
          .from(invitations)
          .where(
            and(
              eq(invitations.workspaceId, rest.workspaceId),
              ne(invitations.email, rest.email),
              gt(invitations.expiresAt, createdAt),
            ),
          )
        if ((others?.open ?? 0) >= openMax) return 'too-many'
        await tx.delete(invitations).where(sameAddress(rest))
        await tx
          .insert(invitations)
          .values({ ...rest, createdAt, expiresAt: new Date(expiresAtMs) })
        const [row] = await select(tx).where(eq(invitations.id, rest.id))
        // The inviter is locked with the owners, so the row just made is found.
        return row ?? 'actor-not-owner'
      }),

    async list(workspaceId, { limit, after }, nowMs) {
      const isOpen = gt(invitations.expiresAt, new Date(nowMs))
      return select(db)
        .where(and(eq(invitations.workspaceId, workspaceId), isOpen, afterRow(invitations, after)))
        .orderBy(...newestFirst(invitations))
        .limit(limit)
    },

    async delete(workspaceId, invitationId) {
      const deleted = await db
        .delete(invitations)
        .where(and(eq(invitations.id, invitationId), eq(invitations.workspaceId, workspaceId)))
        .returning({ id: invitations.id })
      return deleted.length === 1
    },

    async find(hash, nowMs) {
      const [row] = await db
        .select({ ...shown, workspaceName: workspaces.name })
        .from(invitations)
        .innerJoin(owners, eq(owners.id, invitations.invitedBy))
        .innerJoin(workspaces, eq(workspaces.id, invitations.workspaceId))
        .where(isGood(hash, nowMs))
      return row
    },

    accept: (given) => accept(database, given),
  }
}

async function accept(
  database: Database,
  { hash, owner, session, ends, nowMs }: Parameters<InvitationStore['accept']>[0],
): ReturnType<InvitationStore['accept']> {
  const [found] = await database.db
    .select({ workspaceId: invitations.workspaceId })
    .from(invitations)
    .where(eq(invitations.hash, hash))
  if (found === undefined) return 'not-found'
  return database.transaction(async (tx) => {
    // First, so that nobody stops being an owner, or withdraws it by that, meanwhile.
    await lockOwners(tx, found.workspaceId)
    const [invitation] = await select(tx).where(isGood(hash, nowMs))
    if (invitation === undefined) return 'not-found'
    const used = await tx
      .delete(invitations)
      .where(eq(invitations.hash, hash))
      .returning({ id: invitations.id })
    if (used.length === 0) return 'not-found'
    const { email, role } = invitation
    const { workspaceId } = found
    const made = await tx
      .insert(owners)
      .values({ ...owner, workspaceId, email, role, createdAt: new Date(nowMs) })
      .onConflictDoNothing({ target: owners.email })
      .returning({ id: owners.id })
    // The invitation goes all the same: nobody can use it any more.
    if (made.length === 0) return 'email-taken'
    await forgetRemoved(tx, { workspaceId, email })
    const replacement = { session, ends, onlyIfEnded: false }
    const profile = await replaceSession(tx, owner.id, replacement)
    return profile === undefined ? 'not-found' : { ...profile, invitationId: invitation.id }
  })
}

const select = (executor: Executor) =>
  executor
    .select(shown)
    .from(invitations)
    .innerJoin(owners, eq(owners.id, invitations.invitedBy))
    .$dynamic()

/** An invitation is worth what its maker may still do. */
const isGood = (hash: Uint8Array, nowMs: number) =>
  and(
    eq(invitations.hash, hash),
    gt(invitations.expiresAt, new Date(nowMs)),
    eq(owners.role, 'owner'),
    eq(owners.workspaceId, invitations.workspaceId),
  )

const sameAddress = ({ workspaceId, email }: { workspaceId: string; email: string }) =>
  and(eq(invitations.workspaceId, workspaceId), eq(invitations.email, email))

async function isTaken(executor: Executor, email: string): Promise<boolean> {
  const rows = await executor.select({ id: owners.id }).from(owners).where(eq(owners.email, email))
  return rows.length > 0
}
