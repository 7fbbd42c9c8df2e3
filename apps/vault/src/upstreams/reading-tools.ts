// Makes the tools by which agents reach an upstream's resources and prompts: what is no tool there becomes one here, so that
// granting, approvals, limits, records and scrubbing hold for it as for everything else.
import type { McpMethod, ToolDefinition } from '@sallyport/contracts'

/** Names that no tool of an upstream is given: a grant of one of these must never come to mean something else. */
export const readingToolNames = [
  'list_resources',
  'list_resource_templates',
  'read_resource',
  'list_prompts',
  'get_prompt',
] as const
type ReadingToolName = (typeof readingToolNames)[number]

type Members = Readonly<Record<string, unknown>>

const text = (description: string) => ({
  type: 'string',
  minLength: 1,
  maxLength: 8192,
  description,
})
const object = (properties: Members, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
})
const page = object({ cursor: text('nextCursor of the page before') })

interface ReadingTool {
  readonly method: McpMethod
  readonly name: ReadingToolName
  readonly title: string
  readonly description: string
  readonly inputSchema: Members
  /** What the server has to say it can. */
  readonly capability: 'resources' | 'prompts'
}

const readingTools: readonly ReadingTool[] = [
  {
    method: 'resources/list',
    name: 'list_resources',
    title: 'List resources',
    description: 'List the resources of this MCP server, with the URIs that read_resource takes.',
    inputSchema: page,
    capability: 'resources',
  },
  {
    method: 'resources/templates/list',
    name: 'list_resource_templates',
    title: 'List resource templates',
    description: 'List the patterns of URIs of this MCP server’s resources, for read_resource.',
    inputSchema: page,
    capability: 'resources',
  },
  {
    method: 'resources/read',
    name: 'read_resource',
    title: 'Read a resource',
    description: 'Read a resource of this MCP server.',
    inputSchema: object({ uri: text('As list_resources names it') }, ['uri']),
    capability: 'resources',
  },
  {
    method: 'prompts/list',
    name: 'list_prompts',
    title: 'List prompts',
    description: 'List the prompts of this MCP server, with the arguments that each takes.',
    inputSchema: page,
    capability: 'prompts',
  },
  {
    method: 'prompts/get',
    name: 'get_prompt',
    title: 'Get a prompt',
    description: 'Get a prompt of this MCP server, filled in with arguments.',
    inputSchema: object(
      {
        name: text('As list_prompts names it'),
        arguments: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'As list_prompts says',
        },
      },
      ['name'],
    ),
    capability: 'prompts',
  },
]

/**
 * The definitions of the tools that stand for a server's resources and prompts; none of what it does not say it has. They are
 * the same for as long as it says so: nothing that a server writes is in them.
 */
export function readingToolsOf(
  serverId: string,
  capabilities: Readonly<Record<string, unknown>>,
): ToolDefinition[] {
  return readingTools
    .filter(({ capability }) => isObject(capabilities[capability]))
    .map(({ name, title, description, inputSchema, method }) => ({
      ...{ name, title, description },
      inputSchema: { ...inputSchema },
      annotations: { readOnlyHint: true, openWorldHint: true },
      binding: { kind: 'mcp', serverId, method, tool: method },
      key: method,
    }))
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
