/** How an upstream MCP server is spoken to. */
export const mcpTransports = ['stdio', 'streamable_http', 'sse'] as const
export type McpTransport = (typeof mcpTransports)[number]

/** How far an attempt to use an upstream MCP server came before it failed. */
export const mcpServerStages = [
  'configuration',
  'resolve',
  'spawn',
  'connect',
  'initialize',
  'list',
  'call',
] as const
export type McpServerStage = (typeof mcpServerStages)[number]
