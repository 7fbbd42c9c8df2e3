import { mcpToolName, type Tool, type ToolSummary } from '@sallyport/contracts'
import { effectiveTool, isOfServer } from '../effective-tool.ts'
import { toolAddress, toolMethod } from '../tool-url.ts'
import type { ToolRow } from '../toolset-store.ts'

/** A tool as owners list it; undefined where its source has gone meanwhile. */
export function viewToolSummary(row: ToolRow, agents: number): ToolSummary | undefined {
  const effective = effectiveTool(row)
  if (effective === undefined) return undefined
  const { definition, digest, status } = effective
  const { title, description, annotations, deprecated, tags } = definition
  return {
    ...{ id: row.id, toolsetId: row.toolsetId, toolset: row.toolset, name: row.name },
    ...(title !== undefined && { title }),
    ...{ description, status, annotations, digest, agents },
    ...(row.connectionId !== null && { connectionId: row.connectionId }),
    method: toolMethod(definition),
    url: toolAddress(definition),
    ...(deprecated !== undefined && { deprecated }),
    ...(tags !== undefined && { tags }),
    ...(row.sourceToolId !== null && { sourceToolId: row.sourceToolId }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** A tool with its schemas and what it sends; undefined where its source has gone meanwhile. */
export function viewTool(row: ToolRow, agents: number): Tool | undefined {
  const summary = viewToolSummary(row, agents)
  const effective = effectiveTool(row)
  if (summary === undefined || effective === undefined) return undefined
  const { inputSchema, outputSchema, binding } = effective.definition
  return {
    ...summary,
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    binding,
    mcpName: mcpToolName(row.toolset, row.name, isOfServer(row)),
  }
}
