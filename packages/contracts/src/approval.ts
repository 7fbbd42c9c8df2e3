import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { ExecuteAnswer, sendProblems, WaitSeconds } from './execute.ts'
import { AgentId, ApprovalId, AuditId, ConnectionId, OwnerId, PolicyId, ToolId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { Remember, Rememberable, RememberedApproval } from './remembered-approval.ts'

/**
 * `pending` waits for an owner; `approved` waits to be redeemed; all others are final. `cancelled`: the policy or the
 * connection was taken away, or the agent was reset. `consumed`: the request was sent, or its one attempt was recorded.
 */
export const ApprovalStatus = z.enum([
  'pending',
  'approved',
  'denied',
  'expired',
  'cancelled',
  'consumed',
])
export type ApprovalStatus = z.infer<typeof ApprovalStatus>

/** An approval as the agent that asked sees it. */
export const AgentApproval = z.object({
  id: ApprovalId,
  status: ApprovalStatus,
  method: z.string(),
  url: z.string().meta({ description: 'Without its query, which is not kept' }),
  connectionId: ConnectionId,
  reason: z.string().meta({ description: 'Why an owner is asked' }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  approvalUrl: z.string(),
  tool: z.string().optional().meta({ description: 'The full name of the tool whose call asked' }),
  note: z.string().optional().meta({ description: 'What the owner wrote when denying' }),
  auditId: AuditId.optional().meta({ description: 'The attempt that used the approval' }),
})
export type AgentApproval = z.infer<typeof AgentApproval>

export const listMyApprovals = defineOperation({
  id: 'listMyApprovals',
  method: 'GET',
  path: '/v1/approvals',
  caller: ['agent'],
  consumer: true,
  summary: 'List the approvals that the agent’s own requests asked for, newest first',
  input: z.strictObject({ ...Page, status: ApprovalStatus.optional() }),
  output: z.object({ approvals: z.array(AgentApproval), nextCursor: NextCursor }),
  problems: [],
})

export const getMyApproval = defineOperation({
  id: 'getMyApproval',
  method: 'GET',
  path: '/v1/approvals/{approvalId}',
  caller: ['agent'],
  consumer: true,
  summary: 'Read an approval; with waitSeconds, once it is no longer pending or the time is up',
  input: z.strictObject({ approvalId: ApprovalId, waitSeconds: WaitSeconds.optional() }),
  output: z.object({ approval: AgentApproval }),
  problems: ['approval-not-found'],
})

export const executeApproval = defineOperation({
  id: 'executeApproval',
  method: 'POST',
  path: '/v1/approvals/{approvalId}/execute',
  caller: ['agent'],
  summary: 'Send the request that was approved, exactly as it was approved, once',
  input: z.strictObject({ approvalId: ApprovalId, waitSeconds: WaitSeconds.optional() }),
  output: ExecuteAnswer,
  problems: ['tool-not-found', 'invalid-header', ...sendProblems],
  audited: true,
  callerCredential: true,
})

const Named = z.object({ id: z.string(), name: z.string() })

/** An approval as owners list it: nothing of it needs the frozen request to be opened. */
export const Approval = z.object({
  id: ApprovalId,
  status: ApprovalStatus,
  agent: Named.extend({ id: AgentId }),
  connection: z.object({ id: ConnectionId, label: z.string(), service: z.string() }),
  policyId: PolicyId,
  tool: z.string().optional().meta({
    description:
      'The full name of the tool whose call asks; absent where the agent wrote the request',
  }),
  toolId: ToolId.optional(),
  ruleId: z.string().optional(),
  reason: z.string().meta({ description: 'Why the policy asks' }),
  agentReason: z.string().optional().meta({ description: 'The agent’s own words: untrusted' }),
  method: z.string(),
  origin: z.string(),
  host: z.string().meta({ description: 'From the parsed URL, in ASCII' }),
  path: z.string(),
  requestBytes: z.number().int(),
  digest: z.string().meta({ description: 'SHA-256 of the frozen request, hex' }),
  askedCount: z.number().int().meta({ description: 'How often the agent has asked for just this' }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  freshSignIn: z.boolean().meta({ description: 'Approving needs a sign-in of the last 5 minutes' }),
  ownersNeeded: z.number().int().min(1).max(2),
  approvedBy: z.array(z.object({ ownerId: OwnerId, email: z.string(), at: Timestamp })),
  decidedAt: Timestamp.optional(),
  deniedBy: z.object({ ownerId: OwnerId, email: z.string() }).optional(),
  note: z.string().optional(),
  consumedAt: Timestamp.optional(),
  auditId: AuditId.optional().meta({ description: 'The attempt that used the approval' }),
})
export type Approval = z.infer<typeof Approval>

/** The exact request that would be sent, but for the credential; kept only while it can still be sent. */
export const FrozenRequestView = z.object({
  method: z.string(),
  url: z.string(),
  query: z.array(z.object({ name: z.string(), value: z.string() })),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  body: z
    .object({
      contentType: z.string().optional(),
      bytes: z.number().int(),
      base64: z.string().meta({ description: 'The exact bytes, all of them' }),
    })
    .optional(),
  callerCredential: z.literal(true).optional().meta({
    description:
      'The agent’s own credential goes along, of which the vault keeps nothing but a fingerprint: the approval holds for that one alone',
  }),
})
export type FrozenRequestView = z.infer<typeof FrozenRequestView>

/**
 * How a request differs from the last one that was approved and sent by the same agent, through the same connection,
 * with the same method and path. Only names of parts are known of the earlier one: its values are not kept.
 */
export const ApprovalDifference = z.object({
  approvalId: ApprovalId,
  at: Timestamp,
  same: z.boolean(),
  changed: z.array(z.string()).meta({ examples: [['query.q', 'body.to[0]']] }),
  added: z.array(z.string()),
  removed: z.array(z.string()),
})
export type ApprovalDifference = z.infer<typeof ApprovalDifference>

export const ApprovalDetail = Approval.extend({
  request: FrozenRequestView.optional(),
  rememberable: Rememberable.optional().meta({
    description:
      'Absent where a yes can not be remembered: two people have to approve, or it is no longer pending',
  }),
  difference: ApprovalDifference.optional(),
})
export type ApprovalDetail = z.infer<typeof ApprovalDetail>

export const listApprovals = defineOperation({
  id: 'listApprovals',
  method: 'GET',
  path: '/api/v1/approvals',
  caller: ['owner'],
  demand: 'approvals:read',
  summary: 'List what agents ask owners to decide, newest first',
  input: z.strictObject({
    ...Page,
    status: ApprovalStatus.optional(),
    agentId: AgentId.optional(),
    connectionId: ConnectionId.optional(),
  }),
  output: z.object({
    approvals: z.array(Approval),
    nextCursor: NextCursor,
    pendingCount: z.number().int().meta({ description: 'Of the workspace; counted to 10 000' }),
  }),
  problems: [],
})

export const getApproval = defineOperation({
  id: 'getApproval',
  method: 'GET',
  path: '/api/v1/approvals/{approvalId}',
  caller: ['owner'],
  demand: 'approvals:read',
  summary: 'Read an approval with the exact request',
  input: z.strictObject({ approvalId: ApprovalId }),
  output: z.object({ approval: ApprovalDetail }),
  problems: ['approval-not-found'],
})

export const approveRequest = defineOperation({
  id: 'approveRequest',
  method: 'POST',
  path: '/api/v1/approvals/{approvalId}/approve',
  caller: ['owner'],
  demand: 'approvals:write',
  summary: 'Approve one exact request, once; still pending where a second owner has to',
  input: z.strictObject({ approvalId: ApprovalId, remember: Remember.optional() }),
  output: z.object({
    approval: Approval,
    rememberedApproval: RememberedApproval.optional(),
  }),
  problems: [
    'approval-not-found',
    'approval-not-pending',
    'already-approved',
    'fresh-sign-in-required',
    'session-required',
  ],
})

export const denyRequest = defineOperation({
  id: 'denyRequest',
  method: 'POST',
  path: '/api/v1/approvals/{approvalId}/deny',
  caller: ['owner'],
  demand: 'approvals:write',
  summary: 'Deny a request; also one that was approved and has not been sent',
  input: z.strictObject({
    approvalId: ApprovalId,
    note: z
      .string()
      .trim()
      .max(500, 'must have at most 500 characters')
      .refine((text) => !text.includes('\0'), 'must not hold NUL')
      .optional()
      .meta({ description: 'Said to the agent' }),
  }),
  output: z.object({ approval: Approval }),
  problems: ['approval-not-found', 'approval-not-pending'],
})
