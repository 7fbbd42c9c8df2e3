import { and, count, desc, eq, lt } from 'drizzle-orm'
import { type Database, guardStore } from './database.ts'
import { capabilityRequests } from './tables.ts'

export type CapabilityRequestRow = typeof capabilityRequests.$inferSelect

/** The queries on capability requests; every one is bound to a workspace or an agent. */
export function createCapabilityRequestStore({ db }: Pick<Database, 'db'>) {
  return guardStore({
    /** Stores a pending request; undefined where the agent has a pending one for the template already. */
    async insert(row: CapabilityRequestRow): Promise<CapabilityRequestRow | undefined> {
      const [stored] = await db
        .insert(capabilityRequests)
        .values(row)
        .onConflictDoNothing()
        .returning()
      return stored
    },

    async listPending(agentId: string): Promise<CapabilityRequestRow[]> {
      return db
        .select()
        .from(capabilityRequests)
        .where(
          and(eq(capabilityRequests.agentId, agentId), eq(capabilityRequests.status, 'pending')),
        )
        .orderBy(desc(capabilityRequests.id))
    },

    async countPending(agentId: string): Promise<number> {
      const [row] = await db
        .select({ pending: count() })
        .from(capabilityRequests)
        .where(
          and(eq(capabilityRequests.agentId, agentId), eq(capabilityRequests.status, 'pending')),
        )
      return row?.pending ?? 0
    },

    async list(
      workspaceId: string,
      page: { limit: number; before?: string; status?: CapabilityRequestRow['status'] },
    ): Promise<CapabilityRequestRow[]> {
      return db
        .select()
        .from(capabilityRequests)
        .where(
          and(
            eq(capabilityRequests.workspaceId, workspaceId),
            page.before === undefined ? undefined : lt(capabilityRequests.id, page.before),
            page.status === undefined ? undefined : eq(capabilityRequests.status, page.status),
          ),
        )
        .orderBy(desc(capabilityRequests.id))
        .limit(page.limit)
    },

    async cancelPending(agentId: string): Promise<void> {
      await db
        .update(capabilityRequests)
        .set({ status: 'cancelled' })
        .where(
          and(eq(capabilityRequests.agentId, agentId), eq(capabilityRequests.status, 'pending')),
        )
    },
  })
}
