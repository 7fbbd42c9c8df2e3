// A stdio MCP server that costs next to nothing: a tool with an answer of 1 KB, and one that says what it was told, a moment later.
import { createInterface } from 'node:readline'

const text = JSON.stringify({ items: 'x'.repeat(1000) })
const inputSchema = { type: 'object', properties: { text: { type: 'string' } } }
const latestMs = 5
const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: [
      { name: 'get_items', description: 'Read items', inputSchema },
      { name: 'echo', description: 'Say it again', inputSchema },
    ],
  }),
  'tools/call': ({ name, arguments: given }) => ({
    content: [{ type: 'text', text: name === 'echo' ? JSON.stringify(given.text) : text }],
  }),
}

createInterface({ input: process.stdin }).on('line', (given) => {
  const { id, method, params = {} } = JSON.parse(given)
  if (id === undefined) return
  const known = methods[method]
  const said =
    known === undefined
      ? { error: { code: -32601, message: 'Method not found' } }
      : { result: known(params) }
  const line = `${JSON.stringify({ jsonrpc: '2.0', id, ...said })}\n`
  if (params.name === 'echo') setTimeout(() => process.stdout.write(line), Math.random() * latestMs)
  else process.stdout.write(line)
})
