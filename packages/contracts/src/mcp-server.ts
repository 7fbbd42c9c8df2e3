import { z } from 'zod'
import { NextCursor, Page } from './common.ts'
import { UpstreamId } from './ids.ts'
import {
  alsoConnections,
  alsoConnectionsToReach,
  McpServer,
  McpServerName,
  OneServer,
  ServerRef,
  settingProblems,
  Transport,
  writable,
} from './mcp-server-shape.ts'
import { defineOperation } from './operation.ts'

// Upstream MCP servers: what people run behind the vault, whose tools agents are granted like any other.

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
  answerMsMax: 60_000,
  problems: ['mcp-server-not-found'],
})

export const toggleMcpServer = defineOperation({
  id: 'toggleMcpServer',
  method: 'PUT',
  path: '/api/v1/mcp/servers/{serverId}/toggle',
  caller: ['owner'],
  demand: 'tools:write',
  summary:
    'Connect an upstream MCP server, or disconnect it and take its tools from everybody; the answer waits 15 s for that, and says how it is then',
  input: z.strictObject({
    serverId: UpstreamId,
    enabled: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  }),
  inQuery: ['enabled'],
  output: OneServer,
  problems: ['mcp-server-not-found', 'version-conflict'],
})
