// Bytes of what an MCP client sends.

/** Bytes of one HTTP request with a JSON body. */
export function post(
  to: { host: string; path: string },
  body: object,
  headers: Headers = {},
): Buffer {
  const text = JSON.stringify(body)
  const all = {
    host: to.host,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(text.length),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${to.path} HTTP/1.1\r\n${head.join('')}\r\n${text}`)
}
type Headers = Readonly<Record<string, string>>

/** A call of a tool, as JSON-RPC. */
export const toolCall = (name: string, more: object = {}) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
  params: { name, arguments: {}, ...more },
})
