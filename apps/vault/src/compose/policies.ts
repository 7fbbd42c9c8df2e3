import { createTurns } from '../execute/take-turns.ts'
import { createTryDraft } from '../execute/try-draft.ts'
import { createPolicyHistory } from '../policies/history/policy-history.ts'
import { createPolicies } from '../policies/policies.ts'
import type { ConnectionStore } from '../store/connections.ts'
import type { PolicyStore } from '../store/policies.ts'
import { createPolicyHistoryStore } from '../store/policy-history.ts'
import { createFindSlot } from './credential-slot.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { reconnectUrlAt } from './request-path.ts'

/** Builds the room of policies, in which a draft is tried as the request path would decide. */
export function composePolicies(
  { now, pagesUrl }: ComposeNeeds,
  foundation: Foundation,
  stores: { readonly connectionStore: ConnectionStore; readonly policyStore: PolicyStore },
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
    now,
  })
  const policies = createPolicies({
    ...{ audit, newId, now },
    store: stores.policyStore,
    limitsUsed: audit.limitsUsed,
    onChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    async tryDraft({ workspaceId, connectionId, ...trial }) {
      const connection = await stores.connectionStore.find(workspaceId, connectionId)
      return connection && tryDraft({ ...trial, connection })
    },
  })
  return { ...policies, ...history }
}
