import type { ToolPlace, ToolsetStore } from '../toolset-store.ts'
import { createWhoHas, type ToolUser } from './who-has.ts'

export type WhoUses = (tool: ToolPlace) => readonly ToolUser[]

/**
 * Which agents a change of a toolset's tools concerns: those that have a tool as it is, and those that have it as a tool of
 * another toolset, which is what this one is. By name.
 */
export async function findToolUsers(
  store: Pick<ToolsetStore, 'grantsOf' | 'dependentsOf'>,
  { workspaceId, toolsetId }: { readonly workspaceId: string; readonly toolsetId: string },
  nowMs: number,
): Promise<WhoUses> {
  const dependents = await store.dependentsOf(toolsetId)
  const toolsetIds = new Set([toolsetId, ...dependents.map((tool) => tool.toolsetId)])
  const whoHas = createWhoHas(await store.grantsOf(workspaceId, [...toolsetIds]), nowMs)
  const byTool = new Map<string, (typeof dependents)[number][]>()
  for (const one of dependents) {
    byTool.set(one.sourceToolId, [...(byTool.get(one.sourceToolId) ?? []), one])
  }
  return (tool) => {
    const { connectionId } = tool
    const others = byTool.get(tool.toolId) ?? []
    if (others.length === 0) return whoHas(tool)
    const users = [
      ...whoHas(tool),
      ...others.flatMap((other) => whoHas({ ...other, connectionId })),
    ]
    const once = new Map(users.map((user) => [user.id, user]))
    return [...once.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
