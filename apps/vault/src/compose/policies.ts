import type { ResolveNeeds } from '../execute/resolve-call.ts'
import { createTurns } from '../execute/take-turns.ts'
import { createTryDraft } from '../execute/try-draft.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { createPolicyHistory } from '../policies/history/policy-history.ts'
import { createPolicies } from '../policies/policies.ts'
import type { ConnectionStore } from '../store/connections.ts'
import { createMyToolsStore } from '../store/my-tools.ts'
import type { PolicyStore } from '../store/policies.ts'
import { createPolicyHistoryStore } from '../store/policy-history.ts'
import { createFindToolNames } from '../store/tool-names.ts'
import { toolNotFound } from '../tools/toolset-problems.ts'
import { createFindSlot } from './credential-slot.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { reconnectUrlAt } from './request-path.ts'

/** Builds the room of policies, in which a draft is tried as the request path would decide. */
export function composePolicies(
  { now, pagesUrl }: ComposeNeeds,
  foundation: Foundation,
  stores: {
    readonly connectionStore: ConnectionStore
    readonly policyStore: PolicyStore
    readonly findToolById: ResolveNeeds['findToolById']
  },
) {
  const { feed, audit, newId } = foundation
  const tryDraft = createTryDraft({
    findSlot: createFindSlot(foundation.opener),
    reconnectUrl: reconnectUrlAt(pagesUrl),
    now,
  })
  const history = createPolicyHistory({
    store: stores.policyStore,
    history: {
      store: createPolicyHistoryStore(foundation.database),
      takeTurn: createTurns(),
      monotonicMs: foundation.monotonicMs,
    },
    findEntry: async (workspaceId, auditId) =>
      (await audit.list(workspaceId, { auditId, limit: 1 })).entries[0],
    findToolNames: createFindToolNames(foundation.database),
    now,
  })
  const policies = createPolicies({
    ...{ audit, newId, now },
    store: stores.policyStore,
    limitsUsed: audit.limitsUsed,
    onChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    findGrantable: createMyToolsStore(foundation.database).findGrantable,
    async tryDraft({ workspaceId, connectionId, toolId, ...trial }) {
      const connection = await stores.connectionStore.find(workspaceId, connectionId)
      if (connection === undefined || toolId === undefined) {
        return connection && tryDraft({ ...trial, connection })
      }
      const tool = isLookupId(toolId) ? await stores.findToolById(workspaceId, toolId) : undefined
      if (tool?.connectionId !== connectionId) throw toolNotFound()
      return tryDraft({ ...trial, connection, tool })
    },
  })
  return { ...policies, ...history }
}
