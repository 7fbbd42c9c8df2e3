import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, CapabilityRequestId, ConnectionId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { AllowEntry, ApprovalMode } from './policy.ts'

const ActionView = z.object({
  id: z.string(),
  label: z.string(),
  description: z.string(),
  requiresApproval: z.boolean(),
})

export const listServices = defineOperation({
  id: 'listServices',
  method: 'GET',
  path: '/v1/capabilities/services',
  caller: ['agent'],
  summary: 'List the services of the catalog with the actions that can be asked for',
  input: z.strictObject({}),
  output: z.object({
    services: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        provider: z.string(),
        icon: z.string(),
        singleton: z.boolean(),
        actions: z.array(ActionView),
      }),
    ),
    oauthStatus: z.record(z.string(), z.boolean()).meta({
      description: 'By provider: can an account be connected by OAuth here?',
    }),
  }),
  problems: [],
})

export const getMyCapabilities = defineOperation({
  id: 'getMyCapabilities',
  method: 'GET',
  path: '/v1/capabilities/me',
  caller: ['agent'],
  summary: 'Say what the agent has, what it has asked for and what it can ask for',
  input: z.strictObject({}),
  output: z.object({
    activeConnections: z.array(
      z.object({
        connectionId: ConnectionId,
        service: z.string(),
        provider: z.string(),
        label: z.string(),
        status: z.string(),
        actions: z.array(z.string()),
      }),
    ),
    pendingRequests: z.array(
      z.object({
        id: CapabilityRequestId,
        actionTemplateId: z.string(),
        reason: z.string(),
        createdAt: Timestamp,
      }),
    ),
    availableActions: z.array(
      z.object({ ...ActionView.shape, service: z.string(), provider: z.string() }),
    ),
  }),
  problems: [],
})

export const requestCapability = defineOperation({
  id: 'requestCapability',
  method: 'POST',
  path: '/v1/agent-permission-requests',
  caller: ['agent'],
  summary: 'Ask the owner for an action template',
  input: z.strictObject({
    actionTemplateId: z.string().min(1).max(100),
    reason: z
      .string()
      .trim()
      .min(1, 'must say why')
      .max(2000, 'must have at most 2000 characters')
      .refine((text) => !text.includes('\0'), 'must not hold NUL'),
  }),
  output: z.object({
    id: CapabilityRequestId,
    actionTemplateId: z.string(),
    reason: z.string(),
    createdAt: Timestamp,
    approvalUrl: z.string(),
  }),
  status: 201,
  problems: [
    'unknown-action-template',
    'capability-already-requested',
    'capability-already-granted',
    'too-many-attempts',
  ],
  audited: true,
})

export const CapabilityRequest = z.object({
  id: CapabilityRequestId,
  agentId: AgentId,
  actionTemplateId: z.string(),
  reason: z.string(),
  status: z.enum(['pending', 'approved', 'denied', 'cancelled']),
  createdAt: Timestamp,
})

export const listCapabilityRequests = defineOperation({
  id: 'listCapabilityRequests',
  method: 'GET',
  path: '/api/v1/capability-requests',
  caller: ['owner'],
  demand: 'capabilities:read',
  summary: 'List what agents have asked for, newest first',
  input: z.strictObject({ ...Page, status: CapabilityRequest.shape.status.optional() }),
  output: z.object({ capabilityRequests: z.array(CapabilityRequest), nextCursor: NextCursor }),
  problems: [],
})

/** A named capability of a service: what it allows and when an owner is asked. */
export const ActionTemplate = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  label: z.string().min(1).max(80),
  description: z.string().min(1).max(300),
  allow: z.array(AllowEntry).min(1),
  approval: ApprovalMode,
})
export type ActionTemplate = z.infer<typeof ActionTemplate>
