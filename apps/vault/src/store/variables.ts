import { and, eq, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { VariableStore } from '../upstreams/variables/variable-store.ts'
import { type Database, guardStore } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { connections } from './tables.ts'
import { mcpServers, variables } from './upstream-tables.ts'

/** Builds the queries on variables, each bound to a workspace. */
export function createVariableStore(database: Pick<Database, 'db' | 'transaction'>): VariableStore {
  const { db } = database
  const selectRows = () =>
    db
      .select({
        ...getTableColumns(variables),
        connection: {
          id: connections.id,
          label: connections.label,
          status: connections.status,
        },
      })
      .from(variables)
      .leftJoin(connections, eq(connections.id, variables.connectionId))

  return guardStore<VariableStore>({
    list: async (workspaceId, { limit, after }) =>
      await selectRows()
        .where(and(eq(variables.workspaceId, workspaceId), afterRow(variables, after)))
        .orderBy(...newestFirst(variables))
        .limit(limit),

    findByNames: async (workspaceId, names) =>
      names.length === 0
        ? []
        : await selectRows().where(
            and(eq(variables.workspaceId, workspaceId), inArray(variables.name, [...names])),
          ),

    async insert(row) {
      const inserted = await db
        .insert(variables)
        .values(row)
        .onConflictDoNothing({ target: [variables.workspaceId, variables.name] })
        .returning({ id: variables.id })
      return inserted.length === 1
    },

    async update({ id, workspaceId, ...set }, version) {
      const updated = await db
        .update(variables)
        .set({ ...set, version: version + 1 })
        .where(
          and(
            eq(variables.workspaceId, workspaceId),
            eq(variables.id, id),
            eq(variables.version, version),
          ),
        )
        .returning({ id: variables.id })
      return updated.length === 1
    },

    delete: ({ workspaceId, name }) =>
      database.transaction(async (tx) => {
        const [row] = await tx
          .select({ id: variables.id })
          .from(variables)
          .where(and(eq(variables.workspaceId, workspaceId), eq(variables.name, name)))
          .for('update')
        if (row === undefined) return 'not-found'
        const [user] = await tx
          .select({ id: mcpServers.id })
          .from(mcpServers)
          .where(
            and(
              eq(mcpServers.workspaceId, workspaceId),
              sql`${name} = any(${mcpServers.variables})`,
            ),
          )
          .limit(1)
        if (user !== undefined) return 'in-use'
        await tx.delete(variables).where(eq(variables.id, row.id))
        return 'deleted'
      }),
  })
}
