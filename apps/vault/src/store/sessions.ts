import { and, eq, sql } from 'drizzle-orm'
import type { OwnerAccessStore } from '../identity/authenticate-owner.ts'
import type { NewSession } from '../identity/owner-session.ts'
import type { OwnerCredential, SessionStore } from '../identity/sign-in.ts'
import type { Database, Transaction } from './database.ts'
import { findProfile } from './owners.ts'
import { instant } from './page-after.ts'
import { owners, ownerTokens, sessions } from './tables.ts'

/** The queries of signing in and out. */
export function createSessionStore(database: Database): SessionStore {
  const { db } = database
  return {
    async findByEmail(email) {
      const [row] = await db
        .select({
          ownerId: owners.id,
          workspaceId: owners.workspaceId,
          passwordHash: owners.passwordHash,
        })
        .from(owners)
        .where(eq(owners.email, email))
      return row
    },

    async findById(ownerId) {
      const profile = await findProfile(db, ownerId)
      return profile && { ...profile, ownerId: profile.id }
    },

    begin: (owner, session, ends) =>
      database.transaction(async (tx) => {
        const [still] = await tx
          .select({ id: owners.id })
          .from(owners)
          .where(isStill(owner))
          .for('share')
        if (still === undefined) return undefined
        if (ends !== undefined) await tx.delete(sessions).where(eq(sessions.hash, ends))
        await insertSession(tx, owner.ownerId, session)
        return findProfile(tx, owner.ownerId)
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

/** The person whose password was verified, with the password that was verified. */
const isStill = ({ ownerId, passwordHash }: OwnerCredential) =>
  and(eq(owners.id, ownerId), eq(owners.passwordHash, passwordHash))

/** Begins a session in the transaction of what proves that it may begin. */
export async function insertSession(
  tx: Transaction,
  ownerId: string,
  { hash, createdAtMs, expiresAtMs }: NewSession,
): Promise<void> {
  const createdAt = new Date(createdAtMs)
  const times = { createdAt, lastSeenAt: createdAt, authenticatedAt: createdAt }
  await tx.insert(sessions).values({ hash, ownerId, ...times, expiresAt: new Date(expiresAtMs) })
}

/** The lookups of each request on the owners' plane. The role is read with them, so that a change holds at once. */
export function createOwnerAccessStore({ db }: Pick<Database, 'db'>): OwnerAccessStore {
  const person = {
    ownerId: owners.id,
    workspaceId: owners.workspaceId,
    email: owners.email,
    role: owners.role,
  }
  const findSession = db
    .select({
      ...person,
      expiresAt: sessions.expiresAt,
      lastSeenAt: sessions.lastSeenAt,
      authenticatedAt: sessions.authenticatedAt,
    })
    .from(sessions)
    .innerJoin(owners, eq(owners.id, sessions.ownerId))
    .where(eq(sessions.hash, sql.placeholder('hash')))
    .prepare('session')
  const findToken = db
    .select({
      ...person,
      tokenId: ownerTokens.id,
      scopes: ownerTokens.scopes,
      expiresAt: ownerTokens.expiresAt,
      lastUsedAt: ownerTokens.lastUsedAt,
    })
    .from(ownerTokens)
    .innerJoin(owners, eq(owners.id, ownerTokens.ownerId))
    .where(eq(ownerTokens.hash, sql.placeholder('hash')))
    .prepare('owner_token')
  return {
    async findSession(hash) {
      const [row] = await findSession.execute({ hash })
      if (row === undefined) return undefined
      const { expiresAt, lastSeenAt, authenticatedAt, ...rest } = row
      return {
        ...rest,
        expiresAtMs: expiresAt.getTime(),
        lastSeenAtMs: lastSeenAt.getTime(),
        authenticatedAtMs: authenticatedAt.getTime(),
      }
    },
    async touchSession(hash, nowMs) {
      const lastSeenAt = sql`greatest(${sessions.lastSeenAt}, ${instant(nowMs)})`
      await db.update(sessions).set({ lastSeenAt }).where(eq(sessions.hash, hash))
    },
    async findToken(hash) {
      const [row] = await findToken.execute({ hash })
      if (row === undefined) return undefined
      const { expiresAt, lastUsedAt, ...rest } = row
      return { ...rest, expiresAtMs: expiresAt.getTime(), lastUsedAtMs: lastUsedAt?.getTime() }
    },
    async touchToken(tokenId, nowMs) {
      const lastUsedAt = new Date(nowMs)
      await db.update(ownerTokens).set({ lastUsedAt }).where(eq(ownerTokens.id, tokenId))
    },
  }
}
