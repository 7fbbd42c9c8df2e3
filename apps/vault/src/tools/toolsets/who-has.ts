import { compileGrants, grantOf } from '../../policy/find-grant.ts'
import type { GrantingPolicy, ToolPlace, ToolsetRow } from '../toolset-store.ts'

/** An agent as owners are told of it. */
export interface ToolUser {
  readonly id: string
  readonly name: string
}

interface CompiledPolicy {
  readonly agent: ToolUser
  readonly connectionId: string
  readonly policy: Parameters<typeof grantOf>[0]
  readonly source: GrantingPolicy
}

const compile = (source: GrantingPolicy): CompiledPolicy => ({
  agent: { id: source.agentId, name: source.agentName },
  connectionId: source.connectionId,
  policy: {
    grants: compileGrants({ tools: [...source.tools], approval: source.approval }),
    expiresAt: source.expiresAt === null ? undefined : Date.parse(source.expiresAt),
  },
  source,
})

/** Which agents have a tool now, as their lists and calls are decided; by name. */
export function createWhoHas(
  granting: readonly GrantingPolicy[],
  nowMs: number,
): (tool: ToolPlace) => readonly ToolUser[] {
  const compiled = granting.map(compile)
  return (tool) =>
    compiled
      .filter(
        ({ connectionId, policy }) =>
          connectionId === tool.connectionId && grantOf(policy, tool, nowMs) !== undefined,
      )
      .map(({ agent }) => agent)
}

/** How many agents have at least one tool of a toolset; `places` are the tools of an assembled one. */
export function countAgents(
  toolset: Pick<ToolsetRow, 'id' | 'connectionId' | 'toolCount'>,
  granting: readonly GrantingPolicy[],
  { nowMs, places }: { readonly nowMs: number; readonly places: readonly ToolPlace[] },
): number {
  const agents = new Set<string>()
  for (const one of granting.map(compile)) {
    const has =
      toolset.connectionId === null
        ? places.some(
            (tool) =>
              tool.connectionId === one.connectionId &&
              grantOf(one.policy, tool, nowMs) !== undefined,
          )
        : hasAny(one, toolset, nowMs)
    if (has) agents.add(one.agent.id)
  }
  return agents.size
}

/** Grants of single tools go with their tools: where fewer are withheld than there are, one at least is left. */
function hasAny(
  { policy, connectionId, source }: CompiledPolicy,
  { id: toolsetId, connectionId: own, toolCount }: Parameters<typeof countAgents>[0],
  nowMs: number,
): boolean {
  if (connectionId !== own) return false
  const named = new Set(
    source.tools.flatMap((grant) =>
      grant.toolsetId === toolsetId && grant.toolId !== undefined ? [grant.toolId] : [],
    ),
  )
  if ([...named].some((toolId) => grantOf(policy, { toolsetId, toolId }, nowMs) !== undefined)) {
    return true
  }
  const ofAll = grantOf(policy, { toolsetId, toolId: '' }, nowMs)
  return ofAll !== undefined && named.size < toolCount
}
