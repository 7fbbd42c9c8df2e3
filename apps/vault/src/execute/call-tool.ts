import type { callMyTool, ExecuteAnswer, InputOf } from '@sallyport/contracts'
import { type Attempted, carryOut } from './carry-out.ts'
import type { ExecuteNeeds } from './execute-needs.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { resolveTool } from './resolve-tool.ts'

// A call of a tool is an execute with arguments: the tool writes the request, and it goes the way of every other.

/**
 * Calls a tool. What the agent has no grant for answers exactly like what does not exist (S-09). Problems: `tool-not-found`,
 * `invalid-arguments`, and those of every request.
 */
export async function callTool(
  needs: ExecuteNeeds,
  input: InputOf<typeof callMyTool>,
  attempted: Attempted,
): Promise<ExecuteAnswer> {
  const { progress, reached } = attempted.attempting
  const { agent } = progress()
  const { name, arguments: args, approvalId, waitSeconds, reason, dryRun } = input
  reached({ tool: { name } })
  const resolved = await resolveTool(needs, agent, await needs.findTool(agent.workspaceId, name))
  reached({ call: resolved })
  const { compiled } = resolved.tool
  const { allowEncodedSlash } = resolved.connection
  const caller = { id: agent.agentId, name: agent.name }
  const built = compiled.build(args, needs.world, { allowEncodedSlash, caller })
  if ('scheme' in built) await needs.checkCall(built)
  const { ownHeaders } = built
  const tool = { ...resolved.tool, ownHeaders, arguments: compiled.canonicalArguments(args) }
  const call: ResolvedCall = { ...resolved, tool }
  reached({ call })
  const wanted = { ...built, approvalId, waitSeconds, reason, dryRun }
  return carryOut(needs, { call, wanted }, attempted)
}
