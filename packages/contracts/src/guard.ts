import { z } from 'zod'
import { CatalogName } from './common.ts'
import { ConnectionId } from './ids.ts'
import { RateLimits } from './limits.ts'
import { defineOperation } from './operation.ts'
import { RequestRules, ResponseRules } from './policy-rule.ts'

/** How much a guard keeps back: what can hardly be undone; what goes to strangers too; whatever can be told apart. */
export const guardLevels = ['minimal', 'standard', 'strict'] as const
export const GuardLevel = z.enum(guardLevels)
export type GuardLevel = z.infer<typeof GuardLevel>

const Domain = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain such as example.com')

/** What guards are made with. */
export const GuardWish = z.strictObject({
  level: GuardLevel,
  domains: z
    .array(Domain)
    .max(50)
    .default([])
    .meta({ description: 'One’s own: whoever is elsewhere is outside' }),
})
export type GuardWish = z.infer<typeof GuardWish>

/** One preset of a guard, in words. */
export const GuardPart = z.object({
  preset: z.string(),
  group: z.enum(['messaging', 'files', 'calendar', 'reading', 'destructive', 'administrative']),
  label: z.string(),
  sentence: z.string(),
  needsDomains: z.boolean(),
})
export type GuardPart = z.infer<typeof GuardPart>

/** What the guard of an action template comes to: rules for a policy, each of which names its preset. */
export const ExpandedGuard = z.object({
  parts: z.array(GuardPart),
  rules: RequestRules,
  response: ResponseRules,
  limits: RateLimits.optional().meta({ description: 'For the entries that the action grants' }),
})
export type ExpandedGuard = z.infer<typeof ExpandedGuard>

export const expandGuard = defineOperation({
  id: 'expandGuard',
  method: 'POST',
  path: '/api/v1/policies/guard',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'Say what rules an action template’s guard comes to; nothing is saved',
  input: z.strictObject({
    actionTemplateId: CatalogName,
    connectionId: ConnectionId.optional().meta({
      description: 'Rules then name its origins where the action leaves hosts open',
    }),
    guard: GuardWish,
  }),
  output: z.object({ guard: ExpandedGuard }),
  problems: ['unknown-action-template', 'connection-not-found'],
})
