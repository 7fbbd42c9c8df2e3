import { longestWaitSeconds, maxBytesDefault, maxBytesMax } from './limits.ts'
import { defineTool, input, type MemberSchema, output, string } from './tool-definition.ts'

const strings = (description: string): MemberSchema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
})
const reads = { readOnlyHint: true }

const execute = defineTool({
  name: 'execute',
  title: 'Send an API request',
  description:
    "Send an HTTP request to an API through the vault, which adds the credential. Returns the API's status, headers " +
    'and body. If approvalRequired is true, nothing was sent: show the user approvalUrl, then call again with the same ' +
    'arguments, approvalId and waitSeconds.',
  inputSchema: input(
    {
      connectionId: string('From list_connections; this or service'),
      service: string('Service id, where you have one connection to it'),
      method: { type: 'string', enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] },
      url: string('Absolute https URL'),
      query: strings('Query parameters, unencoded'),
      headers: strings('Extra headers; never Authorization'),
      body: { description: 'JSON value or text' },
      approvalId: string('An earlier approvalRequestId'),
      waitSeconds: {
        type: 'number',
        minimum: 0,
        maximum: longestWaitSeconds,
        description: 'Wait for the owner: to 45, or 300 with a progress token',
      },
      reason: string('Why you want this, for the owner'),
      dryRun: { type: 'boolean', description: 'Say what would happen, send nothing' },
      select: string('Part of a JSON body: items[].id, items[0].name'),
      maxBytes: {
        type: 'integer',
        minimum: 0,
        maximum: maxBytesMax,
        description: `Bytes of body to return, ${maxBytesDefault} unless set`,
      },
    },
    ['method', 'url'],
  ),
  outputSchema: output({
    status: 'integer',
    headers: 'object',
    auditId: 'string',
    truncated: 'boolean',
    totalBytes: 'integer',
    approvalRequired: 'boolean',
    approvalRequestId: 'string',
    approvalUrl: 'string',
    expiresAt: 'string',
    reason: 'string',
    dryRun: 'boolean',
    decision: 'string',
    error: 'string',
    next: 'string',
  }),
  annotations: { destructiveHint: true, openWorldHint: true },
})

const listConnections = defineTool({
  name: 'list_connections',
  title: 'List connections',
  description:
    'List the accounts and keys that you may use, with the origins, methods and paths allowed.',
  inputSchema: input({}),
  outputSchema: output({ connections: 'array' }),
  annotations: reads,
})

const revoke = defineTool({
  name: 'revoke',
  title: 'Revoke a connection',
  description:
    'Revoke a connection for every agent and destroy its credential. Cannot be undone: only when a person asks.',
  inputSchema: input({ connectionId: string('From list_connections') }, ['connectionId']),
  outputSchema: output({
    revoked: 'boolean',
    connectionId: 'string',
    auditId: 'string',
    connection: 'object',
  }),
  annotations: {
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false,
  },
})

const listServices = defineTool({
  name: 'list_services',
  title: 'List services',
  description:
    'List services and the ids of their actions (such as gmail-read) for request_capability.',
  inputSchema: input({}),
  outputSchema: output({ services: 'array', oauthStatus: 'object' }),
  annotations: reads,
})

const getMyCapabilities = defineTool({
  name: 'get_my_capabilities',
  title: 'Get my capabilities',
  description: 'Say what you have, asked for, were answered and can ask for.',
  inputSchema: input({}),
  outputSchema: output({
    activeConnections: 'array',
    pendingRequests: 'array',
    recentAnswers: 'array',
    availableActions: 'array',
  }),
  annotations: reads,
})

const requestCapability = defineTool({
  name: 'request_capability',
  title: 'Request a capability',
  description:
    'Ask the owner for an action that you lack. They answer at approvalUrl: show it to the user.',
  inputSchema: input(
    {
      actionTemplateId: string('From list_services'),
      reason: string('Why you need it, for the owner to read'),
    },
    ['actionTemplateId', 'reason'],
  ),
  outputSchema: output({
    id: 'string',
    actionTemplateId: 'string',
    reason: 'string',
    createdAt: 'string',
    approvalUrl: 'string',
  }),
  annotations: {
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
})

const listApprovals = defineTool({
  name: 'list_approvals',
  title: 'List approvals',
  description: 'List your requests that need an approval, with id, status, link and next step.',
  inputSchema: input({}),
  outputSchema: output({ approvals: 'array', nextCursor: 'string' }),
  annotations: reads,
})

/** The seven tools, as `tools/list` answers them; `tools.test.ts` holds their inputs against the contracts. */
export const tools = [
  execute,
  listConnections,
  revoke,
  listServices,
  getMyCapabilities,
  requestCapability,
  listApprovals,
] as const

export type ToolName = (typeof tools)[number]['name']
