import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { ResolvedCall, ResolveNeeds } from './resolve-call.ts'
import { stoppedBeforeSending } from './stopped.ts'

/**
 * Looks once more, now that the call can be ended: whoever was disabled, rotated, revoked or changed while the call
 * was read gets no upstream request (S-10).
 */
export async function requireUnchanged(
  needs: Pick<ResolveNeeds, 'findWorkspace' | 'findConnection' | 'findPolicy'>,
  { agent, workspace, connection, policy }: ResolvedCall,
  isCurrent: (agent: AuthenticatedAgent) => Promise<boolean>,
): Promise<void> {
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
