import { and, eq, sql } from 'drizzle-orm'
import type { ToolRow } from '../tools/toolset-store.ts'
import { type Database, guardStore } from './database.ts'
import { tools, toolsets } from './tool-tables.ts'
import { selectTools } from './tools.ts'

/** What the request path reads of tools. */
export interface ToolSnapshotStore {
  findByName(workspaceId: string, toolset: string, name: string): Promise<ToolRow | undefined>
  findById(workspaceId: string, toolId: string): Promise<ToolRow | undefined>
}

/** Builds the queries, as prepared statements. */
export function createToolSnapshotStore({ db }: Pick<Database, 'db'>): ToolSnapshotStore {
  const ofWorkspace = eq(tools.workspaceId, sql.placeholder('workspaceId'))
  const byName = selectTools(db)
    .where(
      and(
        ofWorkspace,
        eq(toolsets.name, sql.placeholder('toolset')),
        eq(tools.name, sql.placeholder('name')),
      ),
    )
    .prepare('tool_by_name')
  const byId = selectTools(db)
    .where(and(ofWorkspace, eq(tools.id, sql.placeholder('id'))))
    .prepare('tool_by_id')
  return guardStore<ToolSnapshotStore>({
    async findByName(workspaceId, toolset, name) {
      const [row] = await byName.execute({ workspaceId, toolset, name })
      return row
    },
    async findById(workspaceId, id) {
      const [row] = await byId.execute({ workspaceId, id })
      return row
    },
  })
}
