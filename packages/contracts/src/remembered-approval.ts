import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import {
  AgentId,
  ApprovalId,
  ConnectionId,
  OwnerId,
  PolicyId,
  RememberedApprovalId,
} from './ids.ts'
import { defineOperation } from './operation.ts'

/** The most uses, and the longest time, that one answer can cover. */
export const rememberedUsesMax = 1_000
export const rememberedMinutesMax = 90 * 24 * 60

/**
 * How a yes is to count for more than the one request. `exact`: the same bytes again. `fields`: the same method, origin and
 * path, the same members in query and body and no others, and the same values in the fields that are named; what the others
 * say may differ. It never covers what the policy denies, and ends when the policy asks for more than was answered.
 */
export const Remember = z
  .strictObject({
    scope: z.enum(['exact', 'fields']),
    fields: z
      .array(z.string().min(1).max(200))
      .max(50)
      .optional()
      .meta({ description: 'Names out of `rememberable.fields`', examples: [['body.channel']] }),
    uses: z.number().int().min(1).max(rememberedUsesMax),
    expiresInMinutes: z.number().int().min(1).max(rememberedMinutesMax),
  })
  .refine(({ scope, fields }) => scope === 'fields' || fields === undefined, {
    path: ['fields'],
    message: 'must be left out: the exact request has all of them',
  })
export type Remember = z.infer<typeof Remember>

/** What an owner may choose from when a request is to be remembered. */
export const Rememberable = z.object({
  exact: z.literal(true),
  fields: z
    .array(
      z.object({
        name: z.string().meta({ examples: ['query.q', 'body.to[0]'] }),
        value: z.string().meta({ description: 'As it stands in the request, bounded' }),
        suggested: z
          .boolean()
          .meta({ description: 'It says who or where: a recipient, a channel, a repository' }),
      }),
    )
    .meta({ description: 'Empty where the request cannot be taken apart: only exact then' }),
})
export type Rememberable = z.infer<typeof Rememberable>

export const RememberedApproval = z.object({
  id: RememberedApprovalId,
  policyId: PolicyId,
  agent: z.object({ id: AgentId, name: z.string() }),
  connection: z.object({ id: ConnectionId, label: z.string(), service: z.string() }),
  status: z.enum(['active', 'used_up', 'expired', 'revoked']),
  scope: Remember.shape.scope,
  method: z.string(),
  origin: z.string(),
  path: z.string(),
  fields: z.array(z.object({ name: z.string(), value: z.string().optional() })).meta({
    description: 'Those that have to be the same, with what they say',
  }),
  uses: z.number().int(),
  used: z.number().int(),
  createdBy: z.object({ ownerId: OwnerId, email: z.string() }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
  approvalId: ApprovalId.meta({ description: 'The approval that it came from' }),
})
export type RememberedApproval = z.infer<typeof RememberedApproval>

export const listRememberedApprovals = defineOperation({
  id: 'listRememberedApprovals',
  method: 'GET',
  path: '/api/v1/remembered-approvals',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'List the answers that count for more than one request, newest first',
  input: z.strictObject({
    ...Page,
    policyId: PolicyId.optional(),
    agentId: AgentId.optional(),
    connectionId: ConnectionId.optional(),
    status: RememberedApproval.shape.status.optional(),
  }),
  output: z.object({
    rememberedApprovals: z.array(RememberedApproval),
    nextCursor: NextCursor,
  }),
  problems: [],
})

export const revokeRememberedApproval = defineOperation({
  id: 'revokeRememberedApproval',
  method: 'POST',
  path: '/api/v1/remembered-approvals/{rememberedApprovalId}/revoke',
  caller: ['owner'],
  demand: 'approvals:write',
  summary: 'Be asked again from now on',
  input: z.strictObject({ rememberedApprovalId: RememberedApprovalId }),
  output: z.object({ rememberedApproval: RememberedApproval }),
  problems: ['remembered-approval-not-found'],
})
