import type { ApprovalStatus } from '@sallyport/contracts'

interface Listed {
  readonly id: string
  readonly status: ApprovalStatus
  readonly approvalUrl: string
  readonly auditId?: string | undefined
}

/** Adds to each approval what the model can do about it. */
export function shapeApprovals<Approval extends Listed>(page: {
  readonly approvals: readonly Approval[]
}) {
  return {
    ...page,
    approvals: page.approvals.map((approval) => ({ ...approval, next: nextOf(approval) })),
  }
}

function nextOf({ id, status, approvalUrl, auditId }: Listed): string {
  switch (status) {
    case 'pending':
      return `Show the user ${approvalUrl}. To wait, call execute with the same arguments, approvalId "${id}" and waitSeconds.`
    case 'approved':
      return `Call execute with the same arguments and approvalId "${id}": it is sent once.`
    case 'denied':
      return 'The owner said no: do not ask again unless the user wants it.'
    case 'consumed':
      return `It was sent, or its one attempt was recorded${auditId === undefined ? '' : ` as ${auditId}`}.`
    case 'expired':
    case 'cancelled':
      return 'Nothing was sent. If it is still wanted, call execute without approvalId to ask anew.'
  }
}
