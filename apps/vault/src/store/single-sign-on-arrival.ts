import type { Role } from '@sallyport/contracts'
import { and, eq, gt, ne, or, sql } from 'drizzle-orm'
import type { Admission, KnownMember, KnownPeople } from '../identity/single-sign-on-admission.ts'
import type { Arrival, Arrived } from '../identity/single-sign-on-store.ts'
import type { Transaction } from './database.ts'
import {
  invitations,
  owners,
  ownerTokens,
  removedPeople,
  sessions,
  singleSignOn,
} from './owner-tables.ts'
import { findLastLocalOwner, forgetRemoved, lockOwners } from './owners.ts'
import { replaceSession } from './sessions.ts'

type Refused = Extract<Admission, { kind: 'refuse' }>
type Admitted = Exclude<Admission, Refused>

/** Lets a person of the provider in, or not, while nobody else changes who is in the workspace. */
export async function arrive(tx: Transaction, arrival: Arrival): Promise<Arrived> {
  await lockOwners(tx, arrival.workspaceId)
  if (!(await areSettings(tx, arrival))) {
    return { kind: 'refused', reason: 'settings-changed', ownerId: undefined }
  }
  const known = await findKnown(tx, arrival)
  const admission = arrival.decide(known)
  if (admission.kind === 'refuse') {
    const roles = await shutOut(tx, known.byIdentity, admission)
    const ownerId = known.byIdentity?.ownerId
    return { kind: 'refused', reason: admission.reason, ownerId, roles }
  }
  const { session, ends, onlyIfEnded } = arrival
  if (onlyIfEnded && !(await isThere(tx, ends))) return { kind: 'session-gone' }
  const ownerId = await settle(tx, arrival, admission)
  if (ownerId === undefined) {
    return { kind: 'refused', reason: 'email-in-use', ownerId: undefined }
  }
  const before = [known.byIdentity, known.byEmail].find((member) => member?.ownerId === ownerId)
  const hasChanged = before !== undefined && before.role !== admission.role
  if (hasChanged) await endAccess(tx, ownerId, ends)
  const profile = await replaceSession(tx, ownerId, { session, ends, onlyIfEnded })
  if (profile === undefined) return { kind: 'session-gone' }
  return {
    kind: admission.kind,
    profile,
    roleBefore: hasChanged ? before.role : undefined,
    invitationId: admission.kind === 'create' ? admission.invitationId : undefined,
  }
}

async function areSettings(tx: Transaction, { workspaceId, settings }: Arrival): Promise<boolean> {
  const rows = await tx
    .select({ version: singleSignOn.version })
    .from(singleSignOn)
    .where(
      and(
        eq(singleSignOn.workspaceId, workspaceId),
        eq(singleSignOn.version, settings.version),
        eq(singleSignOn.createdAt, settings.createdAt),
      ),
    )
  return rows.length === 1
}

async function findKnown(tx: Transaction, arrival: Arrival): Promise<KnownPeople> {
  const { workspaceId, issuer, subject, email } = arrival
  const isTheirs = and(eq(owners.oidcIssuer, issuer), eq(owners.oidcSubject, subject))
  const hasAddress = email === undefined ? undefined : eq(owners.email, email)
  const rows = await tx
    .select({
      ownerId: owners.id,
      email: owners.email,
      role: owners.role,
      roleGivenBy: owners.roleGivenBy,
      issuer: owners.oidcIssuer,
      subject: owners.oidcSubject,
    })
    .from(owners)
    .where(and(eq(owners.workspaceId, workspaceId), or(isTheirs, hasAddress)))
    .for('update')
  const lastLocal = await findLastLocalOwner(tx, workspaceId)
  const member = (row: (typeof rows)[number] | undefined): KnownMember | undefined =>
    row && {
      ownerId: row.ownerId,
      role: row.role,
      roleGivenBy: row.roleGivenBy,
      isLinked: row.subject !== null,
      isLastLocalOwner: row.ownerId === lastLocal,
    }
  return {
    byIdentity: member(rows.find((row) => row.issuer === issuer && row.subject === subject)),
    byEmail: member(rows.find((row) => email !== undefined && row.email === email)),
    invitation: await findInvitation(tx, arrival),
    isRemoved: await isRemoved(tx, arrival),
  }
}

