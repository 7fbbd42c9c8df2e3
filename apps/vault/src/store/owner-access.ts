import { eq, sql } from 'drizzle-orm'
import type { OwnerAccessStore } from '../identity/authenticate-owner.ts'
import type { Database } from './database.ts'
import { owners, ownerTokens, sessions } from './owner-tables.ts'
import { instant } from './page-after.ts'

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
      method: sessions.method,
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
