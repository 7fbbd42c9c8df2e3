// What tools are called in MCP lists. Without a schema: the stdio server takes this along, and would take the whole of zod with one.

/** The most characters that MCP clients take of a tool's name. */
const mcpNameCharsMax = 64

/** What stands before the names of tools of upstream MCP servers, as hosts write such names. */
export const mcpServerPrefix = 'mcp__'

/**
 * A tool's name where all of an agent's tools stand in one MCP list: `stock-index__get_index`, since clients take no dot; of an
 * upstream MCP server `mcp__server__tool`. Too long a name is cut and ends in a hash of all of it, so that it stays the same and
 * its own; so does one that would read as a server’s and is none.
 */
export function mcpToolName(toolset: string, tool: string, isOfServer = false): string {
  const name = `${isOfServer ? mcpServerPrefix : ''}${toolset}__${tool}`
  const isMistakable = !isOfServer && name.startsWith(mcpServerPrefix) && tool.includes('__')
  if (name.length <= mcpNameCharsMax && !isMistakable) return name
  const tail = `_${hashOf(name)}`
  return `${name.slice(0, mcpNameCharsMax - tail.length)}${tail}`
}

/** FNV-1a, 32 bits: no secret, only a short name for a long one, the same in a browser. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return hash.toString(36).padStart(7, '0')
}
