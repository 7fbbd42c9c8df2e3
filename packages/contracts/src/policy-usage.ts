import { z } from 'zod'
import { Timestamp } from './common.ts'
import { PolicyId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** How far one limit of a policy is used up. */
export const LimitUsage = z.object({
  name: z.string().meta({ examples: ['perDay', 'perDay:POST', 'tokensPerMonth', 'concurrent'] }),
  label: z.string().meta({ description: 'In plain words' }),
  unit: z.enum(['requests', 'bytes', 'tokens', 'usd']),
  used: z
    .number()
    .meta({ description: 'In the window that ends now; what is reserved is not in it' }),
  reserved: z
    .number()
    .meta({ description: 'By requests on their way, whose true size is not known yet' }),
  limit: z.number(),
  windowMs: z.number().int().optional().meta({ description: 'None of what is at the same time' }),
  resetsAt: Timestamp.optional().meta({
    description: 'When all that is used now has left the window, if nothing more is',
  }),
})
export type LimitUsage = z.infer<typeof LimitUsage>

export const getPolicyUsage = defineOperation({
  id: 'getPolicyUsage',
  method: 'GET',
  path: '/api/v1/policies/{policyId}/usage',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'See how far the limits of a policy are used up',
  input: z.strictObject({ policyId: PolicyId }),
  output: z.object({ usage: z.array(LimitUsage) }),
  problems: ['policy-not-found'],
})
