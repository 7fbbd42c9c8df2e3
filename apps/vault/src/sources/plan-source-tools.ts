import type { FieldFault, IdKind, ToolChange, ToolDefinition } from '@sallyport/contracts'
import { withOverrides } from '../tools/effective-tool.ts'
import type { StoredTool, ToolRow } from '../tools/toolset-store.ts'
import { type ComparedTool, compareToolsets } from '../tools/toolsets/compare-toolsets.ts'
import { comparedOf, digestsOf, newTool, storedOf } from '../tools/toolsets/stored-tools.ts'
import type { WhoUses } from '../tools/toolsets/tool-users.ts'
import { invalidFields } from './source-problems.ts'
import type { StoredSource } from './source-store.ts'

type Owner = Pick<StoredSource, 'workspaceId' | 'toolsetId' | 'connectionId'>

/** What the tools of a source would be: those of one key are the same, with their ids, grants and what owners said of them. */
export interface ToolPlan {
  readonly insert: readonly StoredTool[]
  readonly update: readonly StoredTool[]
  readonly remove: readonly string[]
  readonly changes: ToolChange[]
}

/** The tools of a source that is made. */
export const newSourceTools = (
  definitions: readonly ToolDefinition[],
  { workspaceId, toolsetId }: Pick<Owner, 'workspaceId' | 'toolsetId'>,
  { at, newId }: { readonly at: Date; readonly newId: (kind: IdKind) => string },
): StoredTool[] =>
  definitions.map((definition) =>
    newTool(
      { definition, overrides: null, name: definition.name },
      { id: newId('tool'), workspaceId, toolsetId, at },
    ),
  )

/**
 * Compares what there is with what there shall be.
 * @throws Problem invalid-input where a tool gets the name that an owner gave another one
 */
export function planSourceTools(
  source: Owner,
  definitions: readonly ToolDefinition[],
  {
    rows,
    whoUses,
    at,
    newId,
  }: {
    readonly rows: readonly ToolRow[]
    readonly whoUses: WhoUses
    readonly at: Date
    readonly newId: (kind: IdKind) => string
  },
): ToolPlan {
  const rowOf = new Map(rows.map((row) => [row.key, row]))
  const keys = new Set(definitions.map(({ key }) => key))
  const planned = definitions.map((definition) => {
    const row = rowOf.get(definition.key)
    const overrides = row?.overrides ?? null
    return { definition, overrides, name: overrides?.name ?? definition.name, row }
  })
  requireOwnNames(planned)
  const update = planned.flatMap((tool): StoredTool[] => {
    const { row, definition, overrides, name } = tool
    if (row === undefined) return []
    const digests = digestsOf(tool)
    const isSame =
      row.digest === digests.digest && row.definitionDigest === digests.definitionDigest
    if (isSame) return []
    return [{ ...storedOf(row), name, definition, overrides, ...digests, updatedAt: at }]
  })
  const added = planned.filter(({ row }) => row === undefined)
  const { workspaceId, toolsetId, connectionId } = source
  const insert = added.map((tool) =>
    newTool(tool, { id: newId('tool'), workspaceId, toolsetId, at }),
  )
  const after = planned.map(
    (tool): ComparedTool => ({
      ...{ key: tool.definition.key, name: tool.name, status: tool.row?.status ?? 'active' },
      definition: withOverrides(tool.definition, tool.overrides, tool.name),
      digest: digestsOf(tool).digest,
      place: { toolId: tool.row?.id ?? '', toolsetId, connectionId },
    }),
  )
  return {
    ...{ insert, update },
    remove: rows.filter(({ key }) => !keys.has(key)).map(({ id }) => id),
    changes: compareToolsets(comparedOf(rows), after, whoUses),
  }
}

/** Names that owners gave stay; what would get the same one is told. */
function requireOwnNames(
  planned: readonly { readonly definition: ToolDefinition; readonly name: string }[],
): void {
  const used = new Map<string, string>()
  const faults: FieldFault[] = []
  for (const { definition, name } of planned) {
    const other = used.get(name)
    if (other !== undefined) {
      const message = `must not name two tools ${name}: ${other} is called so, as its owner renamed it`
      faults.push({ field: 'tools', message })
    }
    used.set(name, definition.key)
  }
  if (faults.length > 0) throw invalidFields(faults)
}

/** Whether anything of it is to be written. */
export const isEmptyPlan = ({ insert, update, remove }: ToolPlan): boolean =>
  insert.length + update.length + remove.length === 0
