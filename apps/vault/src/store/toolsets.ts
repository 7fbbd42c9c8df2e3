import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { ToolsetRow, ToolsetStore } from '../tools/toolset-store.ts'
import { type Database, guardStore } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { connections } from './tables.ts'
import { selectGrants } from './tool-grants.ts'
import { selectNamingPolicies } from './tool-renames.ts'
import { tools, toolsets } from './tool-tables.ts'
import { createToolReads } from './tools.ts'
import { createVersionReads } from './toolset-versions.ts'
import { createToolsetWrites } from './toolset-writes.ts'

/** A whole toolset may come to tens of megabytes, in many statements. */
const writeDeadlineMs = 30_000

/** Builds the queries on toolsets and tools. */
export function createToolsetStore(database: Pick<Database, 'db' | 'transaction'>): ToolsetStore {
  return {
    ...guardStore({
      ...createToolReads(database),
      ...createVersionReads(database),
      ...reads(database),
      grantsOf: (workspaceId: string, toolsetIds: readonly string[]) =>
        selectGrants(database, workspaceId, toolsetIds),
      policiesNamingTools: (workspaceId: string) => selectNamingPolicies(database, workspaceId),
    }),
    ...guardStore(createToolsetWrites(database), writeDeadlineMs),
  }
}

function reads({
  db,
}: Pick<Database, 'db'>): Pick<ToolsetStore, 'find' | 'list' | 'isTaken' | 'findConnection'> {
  const select = () =>
    db
      .select({
        ...getTableColumns(toolsets),
        toolCount: sql<number>`(select count(*)::int from ${tools} where ${tools.toolsetId} = ${toolsets.id})`,
        connection: {
          id: connections.id,
          label: connections.label,
          service: connections.service,
          status: connections.status,
        },
      })
      .from(toolsets)
      .leftJoin(connections, eq(connections.id, toolsets.connectionId))
  return {
    async find(workspaceId, id): Promise<ToolsetRow | undefined> {
      const [row] = await select().where(
        and(eq(toolsets.workspaceId, workspaceId), eq(toolsets.id, id)),
      )
      return row
    },

    async list(workspaceId, { limit, after, name, connectionId }) {
      return await select()
        .where(
          and(
            eq(toolsets.workspaceId, workspaceId),
            name === undefined ? undefined : eq(toolsets.name, name),
            connectionId === undefined ? undefined : eq(toolsets.connectionId, connectionId),
            afterRow(toolsets, after),
          ),
        )
        .orderBy(...newestFirst(toolsets))
        .limit(limit)
    },

    async isTaken(workspaceId, name) {
      const rows = await db
        .select({ id: toolsets.id })
        .from(toolsets)
        .where(and(eq(toolsets.workspaceId, workspaceId), eq(toolsets.name, name)))
      return rows.length > 0
    },

    async findConnection(workspaceId, id) {
      const { label, service, status, origins, credentialKind } = connections
      const [row] = await db
        .select({ id: connections.id, label, service, status, origins, credentialKind })
        .from(connections)
        .where(and(eq(connections.workspaceId, workspaceId), eq(connections.id, id)))
      return row
    },
  }
}
