import { createTryDraft } from '../execute/try-draft.ts'
import { createPolicies } from '../policies/policies.ts'
import type { ConnectionStore } from '../store/connections.ts'
import type { PolicyStore } from '../store/policies.ts'
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
  return createPolicies({
    ...{ audit, newId, now },
    store: stores.policyStore,
    onChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    async tryDraft({ workspaceId, connectionId, ...trial }) {
      const connection = await stores.connectionStore.find(workspaceId, connectionId)
      return connection && tryDraft({ ...trial, connection })
    },
  })
}
