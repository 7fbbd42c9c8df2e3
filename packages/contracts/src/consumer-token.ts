import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, ConsumerTokenId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** The longest life of a consumer token, in days, and the longest time that a rotated one still works, in minutes. */
export const consumerTokenDaysMax = 90
export const rotationGraceMinutesMax = 1440

/** A long-lived token for clients that cannot sign: it lists and calls granted tools, and nothing else. */
export const ConsumerToken = z.object({
  id: ConsumerTokenId,
  agentId: AgentId,
  name: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Timestamp.optional(),
})
export type ConsumerToken = z.infer<typeof ConsumerToken>

const WithSecret = z.object({
  token: ConsumerToken,
  consumerToken: z.string().meta({ description: '`spc_` and 43 characters; shown this once' }),
})

export const createConsumerToken = defineOperation({
  id: 'createConsumerToken',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/consumer-token',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Make a token with which an agent that cannot sign calls its tools, or rotate one',
  input: z.strictObject({
    agentId: AgentId,
    name: Label.default('consumer token'),
    expiresInDays: z.number().int().min(1).max(consumerTokenDaysMax).default(30),
    replaces: ConsumerTokenId.optional().meta({
      description: 'The token that it takes the place of',
    }),
    graceMinutes: z
      .number()
      .int()
      .min(0)
      .max(rotationGraceMinutesMax)
      .default(0)
      .meta({ description: 'How long the replaced one still works' }),
  }),
  output: WithSecret,
  status: 201,
  problems: ['agent-not-found', 'agent-disabled', 'consumer-token-not-found'],
})

export const listConsumerTokens = defineOperation({
  id: 'listConsumerTokens',
  method: 'GET',
  path: '/api/v1/agents/{agentId}/consumer-tokens',
  caller: ['owner'],
  demand: 'agents:read',
  summary: 'List an agent’s consumer tokens, newest first',
  input: z.strictObject({ ...Page, agentId: AgentId }),
  output: z.object({ consumerTokens: z.array(ConsumerToken), nextCursor: NextCursor }),
  problems: ['agent-not-found'],
})

export const deleteConsumerToken = defineOperation({
  id: 'deleteConsumerToken',
  method: 'DELETE',
  path: '/api/v1/agents/{agentId}/consumer-tokens/{tokenId}',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'End a consumer token at once',
  input: z.strictObject({ agentId: AgentId, tokenId: ConsumerTokenId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['agent-not-found', 'consumer-token-not-found'],
})
