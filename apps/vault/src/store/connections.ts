import { and, eq, exists, getTableColumns, ne, type SQL, sql } from 'drizzle-orm'
import type { PageAfter } from '../paging/page-cursor.ts'
import { cancelApprovals } from './approval-opening.ts'
import { type Database, guardStore } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { connections, policies } from './tables.ts'

type Row = typeof connections.$inferSelect
type NewRow = typeof connections.$inferInsert
type Changes = Partial<Omit<NewRow, 'id' | 'workspaceId' | 'createdAt'>>
/** The queries on connections. */
export type ConnectionStore = ReturnType<typeof createConnectionStore>

const { sealed: _sealed, ...record } = getTableColumns(connections)

/** Builds the queries on connections. Those that answer a person or an agent are bound to a workspace. */
export function createConnectionStore(database: Pick<Database, 'db' | 'transaction'>) {
  return guardStore({ ...reads(database), ...ofAgents(database), ...writes(database) })
}

function reads({ db }: Pick<Database, 'db'>) {
  const snapshot = db
    .select()
    .from(connections)
    .where(eq(connections.id, sql.placeholder('id')))
    .prepare('connection_snapshot')
  const one = db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.workspaceId, sql.placeholder('workspaceId')),
        eq(connections.id, sql.placeholder('id')),
      ),
    )
    .prepare('connection_of_workspace')

  return {
    /** For the request path, which compares the workspace itself. */
    async findSnapshot(id: string): Promise<Row | undefined> {
      const [row] = await snapshot.execute({ id })
      return row
    },

    async find(workspaceId: string, id: string): Promise<Row | undefined> {
      const [row] = await one.execute({ workspaceId, id })
      return row
    },

    /** Newest first. */
    list: async (workspaceId: string, page: PageAfter) =>
      await db
        .select(record)
        .from(connections)
        .where(and(eq(connections.workspaceId, workspaceId), afterRow(connections, page.after)))
        .orderBy(...newestFirst(connections))
        .limit(page.limit),
  }
}

function ofAgents({ db }: Pick<Database, 'db'>) {
  const ofService = db
    .select({ id: connections.id })
    .from(policies)
    .innerJoin(connections, eq(connections.id, policies.connectionId))
    .where(
      and(
        eq(policies.agentId, sql.placeholder('agentId')),
        eq(connections.workspaceId, sql.placeholder('workspaceId')),
        eq(connections.service, sql.placeholder('service')),
        ne(connections.status, 'revoked'),
      ),
    )
    .orderBy(...newestFirst(connections))
    .limit(candidatesMax)
    .prepare('connections_of_service')

  return {
    /** The ids of a service's connections that are not revoked and that the agent has a policy for, newest first. */
    async listIdsOfService(
      agent: { readonly agentId: string; readonly workspaceId: string },
      service: string,
    ): Promise<string[]> {
      const { agentId, workspaceId } = agent
      const rows = await ofService.execute({ agentId, workspaceId, service })
      return rows.map((row) => row.id)
    },

    /** What an agent has a policy for, with that policy; newest first. */
    listForAgent: async (
      agent: { readonly agentId: string; readonly workspaceId: string },
      page: PageAfter,
    ) =>
      await db
        .select({
          connection: record,
          policy: { id: policies.id, document: policies.document },
        })
        .from(policies)
        .innerJoin(connections, eq(connections.id, policies.connectionId))
        .where(
          and(
            eq(policies.agentId, agent.agentId),
            eq(connections.workspaceId, agent.workspaceId),
            afterRow(connections, page.after),
          ),
        )
        .orderBy(...newestFirst(connections))
        .limit(page.limit),
  }
}

function writes({ db, transaction }: Pick<Database, 'db' | 'transaction'>) {
  return {
    /** Undefined where a singleton service has a connection already that is not revoked. */
    async insert(row: NewRow) {
      const [stored] = await db
        .insert(connections)
        .values(row)
        .onConflictDoNothing()
        .returning(record)
      return stored
    },

    /** Compare and set: undefined where the row has another version by now, or is revoked or gone. */
    async update(
      at: { readonly workspaceId: string; readonly id: string; readonly version: number },
      changes: Changes,
    ) {
      const [stored] = await db
        .update(connections)
        .set(changes)
        .where(
          and(
            eq(connections.workspaceId, at.workspaceId),
            eq(connections.id, at.id),
            eq(connections.version, at.version),
            ne(connections.status, 'revoked'),
          ),
        )
        .returning(record)
      return stored
    },

    /** Destroys the sealed credential in the statement that revokes, and withdraws approvals; repeated, it changes nothing. */
    async revoke(at: {
      readonly workspaceId: string
      readonly id: string
      /** Only where this agent has a policy for it. */
      readonly agentId?: string
      readonly now: Date
    }) {
      const isNew = sql`${connections.status} <> 'revoked'`
      const whenNew = (value: SQL, otherwise: SQL) =>
        sql`case when ${isNew} then ${value} else ${otherwise} end`
      const now = sql`${at.now.toISOString()}::timestamptz`
      return transaction(async (tx) => {
        const [stored] = await tx
          .update(connections)
          .set({
            status: 'revoked',
            sealed: null,
            credentialHint: '',
            version: whenNew(sql`${connections.version} + 1`, sql`${connections.version}`),
            revokedAt: whenNew(now, sql`${connections.revokedAt}`),
            updatedAt: whenNew(now, sql`${connections.updatedAt}`),
          })
          .where(
            and(
              eq(connections.workspaceId, at.workspaceId),
              eq(connections.id, at.id),
              at.agentId === undefined ? undefined : hasPolicy(db, at.agentId),
            ),
          )
          .returning(record)
        if (stored !== undefined) await cancelApprovals(tx, { connectionId: stored.id })
        return stored
      })
    },
  }
}

/** More of one service than anybody would choose among. */
const candidatesMax = 50

function hasPolicy(db: Database['db'], agentId: string): SQL {
  return exists(
    db
      .select({ id: policies.id })
      .from(policies)
      .where(and(eq(policies.agentId, agentId), eq(policies.connectionId, connections.id))),
  )
}
