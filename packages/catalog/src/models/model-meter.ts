import { PathPattern } from '@sallyport/contracts'
import { z } from 'zod'

// What the catalog says of how services of language models count what is used of them, and what they ask for it.

const link = z.url({ protocol: /^https$/ })
/** Names of members, one inside the other: `usage.input_tokens`. */
const memberPath = z.string().regex(/^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/)
const members = z.array(memberPath)
const usd = z.number().min(0)

/** Where an answer says what it took. Of several events of a stream the greatest number counts: they add up as they go. */
export const UsageShape = z.strictObject({
  /** Where the object may stand in an answer, or in an event of a stream. */
  at: members.min(1),
  /** Members of that object. Those of one list are added up; cached ones are among them unless `isCachedApart`. */
  input: members.min(1),
  cachedInput: members.default([]),
  cacheWrite: members.default([]),
  isCachedApart: z.boolean().default(false),
  output: members,
  /** What it cost in US dollars, where the service says so itself. */
  costUsd: members.default([]),
})
export type UsageShape = z.infer<typeof UsageShape>

/** How requests at some paths are counted. */
export const ModelEndpoint = z.discriminatedUnion('counts', [
  z.strictObject({ counts: z.literal('nothing'), paths: z.array(PathPattern).min(1) }),
  z.strictObject({
    counts: z.literal('tokens'),
    paths: z.array(PathPattern).min(1),
    /** Where the model is named: a member of the body, or the part of the path between these two. */
    model: z.union([memberPath, z.strictObject({ after: z.string(), before: z.string() })]),
    /** Members of the body that bound the output, and those that multiply it. None of the first: there is no output. */
    outputMax: members,
    times: members.default([]),
    /** Members of the body that, where they are true, have the answer come before it is counted. */
    unseen: members.default([]),
    /** Ways of saying it: the first that an answer has counts. */
    usage: z.array(UsageShape).min(1),
  }),
])
export type ModelEndpoint = z.infer<typeof ModelEndpoint>

const rates = {
  input: usd,
  cachedInput: usd.optional(),
  cacheWrite: usd.optional(),
  output: usd,
}

/** A list price in US dollars for a million tokens. */
export const ListPrice = z.strictObject({
  /** Names of models, `*` for what differs; the first price that fits counts. */
  models: z.string().regex(/^[\w.:/@*-]+$/),
  ...rates,
  /** What all of a request costs whose input has more tokens than this. */
  above: z.strictObject({ tokens: z.number().int().min(1), ...rates }).optional(),
  /** The day of which it is known. */
  asOf: z.iso.date(),
})
export type ListPrice = z.infer<typeof ListPrice>

/** What is known of one service. */
export const ModelMeter = z.strictObject({
  /** The id of the service. */
  service: z.string(),
  /** Where the provider says how it counts. */
  documentation: link,
  /** Where the provider publishes its prices. */
  pricing: link,
  endpoints: z.array(ModelEndpoint).min(1),
  /** Empty: those of all services count, since it resells. */
  prices: z.array(ListPrice),
})
export type ModelMeter = z.infer<typeof ModelMeter>
export type ModelMeterInput = z.input<typeof ModelMeter>
