import { z } from 'zod'
import { NextCursor, Page, Timestamp, wholeText } from './common.ts'
import { headerName } from './credential.ts'
import { ConnectionId, ToolId, ToolsetId, UpstreamId } from './ids.ts'
import { mcpServerStages, mcpTransports } from './mcp-transport.ts'
import { defineOperation } from './operation.ts'
import { ToolChange } from './toolset-import.ts'

// Upstream MCP servers: what people run behind the vault, whose tools agents are granted like any other.

/** What stands in an answer in place of a header's or a variable's value; sent back, it keeps the value that is stored. */
export const maskedValue = '••••••••'

const McpServerName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters')
  .regex(/^[A-Za-z0-9_. -]*$/, 'must hold only letters, digits, _ - . and spaces')

/** `http` is read as `streamable_http`. */
const Transport = z.enum([...mcpTransports, 'http'])
const line = (charsMax: number) =>
  wholeText()
    .max(charsMax, `must have at most ${charsMax} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')

const aboutReferences =
  `\${NAME} and $NAME refer to a variable of /api/v1/variables; $$ is one $` as const

const Arguments = z.array(wholeText().max(8192)).max(200)
const Values = z
  .string()
  .max(16_384, 'must have at most 16384 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL')
const Environment = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,199}$/,
      'must be letters, digits and _, and begin with no digit',
    ),
  Values,
)
const Headers = z.record(headerName, Values.regex(/^[\x20-\x7e•]*$/, 'must be printable ASCII'))
const timeoutSeconds = z.number().int().min(1).max(300)
const jsonText = z.string().max(131_072)

/** What an owner says of a server. What a transport does not use is kept, and not looked at. */
const writable = {
  description: wholeText().trim().max(2000).nullable().optional(),
  command: line(1000).nullable().optional().meta({
    description: 'Of stdio: one that the operator allowed, by its absolute path or its name',
  }),
  args: Arguments.optional(),
  argsJson: jsonText.optional().meta({ description: 'In place of args: a JSON array of strings' }),
  env: Environment.optional().meta({
    description: aboutReferences,
  }),
  envJson: jsonText.optional().meta({ description: 'In place of env: a JSON object of strings' }),
  cwd: line(1000).nullable().optional().meta({
    description: 'Relative to the server’s workspace; absolute only with the permission full',
  }),
  url: line(2000).nullable().optional().meta({ description: 'Of streamable_http and sse' }),
  headers: Headers.optional().meta({
    description: aboutReferences,
  }),
  headersJson: jsonText.optional().meta({ description: 'In place of headers: a JSON object' }),
  permission: z.enum(['workspace', 'full']).optional().meta({
    description: 'workspace unless given: the working directory lies within the server’s workspace',
  }),
  package: line(300)
    .nullable()
    .optional()
    .meta({ description: 'What the command was installed from' }),
  connectTimeoutSeconds: timeoutSeconds.optional().meta({ description: '30 unless given' }),
  readTimeoutSeconds: timeoutSeconds.optional().meta({ description: '30 unless given' }),
  perAgent: z.boolean().optional().meta({
    description: 'Of stdio: each agent gets a process of its own; one for all unless given',
  }),
} as const

/** Where and how something failed, without a secret. */
const Failure = z.object({
  stage: z.enum(mcpServerStages),
  message: z.string(),
  at: Timestamp,
})

export const McpServerStatus = z.enum(['connected', 'disconnected', 'error'])

/** An upstream MCP server as owners see it. Values of headers and of the environment are masked at one length. */
export const McpServer = z.object({
  id: UpstreamId,
  name: z.string(),
  description: z.string().optional(),
  transport: z.enum(mcpTransports),
  command: z.string().optional(),
  args: z.array(z.string()),
  argsJson: z.string(),
  env: z.record(z.string(), z.string()),
  envJson: z.string(),
  cwd: z.string().optional(),
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  headersJson: z.string(),
  variables: z
    .array(z.string())
    .meta({ description: 'Names that its headers and environment refer to' }),
  permission: z.enum(['workspace', 'full']),
  package: z.string().optional(),
  connectTimeoutSeconds: z.number().int(),
  readTimeoutSeconds: z.number().int(),
  perAgent: z.boolean(),
  enabled: z.boolean(),
  builtin: z.literal(false),
  status: McpServerStatus,
  toolCount: z.number().int().meta({ description: 'Tools that agents can be granted' }),
  heldCount: z.number().int().meta({
    description: 'Tools that are new or changed and wait for an owner to look',
  }),
  lastError: z.string().optional(),
  lastFailure: Failure.optional().meta({
    description:
      'Beside the status connected: a newer setting did not work, and the older one serves',
  }),
  lastConnectedAt: Timestamp.optional(),
  serverInfo: z.object({ name: z.string(), version: z.string() }).optional(),
  toolsetId: ToolsetId,
  toolset: z
    .string()
    .meta({ description: 'The name that its tools stand under: mcp__<toolset>__<tool>' }),
  connectionId: ConnectionId,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type McpServer = z.infer<typeof McpServer>

const OneServer = z.object({ server: McpServer })
const ServerRef = z.strictObject({ serverId: UpstreamId })

/** Beside tools, a server brings secrets along, or a place where they go. */
const alsoConnections = () => 'connections:write' as const

/** Members that say how a server is reached: what is run, a place, or what goes there. */
export const reachingMembers = [
  ...['transport', 'command', 'args', 'argsJson', 'env', 'envJson', 'cwd', 'url'],
  ...['headers', 'headersJson', 'permission', 'perAgent'],
] as const

/** The same where any of that is said. */
const alsoConnectionsToReach = (input: object) =>
  reachingMembers.some((name) => Object.hasOwn(input, name)) ? alsoConnections() : undefined

/** What can be wrong with what an owner says of a server, beside its form. */
const settingProblems = [
  'upstream-command-refused',
  'origin-not-allowed',
  'fresh-sign-in-required',
  'credential-unreadable',
] as const

export const createMcpServer = defineOperation({
  id: 'createMcpServer',
  method: 'POST',
  path: '/api/v1/mcp/servers',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: alsoConnections,
  summary: 'Keep an upstream MCP server and connect to it; nobody has its tools yet',
  input: z.strictObject({
    name: McpServerName,
    transport: Transport,
    ...writable,
    enabled: z.boolean().default(true),
  }),
  output: OneServer,
  status: 201,
  problems: ['mcp-server-exists', ...settingProblems],
})

export const listMcpServers = defineOperation({
  id: 'listMcpServers',
  method: 'GET',
  path: '/api/v1/mcp/servers',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List upstream MCP servers, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ servers: z.array(McpServer), nextCursor: NextCursor }),
  problems: [],
})

export const getMcpServer = defineOperation({
  id: 'getMcpServer',
  method: 'GET',
  path: '/api/v1/mcp/servers/{serverId}',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Read an upstream MCP server',
  input: ServerRef,
  output: OneServer,
  problems: ['mcp-server-not-found'],
})

export const updateMcpServer = defineOperation({
  id: 'updateMcpServer',
  method: 'PUT',
  path: '/api/v1/mcp/servers/{serverId}',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: alsoConnectionsToReach,
  summary: 'Change an upstream MCP server; what is not named stays, and so does what is masked',
  input: z.strictObject({
    serverId: UpstreamId,
    name: McpServerName.optional(),
    transport: Transport.optional(),
    ...writable,
    enabled: z.boolean().optional(),
  }),
  output: OneServer,
  problems: ['mcp-server-not-found', 'mcp-server-exists', 'version-conflict', ...settingProblems],
})

export const deleteMcpServer = defineOperation({
  id: 'deleteMcpServer',
  method: 'DELETE',
  path: '/api/v1/mcp/servers/{serverId}',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Delete an upstream MCP server with its secrets, its tools and their grants',
  input: ServerRef,
  output: z.object({ deleted: z.literal(true) }),
  problems: ['mcp-server-not-found'],
})

export const toggleMcpServer = defineOperation({
  id: 'toggleMcpServer',
  method: 'PUT',
  path: '/api/v1/mcp/servers/{serverId}/toggle',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Connect an upstream MCP server, or disconnect it and take its tools from everybody',
  input: z.strictObject({
    serverId: UpstreamId,
    enabled: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  }),
  inQuery: ['enabled'],
  output: OneServer,
  problems: ['mcp-server-not-found', 'version-conflict'],
})

/** What came of a try. */
const Tried = z.object({
  success: z.boolean(),
  stage: z.enum(mcpServerStages).optional().meta({ description: 'Where it failed' }),
  message: z.string(),
  toolCount: z.number().int(),
  latencyMs: z.number(),
  discoveredTools: z.array(z.string()),
  timestamp: Timestamp,
})
export type McpServerTried = z.infer<typeof Tried>

export const testMcpServer = defineOperation({
  id: 'testMcpServer',
  method: 'POST',
  path: '/api/v1/mcp/servers/{serverId}/test',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Connect to an upstream MCP server once more, beside the connection that serves',
  input: ServerRef,
  output: Tried,
  problems: ['mcp-server-not-found', 'credential-unreadable', 'overloaded'],
})

export const testMcpServerDraft = defineOperation({
  id: 'testMcpServerDraft',
  method: 'POST',
  path: '/api/v1/mcp/servers/test',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: alsoConnectionsToReach,
  summary: 'Connect to an upstream MCP server that is not kept yet, or as it would be changed',
  input: z.strictObject({
    serverId: UpstreamId.optional().meta({ description: 'What is not named is as of this server' }),
    name: McpServerName.optional(),
    transport: Transport.optional(),
    ...writable,
    enabled: z.boolean().optional(),
  }),
  output: Tried,
  problems: ['mcp-server-not-found', 'overloaded', ...settingProblems],
})

export const refreshMcpServers = defineOperation({
  id: 'refreshMcpServers',
  method: 'POST',
  path: '/api/v1/mcp/servers/refresh',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Connect anew to every enabled server; each serves on until its new connection stands',
  input: z.strictObject({}),
  output: z.object({ servers: z.array(McpServer) }),
  problems: [],
})

export const refreshMcpServer = defineOperation({
  id: 'refreshMcpServer',
  method: 'POST',
  path: '/api/v1/mcp/servers/{serverId}/refresh',
  caller: ['owner'],
  demand: 'tools:write',
  summary:
    'Connect anew to a server and read its tools; it serves on until the new connection stands',
  input: ServerRef,
  output: OneServer,
  problems: ['mcp-server-not-found'],
})

export const getMcpServerLog = defineOperation({
  id: 'getMcpServerLog',
  method: 'GET',
  path: '/api/v1/mcp/servers/{serverId}/log',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Read the end of what a server’s program wrote to standard error, without secrets',
  input: ServerRef,
  output: z.object({ log: z.string() }),
  problems: ['mcp-server-not-found'],
})

/** One tool of which the server says something new. */
const ServerToolChange = ToolChange.extend({
  toolId: ToolId.optional(),
  description: z
    .string()
    .meta({ description: 'As the server says it now; never shown to agents before' }),
})

export const getMcpServerChanges = defineOperation({
  id: 'getMcpServerChanges',
  method: 'GET',
  path: '/api/v1/mcp/servers/{serverId}/changes',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Say how the tools of a server differ from those that an owner has seen',
  input: ServerRef,
  output: z.object({
    changes: z.array(ServerToolChange),
    expects: z.string().meta({ description: 'What accepting these changes has to name' }),
    refused: z
      .array(z.object({ name: z.string().optional(), reason: z.string() }))
      .meta({ description: 'Tools that cannot be used at all' }),
  }),
  problems: ['mcp-server-not-found'],
})

export const acceptMcpServerChanges = defineOperation({
  id: 'acceptMcpServerChanges',
  method: 'POST',
  path: '/api/v1/mcp/servers/{serverId}/changes/accept',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Let the tools of a server be what the changes said that they are now',
  input: z.strictObject({
    serverId: UpstreamId,
    expects: z.string().max(100),
    tools: z.array(z.string().max(100)).max(1000).optional().meta({
      description: 'Names of those that are accepted; all unless given',
    }),
  }),
  output: OneServer,
  problems: ['mcp-server-not-found', 'tool-changed', 'version-conflict'],
})

export const checkMcpCommand = defineOperation({
  id: 'checkMcpCommand',
  method: 'GET',
  path: '/api/v1/mcp/commands',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Say whether a command is there and allowed, without running it',
  input: z.strictObject({
    command: line(1000),
    package: line(300).optional(),
  }),
  output: z.object({
    exists: z.boolean(),
    allowed: z.boolean(),
    path: z.string().optional(),
    message: z.string(),
    install: z
      .object({
        command: z.string().meta({ description: 'What would install it' }),
        package: z.string().optional(),
        installer: z.enum(['npm', 'uv', 'bun']).optional(),
      })
      .optional(),
  }),
  problems: [],
})

export const installMcpPackage = defineOperation({
  id: 'installMcpPackage',
  method: 'POST',
  path: '/api/v1/mcp/install',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: alsoConnections,
  summary: 'Install a package that has an MCP server in it, where the operator lets owners do so',
  input: z.strictObject({
    package: line(300).meta({ description: 'With its version or without: @scope/name@1.2.3' }),
    installer: z.enum(['npm', 'uv', 'bun']),
  }),
  output: z.object({
    package: z.string(),
    version: z.string(),
    binName: z.string(),
    binPath: z.string(),
  }),
  problems: ['install-not-allowed', 'install-failed', 'fresh-sign-in-required', 'overloaded'],
})
