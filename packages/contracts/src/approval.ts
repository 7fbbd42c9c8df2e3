import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { ApprovalId, ConnectionId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** An approval as the agent that asked sees it. */
export const AgentApproval = z.object({
  id: ApprovalId,
  status: z.enum(['pending', 'approved', 'denied', 'expired', 'consumed']),
  method: z.string(),
  url: z.string(),
  connectionId: ConnectionId,
  reason: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  approvalUrl: z.string(),
})

export const listMyApprovals = defineOperation({
  id: 'listMyApprovals',
  method: 'GET',
  path: '/v1/approvals',
  caller: ['agent'],
  summary: 'List the approvals that the agent’s own requests wait for',
  input: z.strictObject({ ...Page }),
  output: z.object({ approvals: z.array(AgentApproval), nextCursor: NextCursor }),
  problems: [],
})
