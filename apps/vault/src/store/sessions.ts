import { and, eq, gt, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm'
import type { NewSession } from '../identity/owner-session.ts'
import type { OwnerCredential, ProvenPerson } from '../identity/prove-person.ts'
import type { SessionListStore } from '../identity/session-list.ts'
import type { Replacement, SessionStore } from '../identity/sign-in.ts'
import type { Database, Executor, Transaction } from './database.ts'
import { owners, recoveryCodes, sessions } from './owner-tables.ts'
import { findProfile } from './owners.ts'
import { afterRow, newestFirst } from './page-after.ts'

/** The queries of signing in and out. */
export function createSessionStore(database: Database): SessionStore {
  const { db } = database
  return {
    async findByEmail(email) {
      const [row] = await db.select(credential).from(owners).where(eq(owners.email, email))
      return row && toCredential(row)
    },

    async findById(ownerId) {
      const profile = await findProfile(db, ownerId)
      if (profile === undefined) return undefined
      const [row] = await db.select(credential).from(owners).where(eq(owners.id, ownerId))
      return row && { ...profile, ...toCredential(row) }
    },

    begin: (proven, replacement) =>
      database.transaction(async (tx) => {
        if (!(await useUp(tx, proven))) return undefined
        return replaceSession(tx, proven.owner.ownerId, replacement)
      }),

    changePassword: (owner, { passwordHash, session }) =>
      database.transaction(async (tx) => {
        const changed = await tx
          .update(owners)
          .set({ passwordHash, updatedAt: sql`now()` })
          .where(isStill(owner))
          .returning({ id: owners.id })
        if (changed.length === 0) return undefined
        await tx.delete(sessions).where(eq(sessions.ownerId, owner.ownerId))
        await insertSession(tx, owner.ownerId, session)
        return findProfile(tx, owner.ownerId)
      }),

    async end(hash) {
      await db.delete(sessions).where(eq(sessions.hash, hash))
    },
  }
}

const credential = {
  ownerId: owners.id,
  workspaceId: owners.workspaceId,
  role: owners.role,
  passwordHash: owners.passwordHash,
  totpSealed: owners.totpSealed,
  totpVersion: owners.totpVersion,
  totpEnabledAt: owners.totpEnabledAt,
}

type CredentialRow = Pick<
  typeof owners.$inferSelect,
  'workspaceId' | 'role' | 'passwordHash' | 'totpSealed' | 'totpVersion' | 'totpEnabledAt'
> & { ownerId: string }

function toCredential({
  passwordHash,
  totpSealed,
  totpVersion,
  totpEnabledAt,
  ...rest
}: CredentialRow): OwnerCredential {
  // Without its secret no code is right: codes that are asked for stay asked for.
  const sealed = totpSealed ?? new Uint8Array()
  const totp = totpEnabledAt === null ? undefined : { sealed, version: totpVersion }
  return { ...rest, passwordHash: passwordHash ?? undefined, totp }
}

/** The person whose password was verified, with the password that was verified and codes asked for as they were then. */
const isStill = ({ ownerId, passwordHash, totp }: OwnerCredential) =>
  and(
    eq(owners.id, ownerId),
    passwordHash === undefined ? sql`false` : eq(owners.passwordHash, passwordHash),
    totp === undefined
      ? isNull(owners.totpEnabledAt)
      : and(isNotNull(owners.totpEnabledAt), eq(owners.totpVersion, totp.version)),
  )

/** Whether what was proved still holds, locked until the transaction ends. A code, or a recovery code, is used up. */
async function useUp(tx: Transaction, { owner, factor }: ProvenPerson): Promise<boolean> {
  if (factor.kind === 'code') {
    const used = await tx
      .update(owners)
      .set({ totpLastStep: factor.step })
      .where(and(isStill(owner), isLaterStep(factor.step)))
      .returning({ id: owners.id })
    return used.length === 1
  }
  const still = await tx
    .select({ id: owners.id })
    .from(owners)
    .where(isStill(owner))
    .for('no key update')
  if (still.length === 0) return false
  if (factor.kind === 'none') return owner.totp === undefined
  const used = await tx
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.ownerId, owner.ownerId), eq(recoveryCodes.hash, factor.hash)))
    .returning({ ownerId: recoveryCodes.ownerId })
  return used.length === 1
}

/** RFC 6238 §5.2: a code counts once, and none from before it. */
export const isLaterStep = (step: number) =>
  or(isNull(owners.totpLastStep), lt(owners.totpLastStep, step))

/** Begins a session in place of another; undefined where that one had to be there and is not. */
export async function replaceSession(
  tx: Transaction,
  ownerId: string,
  { session, ends, onlyIfEnded }: Replacement,
) {
  const ended =
    ends === undefined
      ? []
      : await tx.delete(sessions).where(eq(sessions.hash, ends)).returning({ id: sessions.id })
  if (onlyIfEnded && ended.length === 0) return undefined
  await insertSession(tx, ownerId, session)
  return findProfile(tx, ownerId)
}

/** Begins a session in the transaction of what proves that it may begin. */
export async function insertSession(
  tx: Transaction,
  ownerId: string,
  { createdAtMs, expiresAtMs, authenticatedAtMs, ...rest }: NewSession,
): Promise<void> {
  const createdAt = new Date(createdAtMs)
  await tx.insert(sessions).values({
    ...rest,
    ownerId,
    createdAt,
    lastSeenAt: createdAt,
    authenticatedAt: new Date(authenticatedAtMs),
    expiresAt: new Date(expiresAtMs),
  })
}

/** Ends a person's sessions but one; returns how many. */
export async function endOtherSessions(
  executor: Executor,
  ownerId: string,
  keeps: Uint8Array,
): Promise<number> {
  const ended = await executor
    .delete(sessions)
    .where(and(eq(sessions.ownerId, ownerId), ne(sessions.hash, keeps)))
    .returning({ id: sessions.id })
  return ended.length
}

/** The queries of the list of one's sessions. */
export function createSessionListStore({ db }: Pick<Database, 'db'>): SessionListStore {
  return {
    async list(ownerId, { page, nowMs, seenAfterMs }) {
      const { limit, after } = page
      const { id, hash, method, userAgent, address, createdAt, lastSeenAt, expiresAt } = sessions
      const isGood = and(
        gt(lastSeenAt, new Date(seenAfterMs)),
        gt(expiresAt, new Date(nowMs)),
        eq(sessions.ownerId, ownerId),
      )
      return db
        .select({ id, hash, method, userAgent, address, createdAt, lastSeenAt, expiresAt })
        .from(sessions)
        .where(and(isGood, afterRow(sessions, after)))
        .orderBy(...newestFirst(sessions))
        .limit(limit)
    },
    async endOne(ownerId, sessionId) {
      const ended = await db
        .delete(sessions)
        .where(and(eq(sessions.ownerId, ownerId), eq(sessions.id, sessionId)))
        .returning({ id: sessions.id })
      return ended.length === 1
    },
    endOthers: (ownerId, keeps) => endOtherSessions(db, ownerId, keeps),
  }
}
