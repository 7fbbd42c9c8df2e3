import { z } from 'zod'
import { HttpMethod } from './http-method.ts'

const count = z.number().int().min(1).max(1_000_000)
const bytes = z.number().int().min(0).max(1_073_741_824)
const bytesADay = z.number().int().min(1).max(1_099_511_627_776)
const tokens = z.number().int().min(1).max(1_000_000_000_000)
const usd = z.number().positive().max(1_000_000)

/** How often, in sliding windows. */
export const RateLimits = z.strictObject({
  perMinute: count.optional(),
  perHour: count.optional(),
  perDay: count.optional(),
})
export type RateLimits = z.infer<typeof RateLimits>

const usdPerMillion = z.number().min(0).max(100_000)

/** What an owner pays for models, in US dollars for a million tokens: goes before the catalog's list prices. */
export const ModelPrice = z.strictObject({
  models: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[\w.:/@*-]+$/, 'must be the name of a model, with * for what differs'),
  inputUsd: usdPerMillion,
  outputUsd: usdPerMillion,
  cachedInputUsd: usdPerMillion.optional().meta({ description: 'As the input unless given' }),
})
export type ModelPrice = z.infer<typeof ModelPrice>

/** What may be used of a language model, as its provider counts it in its answers. A month is 30 days. */
export const Budget = z.strictObject({
  tokensPerDay: tokens.optional(),
  tokensPerMonth: tokens.optional(),
  usdPerDay: usd.optional().meta({ description: 'By the catalog’s list prices; see prices' }),
  usdPerMonth: usd.optional(),
  prices: z.array(ModelPrice).min(1).max(50).optional().meta({
    description: 'Where they differ from the catalog’s list prices; the first that fits counts',
  }),
})
export type Budget = z.infer<typeof Budget>

/** How much is allowed. Each is shared by all tokens of the agent and all replicas. */
export const Limits = z.strictObject({
  ...RateLimits.shape,
  concurrent: z.number().int().min(1).max(1000).optional(),
  requestBytesMax: bytes.optional().meta({ description: 'Of one request’s body' }),
  responseBytesMax: bytes.optional().meta({ description: 'Of one answer' }),
  requestBytesPerDay: bytesADay.optional(),
  responseBytesPerDay: bytesADay.optional(),
  perMethod: z.partialRecord(HttpMethod, RateLimits).optional(),
  budget: Budget.optional(),
  strict: z.boolean().optional().meta({
    description: 'Refuse where replicas cannot share the count; on PostgreSQL they always do',
  }),
})
export type Limits = z.infer<typeof Limits>
