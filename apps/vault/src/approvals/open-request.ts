import type { HeldApproval } from '../execute/approvals-needs.ts'
import { type FrozenRequest, restoreFrozenRequest } from '../execute/freeze-request.ts'
import type { StoredApproval } from './approval-store.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { sealContext } from './ask-owner.ts'

/** Opens the frozen request, and proves that it is the one; undefined once it was used or is over. */
export async function openRequest(
  { store, keyring }: ApprovalsRoomNeeds,
  workspaceId: string,
  { id, digest }: Pick<HeldApproval | StoredApproval, 'id' | 'digest'>,
): Promise<FrozenRequest | undefined> {
  const sealed = await store.findSealed(workspaceId, id)
  if (sealed === undefined) return undefined
  return restoreFrozenRequest(await keyring.open(sealContext({ id, workspaceId }), sealed), digest)
}
