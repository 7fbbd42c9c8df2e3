import {
  type ApprovalStatus,
  type approveRequest,
  type denyRequest,
  type InputOf,
  type OutputOf,
  Problem,
  type Remember,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { rolesWith } from '../identity/roles.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import type { Answered, NamedApproval } from './approval-store.ts'
import type { ApprovalEvent, ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { openRequest } from './open-request.ts'
import { drawUpRemembered } from './remember.ts'
import { createRememberedApprovals } from './remembered-approvals.ts'
import type { NewRemembered } from './remembered-store.ts'
import { viewForOwner } from './view-approval.ts'

const entitledRoles = rolesWith('approvals:write')

/** One and the same for what does not exist and for what is another workspace's (S-09). */
export const approvalNotFound = () =>
  new Problem('approval-not-found', 'There is no such approval.', {
    next: 'List the approvals to see which there are.',
  })

/** Builds the two answers. Only people come here: an agent's token opens no operation of the owners' plane (S-26). */
export function createAnswers(needs: ApprovalsRoomNeeds) {
  const { store } = needs
  const { getRemembered } = createRememberedApprovals(needs)
  return {
    /**
     * One person's yes to one exact request; and to others, as far as `remember` says. `via`: where else than in the vault it was
     * given, for the log.
     * @throws Problem invalid-input, approval-not-found, approval-not-pending, already-approved, fresh-sign-in-required,
     *   session-required, insufficient-scope
     */
    async approve(
      owner: AuthenticatedOwner,
      { approvalId, remember }: InputOf<typeof approveRequest>,
      via?: string,
    ): Promise<OutputOf<typeof approveRequest>> {
      const { workspaceId, ownerId } = owner
      const known = isLookupId(approvalId) ? await store.find(workspaceId, approvalId) : undefined
      if (known === undefined) throw approvalNotFound()
      if (known.status === 'pending' && known.freshSignIn) requireFreshSignIn(owner, needs.now())
      const drawnUp = remember && (await drawUp(needs, known, remember))
      const answering = { workspaceId, approvalId, ownerId, roles: entitledRoles }
      const row = requireDone(
        await store.approve({
          ...answering,
          ...(drawnUp !== undefined && { remember: { policyId: known.policyId, drawnUp } }),
        }),
      )
      await answered(needs, row, {
        operation: 'approveRequest',
        ownerId,
        detail: {
          approvals: row.approvedBy.length,
          ownersNeeded: row.ownersNeeded,
          ...(drawnUp !== undefined && describeDrawnUp(drawnUp)),
          ...(via !== undefined && { via }),
        },
      })
      return {
        approval: viewForOwner(row),
        ...(drawnUp !== undefined && {
          rememberedApproval: await getRemembered(owner, drawnUp.id),
        }),
      }
    },

    /** Says no, also to what was approved and has not been sent. @throws Problem approval-not-found, approval-not-pending */
    async deny(
      { workspaceId, ownerId }: AuthenticatedOwner,
      { approvalId, note }: InputOf<typeof denyRequest>,
      via?: string,
    ): Promise<OutputOf<typeof denyRequest>> {
      if (!isLookupId(approvalId)) throw approvalNotFound()
      const answering = { workspaceId, approvalId, ownerId, note: note === '' ? undefined : note }
      const row = requireDone(await store.deny(answering))
      const detail = via === undefined ? {} : { via }
      await answered(needs, row, { operation: 'denyRequest', ownerId, detail })
      return { approval: viewForOwner(row) }
    },
  }
}

/** What is over, or was used meanwhile, is said to be so where it is approved. */
async function drawUp(
  needs: ApprovalsRoomNeeds,
  approval: NamedApproval,
  remember: Remember,
): Promise<NewRemembered> {
  if (approval.status !== 'pending') throw notPending(approval.status)
  const request = await openRequest(needs, approval.workspaceId, approval)
  if (request === undefined) throw notPending('expired')
  return drawUpRemembered(needs, { approval, remember, request })
}

const describeDrawnUp = ({ id, scope, uses, expiresInMinutes, fields }: NewRemembered) => ({
  ...{ rememberedApprovalId: id, rememberScope: scope, rememberUses: uses },
  rememberMinutes: expiresInMinutes,
  ...(fields.length > 0 && { rememberFields: fields }),
})

async function answered(
  needs: ApprovalsRoomNeeds,
  row: NamedApproval,
  what: Pick<ApprovalEvent, 'operation' | 'ownerId' | 'detail'>,
): Promise<void> {
  needs.onChanged(row)
  const { workspaceId, agentId, connectionId, policyId, policyVersion } = row
  await needs.audit.record({
    ...{ workspaceId, agentId, connectionId, policyId, policyVersion },
    ...{ method: row.method, host: row.host, path: row.path, requestDigest: row.digest },
    auditId: needs.newId('audit'),
    outcome: 'done',
    ruleId: row.ruleId ?? undefined,
    ...what,
    detail: { ...what.detail, approvalId: row.id, digest: row.digest, status: row.status },
  })
}

function requireDone(answer: Answered): NamedApproval {
  if (answer.outcome === 'done') return answer.approval
  if (answer.outcome === 'not-pending') throw notPending(answer.status)
  if (answer.outcome === 'already') {
    throw new Problem('already-approved', 'You have approved this already.', {
      next: 'Another owner has to approve it as well.',
    })
  }
  if (answer.outcome === 'not-entitled') {
    throw new Problem('insufficient-scope', 'Your role does not allow this any more.', {
      next: 'An owner of the workspace can give the role.',
    })
  }
  throw approvalNotFound()
}

function notPending(status: ApprovalStatus): Problem {
  return new Problem('approval-not-pending', `The approval cannot be answered: it is ${status}.`, {
    next: 'If the agent still wants it, it asks anew.',
    extra: { approvalStatus: status },
  })
}
