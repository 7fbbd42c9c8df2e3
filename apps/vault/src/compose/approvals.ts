import { createApprovals } from '../approvals/approvals.ts'
import { createApprovalStore } from '../store/approvals.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room that asks owners; what changes there is heard of through the change feed. */
export function composeApprovals({ now, pagesUrl }: ComposeNeeds, foundation: Foundation) {
  const { feed } = foundation
  return createApprovals({
    ...foundation,
    store: createApprovalStore(foundation.database),
    onChanged: ({ id, workspaceId, agentId }) =>
      feed.publishLocal({ table: 'approvals', id, workspaceId, agentId }),
    subscribe: (listener) =>
      void feed.subscribe(({ table, id }) => {
        if (table === '*') listener(undefined)
        if (table === 'approvals') listener(id)
      }),
    now,
    publicUrl: pagesUrl,
  })
}
