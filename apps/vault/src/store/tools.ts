import { and, asc, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { ToolPage, ToolRow, ToolsetStore } from '../tools/toolset-store.ts'
import type { Database, Executor } from './database.ts'
import { tools, toolsets } from './tool-tables.ts'

type ToolReads = Pick<
  ToolsetStore,
  'listTools' | 'toolsOf' | 'findTool' | 'findTools' | 'placesOf' | 'dependentsOf' | 'awaitChanges'
>

const source = alias(tools, 'source')
const sourceToolset = alias(toolsets, 'source_toolset')

const connectionId = sql<
  string | null
>`coalesce(${toolsets.connectionId}, ${sourceToolset.connectionId})`

/** Tools with the toolset that they are in and, where they are another toolset's, with that one. */
export const selectTools = (executor: Pick<Executor, 'select'>) =>
  executor
    .select({
      id: tools.id,
      workspaceId: tools.workspaceId,
      toolsetId: tools.toolsetId,
      name: tools.name,
      key: tools.key,
      status: tools.status,
      definition: tools.definition,
      digest: tools.digest,
      definitionDigest: tools.definitionDigest,
      sourceToolId: tools.sourceToolId,
      overrides: tools.overrides,
      createdAt: tools.createdAt,
      updatedAt: tools.updatedAt,
      toolset: toolsets.name,
      connectionId,
      sourceToolset: sourceToolset.name,
      isOff: sql<boolean>`not (${toolsets.enabled} and coalesce(${sourceToolset.enabled}, true))`,
      source: {
        name: source.name,
        status: source.status,
        definition: source.definition,
        overrides: source.overrides,
      },
    })
    .from(tools)
    .innerJoin(toolsets, eq(toolsets.id, tools.toolsetId))
    .leftJoin(source, eq(source.id, tools.sourceToolId))
    .leftJoin(sourceToolset, eq(sourceToolset.id, source.toolsetId))

/** Builds the queries on tools. */
export function createToolReads({ db }: Pick<Database, 'db'>): ToolReads {
  return {
    async listTools(workspaceId, page) {
      return await selectTools(db)
        .where(and(eq(tools.workspaceId, workspaceId), ...conditionsOf(page)))
        .orderBy(asc(toolsets.name), asc(tools.name))
        .limit(page.limit)
    },

    async toolsOf(workspaceId, toolsetId): Promise<ToolRow[]> {
      return await selectTools(db)
        .where(and(eq(tools.workspaceId, workspaceId), eq(tools.toolsetId, toolsetId)))
        .orderBy(asc(tools.name))
    },

    async findTool(workspaceId, id) {
      const [row] = await selectTools(db).where(
        and(eq(tools.workspaceId, workspaceId), eq(tools.id, id)),
      )
      return row
    },

    async placesOf(toolsetIds) {
      if (toolsetIds.length === 0) return []
      return await db
        .select({ toolId: tools.id, toolsetId: tools.toolsetId, connectionId })
        .from(tools)
        .innerJoin(toolsets, eq(toolsets.id, tools.toolsetId))
        .leftJoin(source, eq(source.id, tools.sourceToolId))
        .leftJoin(sourceToolset, eq(sourceToolset.id, source.toolsetId))
        .where(inArray(tools.toolsetId, [...toolsetIds]))
    },

    async awaitChanges(workspaceId, toolsetId) {
      const theirs = db
        .select({ id: source.toolsetId })
        .from(tools)
        .innerJoin(source, eq(source.id, tools.sourceToolId))
        .where(eq(tools.toolsetId, toolsetId))
      // Whoever changes a toolset holds it until that is done.
      await db
        .select({ id: toolsets.id })
        .from(toolsets)
        .where(
          and(
            eq(toolsets.workspaceId, workspaceId),
            or(eq(toolsets.id, toolsetId), inArray(toolsets.id, theirs)),
          ),
        )
        .orderBy(toolsets.id)
        .for('key share')
    },

    async dependentsOf(toolsetId) {
      return await db
        .select({ toolId: tools.id, toolsetId: tools.toolsetId, sourceToolId: source.id })
        .from(tools)
        .innerJoin(source, eq(source.id, tools.sourceToolId))
        .where(eq(source.toolsetId, toolsetId))
    },

    async findTools(workspaceId, ids) {
      if (ids.length === 0) return []
      return await selectTools(db).where(
        and(eq(tools.workspaceId, workspaceId), inArray(tools.id, [...ids])),
      )
    },
  }
}

function conditionsOf({ after, toolsetId, search }: ToolPage): (SQL | undefined)[] {
  return [
    toolsetId === undefined ? undefined : eq(tools.toolsetId, toolsetId),
    after && sql`(${toolsets.name}, ${tools.name}) > (${after.toolset}, ${after.name})`,
    search === undefined ? undefined : holds(search),
  ]
}

/** In the names, and in the descriptions as they are in force. Only what is looked for is read, never a pattern. */
function holds(search: string): SQL | undefined {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  const description = sql`coalesce(${tools.overrides} ->> 'description', ${tools.definition} ->> 'description',
    ${source.overrides} ->> 'description', ${source.definition} ->> 'description')`
  return or(
    sql`${tools.name} ilike ${pattern}`,
    sql`${toolsets.name} || '.' || ${tools.name} ilike ${pattern}`,
    sql`${description} ilike ${pattern}`,
  )
}
