import { and, desc, eq, getTableColumns, gt, inArray, ne } from 'drizzle-orm'
import type {
  CapabilityStore,
  GrantCandidate,
  StoredCapabilityRequest,
} from '../capabilities/capability-store.ts'
import { grantCapability } from './capability-grants.ts'
import { type Database, guardStore } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, capabilityRequests, connections, policies } from './tables.ts'

/** The queries on capability requests. */
export interface CapabilityRequestStore extends CapabilityStore {
  /** Ends what an agent waits for. */
  cancelPending(agentId: string): Promise<void>
}

type Db = Pick<Database, 'db' | 'transaction'>

/** More connections of one service than anybody would choose among. */
const candidatesMax = 50

const columns = { ...getTableColumns(capabilityRequests), agentName: agents.name }

/** Builds the queries on capability requests; every one is bound to a workspace or an agent. */
export function createCapabilityRequestStore(database: Db): CapabilityRequestStore {
  const { db } = database
  return guardStore<CapabilityRequestStore>({
    ...reads(database),
    ...insertion(database),

    async deny({ workspaceId, id }, { ownerId, email, at, note }) {
      const denied = await db
        .update(capabilityRequests)
        .set({
          status: 'denied',
          answeredAt: at,
          answeredBy: ownerId,
          answeredByEmail: email,
          note,
        })
        .where(
          and(
            eq(capabilityRequests.workspaceId, workspaceId),
            eq(capabilityRequests.id, id),
            eq(capabilityRequests.status, 'pending'),
          ),
        )
        .returning({ id: capabilityRequests.id })
      return denied.length === 1
    },

    grant: (grant, draft) => grantCapability(database, grant, draft),

    async cancelPending(agentId) {
      await db.update(capabilityRequests).set({ status: 'cancelled' }).where(pendingOf(agentId))
    },
  })
}

const pendingOf = (agentId: string) =>
  and(eq(capabilityRequests.agentId, agentId), eq(capabilityRequests.status, 'pending'))

function reads({
  db,
}: Db): Pick<CapabilityStore, 'listPending' | 'listAnswered' | 'list' | 'find' | 'listCandidates'> {
  const requests = () =>
    db
      .select(columns)
      .from(capabilityRequests)
      .innerJoin(agents, eq(agents.id, capabilityRequests.agentId))
      .$dynamic()

  return {
    listPending: async (agentId) =>
      await requests()
        .where(pendingOf(agentId))
        .orderBy(...newestFirst(capabilityRequests)),

    listAnswered: async (agentId, { since, limit }): Promise<StoredCapabilityRequest[]> =>
      await requests()
        .where(
          and(
            eq(capabilityRequests.agentId, agentId),
            inArray(capabilityRequests.status, ['approved', 'denied']),
            gt(capabilityRequests.answeredAt, since),
          ),
        )
        .orderBy(desc(capabilityRequests.answeredAt), desc(capabilityRequests.id))
        .limit(limit),

    list: async (workspaceId, { limit, after, status }) =>
      await requests()
        .where(
          and(
            eq(capabilityRequests.workspaceId, workspaceId),
            status === undefined ? undefined : eq(capabilityRequests.status, status),
            afterRow(capabilityRequests, after),
          ),
        )
        .orderBy(...newestFirst(capabilityRequests))
        .limit(limit),

    async find(workspaceId, id) {
      const [row] = await requests().where(
        and(eq(capabilityRequests.workspaceId, workspaceId), eq(capabilityRequests.id, id)),
      )
      return row
    },

    listCandidates: async ({ workspaceId, agentId, service }): Promise<GrantCandidate[]> =>
      await db
        .select({
          id: connections.id,
          label: connections.label,
          status: connections.status,
          origins: connections.origins,
          credentialKind: connections.credentialKind,
          grantedScopes: connections.grantedScopes,
          policyId: policies.id,
        })
        .from(connections)
        .leftJoin(
          policies,
          and(eq(policies.connectionId, connections.id), eq(policies.agentId, agentId)),
        )
        .where(
          and(
            eq(connections.workspaceId, workspaceId),
            eq(connections.service, service),
            ne(connections.status, 'revoked'),
          ),
        )
        .orderBy(...newestFirst(connections))
        .limit(candidatesMax),
  }
}

function insertion(database: Db): Pick<CapabilityStore, 'insert'> {
  return {
    insert: (row, pendingMax) =>
      database.transaction(async (tx) => {
        // One request of an agent after the other: only so is what was counted still true when the row is stored.
        const [agent] = await tx
          .select({ status: agents.status })
          .from(agents)
          .where(and(eq(agents.id, row.agentId), eq(agents.workspaceId, row.workspaceId)))
          .for('no key update')
        if (agent === undefined || agent.status === 'disabled') return 'no-agent'
        const pending = await tx
          .select({ actionTemplateId: capabilityRequests.actionTemplateId })
          .from(capabilityRequests)
          .where(pendingOf(row.agentId))
          .limit(pendingMax)
        if (pending.some((one) => one.actionTemplateId === row.actionTemplateId)) return 'asked'
        if (pending.length >= pendingMax) return 'full'
        await tx.insert(capabilityRequests).values({ ...row, status: 'pending' })
        return 'inserted'
      }),
  }
}
