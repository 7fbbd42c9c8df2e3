// A stdio MCP server that costs next to nothing: one tool, an answer of 1 KB.
import { createInterface } from 'node:readline'

const text = JSON.stringify({ items: 'x'.repeat(1000) })
const inputSchema = { type: 'object', properties: {} }
const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: [{ name: 'get_items', description: 'Read items', inputSchema }],
  }),
  'tools/call': () => ({ content: [{ type: 'text', text }] }),
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params = {} } = JSON.parse(line)
  if (id === undefined) return
  const known = methods[method]
  const said =
    known === undefined
      ? { error: { code: -32601, message: 'Method not found' } }
      : { result: known(params) }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...said })}\n`)
})
