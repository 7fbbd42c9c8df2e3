import { equal } from './as-found.ts'
import type { CheckpointRow, RecordStore, RetentionStore } from './audit-store.ts'
import { signStart } from './chain-start.ts'
import { createChainWalk } from './chain-walk.ts'
import { isGenuine } from './checkpoint.ts'
import type { AuditEvent } from './entry.ts'
import { macsOf } from './epoch-macs.ts'
import { type AuditKeyRing, newestOf } from './epochs.ts'

// Removes entries that are older than the operator keeps: as a prefix of a chain, up to a checkpoint, and only what verifies.

export interface LogPrunerNeeds {
  readonly store: RetentionStore & Pick<RecordStore, 'findStart' | 'recordsFrom'>
  readonly keys: AuditKeyRing
  readonly record: (event: AuditEvent) => Promise<void>
  readonly newAuditId: () => string
  readonly now: () => number
  readonly onFailure: (what: string, error: unknown) => void
}

/** Records in one transaction: it has to end before its statement's timeout. */
const rowsMax = 5_000
/** Transactions for one workspace in one run; the next run goes on. */
const stepsMax = 400
const pageSize = 500

/**
 * Makes the pruner; it answers how many records it removed. What is removed is verified first, so that nothing which somebody has
 * changed disappears by itself; the database lets go of nothing that is younger than the operator's floor, that a stream has
 * still to deliver, or that has no outcome yet. Several replicas may run it at once.
 */
export function createLogPruner(needs: LogPrunerNeeds): () => Promise<number> {
  const { store } = needs
  return async () => {
    if ((await store.retentionDays()) === undefined) return 0
    await needs.keys.refresh()
    let total = 0
    for (const workspaceId of await store.workspacesWithEntries()) {
      try {
        total += await pruneWorkspace(needs, workspaceId)
      } catch (error) {
        // One chain that does not verify, or that the database holds on to, keeps no other.
        needs.onFailure('Old audit entries were not removed.', error)
      }
    }
    return total
  }
}

async function pruneWorkspace(needs: LogPrunerNeeds, workspaceId: string): Promise<number> {
  const { store } = needs
  const before = await store.findStart(workspaceId)
  let lastSeq = before?.seq ?? 0
  let removed = 0
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const checkpoint = await store.prunableUpTo(workspaceId, rowsMax)
    if (checkpoint === undefined) break
    await requireGenuine(needs, checkpoint)
    const keys = newestOf(needs.keys)
    const start = signStart(checkpoint, needs.now(), keys.sign)
    const gone = await store.prune(start, keys.version)
    if (gone === undefined) {
      // The keys were changed while this was going on.
      await needs.keys.refresh()
      continue
    }
    // Another replica was there first.
    if (gone === 0) break
    removed += gone
    lastSeq = start.seq
  }
  if (removed === 0) return 0
  await needs.record({
    ...{ auditId: needs.newAuditId(), workspaceId, operation: 'pruneAudit', outcome: 'done' },
    detail: { firstSeq: (before?.seq ?? 0) + 1, lastSeq, records: removed },
  })
  return removed
}

/** @throws Error where the chain up to that record, or the checkpoint there, is not what the vault wrote */
async function requireGenuine(needs: LogPrunerNeeds, last: CheckpointRow): Promise<void> {
  const { store } = needs
  const { workspaceId } = last
  const epochs = needs.keys.epochs()
  const start = await store.findStart(workspaceId)
  const walk = createChainWalk(workspaceId, { macs: macsOf(epochs, workspaceId), start })
  while (walk.end().seq < last.seq) {
    const page = await store.recordsFrom(workspaceId, walk.end().seq + 1, pageSize)
    const own = page.filter(({ seq }) => seq <= last.seq)
    if (own.length === 0) throw new Error(`Record ${walk.end().seq + 1} is missing.`)
    for (const record of own) {
      const fault = walk.step(record)
      if (fault !== undefined) throw new Error(fault.reason)
    }
  }
  const inForce = epochs.find(({ version }) => version === walk.versionAt(last.seq))
  if (inForce === undefined || !isGenuine(last, inForce.publicKey)) {
    throw new Error(`The checkpoint at record ${last.seq} is not this vault’s.`)
  }
  if (!equal(walk.end().hash, last.hash)) {
    throw new Error(`Record ${last.seq} is not the one that its checkpoint saw.`)
  }
}
