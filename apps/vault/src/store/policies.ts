import { and, eq, sql } from 'drizzle-orm'
import type { PolicyStore as OwnersStore, StoredPolicy } from '../policies/policy-store.ts'
import { cancelApprovals } from './approval-opening.ts'
import { type Database, guardStore } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, connections, policies } from './tables.ts'
import { endUncallable } from './tool-approvals.ts'

/** The queries on policies. */
export interface PolicyStore extends OwnersStore {
  /** For the request path: the one policy of a pair, whatever their workspace, by a prepared statement. */
  findForAgentAndConnection(
    agentId: string,
    connectionId: string,
  ): Promise<StoredPolicy | undefined>
}

type Db = Pick<Database, 'db' | 'transaction'>

const ofWorkspace = (workspaceId: string, id: string) =>
  and(eq(policies.workspaceId, workspaceId), eq(policies.id, id))

/** Builds the queries on policies. */
export function createPolicyStore(database: Db): PolicyStore {
  const { db } = database
  const ofPair = db
    .select()
    .from(policies)
    .where(
      and(
        eq(policies.agentId, sql.placeholder('agentId')),
        eq(policies.connectionId, sql.placeholder('connectionId')),
      ),
    )
    .prepare('policy_of_agent_and_connection')

  return guardStore<PolicyStore>({
    ...writes(database),

    async findForAgentAndConnection(agentId, connectionId) {
      const [row] = await ofPair.execute({ agentId, connectionId })
      return row
    },

    async find(workspaceId, id) {
      const [row] = await db.select().from(policies).where(ofWorkspace(workspaceId, id))
      return row
    },

    async list(workspaceId, { limit, after, agentId, connectionId }) {
      return await db
        .select()
        .from(policies)
        .where(
          and(
            eq(policies.workspaceId, workspaceId),
            agentId === undefined ? undefined : eq(policies.agentId, agentId),
            connectionId === undefined ? undefined : eq(policies.connectionId, connectionId),
            afterRow(policies, after),
          ),
        )
        .orderBy(...newestFirst(policies))
        .limit(limit)
    },

    async findParties({ workspaceId, agentId, connectionId }) {
      const [[agent], [connection]] = await Promise.all([
        db
          .select({ id: agents.id })
          .from(agents)
          .where(and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId))),
        db
          .select({ origins: connections.origins })
          .from(connections)
          .where(and(eq(connections.id, connectionId), eq(connections.workspaceId, workspaceId))),
      ])
      return { hasAgent: agent !== undefined, origins: connection?.origins }
    },
  })
}

function writes(database: Db): Pick<OwnersStore, 'insert' | 'replace' | 'delete'> {
  return {
    insert: (row) =>
      database.transaction(async (tx) => {
        // Key-share locks keep both parties from going away before the commit.
        const [agent] = await tx
          .select({ id: agents.id })
          .from(agents)
          .where(and(eq(agents.id, row.agentId), eq(agents.workspaceId, row.workspaceId)))
          .for('key share')
        if (agent === undefined) return 'no-agent'
        const [connection] = await tx
          .select({ id: connections.id })
          .from(connections)
          .where(
            and(eq(connections.id, row.connectionId), eq(connections.workspaceId, row.workspaceId)),
          )
          .for('key share')
        if (connection === undefined) return 'no-connection'
        const inserted = await tx
          .insert(policies)
          .values(row)
          .onConflictDoNothing({ target: [policies.agentId, policies.connectionId] })
          .returning({ id: policies.id })
        return inserted.length === 1 ? 'inserted' : 'exists'
      }),

    replace: ({ workspaceId, id, version }, { document, updatedAt }) =>
      database.transaction(async (tx) => {
        const isThis = and(ofWorkspace(workspaceId, id), eq(policies.version, version))
        const [before] = await tx.select().from(policies).where(isThis).for('no key update')
        if (before === undefined) return undefined
        const hadTools = before.document.tools !== undefined
        // What a grant that is over had brought: one that begins anew does not bring it back.
        if (hadTools) await endUncallable(tx, { policyId: id })
        const [row] = await tx
          .update(policies)
          .set({ document, updatedAt, version: sql`${policies.version} + 1` })
          .where(isThis)
          .returning()
        if (hadTools) await endUncallable(tx, { policyId: id })
        return row
      }),

    delete: (workspaceId, id) =>
      database.transaction(async (tx) => {
        const [row] = await tx.delete(policies).where(ofWorkspace(workspaceId, id)).returning()
        if (row !== undefined) await cancelApprovals(tx, { policyId: row.id })
        return row
      }),
  }
}
