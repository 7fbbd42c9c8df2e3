import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, ToolId, ToolsetId } from './ids.ts'
import { RateLimits } from './limits.ts'
import { defineOperation } from './operation.ts'
import { ToolName, ToolsetName } from './tool-name.ts'

/** What one agent may do with one tool, and why. */
export const EffectiveGrant = z.object({
  allowed: z.boolean(),
  /** Where that is said: for the tool itself, for its toolset, or nowhere. */
  from: z.enum(['tool', 'toolset', 'none']),
  approval: z.enum(['always', 'writes', 'never']).optional().meta({
    description: 'As it holds: the grant’s own, or the policy’s',
  }),
  limits: RateLimits.optional(),
  expiresAt: Timestamp.optional(),
})
export type EffectiveGrant = z.infer<typeof EffectiveGrant>

const approvalModes = z.enum(['always', 'writes', 'never'])

/** What a permission says. `allowed: null` takes it away: then the toolset’s counts, or none. */
const permission = {
  agentId: AgentId,
  allowed: z.boolean().nullable(),
  approval: approvalModes.optional(),
  limits: RateLimits.optional(),
  expiresAt: Timestamp.optional(),
  keep: z.boolean().optional().meta({
    description:
      'What of approval, limits and expiresAt is not given stays as it was said before, unless it is over: of the tool, or else of its whole toolset',
  }),
} as const

export const setToolPermission = defineOperation({
  id: 'setToolPermission',
  method: 'PUT',
  path: '/api/v1/tools/{toolId}/permissions',
  caller: ['owner'],
  demand: 'policies:write',
  summary: 'Grant a tool to an agent, or take it away; the policy is made where there is none',
  input: z.strictObject({ toolId: ToolId, ...permission }),
  output: z.object({ permission: EffectiveGrant, policyId: z.string().optional() }),
  problems: ['tool-not-found', 'agent-not-found', 'connection-revoked', 'version-conflict'],
})

export const setToolsetPermission = defineOperation({
  id: 'setToolsetPermission',
  method: 'PUT',
  path: '/api/v1/toolsets/{toolsetId}/permissions',
  caller: ['owner'],
  demand: 'policies:write',
  summary: 'Grant all tools of a toolset to an agent, later ones included, or take them away',
  input: z.strictObject({ toolsetId: ToolsetId, ...permission }),
  output: z.object({ permission: EffectiveGrant, policyIds: z.array(z.string()) }),
  problems: ['toolset-not-found', 'agent-not-found', 'connection-revoked', 'version-conflict'],
})

/** One row of the matrix: an agent, what it may do with the toolset, and where a tool differs. */
export const AgentToolPermissions = z.object({
  agent: z.object({ id: AgentId, name: z.string(), status: z.string() }),
  toolset: EffectiveGrant,
  tools: z.array(z.object({ toolId: ToolId, permission: EffectiveGrant })).meta({
    description: 'Only tools that have a grant of their own',
  }),
})

export const listToolsetPermissions = defineOperation({
  id: 'listToolsetPermissions',
  method: 'GET',
  path: '/api/v1/toolsets/{toolsetId}/permissions',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'List what each agent may do with a toolset and its tools, agents by name',
  input: z.strictObject({ ...Page, toolsetId: ToolsetId }),
  output: z.object({ permissions: z.array(AgentToolPermissions), nextCursor: NextCursor }),
  problems: ['toolset-not-found'],
})

export const listAgentTools = defineOperation({
  id: 'listAgentTools',
  method: 'GET',
  path: '/api/v1/agents/{agentId}/tools',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'List the tools that an agent has, as it sees them',
  input: z.strictObject({ ...Page, agentId: AgentId }),
  output: z.object({
    tools: z.array(
      z.object({
        toolId: ToolId,
        toolsetId: ToolsetId,
        toolset: ToolsetName,
        name: ToolName,
        title: z.string().optional(),
        permission: EffectiveGrant,
      }),
    ),
    nextCursor: NextCursor,
  }),
  problems: ['agent-not-found'],
})
