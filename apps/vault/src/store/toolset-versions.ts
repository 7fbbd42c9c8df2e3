import type { ToolDefinition } from '@sallyport/contracts'
import { and, count, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import type {
  StoredToolset,
  ToolsetStore,
  VersionNote,
  VersionTool,
} from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { tools, toolsetDefinitions, toolsetVersions } from './tool-tables.ts'

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
    'id', id, 'name', name, 'key', key, 'status', status, 'digest', digest,
    'definitionDigest', definition_digest,
    'sourceToolId', source_tool_id, 'overrides', overrides) order by name), '[]'::json)
  from ${tools} where toolset_id = ${toolsetId})`

/**
 * Keeps the definitions of tools that are about to change or go. What stands in a tool is read from there: definitions are
 * long, and most of them are the same over all versions.
 */
export async function keepDefinitions(
  tx: Transaction,
  toolsetId: string,
  toolIds: readonly string[],
): Promise<void> {
  if (toolIds.length === 0) return
  await tx.execute(sql`
    insert into ${toolsetDefinitions} (toolset_id, digest, definition)
    select distinct on (definition_digest) toolset_id, definition_digest, definition from ${tools}
    where toolset_id = ${toolsetId} and id = any(${sql.param([...toolIds])}::text[])
      and definition is not null
    on conflict do nothing`)
}

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
  const gone = await tx
    .delete(toolsetVersions)
    .where(
      and(
        eq(toolsetVersions.toolsetId, toolset.id),
        lt(toolsetVersions.version, toolset.version - versionsKeptMax + 1),
      ),
    )
    .returning({ version: toolsetVersions.version })
  if (gone.length > 0) await dropDefinitions(tx, toolset.id)
}

/** Those that no version names any more. */
const dropDefinitions = (tx: Transaction, toolsetId: string) =>
  tx.execute(sql`
    delete from ${toolsetDefinitions} where toolset_id = ${toolsetId} and digest not in (
      select coalesce(tool ->> 'definitionDigest', '') from ${toolsetVersions},
        json_array_elements(${toolsetVersions.tools}) as tool
      where ${toolsetVersions.toolsetId} = ${toolsetId})`)

/** Definitions by their digests: of tools that have them now, or that had them once. */
async function findDefinitions(
  { db }: Pick<Database, 'db'>,
  toolsetId: string,
  digests: readonly string[],
): Promise<ReadonlyMap<string, ToolDefinition>> {
  const wanted = [...new Set(digests)]
  if (wanted.length === 0) return new Map()
  const [now, once] = await Promise.all([
    db
      .select({ digest: tools.definitionDigest, definition: tools.definition })
      .from(tools)
      .where(and(eq(tools.toolsetId, toolsetId), inArray(tools.definitionDigest, wanted))),
    db
      .select({ digest: toolsetDefinitions.digest, definition: toolsetDefinitions.definition })
      .from(toolsetDefinitions)
      .where(
        and(
          eq(toolsetDefinitions.toolsetId, toolsetId),
          inArray(toolsetDefinitions.digest, wanted),
        ),
      ),
  ])
  return new Map(
    [...once, ...now].flatMap(({ digest, definition }) =>
      digest === null || definition === null ? [] : [[digest, definition] as const],
    ),
  )
}

/** Builds the queries on what toolsets were. */
export function createVersionReads(
  database: Pick<Database, 'db'>,
): Pick<ToolsetStore, 'listVersions' | 'findVersion'> {
  const { db } = database
  return {
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
      if (row === undefined) return undefined
      // Written by `keepVersion` alone.
      const then = row.tools as readonly Omit<VersionTool, 'definition'>[]
      const digests = then.flatMap(({ definitionDigest }) => definitionDigest ?? [])
      const definitions = await findDefinitions(database, toolsetId, digests)
      const toolsThen = then.map((tool) => ({
        ...tool,
        definition: definitions.get(tool.definitionDigest ?? '') ?? null,
      }))
      return { ...row, tools: toolsThen }
    },
  }
}
