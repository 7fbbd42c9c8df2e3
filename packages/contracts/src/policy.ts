import { z } from 'zod'
import { CatalogName, NextCursor, OriginPattern, Page, Timestamp } from './common.ts'
import { HttpMethod, httpMethods } from './http-method.ts'
import { AgentId, ConnectionId, PolicyId } from './ids.ts'
import { Limits, RateLimits } from './limits.ts'
import { defineOperation } from './operation.ts'
import { PathPattern } from './path-pattern.ts'
import { RequestRules, ResponseRules } from './policy-rule.ts'
import { Problem } from './problem.ts'
import { ToolGrant, toolGrantsMax } from './tool-grant.ts'

/** The most entries of a policy. */
export const allowEntriesMax = 100

const approvalModes = ['always', 'writes', 'never'] as const

/** When an owner is asked. The older `risk_based` is read as `writes`. */
export const ApprovalMode = z.preprocess(
  (value) => (value === 'risk_based' ? 'writes' : value),
  z.enum(approvalModes),
)

/** One thing that is allowed: these methods at these paths of this origin. */
export const AllowEntry = z.strictObject({
  origin: OriginPattern,
  methods: z.array(HttpMethod).min(1, 'must name at least one method').max(httpMethods.length),
  paths: z.array(PathPattern).min(1, 'must name at least one path; /** is all').max(100),
  approval: z.enum(approvalModes).optional().meta({
    description: 'When an owner is asked for what fits here, instead of the policy’s own mode',
  }),
  expiresAt: Timestamp.optional().meta({ description: 'From then on the entry allows nothing' }),
  limits: RateLimits.optional().meta({
    description: 'Of what this entry allows, beside the policy’s own',
  }),
  actionTemplateId: CatalogName.optional().meta({
    description: 'The action template that was granted by it',
  }),
})

/** An entry as it may be written: the older `baseUrl` and `pathPatterns` stand for `origin` and `paths`. */
const AllowEntryInput = z
  .strictObject({
    ...AllowEntry.partial({ origin: true, paths: true }).shape,
    baseUrl: z.string().max(300).optional().meta({ deprecated: true }),
    pathPatterns: AllowEntry.shape.paths.optional().meta({ deprecated: true }),
  })
  .transform(({ baseUrl, pathPatterns, ...entry }, context) => {
    const both = [
      entry.origin !== undefined && baseUrl !== undefined && 'baseUrl',
      entry.paths !== undefined && pathPatterns !== undefined && 'pathPatterns',
    ]
    for (const name of both) {
      if (name === false) continue
      const message = 'must not stand beside the newer name of the same thing'
      context.addIssue({ code: 'custom', path: [name], message })
    }
    return {
      ...entry,
      origin: entry.origin ?? baseUrl?.replace(/\/$/, ''),
      paths: entry.paths ?? pathPatterns,
    }
  })
  .pipe(AllowEntry)

const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM, 00:00 to 23:59')

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false // RangeError is how Intl says that it knows no such zone.
  }
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** When requests are allowed. A window whose `to` is not after its `from` crosses midnight. */
export const TimeWindow = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1).max(7),
  from: ClockTime,
  to: ClockTime,
  timezone: z
    .string()
    .max(60)
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin'),
})

/** How owners are asked. */
export const ApprovalOptions = z.strictObject({
  expiresInMinutes: z.number().int().min(1).max(1440).optional().meta({
    description:
      'How long an owner has to decide and the agent to use it; 30 unless said otherwise',
  }),
  freshSignIn: z.boolean().optional().meta({
    description: 'Approving needs a passkey or password of the last 5 minutes',
  }),
  secondOwner: z.boolean().optional().meta({ description: 'Two people have to approve' }),
})
export type ApprovalOptions = z.infer<typeof ApprovalOptions>

/** What one agent may do with one connection, in full. */
export const PolicyDocument = z.strictObject({
  allow: z.array(AllowEntry).max(allowEntriesMax),
  tools: z.array(ToolGrant).max(toolGrantsMax).optional(),
  rules: RequestRules.optional(),
  response: ResponseRules.optional(),
  approval: z.enum(approvalModes),
  approvalOptions: ApprovalOptions.optional(),
  limits: Limits,
  windows: z.array(TimeWindow).max(20),
  expiresAt: Timestamp.optional(),
})
export type PolicyDocument = z.infer<typeof PolicyDocument>
export type AllowEntry = z.infer<typeof AllowEntry>
export type TimeWindow = z.infer<typeof TimeWindow>

const documentInput = {
  allow: z.array(AllowEntryInput).max(allowEntriesMax),
  tools: z.array(ToolGrant).max(toolGrantsMax).optional(),
  rules: RequestRules.optional(),
  response: ResponseRules.optional(),
  approval: ApprovalMode.optional(),
  stepUpApproval: ApprovalMode.optional().meta({ deprecated: true }),
  approvalOptions: ApprovalOptions.optional(),
  limits: Limits.optional(),
  maxRequestsPerHour: RateLimits.shape.perHour.meta({ deprecated: true }),
  windows: z.array(TimeWindow).max(20).optional(),
  expiresAt: Timestamp.optional(),
}

