import {
  type getToolset,
  type OutputOf,
  pageLimitMax,
  type Tool,
  type Toolset,
} from '@sallyport/contracts'
import { toolNotFound } from '../toolset-problems.ts'
import type { GrantingPolicy, ToolPlace, ToolRow, ToolsetRow } from '../toolset-store.ts'
import { getToolRow, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewTool, viewToolSummary } from './view-tool.ts'
import { countAgents, createWhoHas } from './who-has.ts'

type Needs = Pick<ToolsetsNeeds, 'store' | 'now'>
type WithTools = OutputOf<typeof getToolset>

export const placeOf = ({ id, toolsetId, connectionId }: ToolRow): ToolPlace => ({
  toolId: id,
  ...{ toolsetId, connectionId },
})

/** Toolsets as owners list them. */
export async function viewToolsets(
  { store, now }: Needs,
  workspaceId: string,
  rows: readonly ToolsetRow[],
): Promise<Toolset[]> {
  const granting = await store.grantsOf(
    workspaceId,
    rows.map(({ id }) => id),
  )
  const granted = new Set(granting.flatMap(({ tools }) => tools.map(({ toolsetId }) => toolsetId)))
  const assembled = rows.filter((row) => row.connectionId === null && granted.has(row.id))
  const places = await store.placesOf(assembled.map(({ id }) => id))
  const nowMs = now()
  return rows.map((row) =>
    viewToolset(
      row,
      countAgents(row, ofToolset(granting, row.id), {
        nowMs,
        places: places.filter(({ toolsetId }) => toolsetId === row.id),
      }),
    ),
  )
}

const ofToolset = (granting: readonly GrantingPolicy[], id: string) =>
  granting.filter(({ tools }) => tools.some(({ toolsetId }) => toolsetId === id))

function viewToolset(row: ToolsetRow, agentCount: number): Toolset {
  const { id, name, title, description, format, template, sourceDigest, connection } = row
  return {
    ...{ id, name },
    ...(title !== null && { title }),
    ...(description !== null && { description }),
    format,
    ...(template !== null && { template }),
    ...(sourceDigest !== null && { sourceDigest }),
    ...(connection !== null && { connection }),
    ...{ version: row.version, toolCount: row.toolCount, agentCount },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

/** A toolset with its tools, up to the bound of a page. Problem `toolset-not-found`. */
export async function viewWithTools(
  needs: Needs,
  workspaceId: string,
  id: string,
): Promise<WithTools> {
  const row = await getToolsetRow(needs, workspaceId, id)
  const [toolset] = await viewToolsets(needs, workspaceId, [row])
  const page = { toolsetId: row.id, limit: pageLimitMax }
  const tools = await viewTools(needs, workspaceId, await needs.store.listTools(workspaceId, page))
  return { toolset: { ...(toolset ?? viewToolset(row, 0)), tools } }
}

/** Tools as owners list them. */
export async function viewTools(
  { store, now }: Needs,
  workspaceId: string,
  rows: readonly ToolRow[],
) {
  const whoHas = createWhoHas(
    await store.grantsOf(workspaceId, [...new Set(rows.map((row) => row.toolsetId))]),
    now(),
  )
  return rows.flatMap((row) => viewToolSummary(row, whoHas(placeOf(row)).length) ?? [])
}

/** One tool with its schemas and what it sends. Problem `tool-not-found`. */
export async function viewOneTool(needs: Needs, workspaceId: string, id: string): Promise<Tool> {
  const row = await getToolRow(needs, workspaceId, id)
  const granting = await needs.store.grantsOf(workspaceId, [row.toolsetId])
  const tool = viewTool(row, createWhoHas(granting, needs.now())(placeOf(row)).length)
  if (tool === undefined) throw toolNotFound()
  return tool
}
