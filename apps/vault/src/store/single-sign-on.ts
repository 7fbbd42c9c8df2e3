import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import type { SingleSignOnStore } from '../identity/single-sign-on-store.ts'
import type { Database, Transaction } from './database.ts'
import { owners, sessions, signInFlows, singleSignOn } from './owner-tables.ts'
import { lockOwners } from './owners.ts'
import { createSignInFlowStore } from './sign-in-flows.ts'
import { arrive } from './single-sign-on-arrival.ts'

/** The queries of signing in at the organisation's provider. */
export function createSingleSignOnStore(database: Database): SingleSignOnStore {
  const { db } = database
  return {
    async find(workspaceId) {
      const [row] = await db
        .select()
        .from(singleSignOn)
        .where(workspaceId === undefined ? undefined : eq(singleSignOn.workspaceId, workspaceId))
        .orderBy(asc(singleSignOn.createdAt), asc(singleSignOn.workspaceId))
        .limit(1)
      return row
    },

    put: ({ workspaceId, actorId, sealed, version, endsSessions, nowMs }) =>
      database.transaction(async (tx) => {
        const owning = await lockOwners(tx, workspaceId)
        if (!owning.includes(actorId)) return 'actor-not-owner'
        const at = new Date(nowMs)
        const now = { sealed, version, updatedAt: at }
        const shown = { createdAt: singleSignOn.createdAt, updatedAt: singleSignOn.updatedAt }
        const [row] =
          version === 1
            ? await tx
                .insert(singleSignOn)
                .values({ workspaceId, ...now, createdAt: at })
                .onConflictDoNothing()
                .returning(shown)
            : await tx
                .update(singleSignOn)
                .set(now)
                .where(
                  and(
                    eq(singleSignOn.workspaceId, workspaceId),
                    eq(singleSignOn.version, version - 1),
                  ),
                )
                .returning(shown)
        if (row !== undefined && endsSessions) await endProviderSessions(tx, workspaceId)
        return row ?? 'version-conflict'
      }),

    delete: ({ workspaceId, actorId }) =>
      database.transaction(async (tx) => {
        const owning = await lockOwners(tx, workspaceId)
        if (!owning.includes(actorId)) return 'actor-not-owner'
        const deleted = await tx
          .delete(singleSignOn)
          .where(eq(singleSignOn.workspaceId, workspaceId))
          .returning({ workspaceId: singleSignOn.workspaceId })
        if (deleted.length === 0) return 'not-found'
        await tx.delete(signInFlows).where(eq(signInFlows.workspaceId, workspaceId))
        await tx
          .update(owners)
          .set({ oidcIssuer: null, oidcSubject: null, updatedAt: sql`now()` })
          .where(and(eq(owners.workspaceId, workspaceId), isNotNull(owners.oidcSubject)))
        return endProviderSessions(tx, workspaceId)
      }),

    ...createSignInFlowStore(database),

    arrive: (arrival) => database.transaction((tx) => arrive(tx, arrival)),
  }
}

/** Ends the sessions in a workspace that the provider began; answers how many. */
async function endProviderSessions(tx: Transaction, workspaceId: string): Promise<number> {
  const people = tx
    .select({ id: owners.id })
    .from(owners)
    .where(eq(owners.workspaceId, workspaceId))
  const ended = await tx
    .delete(sessions)
    .where(and(eq(sessions.method, 'oidc'), inArray(sessions.ownerId, people)))
    .returning({ id: sessions.id })
  return ended.length
}
