import { z } from 'zod'
import { Timestamp } from './common.ts'
import { ToolId, ToolsetId } from './ids.ts'
import { RateLimits } from './limits.ts'

/** The most grants of tools in one policy. */
export const toolGrantsMax = 2000

const modes = ['always', 'writes', 'never'] as const

/**
 * What an agent may do with a tool, or with all tools of a toolset. A grant of one tool goes before that of its toolset, so
 * `allowed: false` takes one out of many. Without any grant an agent has no tool, does not see it and cannot call it.
 */
export const ToolGrant = z.strictObject({
  toolsetId: ToolsetId,
  toolId: ToolId.optional().meta({
    description: 'All tools of the toolset, later ones included, unless given',
  }),
  allowed: z.boolean(),
  approval: z.enum(modes).optional().meta({
    description: 'When an owner is asked for calls of it, instead of the policy’s own mode',
  }),
  limits: RateLimits.optional().meta({
    description: 'For each tool by itself, beside the policy’s own',
  }),
  expiresAt: Timestamp.optional().meta({ description: 'From then on it allows nothing' }),
})
export type ToolGrant = z.infer<typeof ToolGrant>
