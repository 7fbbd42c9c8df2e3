import { z } from 'zod'

/** How an MCP client is shown an agent’s tools: each by itself, or two that find and call them. */
export const ToolListing = z.enum(['auto', 'all', 'search']).meta({
  description: 'auto: each by itself up to 40, above that two that find and call them',
})
export type ToolListing = z.infer<typeof ToolListing>

/** The most tools that `auto` shows each by itself. */
export const listedToolsMax = 40
