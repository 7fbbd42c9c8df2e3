import { Server } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import type { McpRequest, ServerOf } from './mcp-request.ts'
import { openEndpoint } from './open-endpoint.ts'

const agent = {
  ...{ agentId: 'agt_1', workspaceId: 'wsp_1', name: 'one', via: 'consumer' as const },
  tokenHash: new Uint8Array(),
} as unknown as McpRequest['agent']

/** An endpoint whose one tool never answers, and says when it was given up. */
function stage() {
  const begun: string[] = []
  const ended: string[] = []
  const serverOf: ServerOf = () => ({
    build() {
      const server = new Server({ name: 's', version: '1' }, { capabilities: { tools: {} } })
      server.setRequestHandler('tools/call', ({ params: { name } }, { mcpReq }) => {
        begun.push(name)
        return new Promise((_, reject) => {
          const give = () => {
            ended.push(name)
            reject(new Error('given up'))
          }
          mcpReq.signal.addEventListener('abort', give, { once: true })
        })
      })
      return server
    },
    bus: { publish: () => {}, subscribe: () => () => {} },
    watch: () => {},
  })
  const endpoint = openEndpoint({ serverOf })
  const send = (
    body: object,
    { bearer = 'spc_1', program = 'one', signal, modern = false }: Sending = {},
  ) => {
    const headers = {
      ...{ 'content-type': 'application/json', 'user-agent': program },
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': modern ? '2026-07-28' : '2025-11-25',
      ...(modern && { 'mcp-method': 'tools/call', 'mcp-name': 'slow' }),
    }
    const text = JSON.stringify(body)
    const request = new Request('http://vault/mcp', {
      ...{ method: 'POST', headers, body: text },
      ...(signal !== undefined && { signal }),
    })
    const rest = { client: {} as never, isLarge: false, over: () => {}, toolset: undefined }
    const marks = `127.0.0.1 ${program}`
    return endpoint.serve({ ...rest, request, body, agent, bearer, marks })
  }
  return { send, begun, ended }
}

interface Sending {
  readonly bearer?: string
  readonly program?: string
  readonly signal?: AbortSignal
  readonly modern?: boolean
}

const call = (id: number, name: string, _meta?: object) => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call' },
  params: { name, arguments: {}, ...(_meta !== undefined && { _meta }) },
})
const cancel = (requestId: number | string) => ({
  ...{ jsonrpc: '2.0', method: 'notifications/cancelled' },
  params: { requestId, reason: 'no more' },
})
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 20))

describe('a call that is taken back', () => {
  it('by a message of its own ends, that of another token, program or id does not', async () => {
    const { send, begun, ended } = stage()
    void send(call(1, 'first')).catch(() => {})
    void send(call(2, 'second')).catch(() => {})
    await settled()
    expect(begun).toEqual(['first', 'second'])
    await send(cancel(1), { bearer: 'spc_2' })
    await send(cancel(1), { program: 'two' })
    await send(cancel('1'))
    await send(cancel(3))
    await settled()
    expect(ended).toEqual([])
    const answer = await send(cancel(1))
    await settled()
    expect(answer).toMatchObject({ status: 202 })
    expect(ended).toEqual(['first'])
  })

  it('is left alone where two clients that look alike have a call of that id', async () => {
    const { send, ended } = stage()
    void send(call(1, 'mine')).catch(() => {})
    void send(call(1, 'theirs')).catch(() => {})
    await settled()
    await send(cancel(1))
    await settled()
    expect(ended).toEqual([])
  })

  it.each([false, true])('by hanging up ends, too (2026-07-28: %s)', async (modern) => {
    const { send, ended } = stage()
    const left = new AbortController()
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    const sent = call(1, 'slow', modern ? meta : undefined)
    void send(sent, { signal: left.signal, modern }).catch(() => {})
    await settled()
    left.abort()
    await settled()
    expect(ended).toEqual(['slow'])
  })
})
