import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { GuardWish } from './guard.ts'
import { AgentId, CapabilityRequestId, ConnectionId, OwnerId, PolicyId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { AllowEntry, ApprovalMode, Policy } from './policy.ts'

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
    recentAnswers: z
      .array(
        z.object({
          id: CapabilityRequestId,
          actionTemplateId: z.string(),
          status: z.enum(['approved', 'denied']),
          answeredAt: Timestamp,
          connectionId: ConnectionId.optional(),
          note: z.string().optional(),
        }),
      )
      .meta({ description: 'What owners answered lately, newest first' }),
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
  agentName: z.string(),
  actionTemplateId: z.string(),
  reason: z.string().meta({ description: 'The agent’s own words: untrusted' }),
  status: z.enum(['pending', 'approved', 'denied', 'cancelled']),
  createdAt: Timestamp,
  answeredAt: Timestamp.optional(),
  answeredBy: z.object({ ownerId: OwnerId, email: z.string() }).optional(),
  connectionId: ConnectionId.optional(),
  policyId: PolicyId.optional(),
  note: z.string().optional(),
})
export type CapabilityRequest = z.infer<typeof CapabilityRequest>

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

/** A capability request with what granting it would mean. */
export const CapabilityRequestDetail = CapabilityRequest.extend({
  action: z
    .object({
      ...ActionView.shape,
      service: z.object({ id: z.string(), name: z.string(), provider: z.string() }),
      allow: z.array(AllowEntry),
      approval: ApprovalMode,
      scopes: z.array(z.string()),
    })
    .optional()
    .meta({ description: 'Absent where the catalog does not know the action any more' }),
  connections: z
    .array(
      z.object({
        id: ConnectionId,
        label: z.string(),
        status: z.string(),
        policyId: PolicyId.optional().meta({ description: 'The agent’s policy for it' }),
        missingScopes: z.array(z.string()),
        originsCovered: z.boolean().meta({
          description: 'May the credential be sent to all origins of the action?',
        }),
      }),
    )
    .meta({ description: 'Connections of the service on which it can be granted' }),
})
export type CapabilityRequestDetail = z.infer<typeof CapabilityRequestDetail>

export const getCapabilityRequest = defineOperation({
  id: 'getCapabilityRequest',
  method: 'GET',
  path: '/api/v1/capability-requests/{capabilityRequestId}',
  caller: ['owner'],
  demand: 'capabilities:read',
  summary: 'Read a capability request with what it would allow and where it can be granted',
  input: z.strictObject({ capabilityRequestId: CapabilityRequestId }),
  output: z.object({ capabilityRequest: CapabilityRequestDetail }),
  problems: ['capability-request-not-found'],
})

export const approveCapabilityRequest = defineOperation({
  id: 'approveCapabilityRequest',
  method: 'POST',
  path: '/api/v1/capability-requests/{capabilityRequestId}/approve',
  caller: ['owner'],
  demand: 'capabilities:write',
  summary: 'Grant what was asked for on a connection, narrowed or until a time if wanted',
  input: z.strictObject({
    capabilityRequestId: CapabilityRequestId,
    connectionId: ConnectionId.optional().meta({
      description: 'Needed where the service has more than one connection',
    }),
    allow: z
      .array(AllowEntry.omit({ actionTemplateId: true }))
      .min(1)
      .max(50)
      .optional()
      .meta({
        description: 'A part of what the action allows; all of it unless given',
      }),
    approval: ApprovalMode.optional().meta({
      description:
        'When owners are asked; as the action says unless given. A policy that is there already is never loosened: its own mode holds where it is stricter',
    }),
    guard: GuardWish.optional().meta({
      description:
        'Rules of the action’s guard, in place of those that an earlier grant of it brought',
    }),
    expiresAt: Timestamp.optional().meta({ description: 'When the grant ends' }),
  }),
  output: z.object({ capabilityRequest: CapabilityRequest, policy: Policy }),
  problems: [
    'capability-request-not-found',
    'capability-request-not-pending',
    'connection-not-found',
    'ambiguous-connection',
    'connection-revoked',
    'origin-not-allowed',
    'agent-not-found',
    'agent-disabled',
    'policy-expired',
    'unknown-action-template',
    'version-conflict',
  ],
})

export const denyCapabilityRequest = defineOperation({
  id: 'denyCapabilityRequest',
  method: 'POST',
  path: '/api/v1/capability-requests/{capabilityRequestId}/deny',
  caller: ['owner'],
  demand: 'capabilities:write',
  summary: 'Deny a capability request',
  input: z.strictObject({
    capabilityRequestId: CapabilityRequestId,
    note: z
      .string()
      .trim()
      .max(500, 'must have at most 500 characters')
      .refine((text) => !text.includes('\0'), 'must not hold NUL')
      .optional()
      .meta({ description: 'Said to the agent' }),
  }),
  output: z.object({ capabilityRequest: CapabilityRequest }),
  problems: ['capability-request-not-found', 'capability-request-not-pending'],
})

/** A named capability of a service: what it allows and when an owner is asked. */
export const ActionTemplate = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  label: z.string().min(1).max(80),
  description: z.string().min(1).max(300),
  allow: z.array(AllowEntry).min(1),
  approval: ApprovalMode,
  scopes: z.array(z.string().min(1).max(200)).max(20).optional().meta({
    description: 'OAuth scopes that an account needs for it',
  }),
})
export type ActionTemplate = z.infer<typeof ActionTemplate>
