import { changeKeys } from '../audit/change-keys.ts'
import { type AuditKeyRing, nextAuditKeys } from '../credentials/audit-key-ring.ts'
import type { RootKeys } from '../credentials/root-keys.ts'
import { writeEpoch } from '../store/audit-epochs.ts'
import type { Database } from '../store/database.ts'

/** What became of it. */
export interface AuditRotation {
  /** Versions of the keys. */
  readonly from: number
  readonly to: number
  /** How many chains went over to the new keys. */
  readonly chains: number
  /** Workspaces whose chain had been changed from outside: nothing makes it genuine again. */
  readonly broken: readonly string[]
}

/**
 * Makes new keys for audit chains and checkpoints, and takes all chains over to them, in one transaction: whatever ends it before,
 * nothing was changed. Vaults that run learn of the keys by the heads that they meet.
 */
export async function rotateAudit(needs: {
  /** As the owner of the tables. */
  readonly database: Pick<Database, 'sql'>
  readonly ring: AuditKeyRing
  readonly rootKeys: Pick<RootKeys, 'current'>
  readonly newAuditId: () => string
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}): Promise<AuditRotation> {
  const { ring, randomBytes, newAuditId } = needs
  await ring.refresh()
  const from = ring.epochs().at(-1)?.version ?? 0
  const to = from + 1
  const parent = await needs.rootKeys.current()
  const { secrets, keys } = await nextAuditKeys(to, { parent, randomBytes })
  const done = { chains: 0, broken: [] as readonly string[] }
  const planned: Parameters<typeof changeKeys>[1]['planned'] = new Map()
  await writeEpoch(needs.database, async (found) => {
    const nowMs = needs.now()
    const changed = changeKeys(found, { ring, to: keys, newAuditId, nowMs, planned })
    Object.assign(done, { chains: changed.batches.length, broken: changed.broken })
    return { secrets, ...changed }
  })
  return { from, to, ...done }
}
