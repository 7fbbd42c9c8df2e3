import { and, count, eq } from 'drizzle-orm'
import type { FlowStore } from '../identity/single-sign-on-flow.ts'
import type { Database } from './database.ts'
import { signInFlows } from './owner-tables.ts'

/** The queries on sign-ins that were begun at the organisation's provider. */
export function createSignInFlowStore({ db }: Pick<Database, 'db'>): FlowStore {
  return {
    async openFlow({ createdAtMs, expiresAtMs, ownerId, sessionHash, returnTo, ...rest }) {
      await db.insert(signInFlows).values({
        ...rest,
        ownerId: ownerId ?? null,
        sessionHash: sessionHash ?? null,
        returnTo: returnTo ?? null,
        createdAt: new Date(createdAtMs),
        expiresAt: new Date(expiresAtMs),
      })
    },

    async consumeFlow({ stateHash, browserHash, nowMs }) {
      const isState = eq(signInFlows.stateHash, stateHash)
      const [row] = await db
        .delete(signInFlows)
        .where(and(isState, eq(signInFlows.browserHash, browserHash)))
        .returning()
      if (row === undefined) {
        const [other] = await db.select({ rows: count() }).from(signInFlows).where(isState)
        return (other?.rows ?? 0) > 0 ? 'other-browser' : 'unknown'
      }
      const { createdAt, expiresAt, ownerId, sessionHash, returnTo, ...rest } = row
      if (expiresAt.getTime() <= nowMs) return 'expired'
      return {
        ...rest,
        ownerId: ownerId ?? undefined,
        sessionHash: sessionHash ?? undefined,
        returnTo: returnTo ?? undefined,
        createdAtMs: createdAt.getTime(),
        expiresAtMs: expiresAt.getTime(),
      }
    },
  }
}
