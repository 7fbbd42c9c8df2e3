import type { AssembledTool } from '@sallyport/contracts'
import { effectiveTool } from '../effective-tool.ts'
import { digestOf } from '../tool-digest.ts'
import { invalidField, toolNotFound } from '../toolset-problems.ts'
import type { StoredTool, StoredToolset, ToolOverrides, ToolRow } from '../toolset-store.ts'
import { withOwnNames } from './plan-tools.ts'
import type { ToolsetsNeeds } from './toolsets-needs.ts'

/**
 * Tools of other toolsets under one name. Each is what its source is, now and later,
 * but for the name and the description that it has here. A tool of an assembled toolset stands for the one that it is.
 * @throws Problem tool-not-found, invalid-input for one that is wanted twice or a name that is given twice
 */
export async function assembleTools(
  { store, newId }: Pick<ToolsetsNeeds, 'store' | 'newId'>,
  { workspaceId, id: toolsetId }: Pick<StoredToolset, 'workspaceId' | 'id'>,
  {
    wanted,
    at,
    standing = [],
  }: {
    readonly wanted: readonly AssembledTool[]
    readonly at: Date
    /** What is in it now: such a tool keeps its id. */
    readonly standing?: readonly ToolRow[]
  },
): Promise<StoredTool[]> {
  const rows = await store.findTools(
    workspaceId,
    wanted.map(({ toolId }) => toolId),
  )
  const rowOf = new Map(rows.map((row) => [row.id, row]))
  const seen = new Set<string>()
  const drafts = wanted.map((one, index) => {
    const row = rowOf.get(one.toolId)
    if (row === undefined) throw toolNotFound(`There is no tool ${one.toolId}.`)
    const source = rootOf(row, toolsetId)
    if (seen.has(source.id)) {
      throw invalidField({ field: `assemble[${index}].toolId`, message: 'stands twice' })
    }
    seen.add(source.id)
    return { ...source, ...sayOf(one, source.overrides) }
  })
  const before = new Map(standing.map((row) => [row.sourceToolId, row]))
  // Those that are in it come first, in the order of the numbers in their names: no two change names by being named in turn.
  const nowOf = ({ id }: { readonly id: string }) => before.get(id)?.name
  const kept = drafts.filter((draft) => nowOf(draft) !== undefined)
  kept.sort((a, b) => byLength(nowOf(a) ?? '', nowOf(b) ?? ''))
  const added = drafts.filter((draft) => nowOf(draft) === undefined)
  return withOwnNames([...kept, ...added]).map(({ id: sourceToolId, name, overrides }) => {
    const was = before.get(sourceToolId)
    return {
      ...{ id: was?.id ?? newId('tool'), workspaceId, toolsetId, name, key: sourceToolId },
      ...{ status: was?.status ?? 'active', definition: null, definitionDigest: null },
      ...{ sourceToolId, overrides },
      digest: digestOf({ sourceToolId, name, overrides }),
      createdAt: was?.createdAt ?? at,
      updatedAt: at,
    }
  })
}

const byLength = (a: string, b: string) => a.length - b.length || (a < b ? -1 : 1)

/** The tool itself, and what was said of it where it is another toolset's already. */
function rootOf(row: ToolRow, toolsetId: string) {
  const effective = effectiveTool(row)
  if (effective === undefined) throw toolNotFound(`There is no tool ${row.id}.`)
  const { name } = effective.definition
  if (row.sourceToolId === null) return { id: row.id, name, overrides: null }
  // One that is here already is what it says, and not what it was said to be.
  const overrides = row.toolsetId === toolsetId ? row.overrides : withoutName(row.overrides)
  return { id: row.sourceToolId, name, overrides }
}

function withoutName(overrides: ToolOverrides | null): ToolOverrides | null {
  if (overrides === null) return null
  const { name: _name, ...rest } = overrides
  return Object.keys(rest).length === 0 ? null : rest
}

function sayOf({ name, description }: AssembledTool, before: ToolOverrides | null) {
  const said = {
    ...before,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  }
  const overrides: ToolOverrides | null = Object.keys(said).length === 0 ? null : said
  return { overrides, ...(said.name !== undefined && { name: said.name }) }
}
