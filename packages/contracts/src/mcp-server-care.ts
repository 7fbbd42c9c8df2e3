import { z } from 'zod'
import { Timestamp } from './common.ts'
import { ToolId, UpstreamId } from './ids.ts'
import {
  alsoConnections,
  alsoConnectionsToReach,
  line,
  McpServer,
  McpServerName,
  OneServer,
  ServerRef,
  settingProblems,
  Transport,
  writable,
} from './mcp-server-shape.ts'
import { mcpServerStages } from './mcp-transport.ts'
import { defineOperation } from './operation.ts'
import { ToolChange } from './toolset-import.ts'

// What keeps an upstream MCP server working: tries, new connections, its log, its changed tools and its programs.

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
  answerMsMax: 90_000,
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
  answerMsMax: 150_000,
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
  problems: ['mcp-server-not-found', 'upstream-not-connected'],
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

/** What installs packages. */
const Installer = z.enum(['npm', 'uv', 'bun'])

export const getMcpPrograms = defineOperation({
  id: 'getMcpPrograms',
  method: 'GET',
  path: '/api/v1/mcp/programs',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Say whether the vault runs programs, as whom, and what owners may install',
  input: z.strictObject({}),
  output: z.object({
    allowed: z.boolean().meta({ description: 'The operator has listed programs' }),
    isolated: z.boolean().meta({
      description:
        'Programs run as users of their own; where not, each can read all that the vault can',
    }),
    installers: z.array(Installer).meta({ description: 'None: owners may not install packages' }),
    message: z.string().meta({ description: 'The same in words, with what to do about it' }),
  }),
  problems: [],
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
        installer: Installer.optional(),
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
    installer: Installer,
  }),
  output: z.object({
    package: z.string(),
    version: z.string(),
    binName: z.string(),
    binPath: z.string(),
  }),
  answerMsMax: 420_000,
  problems: ['install-not-allowed', 'install-failed', 'fresh-sign-in-required', 'overloaded'],
})
