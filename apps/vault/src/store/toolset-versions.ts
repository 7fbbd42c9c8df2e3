import { and, count, desc, eq, lt, sql } from 'drizzle-orm'
import type {
  StoredToolset,
  ToolsetStore,
  VersionNote,
  VersionTool,
} from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { tools, toolsetVersions } from './tool-tables.ts'

/** Kept of each toolset; the older ones go. */
const versionsKeptMax = 20

const told = {
  version: toolsetVersions.version,
  cause: toolsetVersions.cause,
  ownerId: toolsetVersions.ownerId,
  toolCount: toolsetVersions.toolCount,
  added: toolsetVersions.added,
  removed: toolsetVersions.removed,
  changed: toolsetVersions.changed,
  createdAt: toolsetVersions.createdAt,
}

/** The database writes a toolset's tools down as they are now; nothing of them travels. */
const toolsNow = (toolsetId: string) => sql`(
  select coalesce(json_agg(json_build_object(
    'id', id, 'name', name, 'key', key, 'status', status, 'definition', definition, 'digest', digest,
    'sourceToolId', source_tool_id, 'overrides', overrides) order by name), '[]'::json)
  from ${tools} where toolset_id = ${toolsetId})`

/** Keeps what a toolset is from now on, and lets go of what it was twenty versions ago. */
export async function keepVersion(
  tx: Transaction,
  toolset: Pick<StoredToolset, 'id' | 'version'>,
  { cause, ownerId, added, removed, changed, at }: VersionNote & { readonly at: Date },
): Promise<void> {
  const [counted] = await tx
    .select({ toolCount: count() })
    .from(tools)
    .where(eq(tools.toolsetId, toolset.id))
  await tx.insert(toolsetVersions).values({
    toolsetId: toolset.id,
    version: toolset.version,
    ...{ cause, ownerId, added, removed, changed },
    tools: toolsNow(toolset.id),
    toolCount: counted?.toolCount ?? 0,
    createdAt: at,
  })
  await tx
    .delete(toolsetVersions)
    .where(
      and(
        eq(toolsetVersions.toolsetId, toolset.id),
        lt(toolsetVersions.version, toolset.version - versionsKeptMax + 1),
      ),
    )
}

/** Builds the queries on what toolsets were. */
export const createVersionReads = ({
  db,
}: Pick<Database, 'db'>): Pick<ToolsetStore, 'listVersions' | 'findVersion'> => ({
  async listVersions(toolsetId, { limit, before }) {
    return await db
      .select(told)
      .from(toolsetVersions)
      .where(
        and(
          eq(toolsetVersions.toolsetId, toolsetId),
          before === undefined ? undefined : lt(toolsetVersions.version, before),
        ),
      )
      .orderBy(desc(toolsetVersions.version))
      .limit(limit)
  },

  async findVersion(toolsetId, version) {
    const [row] = await db
      .select({ ...told, tools: toolsetVersions.tools })
      .from(toolsetVersions)
      .where(and(eq(toolsetVersions.toolsetId, toolsetId), eq(toolsetVersions.version, version)))
    // Written by `keepVersion` alone.
    return row && { ...row, tools: row.tools as readonly VersionTool[] }
  },
})
