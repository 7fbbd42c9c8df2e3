import { type AgentTool, mcpServerPrefix } from '@sallyport/contracts'
import type { GrantedTools } from './granted-tools.ts'

/** What granted tools are called in a list, and which tool a name in that list means. */
export interface ToolNaming {
  nameOf(tool: AgentTool): string
  /**
   * The full name (`stock-index.get_index`) of the tool that is listed so, whether there is one or not; undefined for what can
   * be no tool's name.
   */
  fullNameOf(name: string, signal: AbortSignal): Promise<string | undefined>
}

/** Names are cut at this length and end in a hash; a shorter one says by itself what it stands for. */
const cutNameChars = 64
const toolsetPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const toolPattern = /^[A-Za-z][A-Za-z0-9_-]{0,47}$/

/** All tools of the agent in one list: `stock-index__get_index`, `mcp__server__tool`. A toolset's name has no `_`. */
export function namesOfAll(granted: GrantedTools): ToolNaming {
  return {
    nameOf: (tool) => tool.mcpName,
    async fullNameOf(name, signal) {
      const isOfServer = name.startsWith(mcpServerPrefix)
      // Also a name that only looks like a server's: a toolset can be called mcp.
      if (name.length >= cutNameChars || isOfServer) {
        const { tools } = await granted.list(signal)
        const found = tools.find((tool) => tool.mcpName === name)?.name
        if (found !== undefined || name.length >= cutNameChars) return found
      }
      return isOfServer ? fullNameIn(name.slice(mcpServerPrefix.length)) : fullNameIn(name)
    },
  }
}

function fullNameIn(name: string): string | undefined {
  const end = name.indexOf('__')
  const toolset = name.slice(0, Math.max(end, 0))
  const tool = name.slice(end + 2)
  return toolsetPattern.test(toolset) && toolPattern.test(tool) ? `${toolset}.${tool}` : undefined
}

/** The tools of one toolset, by their own names: `get_index`. */
export function namesOfToolset(toolset: string): ToolNaming {
  return {
    nameOf: (tool) => tool.name.slice(toolset.length + 1),
    fullNameOf: async (name) => (toolPattern.test(name) ? `${toolset}.${name}` : undefined),
  }
}
