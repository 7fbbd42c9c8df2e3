import type { ExecuteNeeds } from '../execute/execute-needs.ts'
import type { ResolveNeeds } from '../execute/resolve-call.ts'
import type { TryCall } from '../execute/try-call.ts'
import { createActivityStore } from '../store/activity.ts'
import { createCache } from '../store/cache.ts'
import { createMyToolsStore } from '../store/my-tools.ts'
import type { PolicyStore } from '../store/policies.ts'
import { createToolUsageStore } from '../store/tool-usage.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import { type AgentTools, prepareAgentTools } from '../tools/agent-tools.ts'
import { createMyTools } from '../tools/my-tools.ts'
import { createPermissions } from '../tools/permissions/permissions.ts'
import { createTryTool } from '../tools/try-tool.ts'
import { createToolUsage } from '../tools/usage.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

const ttlMs = 60_000
/** Tools of agents that are kept ready, on one replica: some agents have a few, some a thousand. One takes about 10 KB. */
const keptToolsMax = 20_000

type Lookups = Pick<
  ResolveNeeds,
  'findConnection' | 'findPolicy' | 'findWorkspace' | 'findToolById'
> &
  Pick<ExecuteNeeds, 'isNotEnded'>

/** Builds what agents and owners do with tools. */
export function composeTools(
  needs: ComposeNeeds,
  foundation: Foundation,
  of: {
    readonly lookups: Lookups
    readonly policyStore: PolicyStore
    readonly tryCall: TryCall
  },
) {
  const { now } = needs
  const { database, feed, audit, newId } = foundation
  const { lookups, policyStore, tryCall } = of
  const store = createMyToolsStore(database)
  const toolsets = createToolsetStore(database)
  const myTools = composeMyTools(needs, foundation, { ...lookups, read: store.read })
  return {
    listMine: myTools.list,
    /** All tools of an agent at once. */
    ofAgent: myTools.now,
    endWaits: myTools.endWaits,
    permissions: createPermissions({
      ...{ audit, newId, now },
      store: toolsets,
      policies: policyStore,
      findAgent: store.findAgent,
      listAgents: store.listAgents,
      findConnection: lookups.findConnection,
      toolsOf: myTools.now,
      onPolicyChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    }),
    tryOut: createTryTool({ ...lookups, tryCall, findAgent: store.findAgent }),
    usage: createToolUsage({
      usage: createToolUsageStore(database),
      store: toolsets,
      namesOfAgents: async (workspaceId, agentIds) =>
        (await createActivityStore(database).namesOf(workspaceId, { agentIds, connectionIds: [] }))
          .agents,
      now,
    }),
  }
}

/** What agents see of tools, kept ready until something changes. */
function composeMyTools(
  { now }: ComposeNeeds,
  { feed, monotonicMs }: Foundation,
  {
    findConnection,
    isNotEnded,
    read,
  }: Pick<Lookups, 'findConnection' | 'isNotEnded'> &
    Pick<ReturnType<typeof createMyToolsStore>, 'read'>,
) {
  const ofAgents = createCache<AgentTools>({
    ...{ isLive: feed.isLive, ttlMs, entriesMax: keptToolsMax, now: monotonicMs },
    weigh: ({ candidates }) => 1 + candidates.length,
    load: async (key) => {
      const [workspaceId = '', agentId = ''] = key.split(' ')
      const found = await read(workspaceId, agentId)
      return found && prepareAgentTools(found)
    },
  })
  const forget = (agentId: string | undefined, workspaceId: string | undefined) => {
    if (agentId === undefined || workspaceId === undefined) ofAgents.clear()
    else ofAgents.delete(`${workspaceId} ${agentId}`)
  }
  return createMyTools({
    ...{ now, monotonicMs, findConnection, isNotEnded },
    findAgentTools: (workspaceId, agentId) => ofAgents.get(`${workspaceId} ${agentId}`),
    subscribeAgents: (listener) =>
      void feed.subscribe(({ table, agentId }) => {
        if (table === 'agent_tokens' && agentId !== undefined) listener(agentId)
      }),
    subscribe: (listener) =>
      void feed.subscribe((change) => {
        const changed = whoseTools(change)
        if (changed === undefined) return
        // Forgotten first: whoever is woken reads it anew.
        forget(changed.agentId, change.workspaceId)
        listener(changed.agentId)
      }),
  })
}

/** Whose tools a change may be about: one agent's, or anybody's. Undefined: nobody's. */
function whoseTools({
  table,
  id,
  agentId,
}: {
  readonly table: string
  readonly id: string
  readonly agentId?: string | undefined
}): { readonly agentId: string | undefined } | undefined {
  if (table === 'policies') return { agentId }
  if (table === 'agents') return { agentId: id }
  return table === 'toolsets' || table === 'connections' || table === '*'
    ? { agentId: undefined }
    : undefined
}
