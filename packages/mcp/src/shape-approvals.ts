import type { ApprovalStatus } from '@sallyport/contracts'

interface Listed {
  readonly id: string
  readonly status: ApprovalStatus
  readonly approvalUrl: string
  readonly auditId?: string | undefined
  /** The full name of the tool whose call asked. */
  readonly tool?: string | undefined
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

function nextOf({ id, status, approvalUrl, auditId, tool }: Listed): string {
  // A call of a tool is found by its arguments; a request that the model wrote itself names its approval.
  const again =
    tool === undefined
      ? `call execute with the same arguments and approvalId "${id}"`
      : `call the tool ${tool} again with the same arguments`
  switch (status) {
    case 'pending':
      return `Show the user ${approvalUrl}. To wait, ${again}${tool === undefined ? ' and waitSeconds' : ''}.`
    case 'approved':
      return `To have it sent, ${again}: it is sent once.`
    case 'denied':
      return 'The owner said no: do not ask again unless the user wants it.'
    case 'consumed':
      return `It was sent, or its one attempt was recorded${auditId === undefined ? '' : ` as ${auditId}`}.`
    case 'expired':
    case 'cancelled':
      return `Nothing was sent. If it is still wanted, ${tool === undefined ? 'call execute without approvalId' : `call the tool ${tool} again`} to ask anew.`
  }
}
