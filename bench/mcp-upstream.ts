import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

// An upstream MCP server that costs next to nothing: Streamable HTTP without sessions, one tool, answers as JSON. Prints its port.

const text = JSON.stringify({ items: 'x'.repeat(1000) })
const results: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1' },
  },
  'tools/list': {
    tools: [
      {
        name: 'get_items',
        description: 'Read items',
        inputSchema: { type: 'object', properties: {} },
        annotations: { readOnlyHint: true },
      },
    ],
  },
  'tools/call': { content: [{ type: 'text', text }] },
  ping: {},
}

function answer(body: string, response: ServerResponse): void {
  const { id, method, params } = JSON.parse(body) as {
    readonly id?: unknown
    readonly method: string
    readonly params?: { readonly protocolVersion?: unknown }
  }
  if (id === undefined) {
    response.writeHead(202).end()
    return
  }
  // Older clients speak no newer revision than their own.
  const { protocolVersion } = method === 'initialize' ? (params ?? {}) : {}
  const known = results[method]
  const result = known && { ...known, ...(protocolVersion !== undefined && { protocolVersion }) }
  const error = { code: -32601, message: 'Method not found' }
  const said = JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error }) })
  const length = Buffer.byteLength(said)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length })
  response.end(said)
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST') {
    response.writeHead(405).end()
    return
  }
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => answer(body, response))
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
