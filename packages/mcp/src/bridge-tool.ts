import { defineTool, input, type MemberSchema, string } from './tool-definition.ts'

// The one tool through which a model can do with upstream MCP servers whatever it was granted, where its host knows neither
// resources nor prompts, or shows no more tools.

export const bridgeActions = [
  'list_servers',
  'list_tools',
  'call_tool',
  'list_resources',
  'read_resource',
  'list_prompts',
  'get_prompt',
] as const
export type BridgeAction = (typeof bridgeActions)[number]

const members = (description: string): MemberSchema => ({ type: 'object', description })

export const bridgeTool = defineTool({
  name: 'mcp',
  title: 'Use MCP servers',
  description:
    'List MCP servers that you may use, their tools, resources and prompts; call a tool, read a resource, get a prompt. ' +
    'call_tool needs server and tool, read_resource server and uri, get_prompt server and prompt; the lists take server. ' +
    'If approvalRequired is true, nothing was sent: show the user approvalUrl, then call again with the same arguments.',
  inputSchema: input(
    {
      action: { type: 'string', enum: [...bridgeActions] },
      server: string('From list_servers'),
      tool: string('From list_tools'),
      uri: string('From list_resources'),
      prompt: string('From list_prompts'),
      arguments: members('Of the tool or the prompt'),
      cursor: string('nextCursor of an earlier list'),
    },
    ['action'],
  ),
  annotations: { destructiveHint: true, openWorldHint: true },
})
