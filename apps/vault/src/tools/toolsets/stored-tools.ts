import type { ToolDefinition } from '@sallyport/contracts'
import { effectiveTool, withOverrides } from '../effective-tool.ts'
import { toolDigest } from '../tool-digest.ts'
import { toolOrigin } from '../tool-url.ts'
import { originsNotAllowed } from '../toolset-problems.ts'
import type { StoredTool, ToolRow } from '../toolset-store.ts'
import type { ComparedTool } from './compare-toolsets.ts'
import type { PlannedTool } from './plan-tools.ts'
import { placeOf } from './view-toolset.ts'

/** A tool that is made, as it is stored. */
export const newTool = (
  { definition, overrides, name }: PlannedTool,
  of: Pick<StoredTool, 'id' | 'workspaceId' | 'toolsetId'> & { readonly at: Date },
): StoredTool => ({
  ...{ id: of.id, workspaceId: of.workspaceId, toolsetId: of.toolsetId },
  ...{ name, overrides, definition, key: definition.key, status: 'active', sourceToolId: null },
  ...digestsOf({ definition, overrides, name }),
  createdAt: of.at,
  updatedAt: of.at,
})

/** What a tool is pinned by, and its definition as the source says it. */
export function digestsOf({
  definition,
  overrides,
  name,
}: PlannedTool): Pick<StoredTool, 'digest' | 'definitionDigest'> {
  const definitionDigest = toolDigest(definition)
  const isPlain = overrides === null && name === definition.name
  const digest = isPlain ? definitionDigest : toolDigest(withOverrides(definition, overrides, name))
  return { digest, definitionDigest }
}

/** A row without what stands beside it. */
export const storedOf = (row: ToolRow): StoredTool => ({
  ...{ id: row.id, workspaceId: row.workspaceId, toolsetId: row.toolsetId, name: row.name },
  ...{ key: row.key, status: row.status, definition: row.definition, digest: row.digest },
  definitionDigest: row.definitionDigest,
  ...{ sourceToolId: row.sourceToolId, overrides: row.overrides },
  ...{ createdAt: row.createdAt, updatedAt: row.updatedAt },
})

/** Tools as they are compared. One whose source has gone meanwhile is no tool any more. */
export const comparedOf = (rows: readonly ToolRow[]): ComparedTool[] =>
  rows.flatMap((row) => {
    const effective = effectiveTool(row)
    if (effective === undefined) return []
    return [{ key: row.key, name: row.name, ...effective, place: placeOf(row) }]
  })

/** Where tools send to. */
export const originsOf = (definitions: readonly Pick<ToolDefinition, 'binding'>[]): string[] => [
  ...new Set(definitions.map(({ binding }) => toolOrigin(binding))),
]

/** Problem `origin-not-allowed` naming the origins of tools that the connection's credential may not go to. */
export function requireOrigins(
  definitions: readonly Pick<ToolDefinition, 'binding'>[],
  allowed: readonly string[],
): void {
  const outside = originsOf(definitions).filter((origin) => !allowed.includes(origin))
  if (outside.length > 0) throw originsNotAllowed(outside, allowed)
}
