import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, WorkspaceId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { ToolListing } from './tool-listing.ts'

const coordinate = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes, base64url without padding')

/** An ES256 public key (RFC 7517): exactly these members, so that no private part can be sent by mistake. */
export const AgentPublicKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
})
export type AgentPublicKey = z.infer<typeof AgentPublicKey>

/** `pending`: has no key yet. `disabled`: refused until an owner enables it. */
export const AgentStatus = z.enum(['pending', 'active', 'disabled'])

/** An agent as an owner sees it. */
export const Agent = z.object({
  id: AgentId,
  name: z.string(),
  status: AgentStatus,
  keyThumbprint: z.string().optional().meta({ description: 'RFC 7638 thumbprint of its key' }),
  toolListing: ToolListing,
  createdAt: Timestamp,
  lastSeenAt: Timestamp.optional(),
})
export type Agent = z.infer<typeof Agent>

const BootstrapSecret = z.string().meta({
  description: 'Enrolment code: `spb_` and 43 characters; works once, within an hour',
})
const OneAgent = z.object({ agent: Agent })
const AgentRef = z.strictObject({ agentId: AgentId })
const AgentWithSecret = z.object({
  agent: Agent,
  bootstrapSecret: BootstrapSecret,
  expiresAt: Timestamp,
})

export const createAgent = defineOperation({
  id: 'createAgent',
  method: 'POST',
  path: '/api/v1/agents',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Add an agent and get the code with which it enrols its key',
  input: z.strictObject({ name: Label }),
  output: AgentWithSecret,
  status: 201,
  problems: [],
})

export const listAgents = defineOperation({
  id: 'listAgents',
  method: 'GET',
  path: '/api/v1/agents',
  caller: ['owner'],
  demand: 'agents:read',
  summary: 'List agents, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ agents: z.array(Agent), nextCursor: NextCursor }),
  problems: [],
})

export const getAgent = defineOperation({
  id: 'getAgent',
  method: 'GET',
  path: '/api/v1/agents/{agentId}',
  caller: ['owner'],
  demand: 'agents:read',
  summary: 'Read an agent',
  input: AgentRef,
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const renameAgent = defineOperation({
  id: 'renameAgent',
  method: 'PATCH',
  path: '/api/v1/agents/{agentId}',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Rename an agent, or say how MCP clients are shown its tools',
  input: z.strictObject({
    agentId: AgentId,
    name: Label.optional(),
    toolListing: ToolListing.optional(),
  }),
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const getClientSetup = defineOperation({
  id: 'getClientSetup',
  method: 'GET',
  path: '/api/v1/client-setup',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Say how an MCP client starts the server that acts for an agent of this vault',
  input: z.strictObject({}),
  output: z.object({
    /** Where the agent reaches the vault, and what its assertions name. */
    vaultUrl: z.string(),
    command: z.string(),
    args: z.array(z.string()),
  }),
  problems: [],
})

export const issueBootstrapSecret = defineOperation({
  id: 'issueBootstrapSecret',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/bootstrap-secret',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Issue a new enrolment code; an earlier unused one stops working',
  input: AgentRef,
  output: AgentWithSecret,
  status: 201,
  problems: ['agent-not-found'],
})

export const disableAgent = defineOperation({
  id: 'disableAgent',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/disable',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Refuse everything from an agent at once, its running calls included',
  input: AgentRef,
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const enableAgent = defineOperation({
  id: 'enableAgent',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/enable',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Let a disabled agent sign in again with the key it has',
  input: AgentRef,
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const stopAgent = defineOperation({
  id: 'stopAgent',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/stop',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'End an agent’s running calls; new ones are served',
  input: AgentRef,
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const resetAgent = defineOperation({
  id: 'resetAgent',
  method: 'POST',
  path: '/api/v1/agents/{agentId}/reset',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'End an agent’s tokens, running calls and open capability requests; it keeps its key',
  input: AgentRef,
  output: OneAgent,
  problems: ['agent-not-found'],
})

export const deleteAgent = defineOperation({
  id: 'deleteAgent',
  method: 'DELETE',
  path: '/api/v1/agents/{agentId}',
  caller: ['owner'],
  demand: 'agents:write',
  summary: 'Delete an agent with its key, tokens and policies; its audit entries stay',
  input: AgentRef,
  output: z.object({ deleted: z.literal(true) }),
  problems: ['agent-not-found'],
})

export const bootstrapAgent = defineOperation({
  id: 'bootstrapAgent',
  method: 'POST',
  path: '/v1/agents/bootstrap',
  caller: ['anyone'],
  summary: 'Register the public key of an agent with its enrolment code',
  input: z.strictObject({ bootstrapSecret: z.string().max(200), publicKey: AgentPublicKey }),
  output: z.object({
    agentId: AgentId,
    name: z.string(),
    status: z.literal('active'),
    workspaceId: WorkspaceId,
  }),
  problems: ['invalid-bootstrap-secret'],
})

/**
 * RFC 6749 §4.4 with RFC 7523 §2.2. The input is loose on purpose: RFC 6749 has unknown parameters ignored, and
 * whatever is wrong has to end in the one 401 of the token endpoint rather than in a problem that tells causes apart.
 */
export const issueAgentToken = defineOperation({
  id: 'issueAgentToken',
  method: 'POST',
  path: '/v1/agents/token',
  caller: ['anyone'],
  summary: 'Exchange a client assertion (ES256) for an access token',
  input: z.looseObject({
    grant_type: z.unknown().optional(),
    client_assertion_type: z.unknown().optional(),
    client_assertion: z.unknown().optional(),
  }),
  output: z.object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int().min(60),
  }),
  problems: ['invalid-client'],
  form: true,
})
