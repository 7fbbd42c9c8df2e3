import {
  type InputOf,
  type OutputOf,
  Problem,
  type ToolRequest,
  type tryTool,
} from '@sallyport/contracts'
import type { ToolSnapshot } from '../execute/callable-tool.ts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type {
  ConnectionSnapshot,
  PolicySnapshot,
  WorkspaceSnapshot,
} from '../execute/resolve-call.ts'
import type { TryCall } from '../execute/try-call.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { toolNotFound } from './toolset-problems.ts'

/** What trying a tool needs of others. */
export interface TryToolNeeds {
  readonly tryCall: TryCall
  readonly findToolById: (workspaceId: string, toolId: string) => Promise<ToolSnapshot | undefined>
  readonly findConnection: (connectionId: string) => Promise<ConnectionSnapshot | undefined>
  readonly findPolicy: (
    agentId: string,
    connectionId: string,
  ) => Promise<PolicySnapshot | undefined>
  readonly findWorkspace: (workspaceId: string) => Promise<WorkspaceSnapshot>
  readonly findAgent: (
    workspaceId: string,
    agentId: string,
  ) => Promise<
    { readonly status: 'pending' | 'active' | 'disabled'; readonly name: string } | undefined
  >
}

type Output = OutputOf<typeof tryTool>

/**
 * Builds the operation `tryTool`: the exact request, what an agent's policy says to it, and the answer where it is to be sent.
 * Problems: `tool-not-found`, `agent-not-found`, `invalid-arguments`, `tool-changed` where it is held, and those of sending.
 */
export function createTryTool(needs: TryToolNeeds) {
  const { tryCall } = needs
  return async (
    { workspaceId, ownerId }: Pick<AuthenticatedOwner, 'workspaceId' | 'ownerId'>,
    { toolId, arguments: args, send, asAgentId }: InputOf<typeof tryTool>,
  ): Promise<Output> => {
    const tool = isLookupId(toolId) ? await needs.findToolById(workspaceId, toolId) : undefined
    const connection =
      tool?.connectionId === undefined ? undefined : await needs.findConnection(tool.connectionId)
    if (tool === undefined || connection?.workspaceId !== workspaceId) throw toolNotFound()
    if (asAgentId !== undefined) {
      const agent = await findAs(needs, { workspaceId, agentId: asAgentId, connection })
      const caller = { id: asAgentId, name: agent.name }
      const asked = await tryCall.build({ connection, tool, arguments: args, caller })
      const { frozen, decision } = tryCall.decideAs(agent, { connection, tool }, asked)
      const { outcome, reason, ruleId } = decision
      return {
        request: viewRequest(frozen),
        decision: { outcome, reason, ...(ruleId !== undefined && { ruleId }) },
      }
    }
    // What its server says of it by now no owner has seen.
    if (send && tool.status === 'held') throw toolHeld()
    // Where the vault fills in who calls, an owner is no agent: nothing of any agent’s is reached by that.
    const caller = { id: ownerId, name: ownerId }
    const asked = await tryCall.build({ connection, tool, arguments: args, caller })
    if (!send) return { request: viewRequest(asked) }
    const { answer, auditId, durationMs } = await tryCall.send({ connection, tool }, asked, ownerId)
    if (!('status' in answer)) throw new Error('nothing but an answer comes of sending')
    const { status, headers, body } = answer
    return { request: viewRequest(asked), sent: { status, headers, body, durationMs }, auditId }
  }
}

async function findAs(
  needs: TryToolNeeds,
  {
    workspaceId,
    agentId,
    connection,
  }: {
    readonly workspaceId: string
    readonly agentId: string
    readonly connection: ConnectionSnapshot
  },
) {
  const agent = isLookupId(agentId) ? await needs.findAgent(workspaceId, agentId) : undefined
  if (agent === undefined) {
    throw new Problem('agent-not-found', 'There is no such agent.', {
      next: 'List the agents to see which there are.',
    })
  }
  const [workspace, policy] = await Promise.all([
    needs.findWorkspace(workspaceId),
    needs.findPolicy(agentId, connection.id),
  ])
  return { name: agent.name, status: agent.status, isFrozen: workspace.isFrozen, policy }
}

const toolHeld = () =>
  new Problem('tool-changed', 'The tool is held: its server says something else of it by now.', {
    next: 'Look at what its server says, and accept it; then try it.',
  })

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The request as it would go out, but for the credential. */
function viewRequest({ method, url, headers, body }: FrozenRequest): ToolRequest {
  return {
    ...{ method, url, headers: headers.map(([name, value]): [string, string] => [name, value]) },
    ...(body !== undefined && { body: viewBody(body, headers) }),
  }
}

function viewBody(body: Uint8Array, headers: FrozenRequest['headers']): ToolRequest['body'] {
  try {
    return utf8.decode(body)
  } catch {
    // Not UTF-8: shown as what it is.
    const contentType = headers.find(([name]) => name === 'content-type')?.[1]
    return {
      $base64: Buffer.from(body).toString('base64'),
      contentType: contentType ?? 'application/octet-stream',
    }
  }
}
