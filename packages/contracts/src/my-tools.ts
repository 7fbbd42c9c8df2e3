import { z } from 'zod'
import { NextCursor, Page } from './common.ts'
import {
  AgentReason,
  ExecuteAnswer,
  executeBodyBytesMax,
  membersOf,
  sendProblems,
  WaitSeconds,
} from './execute.ts'
import { ApprovalId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { JsonSchema, ToolAnnotations } from './tool.ts'
import { mcpMethods } from './tool-binding.ts'
import { ToolListing } from './tool-listing.ts'
import { FullToolName, ToolsetName } from './tool-name.ts'

/** What a tool is at the upstream MCP server that has it. */
export const UpstreamToolRef = z.object({
  method: z.enum(mcpMethods),
  tool: z
    .string()
    .meta({ description: 'The server’s own name of it; of what is no tool there, the method' }),
})
export type UpstreamToolRef = z.infer<typeof UpstreamToolRef>

/** A tool as the agent that has it sees it. */
export const AgentTool = z.object({
  name: z.string().meta({ description: 'Full name: stock-index.get_index' }),
  mcpName: z.string().meta({ description: 'In a list of all tools: stock-index__get_index' }),
  toolset: z.string(),
  title: z.string().optional(),
  description: z.string(),
  inputSchema: JsonSchema,
  outputSchema: JsonSchema.optional(),
  annotations: ToolAnnotations,
  digest: z.string().meta({ description: 'Another definition has another' }),
  kind: z.enum(['http', 'mcp', 'sql']).optional().meta({
    description: 'What a call of it is: an HTTP request unless said otherwise',
  }),
  upstream: UpstreamToolRef.optional().meta({
    description: 'Of a tool of an upstream MCP server, which its toolset stands for',
  }),
})
export type AgentTool = z.infer<typeof AgentTool>

export const listMyTools = defineOperation({
  id: 'listMyTools',
  method: 'GET',
  path: '/v1/tools',
  caller: ['agent'],
  consumer: true,
  summary: 'List the tools that the agent has; with since and waitSeconds, once they have changed',
  input: z.strictObject({
    ...Page,
    limit: z.coerce.number().int().min(1).max(1000).default(1000),
    toolset: ToolsetName.optional(),
    since: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'The revision that is known: answered with no tools while it holds' }),
    waitSeconds: WaitSeconds.optional(),
  }),
  output: z.object({
    tools: z.array(AgentTool),
    /** Of all tools of the agent: changes whenever any of them does. */
    revision: z.string(),
    unchanged: z.boolean().optional().meta({ description: 'since still holds; tools is empty' }),
    listing: ToolListing,
    nextCursor: NextCursor,
  }),
  problems: [],
})

/** How far the upstream of a call has come, as it says: what a client hears that asks for it, and what goes before the answer. */
export const ToolProgress = z.object({
  progress: z.number(),
  total: z.number().optional(),
  message: z.string().optional(),
})
export type ToolProgress = z.infer<typeof ToolProgress>

export const callMyTool = defineOperation({
  id: 'callMyTool',
  method: 'POST',
  path: '/v1/tools/{name}/call',
  caller: ['agent'],
  consumer: true,
  summary: 'Call a tool: its request goes the way of execute',
  input: z.strictObject({
    name: FullToolName,
    arguments: membersOf(z.unknown()).default({}),
    approvalId: ApprovalId.optional(),
    waitSeconds: WaitSeconds.optional(),
    reason: AgentReason.optional(),
    dryRun: z.boolean().optional(),
  }),
  output: ExecuteAnswer,
  problems: [
    'tool-not-found',
    'invalid-arguments',
    'invalid-url',
    'invalid-header',
    'invalid-query',
    ...sendProblems,
  ],
  audited: true,
  callerCredential: true,
  bodyBytesMax: executeBodyBytesMax,
})