/** Open, of the address, and worth what its maker may still do. */
async function findInvitation(tx: Transaction, { workspaceId, email, nowMs }: Arrival) {
  if (email === undefined) return undefined
  const [row] = await tx
    .select({ id: invitations.id, role: invitations.role })
    .from(invitations)
    .innerJoin(owners, eq(owners.id, invitations.invitedBy))
    .where(
      and(
        eq(invitations.workspaceId, workspaceId),
        eq(invitations.email, email),
        gt(invitations.expiresAt, new Date(nowMs)),
        eq(owners.role, 'owner'),
        eq(owners.workspaceId, workspaceId),
      ),
    )
  return row
}

async function isRemoved(
  tx: Transaction,
  { workspaceId, issuer, subject, email }: Arrival,
): Promise<boolean> {
  const { oidcIssuer, oidcSubject } = removedPeople
  const isTheirs = and(eq(oidcIssuer, issuer), eq(oidcSubject, subject))
  const hadAddress = email === undefined ? undefined : eq(removedPeople.email, email)
  const rows = await tx
    .select({ email: removedPeople.email })
    .from(removedPeople)
    .where(and(eq(removedPeople.workspaceId, workspaceId), or(isTheirs, hadAddress)))
    .limit(1)
  return rows.length > 0
}

/** Makes, links or changes the member; undefined where the address is somebody's in another workspace. */
async function settle(
  tx: Transaction,
  arrival: Arrival,
  admission: Admitted,
): Promise<string | undefined> {
  const { workspaceId, issuer: oidcIssuer, subject: oidcSubject } = arrival
  const { role, roleGivenBy } = admission
  const identity = { oidcIssuer, oidcSubject }
  if (admission.kind !== 'create') {
    const { ownerId } = admission
    await tx
      .update(owners)
      .set({ ...identity, role, roleGivenBy, updatedAt: sql`now()` })
      .where(and(eq(owners.id, ownerId), eq(owners.workspaceId, workspaceId)))
    return ownerId
  }
  const { email, invitationId } = admission
  const [made] = await tx
    .insert(owners)
    .values({
      ...{ id: arrival.newOwnerId, workspaceId, email, role, roleGivenBy, ...identity },
      createdAt: new Date(arrival.nowMs),
    })
    .onConflictDoNothing({ target: owners.email })
    .returning({ id: owners.id })
  if (made === undefined) return undefined
  await forgetRemoved(tx, { workspaceId, email, ...identity })
  if (invitationId !== undefined) {
    await tx.delete(invitations).where(eq(invitations.id, invitationId))
  }
  return made.id
}

async function isThere(tx: Transaction, hash: Uint8Array | undefined): Promise<boolean> {
  if (hash === undefined) return false
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.hash, hash))
    .for('update')
  return rows.length === 1
}

/** What a change of role ends: all but the session that is renewed. */
async function endAccess(
  tx: Transaction,
  ownerId: string,
  keeps: Uint8Array | undefined,
): Promise<void> {
  const others = keeps === undefined ? undefined : ne(sessions.hash, keeps)
  await tx.delete(sessions).where(and(eq(sessions.ownerId, ownerId), others))
  await tx.delete(ownerTokens).where(eq(ownerTokens.ownerId, ownerId))
}

/** Ends what somebody came by who may not come in any more; answers what it made of their role, where it is another now. */
async function shutOut(
  tx: Transaction,
  member: KnownMember | undefined,
  { shutsOut }: Refused,
): Promise<{ roleBefore: Role; role: Role } | undefined> {
  if (member === undefined || shutsOut === undefined) return undefined
  const { ownerId, role } = shutsOut
  if (role !== member.role) {
    await tx.update(owners).set({ role, updatedAt: sql`now()` }).where(eq(owners.id, ownerId))
    await endAccess(tx, ownerId, undefined)
    return { roleBefore: member.role, role }
  }
  await tx.delete(sessions).where(and(eq(sessions.ownerId, ownerId), eq(sessions.method, 'oidc')))
  await tx.delete(ownerTokens).where(eq(ownerTokens.ownerId, ownerId))
  return undefined
}
