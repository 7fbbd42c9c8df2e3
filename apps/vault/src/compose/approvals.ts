import { createApprovals } from '../approvals/approvals.ts'
import type { ApprovalsRoomNeeds } from '../approvals/approvals-room-needs.ts'
import { createApprovalStore } from '../store/approvals.ts'
import { createRememberedStore } from '../store/remembered-approvals.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { observeApprovals } from './observe-rooms.ts'

/** Builds the room that asks owners; what changes there is heard of through the change feed. */
export function composeApprovals(
  { now, pagesUrl }: ComposeNeeds,
  foundation: Foundation,
  { findPolicy, isNotEnded }: Pick<ApprovalsRoomNeeds, 'findPolicy' | 'isNotEnded'>,
) {
  const { feed } = foundation
  return createApprovals({
    ...foundation,
    store: observeApprovals(
      foundation.telemetry.metrics?.observers,
      createApprovalStore(foundation.database),
    ),
    remembered: createRememberedStore(foundation.database),
    ...{ findPolicy, isNotEnded },
    onChanged: ({ id, workspaceId, agentId }) =>
      feed.publishLocal({ table: 'approvals', id, workspaceId, agentId }),
    subscribe: (listener) =>
      void feed.subscribe(({ table, id }) => {
        if (table === '*') listener(undefined)
        if (table === 'approvals') listener(id)
      }),
    subscribeAgents: (listener) =>
      void feed.subscribe(({ table, id, agentId }) => {
        if (table === 'agents') listener(id)
        if (table === 'agent_tokens' && agentId !== undefined) listener(agentId)
      }),
    now,
    publicUrl: pagesUrl,
  })
}
