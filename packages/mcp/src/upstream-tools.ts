import type { AgentTool } from '@sallyport/contracts'

// Which of an agent's tools are an upstream server's, and which of those stand for its resources and prompts.

type Upstream = NonNullable<AgentTool['upstream']>

/** A tool of an upstream MCP server; its toolset stands for the server. */
export type UpstreamTool = AgentTool & { readonly upstream: Upstream }

export const isUpstream = (tool: AgentTool): tool is UpstreamTool => tool.upstream !== undefined

/** Whether it stands for what is no tool at the server: clients reach it by MCP's own methods, or by the tool `mcp`. */
export const isReading = ({ upstream }: AgentTool): boolean =>
  upstream !== undefined && upstream.method !== 'tools/call'

/** Those by which servers are asked with this method. */
export const toolsOfMethod = (
  tools: readonly AgentTool[],
  method: Upstream['method'],
): UpstreamTool[] => tools.filter(isUpstream).filter(({ upstream }) => upstream.method === method)
