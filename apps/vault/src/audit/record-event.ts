import type { ChainStore } from './audit-store.ts'
import { createRecordMac, createStamp, genesisHead } from './chain.ts'
import { type AuditEvent, draftEvent } from './entry.ts'
import { type AuditKeyRing, withNewestKeys } from './epochs.ts'
import { assertStanding } from './write-group.ts'

// Records something that is done beside the vaults that run: without their queue, which would be a process of its own.

/** Nothing of it is counted. */
const noLimits = { windows: [], leases: [], settled: [] }

/** Records an event; durable when it resolves. Throws ForeignHead for a chain that was changed from outside. */
export function recordEvent(
  needs: {
    readonly store: Pick<ChainStore, 'appendLocked'>
    readonly keys: AuditKeyRing
    readonly now: () => number
  },
  event: AuditEvent,
): Promise<void> {
  const { workspaceId } = event
  return withNewestKeys(needs.keys, async (keys) => {
    const key = keys.macKey(workspaceId)
    await needs.store.appendLocked(
      { workspaceId, genesis: genesisHead(key, workspaceId), policyIds: [], closing: [] },
      (state) => {
        assertStanding(state, keys, createRecordMac(key, workspaceId))
        const draft = draftEvent(event, new Date(needs.now()).toISOString())
        const stamped = createStamp(key, workspaceId)(state.head, [draft])
        return {
          ...stamped,
          workspaceId,
          from: state.head,
          opened: [],
          ended: [],
          limits: noLimits,
        }
      },
    )
  })
}
