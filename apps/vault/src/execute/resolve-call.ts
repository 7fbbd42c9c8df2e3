import { type CredentialKind, type ExecuteInput, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { PlannedLimits } from '../limits/plan-limits.ts'
import type { CompiledPolicy } from '../policy/compile-policy.ts'
import type { Searched } from '../policy/searched.ts'
import type { ToolCall, ToolSnapshot } from './callable-tool.ts'
import type { CredentialSlot, FreezeOptions, FrozenRequest, FrozenTool } from './freeze-request.ts'

/** A connection as the request path sees it; its credential stays sealed. */
export interface ConnectionSnapshot {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly service: string
  readonly label: string
  readonly status: 'healthy' | 'needs_reauth' | 'revoked'
  readonly origins: readonly string[]
  readonly requestHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
  readonly allowEncodedSlash: boolean
  readonly version: number
  readonly sealed: Uint8Array | null
  readonly credentialKind: CredentialKind
}

/** What the connection, and the tool that is called, say about how a request is frozen. */
export const freezeOptionsOf = (
  { connection, tool }: Pick<ResolvedCall, 'connection' | 'tool'>,
  slot: CredentialSlot,
): FreezeOptions => ({
  allowEncodedSlash: connection.allowEncodedSlash,
  extraHeaders: connection.requestHeaders,
  slot,
  tool: tool && frozenTool(tool),
})

const frozenTool = ({
  toolId,
  toolsetId,
  name,
  sourceName,
  digest,
  ownHeaders = [],
}: ToolCall): FrozenTool => ({
  ...{ toolId, toolsetId, name, sourceName, digest, ownHeaders },
})

/** A policy as the request path sees it. */
export interface PolicySnapshot {
  readonly id: string
  readonly version: number
  readonly compiled: CompiledPolicy
  readonly limits: PlannedLimits
}

/** The workspace as the request path sees it. */
export interface WorkspaceSnapshot {
  readonly isFrozen: boolean
}

/** Who asks, through which connection, under which policy. */
export interface ResolvedCall {
  readonly agent: AuthenticatedAgent
  readonly workspace: WorkspaceSnapshot
  readonly connection: ConnectionSnapshot
  readonly policy: PolicySnapshot
  /** What was looked for in large requests of this call before they were decided. */
  readonly searched?: WeakMap<FrozenRequest, Searched>
  /** The tool that is called; absent where the agent writes the request itself. */
  readonly tool?: ToolCall
}

/** What resolving needs: reads that are answered from memory while the change feed is alive. */
export interface ResolveNeeds {
  findConnection(connectionId: string): Promise<ConnectionSnapshot | undefined>
  findPolicy(agentId: string, connectionId: string): Promise<PolicySnapshot | undefined>
  /** By its full name. */
  findTool(workspaceId: string, name: string): Promise<ToolSnapshot | undefined>
  findToolById(workspaceId: string, toolId: string): Promise<ToolSnapshot | undefined>
  /** A workspace that cannot be found counts as frozen. */
  findWorkspace(workspaceId: string): Promise<WorkspaceSnapshot>
  /** The ids of a service's connections in the workspace that are not revoked and that the agent has a policy for. */
  listConnectionIds(agent: AuthenticatedAgent, service: string): Promise<readonly string[]>
}

/**
 * Finds the connection and the policy of a call. Whatever the agent has no policy for answers exactly like what does
 * not exist (S-09). Problems: `connection-not-found`, `ambiguous-connection`, `invalid-input`.
 */
export async function resolveCall(
  needs: ResolveNeeds,
  agent: AuthenticatedAgent,
  input: Pick<ExecuteInput, 'connectionId' | 'service'>,
): Promise<ResolvedCall> {
  const connectionId =
    input.connectionId ?? (await connectionOfService(needs, agent, input.service))
  const [workspace, connection] = await Promise.all([
    needs.findWorkspace(agent.workspaceId),
    needs.findConnection(connectionId),
  ])
  if (connection === undefined || connection.workspaceId !== agent.workspaceId) throw notFound()
  const policy = await needs.findPolicy(agent.agentId, connection.id)
  if (policy === undefined) throw notFound()
  if (input.service !== undefined && input.service !== connection.service) throw notFound()
  return { agent, workspace, connection, policy, searched: new WeakMap() }
}

async function connectionOfService(
  needs: ResolveNeeds,
  agent: AuthenticatedAgent,
  service: string | undefined,
): Promise<string> {
  if (service === undefined) {
    throw new Problem('invalid-input', 'Either connectionId or service has to be given.', {
      next: 'Use list_connections to find the id of a connection.',
      fields: [{ field: 'connectionId', message: 'must be given where service is not' }],
    })
  }
  const [first, ...others] = await needs.listConnectionIds(agent, service)
  if (first === undefined) throw notFound()
  if (others.length === 0) return first
  throw new Problem(
    'ambiguous-connection',
    'More than one of your connections is of this service.',
    {
      next: `Send it again with connectionId instead of service: ${[first, ...others].slice(0, 10).join(', ')}.`,
    },
  )
}

const notFound = () =>
  new Problem('connection-not-found', 'You have no such connection.', {
    next: 'Use list_connections to see what you have, or request_capability to ask the owner for more.',
  })
