import { createCallWatch } from '../execute/call-watch.ts'
import type {
  ConnectionSnapshot,
  PolicySnapshot,
  WorkspaceSnapshot,
} from '../execute/resolve-call.ts'
import type { RunningCall, RunningCalls } from '../execute/running-calls.ts'
import type { AgentAccessLookup } from '../identity/authenticate-agent.ts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { planLimits } from '../limits/plan-limits.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { type CacheCounts, type CacheOptions, createCache } from '../store/cache.ts'
import type { Change, ChangeFeed } from '../store/changes.ts'
import type { ConnectionStore } from '../store/connections.ts'
import type { PolicyStore } from '../store/policies.ts'
import type { ToolSnapshotStore } from '../store/tool-snapshots.ts'
import type { WorkspaceStore } from '../store/workspaces.ts'
import { createToolLookups } from './tool-lookups.ts'

// What the request path reads: from memory while the change feed is live, from the database otherwise.

const ttlMs = 60_000
const workspacesMax = 10_000
const connectionsMax = 10_000
const policiesMax = 20_000

export interface ComposeLookupsNeeds {
  readonly feed: ChangeFeed
  readonly workspaceStore: Pick<WorkspaceStore, 'findSnapshot'>
  readonly connectionStore: Pick<ConnectionStore, 'findSnapshot' | 'listIdsOfService'>
  readonly policyStore: Pick<PolicyStore, 'findForAgentAndConnection'>
  readonly toolStore: ToolSnapshotStore
  readonly access: AgentAccessLookup & { readonly counts: () => CacheCounts }
  readonly running: RunningCalls
  /** No other vault is at work on this database: whatever an owner ends is ended here, heard of or not. */
  readonly isExclusive: boolean
  readonly now: () => number
  readonly monotonicMs: () => number
  /** A change may have ended a call, and the database could not say whether it did. */
  readonly onFailure: (error: unknown) => void
}

/** What changes there takes the ground from no call on its way. */
const endsNoCall: ReadonlySet<Change['table']> = new Set([
  'policies',
  'approvals',
  'capability_requests',
  // A renewed token is another one for the same grant; whoever loses the grant loses the connection's status.
  'connection_tokens',
  'oauth_apps',
  'connect_flows',
  'remembered_approvals',
  'notification_channels',
  'notification_outbox',
  'notification_deliveries',
  'alerts',
  // A tool that was changed makes no new request; one that is on its way was decided on.
  'toolsets',
  // Whoever gives a source another place or password seals its connection anew, which is a change of that.
  'sql_sources',
  // The same holds for an upstream MCP server; its status says nothing of calls.
  'mcp_servers',
  'variables',
])
/** Stands for a policy where a pair has none. */
const noPolicy = 'none'
/** Fails closed. */
const goneWorkspace: WorkspaceSnapshot = { isFrozen: true }

/** Builds the look-ups, and what ends running calls that a change took the ground from; `watchCalls` is for a timer. */
export function composeLookups(needs: ComposeLookupsNeeds) {
  const { feed, workspaceStore, connectionStore, policyStore, access } = needs
  const shared = { isLive: feed.isLive, ttlMs, now: needs.monotonicMs }
  const workspaces = createCache<WorkspaceSnapshot>({
    ...shared,
    load: workspaceStore.findSnapshot,
    entriesMax: workspacesMax,
  })
  const connections = createCache<ConnectionSnapshot>({
    ...shared,
    load: connectionStore.findSnapshot,
    entriesMax: connectionsMax,
  })
  const policies = cachePolicies(policyStore, shared)
  const tools = createToolLookups({ store: needs.toolStore, cache: shared })
  const isNotEnded = async ({ agentId, tokenHash }: AuthenticatedAgent) => {
    const found = await access.get(tokenHash)
    return found?.agentId === agentId && found.status === 'active'
  }
  const lookups = {
    findWorkspace: async (workspaceId: string) =>
      (await workspaces.get(workspaceId)) ?? goneWorkspace,
    findConnection: connections.get,
    findPolicy: async (agentId: string, connectionId: string) => {
      const found = await policies.get(`${agentId} ${connectionId}`)
      return found === noPolicy ? undefined : found
    },
    findTool: tools.findTool,
    findToolById: tools.findToolById,
    listConnectionIds: connectionStore.listIdsOfService,
    async isCurrent({ agentId, tokenHash }: AuthenticatedAgent) {
      const found = access.peek(tokenHash) ?? (await access.get(tokenHash))
      return (
        found?.agentId === agentId && found.status === 'active' && found.expiresAtMs > needs.now()
      )
    },
    /** The same for a token that may have run out: it is kept a while longer than any call can last. */
    isNotEnded,
  }
  const isStillGood = async ({ agent, connectionId }: RunningCall) => {
    // A token that ran out meanwhile ends nothing.
    if (agent !== undefined && !(await isNotEnded(agent))) return false
    // A person may test a connection of a frozen workspace; an agent's call ends.
    if (agent !== undefined && (await lookups.findWorkspace(agent.workspaceId)).isFrozen)
      return false
    return (await lookups.findConnection(connectionId))?.status !== 'revoked'
  }
  const watch = createCallWatch({
    running: needs.running,
    isStillGood,
    isLive: () => needs.isExclusive || feed.isLive(),
    now: needs.monotonicMs,
  })
  feed.subscribe((change) => {
    if (change.table === '*') {
      workspaces.clear()
      connections.clear()
      policies.clear()
      tools.clear()
    }
    if (change.table === 'workspaces') workspaces.delete(change.id)
    if (change.table === 'connections') connections.delete(change.id)
    if (change.table === 'policies') policies.delete(`${change.agentId} ${change.connectionId}`)
    if (change.table === 'toolsets') tools.clear()
    if (endsNoCall.has(change.table)) return
    if (change.table === '*' && needs.isExclusive) return
    watch.follow(selectorOf(change)).catch(needs.onFailure)
  })
  const caches = {
    workspaces: workspaces.counts,
    connections: connections.counts,
    policies: policies.counts,
    tools: tools.counts,
    tokens: access.counts,
  }
  return { lookups, caches, watchCalls: watch.look }
}

const cachePolicies = (
  { findForAgentAndConnection }: ComposeLookupsNeeds['policyStore'],
  shared: Pick<CacheOptions<unknown>, 'isLive' | 'ttlMs' | 'now'>,
) =>
  createCache<PolicySnapshot | typeof noPolicy>({
    ...shared,
    load: async (pair) => {
      const [agentId = '', connectionId = ''] = pair.split(' ')
      const row = await findForAgentAndConnection(agentId, connectionId)
      // Kept too: how long a look takes tells no agent that there is a tool which it lacks (S-09).
      if (row === undefined) return noPolicy
      const { id, version, document } = row
      return { id, version, compiled: compilePolicy(row), limits: planLimits(document) }
    },
    entriesMax: policiesMax,
  })

function selectorOf({ table, id, agentId }: Change) {
  if (table === 'workspaces') return { workspaceId: id }
  if (table === 'agents') return { agentId: id }
  if (table === 'agent_tokens' && agentId !== undefined) return { agentId }
  if (table === 'connections') return { connectionId: id }
  return undefined
}
