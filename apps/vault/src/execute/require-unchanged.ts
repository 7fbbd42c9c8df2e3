import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { ToolCall } from './callable-tool.ts'
import type { ResolvedCall, ResolveNeeds } from './resolve-call.ts'
import { stoppedBeforeSending } from './stopped.ts'

/**
 * Looks once more, now that the call can be ended: whoever was disabled, rotated, revoked or changed while the call
 * was read gets no upstream request (S-10).
 */
export async function requireUnchanged(
  needs: Pick<ResolveNeeds, 'findWorkspace' | 'findConnection' | 'findPolicy' | 'findToolById'>,
  { agent, workspace, connection, policy, tool }: ResolvedCall,
  isCurrent: (agent: AuthenticatedAgent) => Promise<boolean>,
): Promise<void> {
  if (tool !== undefined && !(await isSameTool(needs, tool))) throw stoppedBeforeSending()
  const [isSignedIn, workspaceNow, connectionNow, policyNow] = await Promise.all([
    isCurrent(agent),
    needs.findWorkspace(agent.workspaceId),
    needs.findConnection(connection.id),
    needs.findPolicy(agent.agentId, connection.id),
  ])
  const isSame =
    isSignedIn &&
    workspaceNow.isFrozen === workspace.isFrozen &&
    connectionNow?.version === connection.version &&
    connectionNow.status === connection.status &&
    policyNow?.id === policy.id &&
    policyNow.version === policy.version
  if (!isSame) throw stoppedBeforeSending()
}

/** The same for a tool that an owner tries, where no agent and no policy is asked. */
export async function requireSameTool(
  needs: Pick<ResolveNeeds, 'findConnection' | 'findToolById'>,
  { connection, tool }: Pick<ResolvedCall, 'connection'> & { readonly tool: ToolCall },
): Promise<void> {
  const [isSame, connectionNow] = await Promise.all([
    isSameTool(needs, tool),
    needs.findConnection(connection.id),
  ])
  const isSameConnection =
    connectionNow?.version === connection.version && connectionNow.status === connection.status
  if (!isSame || !isSameConnection) throw stoppedBeforeSending()
}

async function isSameTool(
  { findToolById }: Pick<ResolveNeeds, 'findToolById'>,
  tool: ToolCall,
): Promise<boolean> {
  const now = await findToolById(tool.workspaceId, tool.toolId)
  return (
    now?.status === tool.status &&
    now.digest === tool.digest &&
    now.name === tool.name &&
    now.sourceName === tool.sourceName &&
    now.connectionId === tool.connectionId
  )
}
