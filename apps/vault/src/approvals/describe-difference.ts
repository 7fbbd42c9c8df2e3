import type { ApprovalDifference } from '@sallyport/contracts'
import type { ApprovalStore, StoredApproval } from './approval-store.ts'
import { compareFingerprints } from './fingerprints.ts'

/** How a request differs from the last one like it that was sent; undefined where there was none. */
export async function describeDifference(
  store: Pick<ApprovalStore, 'findLastSent' | 'findFingerprints'>,
  approval: StoredApproval,
): Promise<ApprovalDifference | undefined> {
  if (approval.status !== 'pending' && approval.status !== 'approved') return undefined
  const last = await store.findLastSent(approval)
  if (last === undefined) return undefined
  const now = { digest: approval.digest, parts: await store.findFingerprints(approval.id) }
  const before = { digest: last.digest, parts: last.fingerprints }
  return { approvalId: last.id, at: last.at.toISOString(), ...compareFingerprints(now, before) }
}
