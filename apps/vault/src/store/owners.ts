import { and, asc, eq, isNotNull, or, sql } from 'drizzle-orm'
import type { MemberChange, MemberRefusal, MemberRow, MemberStore } from '../identity/members.ts'
import type { OwnerProfile } from '../identity/owner-session.ts'
import type { Database, Executor, Transaction } from './database.ts'
import { invitations, owners, ownerTokens, removedPeople, sessions } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { workspaces } from './tables.ts'

/** A person with their workspace. */
export async function findProfile(
  executor: Executor,
  ownerId: string,
): Promise<OwnerProfile | undefined> {
  const [row] = await executor
    .select({
      id: owners.id,
      workspaceId: owners.workspaceId,
      workspaceName: workspaces.name,
      workspaceFrozen: sql<boolean>`${workspaces.frozenAt} IS NOT NULL`,
      email: owners.email,
      role: owners.role,
      createdAt: owners.createdAt,
    })
    .from(owners)
    .innerJoin(workspaces, eq(workspaces.id, owners.workspaceId))
    .where(eq(owners.id, ownerId))
  return row
}

const columns = {
  id: owners.id,
  email: owners.email,
  role: owners.role,
  createdAt: owners.createdAt,
}

/** The queries on the people of a workspace. */
export function createMemberStore(database: Database): MemberStore {
  return {
    async list(workspaceId, { limit, after }) {
      return database.db
        .select(columns)
        .from(owners)
        .where(and(eq(owners.workspaceId, workspaceId), afterRow(owners, after)))
        .orderBy(...newestFirst(owners))
        .limit(limit)
    },

    add: ({ workspaceId, actorId, member, nowMs }) =>
      database.transaction(async (tx) => {
        const owning = await lockOwners(tx, workspaceId)
        if (!owning.includes(actorId)) return 'actor-not-owner'
        const [row] = await tx
          .insert(owners)
          .values({ ...member, workspaceId, createdAt: new Date(nowMs) })
          .onConflictDoNothing({ target: owners.email })
          .returning(columns)
        if (row !== undefined) await forgetRemoved(tx, { workspaceId, email: row.email })
        return row ?? 'email-taken'
      }),

    changeRole: (change, role) =>
      database.transaction(async (tx) => {
        const refused = await refusalOf(tx, change, role !== 'owner')
        if (refused !== undefined) return refused
        await tx.delete(sessions).where(eq(sessions.ownerId, change.ownerId))
        await tx.delete(ownerTokens).where(eq(ownerTokens.ownerId, change.ownerId))
        const [row] = await tx
          .update(owners)
          .set({ role, roleGivenBy: 'person', updatedAt: sql`now()` })
          .where(refersTo(change))
          .returning(columns)
        return row ?? 'not-found'
      }),

    remove: (change) =>
      database.transaction(async (tx) => {
        const refused = await refusalOf(tx, change, true)
        if (refused !== undefined) return refused
        const { oidcIssuer, oidcSubject } = owners
        const identity = { oidcIssuer, oidcSubject }
        const [row] = await tx
          .delete(owners)
          .where(refersTo(change))
          .returning({ ...columns, ...identity })
        if (row === undefined) return 'not-found'
        await rememberRemoved(tx, { ...row, workspaceId: change.workspaceId })
        return row
      }),
  }
}

const refersTo = ({ ownerId, workspaceId }: MemberChange) =>
  and(eq(owners.id, ownerId), eq(owners.workspaceId, workspaceId))

/** Why a change may not be made, decided while nobody else can change who owns the workspace. */
async function refusalOf(
  tx: Transaction,
  change: MemberChange,
  takesOwnership: boolean,
): Promise<MemberRefusal | undefined> {
  const owning = await lockOwners(tx, change.workspaceId)
  if (!owning.includes(change.actorId)) return 'actor-not-owner'
  const person = await lockMember(tx, change)
  if (person === undefined) return 'not-found'
  const isOnly = person.role === 'owner' && owning.length === 1
  const isLast = isOnly || person.id === (await findLastLocalOwner(tx, change.workspaceId))
  return takesOwnership && isLast ? 'last-owner' : undefined
}

/** The one owner who has a password, where there is no other: were the provider to fail, nobody else could sign in. */
export async function findLastLocalOwner(
  tx: Transaction,
  workspaceId: string,
): Promise<string | undefined> {
  const rows = await tx
    .select({ id: owners.id })
    .from(owners)
    .where(
      and(
        eq(owners.workspaceId, workspaceId),
        eq(owners.role, 'owner'),
        isNotNull(owners.passwordHash),
      ),
    )
    .limit(2)
  return rows.length === 1 ? rows[0]?.id : undefined
}

/** Who somebody is to the provider, as far as they ever came from there. */
interface RemovedPerson {
  readonly workspaceId: string
  readonly email: string
  readonly oidcIssuer?: string | null
  readonly oidcSubject?: string | null
}

/** Neither single sign-on nor an invitation from before must let in again whom an owner removed. */
async function rememberRemoved(tx: Transaction, person: RemovedPerson): Promise<void> {
  const { workspaceId, email, oidcIssuer, oidcSubject } = person
  await tx
    .delete(invitations)
    .where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.email, email)))
  const row = { workspaceId, email, oidcIssuer, oidcSubject, removedAt: sql`now()` }
  await tx
    .insert(removedPeople)
    .values(row)
    .onConflictDoUpdate({ target: [removedPeople.workspaceId, removedPeople.email], set: row })
}

/** They are a member again, since an owner wants it so. */
export async function forgetRemoved(tx: Transaction, person: RemovedPerson): Promise<void> {
  const { workspaceId, email, oidcIssuer, oidcSubject } = person
  const isThem =
    oidcIssuer && oidcSubject
      ? and(eq(removedPeople.oidcIssuer, oidcIssuer), eq(removedPeople.oidcSubject, oidcSubject))
      : undefined
  await tx
    .delete(removedPeople)
    .where(
      and(eq(removedPeople.workspaceId, workspaceId), or(eq(removedPeople.email, email), isThem)),
    )
}

async function lockMember(tx: Transaction, change: MemberChange): Promise<MemberRow | undefined> {
  const [row] = await tx.select(columns).from(owners).where(refersTo(change)).for('update')
  return row
}

/** Ids of those who own the workspace; two changes of its people go one after the other. */
export async function lockOwners(tx: Transaction, workspaceId: string): Promise<string[]> {
  // The workspace's row is what they wait for: rows of owners come and go with the role.
  await tx
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId))
    .for('no key update')
  const rows = await tx
    .select({ id: owners.id })
    .from(owners)
    .where(and(eq(owners.workspaceId, workspaceId), eq(owners.role, 'owner')))
    .orderBy(asc(owners.id))
  return rows.map(({ id }) => id)
}
