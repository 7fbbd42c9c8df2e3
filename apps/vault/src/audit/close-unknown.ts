import type { ChainStore } from './audit-store.ts'
import { createRecordMac, createStamp, genesisHead } from './chain.ts'
import { draftOutcome } from './entry.ts'
import { type AuditKeyRing, type EpochKeys, ForeignHead, withNewestKeys } from './epochs.ts'
import { assertStanding } from './write-group.ts'

// Closes attempts whose outcome nobody will say any more: the vault that made them is gone.

interface CloseNeeds {
  readonly store: ChainStore
  readonly keys: AuditKeyRing
  readonly now: () => number
  readonly limitNow: () => number
  /** Told of a chain that was changed from outside. */
  readonly onFailure: (what: string, error: unknown) => void
}

const closingPageSize = 500

/** Closes intents that were due before that moment as `unknown`. Answers how many. Safe on several replicas at once. */
export async function closeUnknown(needs: CloseNeeds, dueBeforeMs: () => number): Promise<number> {
  await needs.store.sweepLeases(needs.limitNow())
  let total = 0
  for (;;) {
    const overdue = await needs.store.overdue(dueBeforeMs(), closingPageSize)
    const byWorkspace = new Map<string, string[]>()
    for (const { workspaceId, auditId } of overdue) {
      const ids = byWorkspace.get(workspaceId)
      if (ids === undefined) byWorkspace.set(workspaceId, [auditId])
      else ids.push(auditId)
    }
    let closed = 0
    for (const [workspaceId, auditIds] of byWorkspace) {
      closed += await closeIfGenuine(needs, workspaceId, auditIds)
    }
    total += closed
    // Another replica closed the rest, or there is none.
    if (closed === 0 || overdue.length < closingPageSize) return total
  }
}

/** One chain that was changed from outside takes no outcome, and keeps none from the others. */
async function closeIfGenuine(
  needs: CloseNeeds,
  workspaceId: string,
  auditIds: readonly string[],
): Promise<number> {
  try {
    return await withNewestKeys(needs.keys, (keys) =>
      closeInWorkspace({ ...needs, keys }, workspaceId, auditIds),
    )
  } catch (error) {
    if (!(error instanceof ForeignHead)) throw error
    needs.onFailure('Attempts without an outcome were not closed as unknown.', error)
    return 0
  }
}

/** What a call holds stays held: nobody knows what it took. */
const noLimits = { windows: [], leases: [], settled: [] }

async function closeInWorkspace(
  needs: Omit<CloseNeeds, 'keys'> & { readonly keys: EpochKeys },
  workspaceId: string,
  auditIds: readonly string[],
): Promise<number> {
  const key = needs.keys.macKey(workspaceId)
  const mac = createRecordMac(key, workspaceId)
  let count = 0
  await needs.store.appendLocked(
    {
      workspaceId,
      genesis: genesisHead(key, workspaceId),
      policyIds: [],
      closing: auditIds,
    },
    ({ head, closed, newestKeys }) => {
      assertStanding({ head, newestKeys }, needs.keys, mac)
      const at = new Date(needs.now()).toISOString()
      const reason = 'The vault stopped before it knew the outcome; the request may have been sent.'
      const drafts = closed.map((auditId) =>
        draftOutcome({ auditId, workspaceId, outcome: 'unknown', reason }, at),
      )
      const stamped = createStamp(key, workspaceId)(head, drafts)
      count = drafts.length
      return { ...stamped, workspaceId, from: head, opened: [], ended: closed, limits: noLimits }
    },
  )
  return count
}
