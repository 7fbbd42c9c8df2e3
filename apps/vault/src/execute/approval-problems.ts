import { type ApprovalStatus, Problem } from '@sallyport/contracts'
import type { HeldApproval } from './approvals-needs.ts'

// What an agent is told of an approval that does not let its request out. None of these spends anything.

/** One and the same for what does not exist and for what is another agent's (S-09). */
export const approvalNotFound = () =>
  new Problem('approval-not-found', 'You have no such approval.', {
    next: 'Use list_approvals to see what you have asked for, or send the request without approvalId.',
  })

/** What was sent again is not what an owner looked at (S-24). */
export const approvalMismatch = () =>
  new Problem('approval-mismatch', 'This is not the request that the approval is for.', {
    next: 'Send exactly the same request again with this approvalId, with the same credential where you send your own, or this one without it. The approval is still good.',
  })

/** What was approved would not be asked in this way any more (S-27). */
export const approvalStale = (what: string) =>
  new Problem('approval-stale', `${what} since this was approved. Nothing was sent.`, {
    next: 'Send the request without approvalId: an owner is asked anew.',
  })

type Refused = Exclude<ApprovalStatus, 'pending' | 'approved'>

/** Says why an approval of this status lets nothing out. */
export function approvalProblem(
  status: Refused,
  { note, attemptAuditId }: Partial<Pick<HeldApproval, 'note' | 'attemptAuditId'>> = {},
): Problem {
  if (status === 'consumed') return approvalConsumed(attemptAuditId ?? undefined)
  if (status === 'denied') {
    const said = note === undefined || note === null || note === '' ? '' : ` They wrote: ${note}`
    return new Problem('approval-denied', `An owner denied this request.${said}`, {
      next: 'Do not ask for the same again; tell the user, who may change the task.',
    })
  }
  const [type, detail] = endings[status]
  return new Problem(type, `${detail} Nothing was sent.`, {
    next: 'If it is still wanted, send the request without approvalId: an owner is asked anew.',
  })
}

/**
 * An approval is used once. Whoever comes again may have missed the answer to that one attempt, so they are pointed to it
 * (`attemptAuditId`) and not told to ask anew, which would have the request sent twice.
 */
function approvalConsumed(attemptAuditId: string | undefined): Problem {
  const where = attemptAuditId === undefined ? '' : ` (audit entry ${attemptAuditId})`
  return new Problem(
    'approval-consumed',
    `The approval was used already: its one attempt is on record${where}. This time nothing was sent.`,
    {
      next: 'If you have not seen the answer of that attempt, look first whether it took effect; an owner finds it in the audit log. Only if the same is wanted once more, send the request without approvalId.',
      ...(attemptAuditId !== undefined && { extra: { attemptAuditId } }),
    },
  )
}

const endings = {
  expired: ['approval-expired', 'The approval has expired.'],
  cancelled: [
    'approval-cancelled',
    'The approval was withdrawn, since what it stood on was taken away.',
  ],
} as const

/** The approval lets the request out, or throws the problem that says why not. */
export function requireGranted(approval: HeldApproval): void {
  const { status } = approval
  if (status !== 'approved' && status !== 'pending') throw approvalProblem(status, approval)
}
