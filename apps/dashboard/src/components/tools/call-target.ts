/** What is called where it is no HTTP request: a tool of an MCP server, or a statement at a database. */
export interface CallTarget {
  readonly kind: 'mcp' | 'sql'
  /** Of the server or the database. */
  readonly id: string
  /** What the tool is called here; empty for an origin alone. */
  readonly tool: string
}

const form = /^(mcp|sql):\/\/([^/?#]+)\/?([^?#]*)/

/** Reads the URL of a frozen call, `mcp://<server>/<tool>` or `sql://<database>/<tool>`; undefined for an HTTP request. */
export function callTargetOf(url: string): CallTarget | undefined {
  const [, kind, id = '', path = ''] = form.exec(url) ?? []
  if (kind === undefined) return undefined
  return { kind: kind === 'mcp' ? 'mcp' : 'sql', id, tool: decoded(path) }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // Escapes that are no UTF-8 stay as they are.
  }
}

/** Whether a host, as the audit log has it, is the id of an MCP server or of a database. */
export const isCallHost = (host: string): boolean => /^(ups|src)_[0-9a-z]{10,}$/.test(host)

/** The server or the database that a connection belongs to; undefined for one of an API. */
export const ownerOf = (origins: readonly string[]): CallTarget | undefined =>
  callTargetOf(origins[0] ?? '')