/**
 * Turns what a caller wrote, older names included, into the one form that is stored.
 * @throws Problem invalid-input where an older name and its newer one say different things
 */
export function toPolicyDocument(input: PolicyDocumentInput): PolicyDocument {
  const { perHour } = input.limits ?? {}
  const { approval, stepUpApproval, maxRequestsPerHour } = input
  refuseConflict('stepUpApproval', 'approval', [stepUpApproval, approval])
  refuseConflict('maxRequestsPerHour', 'limits.perHour', [maxRequestsPerHour, perHour])
  return {
    allow: input.allow,
    ...(input.tools !== undefined && { tools: input.tools }),
    ...(input.rules !== undefined && { rules: input.rules }),
    ...(input.response !== undefined && { response: input.response }),
    approval: approval ?? stepUpApproval ?? 'writes',
    ...(input.approvalOptions !== undefined && { approvalOptions: input.approvalOptions }),
    limits: {
      ...(maxRequestsPerHour !== undefined && { perHour: maxRequestsPerHour }),
      ...input.limits,
    },
    windows: input.windows ?? [],
    ...(input.expiresAt !== undefined && { expiresAt: input.expiresAt }),
  }
}

function refuseConflict(older: string, newer: string, [one, other]: readonly unknown[]): void {
  if (one === undefined || other === undefined || one === other) return
  const message = `says something else than ${newer}, which is the same thing`
  throw new Problem('invalid-input', `${older} ${message}.`, {
    next: `Give ${newer} alone.`,
    fields: [{ field: older, message }],
  })
}

/** A policy's document as it may be written, older names included. */
export const PolicyDocumentInput = z.strictObject(documentInput)
export type PolicyDocumentInput = z.infer<typeof PolicyDocumentInput>

/** A stored policy. `version` counts its changes. */
export const Policy = z.object({
  id: PolicyId,
  agentId: AgentId,
  connectionId: ConnectionId,
  ...PolicyDocument.shape,
  version: z.number().int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Policy = z.infer<typeof Policy>

const OnePolicy = z.object({ policy: Policy })

export const createPolicy = defineOperation({
  id: 'createPolicy',
  method: 'POST',
  path: '/api/v1/policies',
  caller: ['owner'],
  demand: 'policies:write',
  summary: 'Say what an agent may do with a connection',
  input: z.strictObject({ agentId: AgentId, connectionId: ConnectionId, ...documentInput }),
  output: OnePolicy,
  status: 201,
  problems: ['agent-not-found', 'connection-not-found', 'policy-exists', 'origin-not-allowed'],
})

export const listPolicies = defineOperation({
  id: 'listPolicies',
  method: 'GET',
  path: '/api/v1/policies',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'List policies, newest first',
  input: z.strictObject({
    ...Page,
    agentId: AgentId.optional(),
    connectionId: ConnectionId.optional(),
  }),
  output: z.object({ policies: z.array(Policy), nextCursor: NextCursor }),
  problems: [],
})

export const getPolicy = defineOperation({
  id: 'getPolicy',
  method: 'GET',
  path: '/api/v1/policies/{policyId}',
  caller: ['owner'],
  demand: 'policies:read',
  summary: 'Read a policy',
  input: z.strictObject({ policyId: PolicyId }),
  output: OnePolicy,
  problems: ['policy-not-found'],
})

/** A policy may be sent back as it was read: what cannot change is compared, what the vault sets is passed over. */
const whatWasRead = {
  id: PolicyId.optional(),
  agentId: AgentId.optional(),
  connectionId: ConnectionId.optional(),
  createdAt: Timestamp.optional(),
  updatedAt: Timestamp.optional(),
}

export const replacePolicy = defineOperation({
  id: 'replacePolicy',
  method: 'PUT',
  path: '/api/v1/policies/{policyId}',
  caller: ['owner'],
  demand: 'policies:write',
  summary: 'Replace a policy',
  input: z.strictObject({
    policyId: PolicyId,
    ...documentInput,
    version: z.number().int().optional().meta({
      description: 'The version that was read; the change is refused if there is a newer one',
    }),
    ...whatWasRead,
  }),
  output: OnePolicy,
  problems: ['policy-not-found', 'version-conflict', 'origin-not-allowed'],
})

export const deletePolicy = defineOperation({
  id: 'deletePolicy',
  method: 'DELETE',
  path: '/api/v1/policies/{policyId}',
  caller: ['owner'],
  demand: 'policies:write',
  summary: 'Take an agent’s access to a connection away',
  input: z.strictObject({ policyId: PolicyId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['policy-not-found'],
})
