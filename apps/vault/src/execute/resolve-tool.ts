import { Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { missingTool } from '../policy/decide.ts'
import { grantOf } from '../policy/find-grant.ts'
import type { ToolSnapshot } from './callable-tool.ts'
import type { ResolvedCall, ResolveNeeds } from './resolve-call.ts'

/** Who calls, through which connection, under which policy. @throws Problem tool-not-found */
export async function resolveTool(
  needs: ResolveNeeds & { readonly now: () => number },
  agent: AuthenticatedAgent,
  tool: ToolSnapshot | undefined,
): Promise<ResolvedCall & { readonly tool: ToolSnapshot }> {
  if (tool?.workspaceId !== agent.workspaceId) throw toolNotFound()
  if (tool.status !== 'active' || tool.connectionId === undefined) throw toolNotFound()
  const [workspace, connection, policy] = await Promise.all([
    needs.findWorkspace(agent.workspaceId),
    needs.findConnection(tool.connectionId),
    needs.findPolicy(agent.agentId, tool.connectionId),
  ])
  if (connection?.workspaceId !== agent.workspaceId || policy === undefined) throw toolNotFound()
  if (grantOf(policy.compiled, tool, needs.now()) === undefined) throw toolNotFound()
  return { agent, workspace, connection, policy, searched: new WeakMap(), tool }
}

/** One and the same for what does not exist, what is another workspace's, and what the agent was not granted. */
const toolNotFound = () =>
  new Problem(
    missingTool.problem,
    missingTool.reason,
    missingTool.next === undefined ? {} : { next: missingTool.next },
  )
