import type { ToolDefinition } from '@sallyport/contracts'
import { toolDigest } from './tool-digest.ts'
import type { StoredTool, ToolOverrides, ToolRow } from './toolset-store.ts'

type Status = StoredTool['status']

/** What a tool is, once everything that owners say of it is counted in. */
export interface EffectiveTool {
  readonly definition: ToolDefinition
  readonly digest: string
  readonly status: Status
}

/** What an owner says goes before what the source says; what it is called is what its row says. */
export const withOverrides = (
  definition: ToolDefinition,
  overrides: ToolOverrides | null,
  name: string,
): ToolDefinition => ({ ...definition, ...overrides, name })

/**
 * A tool as it is listed and called. Another toolset’s tool is what that one is, under its own name and description, and is
 * there for agents only while that one is.
 */
export function effectiveTool(
  row: Pick<
    ToolRow,
    'name' | 'status' | 'definition' | 'digest' | 'overrides' | 'source' | 'isOff'
  >,
): EffectiveTool | undefined {
  const definition = definitionOf(row)
  if (definition === undefined) return undefined
  // Kept with the tool, but for what another toolset’s tool is: that changes without it.
  const digest = row.definition === null ? toolDigest(definition) : row.digest
  return { definition, digest, status: statusOf(row) }
}

function definitionOf({
  name,
  definition,
  overrides,
  source,
}: Parameters<typeof effectiveTool>[0]) {
  if (definition !== null) return withOverrides(definition, overrides, name)
  if (source === null || source.definition === null) return undefined
  return withOverrides(
    withOverrides(source.definition, source.overrides, source.name),
    overrides,
    name,
  )
}

function statusOf({ status, source, isOff }: Pick<ToolRow, 'status' | 'source' | 'isOff'>): Status {
  if (status !== 'active') return status
  return isOff === true ? 'disabled' : (source?.status ?? 'active')
}

/** Does its toolset stand for an upstream MCP server? One that was assembled of a server’s tools does not. */
export const isOfServer = ({ definition }: Pick<ToolRow, 'definition'>): boolean =>
  definition?.binding.kind === 'mcp'
