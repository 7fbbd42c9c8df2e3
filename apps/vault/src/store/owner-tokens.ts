import { and, count, eq, gt } from 'drizzle-orm'
import type { OwnerTokenStore } from '../identity/owner-tokens.ts'
import type { Database } from './database.ts'
import { owners, ownerTokens } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'

const columns = {
  id: ownerTokens.id,
  name: ownerTokens.name,
  scopes: ownerTokens.scopes,
  createdAt: ownerTokens.createdAt,
  expiresAt: ownerTokens.expiresAt,
  lastUsedAt: ownerTokens.lastUsedAt,
}

/** The queries on personal access tokens, each bound to the person whose they are. */
export function createOwnerTokenStore(database: Database): OwnerTokenStore {
  const { db } = database
  return {
    insert: (token, tokensMax) =>
      database.transaction(async (tx) => {
        const { createdAtMs, expiresAtMs, scopes, ...rest } = token
        const createdAt = new Date(createdAtMs)
        // Locked, so that tokens made at the same time are counted as well.
        await tx
          .select({ id: owners.id })
          .from(owners)
          .where(eq(owners.id, token.ownerId))
          .for('no key update')
        const [good] = await tx
          .select({ tokens: count() })
          .from(ownerTokens)
          .where(and(eq(ownerTokens.ownerId, token.ownerId), gt(ownerTokens.expiresAt, createdAt)))
        if ((good?.tokens ?? 0) >= tokensMax) return undefined
        const times = { createdAt, expiresAt: new Date(expiresAtMs) }
        const [row] = await tx
          .insert(ownerTokens)
          .values({ ...rest, scopes: [...scopes], ...times })
          .returning(columns)
        return row
      }),

    async list(ownerId, { limit, after }) {
      return db
        .select(columns)
        .from(ownerTokens)
        .where(and(eq(ownerTokens.ownerId, ownerId), afterRow(ownerTokens, after)))
        .orderBy(...newestFirst(ownerTokens))
        .limit(limit)
    },

    async delete(ownerId, tokenId) {
      const deleted = await db
        .delete(ownerTokens)
        .where(and(eq(ownerTokens.id, tokenId), eq(ownerTokens.ownerId, ownerId)))
        .returning({ id: ownerTokens.id })
      return deleted.length === 1
    },
  }
}
