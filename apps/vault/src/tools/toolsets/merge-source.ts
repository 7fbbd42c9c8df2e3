import type { ToolChange } from '@sallyport/contracts'
import { withOverrides } from '../effective-tool.ts'
import type { StoredTool, ToolRow, ToolsetRow } from '../toolset-store.ts'
import { type ComparedTool, compareToolsets } from './compare-toolsets.ts'
import { type Choice, type PlannedTool, planTools } from './plan-tools.ts'
import type { ReadSource } from './read-source.ts'
import { comparedOf, digestsOf, newTool, storedOf } from './stored-tools.ts'
import type { WhoUses } from './tool-users.ts'

/** What a toolset would be after another import: tools are the same by their key, and keep what owners said of them. */
export interface Merge {
  readonly planned: readonly PlannedTool[]
  readonly insert: readonly PlannedTool[]
  readonly update: readonly StoredTool[]
  readonly remove: readonly string[]
  readonly changes: ToolChange[]
}

/** @throws Problem as `planTools` */
export function mergeSource(
  {
    toolset,
    rows,
    whoUses,
  }: {
    readonly toolset: Pick<ToolsetRow, 'id' | 'connectionId' | 'leftOut'>
    readonly rows: readonly ToolRow[]
    readonly whoUses: WhoUses
  },
  source: Pick<ReadSource, 'tools'>,
  { choices, at }: { readonly choices: readonly Choice[]; readonly at: Date },
): Merge {
  const rowOf = new Map(rows.map((row) => [row.key, row]))
  const planned = planTools(source.tools, choices, {
    standing: rowOf,
    leftOut: toolset.leftOut ?? [],
  })
  const keys = new Set(planned.map(({ definition }) => definition.key))
  const update = planned.flatMap((tool) => {
    const row = rowOf.get(tool.definition.key)
    return row === undefined ? [] : (changedRow(row, tool, at) ?? [])
  })
  const after = planned.map((tool): ComparedTool => {
    const { definition, overrides, name } = tool
    const row = rowOf.get(definition.key)
    return {
      ...{ key: definition.key, name, status: row?.status ?? 'active' },
      definition: withOverrides(definition, overrides, name),
      digest: digestsOf(tool).digest,
      place: { toolId: row?.id ?? '', toolsetId: toolset.id, connectionId: toolset.connectionId },
    }
  })
  return {
    planned,
    insert: planned.filter(({ definition }) => !rowOf.has(definition.key)),
    update,
    remove: rows.filter(({ key }) => !keys.has(key)).map(({ id }) => id),
    changes: compareToolsets(comparedOf(rows), after, whoUses),
  }
}

/** The row as it would be; undefined where nothing of it changes. */
function changedRow(row: ToolRow, tool: PlannedTool, at: Date): StoredTool | undefined {
  const { definition, overrides, name } = tool
  const digests = digestsOf(tool)
  const isSame = row.digest === digests.digest && row.definitionDigest === digests.definitionDigest
  if (isSame) return undefined
  return { ...storedOf(row), name, definition, overrides, ...digests, updatedAt: at }
}

/** The tools that are new, as they are stored. */
export const newTools = (
  { insert }: Pick<Merge, 'insert'>,
  {
    toolset,
    at,
    newId,
  }: {
    readonly toolset: Pick<ToolsetRow, 'id' | 'workspaceId'>
    readonly at: Date
    readonly newId: () => string
  },
): StoredTool[] =>
  insert.map((tool) =>
    newTool(tool, { id: newId(), workspaceId: toolset.workspaceId, toolsetId: toolset.id, at }),
  )
