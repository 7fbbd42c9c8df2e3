import { sql } from 'drizzle-orm'
import type { StoredTool, StoredToolset, VersionNote } from '../tools/toolset-store.ts'
import { brokenUniqueConstraint, type Transaction } from './database.ts'
import { tools, toolsets } from './tool-tables.ts'
import { keepVersion } from './toolset-versions.ts'

/** Of one statement: definitions are long. */
const toolsOfStatementMax = 200

/** A toolset with its tools and its first version. */
export interface MadeToolset {
  readonly toolset: StoredToolset
  readonly tools: readonly StoredTool[]
  readonly note: VersionNote
}

/** Writes all of it down. */
export async function insertToolset(
  tx: Transaction,
  { toolset, tools: rows, note }: MadeToolset,
): Promise<void> {
  await tx.insert(toolsets).values(toolset)
  await putTools(tx, rows)
  await keepVersion(tx, toolset, { ...note, at: toolset.createdAt })
}

/** Writes tools down, new or changed. */
export async function putTools(tx: Transaction, rows: readonly StoredTool[]): Promise<void> {
  for (let from = 0; from < rows.length; from += toolsOfStatementMax) {
    await tx
      .insert(tools)
      .values(rows.slice(from, from + toolsOfStatementMax))
      .onConflictDoUpdate({
        target: tools.id,
        set: {
          name: sql`excluded.name`,
          key: sql`excluded.key`,
          status: sql`excluded.status`,
          definition: sql`excluded.definition`,
          definitionDigest: sql`excluded.definition_digest`,
          digest: sql`excluded.digest`,
          sourceToolId: sql`excluded.source_tool_id`,
          overrides: sql`excluded.overrides`,
          updatedAt: sql`excluded.updated_at`,
        },
      })
  }
}

/** Two toolsets, or two tools of one, have one name: whoever comes second is told. */
export async function tellTaken<T>(work: () => Promise<T>): Promise<T | 'exists' | 'tool-exists'> {
  try {
    return await work()
  } catch (error) {
    const broken = brokenUniqueConstraint(error)
    if (broken === 'toolsets_by_name') return 'exists'
    if (broken === 'tools_by_name') return 'tool-exists'
    throw error
  }
}
