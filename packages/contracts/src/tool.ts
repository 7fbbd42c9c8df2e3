import { z } from 'zod'
import { NextCursor, Page, Timestamp, wholeText } from './common.ts'
import { BinaryBody, sendProblems } from './execute.ts'
import { AgentId, AuditId, ConnectionId, ToolId, ToolsetId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { HttpBinding, ToolBinding } from './tool-binding.ts'
import { ToolName } from './tool-name.ts'

/** The most characters that a model is given to read about one tool. */
export const toolDescriptionCharsMax = 8_000

/** A JSON Schema (2020-12) as a document has it. */
export const JsonSchema = z.record(z.string(), z.unknown())
export type JsonSchema = z.infer<typeof JsonSchema>

/** What a client may think of a tool before it calls it (MCP, ToolAnnotations). Hints only: the policy decides. */
export const ToolAnnotations = z.strictObject({
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
})
export type ToolAnnotations = z.infer<typeof ToolAnnotations>

export const ToolDescription = wholeText().trim().max(toolDescriptionCharsMax)

/** What a tool is: made by an importer, pinned by its hash. */
export const ToolDefinition = z.strictObject({
  name: ToolName,
  title: z.string().max(200).optional(),
  description: ToolDescription,
  inputSchema: JsonSchema,
  outputSchema: JsonSchema.optional(),
  annotations: ToolAnnotations,
  binding: ToolBinding,
  /** What it is in its source: `GET /v1/customers/{id}`, or the name it has there. The same over re-imports. */
  key: z.string().min(1).max(500),
  /** Groups of the source that it belongs to. */
  tags: z.array(z.string().max(100)).max(20).optional(),
  deprecated: z.boolean().optional(),
})
export type ToolDefinition = z.infer<typeof ToolDefinition>

/** A tool that is one HTTP request: what documents and templates make. */
export const HttpToolDefinition = ToolDefinition.extend({ binding: HttpBinding })
export type HttpToolDefinition = z.infer<typeof HttpToolDefinition>

/** `disabled`: an owner took it away from everybody for now. `held`: it changed and an owner has to look. */
export const ToolStatus = z.enum(['active', 'disabled', 'held'])

/** A tool as owners list it. */
export const ToolSummary = z.object({
  id: ToolId,
  toolsetId: ToolsetId,
  toolset: z.string().meta({ description: 'The toolset’s name' }),
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  status: ToolStatus,
  /** Where its calls go; absent for an assembled tool whose source is gone. */
  connectionId: ConnectionId.optional(),
  method: z.string().optional(),
  url: z.string().optional().meta({ description: 'With {arguments}, without a query' }),
  annotations: ToolAnnotations,
  deprecated: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  digest: z
    .string()
    .meta({ description: 'SHA-256 of its definition, hex: another definition has another' }),
  /** Of an assembled toolset: the tool that it is. */
  sourceToolId: ToolId.optional(),
  agents: z.number().int().meta({ description: 'How many agents have it' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type ToolSummary = z.infer<typeof ToolSummary>

/** A tool with all that it is. */
export const Tool = ToolSummary.extend({
  inputSchema: JsonSchema,
  outputSchema: JsonSchema.optional(),
  binding: ToolBinding,
  mcpName: z.string().meta({ description: 'What it is called in the list of an MCP client' }),
})
export type Tool = z.infer<typeof Tool>

export const listTools = defineOperation({
  id: 'listTools',
  method: 'GET',
  path: '/api/v1/tools',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List tools, by toolset and name',
  input: z.strictObject({
    ...Page,
    toolsetId: ToolsetId.optional(),
    search: z.string().max(200).optional().meta({ description: 'In names and descriptions' }),
  }),
  output: z.object({ tools: z.array(ToolSummary), nextCursor: NextCursor }),
  problems: [],
})

const ToolRef = z.strictObject({ toolId: ToolId })
const OneTool = z.object({ tool: Tool })

export const getTool = defineOperation({
  id: 'getTool',
  method: 'GET',
  path: '/api/v1/tools/{toolId}',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Read a tool with its schemas and what it sends',
  input: ToolRef,
  output: OneTool,
  problems: ['tool-not-found'],
})

export const updateTool = defineOperation({
  id: 'updateTool',
  method: 'PATCH',
  path: '/api/v1/tools/{toolId}',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Rename, describe, disable or enable a tool',
  input: z.strictObject({
    toolId: ToolId,
    name: ToolName.optional(),
    title: wholeText().trim().max(200).nullable().optional(),
    description: ToolDescription.optional(),
    annotations: ToolAnnotations.optional(),
    status: z.enum(['active', 'disabled']).optional(),
  }),
  output: OneTool,
  problems: ['tool-not-found', 'version-conflict'],
})

/** A request as it would be, or was, sent: without the credential. */
export const ToolRequest = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.union([z.string(), BinaryBody]).optional(),
})
export type ToolRequest = z.infer<typeof ToolRequest>

/** An owner tries a tool, by the same path as an agent but for the policy: without `send` nothing goes out. */
export const tryTool = defineOperation({
  id: 'tryTool',
  method: 'POST',
  path: '/api/v1/tools/{toolId}/try',
  caller: ['owner'],
  demand: 'tools:write',
  /** As the test of a connection does: a credential is used, and no policy is asked. */
  furtherDemand: ({ send }: { send?: boolean }) =>
    send === true ? 'connections:write' : undefined,
  summary: 'Show the request that a call would make and, if wanted (connections:write), send it',
  input: z.strictObject({
    toolId: ToolId,
    arguments: z.record(z.string(), z.unknown()),
    send: z.boolean().default(false),
    /** Looked at by the policy of this agent, too; then nothing is sent. */
    asAgentId: AgentId.optional(),
  }),
  output: z.object({
    request: ToolRequest,
    decision: z
      .object({
        outcome: z.enum(['allow', 'deny', 'require_approval']),
        reason: z.string(),
        ruleId: z.string().optional(),
      })
      .optional()
      .meta({ description: 'Of the agent that was named' }),
    sent: z
      .object({
        status: z.number().int(),
        headers: z.record(z.string(), z.string()),
        body: z.unknown(),
        durationMs: z.number(),
      })
      .optional(),
    auditId: AuditId.optional(),
  }),
  problems: [
    'tool-not-found',
    'tool-changed',
    'invalid-arguments',
    'agent-not-found',
    ...sendProblems,
  ],
})

const ToolCounts = {
  calls: z.number().int().meta({ description: 'Attempts of agents, however they ended' }),
  sent: z.number().int(),
  denied: z.number().int(),
  asked: z.number().int().meta({ description: 'For which an owner was asked' }),
  failed: z.number().int().meta({ description: 'No whole answer came, or one of 400 and above' }),
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
  lastAt: Timestamp.optional(),
}

export const getToolUsage = defineOperation({
  id: 'getToolUsage',
  method: 'GET',
  path: '/api/v1/tool-usage',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Count the calls of tools, of all or of one toolset, tool, agent or connection',
  input: z.strictObject({
    toolsetId: ToolsetId.optional(),
    toolId: ToolId.optional(),
    agentId: AgentId.optional(),
    connectionId: ConnectionId.optional(),
    days: z.coerce.number().int().min(1).max(31).default(7),
  }),
  output: z.object({
    total: z.object(ToolCounts),
    tools: z.array(
      z.object({ toolId: ToolId, toolset: z.string(), name: z.string(), ...ToolCounts }),
    ),
    agents: z.array(z.object({ agentId: AgentId, name: z.string().optional(), ...ToolCounts })),
    days: z.array(z.object({ at: Timestamp, ...ToolCounts })),
  }),
  problems: ['toolset-not-found', 'tool-not-found'],
})
