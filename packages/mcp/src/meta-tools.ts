import type { AgentTool } from '@sallyport/contracts'
import { foundToolsMax, longestWaitSeconds, maxBytesMax } from './limits.ts'
import { defineTool, input, type MemberSchema, output, string } from './tool-definition.ts'

// Where an agent has more tools than a model can choose from: one that finds them and one that calls them.

const whole = (minimum: number, maximum: number, description: string): MemberSchema => ({
  type: 'integer',
  minimum,
  maximum,
  description,
})

export const searchToolsTool = defineTool({
  name: 'search_tools',
  title: 'Find a tool',
  description:
    'Find tools that you have by words of their names and descriptions. Answers name, description and inputSchema of each; ' +
    'call_tool calls them.',
  inputSchema: input({
    query: string('Words; without any, all tools by name'),
    limit: whole(1, foundToolsMax, 'Tools to return, 10 unless set'),
    offset: whole(0, 100_000, 'From nextOffset of an earlier answer'),
  }),
  outputSchema: output({ tools: 'array', total: 'integer', nextOffset: 'integer' }),
  annotations: { readOnlyHint: true },
})

export const callToolTool = defineTool({
  name: 'call_tool',
  title: 'Call a tool',
  description:
    'Call a tool that search_tools found, with arguments that fit its inputSchema. If approvalRequired is true, nothing was ' +
    'sent: show the user approvalUrl, then call again with the same arguments, approvalId and waitSeconds.',
  inputSchema: input(
    {
      name: string('From search_tools'),
      arguments: { type: 'object', description: 'As its inputSchema says' },
      approvalId: string('An earlier approvalRequestId'),
      waitSeconds: {
        type: 'number',
        minimum: 0,
        maximum: longestWaitSeconds,
        description: 'Wait for the owner: to 45, or 300 with a progress token',
      },
      reason: string('Why you want this, for the owner'),
      select: string('Part of a JSON body: items[].id, items[0].name'),
      maxBytes: whole(0, maxBytesMax, 'Bytes of body to return'),
    },
    ['name'],
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
    error: 'string',
    next: 'string',
  }),
  annotations: { destructiveHint: true, openWorldHint: true },
})

export const metaTools = [searchToolsTool, callToolTool] as const

/** Whether these two take the place of the tools: as the owner set, else where there are too many. */
export const isSearched = (
  { listing, tools }: { readonly listing: string; readonly tools: readonly AgentTool[] },
  listedMax: number,
): boolean => listing === 'search' || (listing === 'auto' && tools.length > listedMax)
