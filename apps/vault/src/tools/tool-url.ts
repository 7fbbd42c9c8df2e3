import type { HttpBinding, ToolBinding, ToolDefinition } from '@sallyport/contracts'

/** Where a tool sends to, as people read it: with {arguments} in their places, without a query. */
export function toolUrl({ origin, path }: Pick<HttpBinding, 'origin' | 'path'>): string {
  const pieces = path.map((piece) => {
    if ('text' in piece) return piece.text
    return 'argument' in piece ? `{${piece.argument.join('.')}}` : '{…}'
  })
  return `${origin}${pieces.join('')}`
}

/** Where calls go: scheme, host and port, or `mcp://` and `sql://` with the id of a server or a source in place of a host. */
export function toolOrigin(binding: ToolBinding): string {
  switch (binding.kind) {
    case 'http':
      return binding.origin
    case 'mcp':
      return `mcp://${binding.serverId}`
    case 'sql':
      return `sql://${binding.sourceId}`
  }
}

type Callable = Pick<ToolDefinition, 'name' | 'annotations' | 'binding'>

/** The address of a tool as people and policies read it. */
export const toolAddress = ({ name, binding }: Pick<Callable, 'name' | 'binding'>): string =>
  binding.kind === 'http' ? toolUrl(binding) : `${toolOrigin(binding)}/${name}`

/**
 * The method that calls are decided by. What is no HTTP request reads as GET and writes as POST: a tool of an MCP server by
 * what its annotations say, which owners can say otherwise, and one of a SQL source by what its statement may do.
 */
export function toolMethod({ annotations, binding }: Pick<Callable, 'annotations' | 'binding'>) {
  switch (binding.kind) {
    case 'http':
      return binding.method
    case 'mcp':
      return annotations.readOnlyHint === true ? 'GET' : 'POST'
    case 'sql':
      return binding.writes ? 'POST' : 'GET'
  }
}
