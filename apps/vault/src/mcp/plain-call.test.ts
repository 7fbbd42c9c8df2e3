import { ProtocolError, Server } from '@modelcontextprotocol/server'
import { type CallAnswer, serverInfo } from 'sallyport-mcp/server'
import { describe, expect, it } from 'vitest'
import type { McpRequest } from './mcp-request.ts'
import { openEndpoint } from './open-endpoint.ts'
import { readPlainCall } from './plain-call.ts'

const agent = { agentId: 'agt_1', workspaceId: 'wsp_1', name: 'one', via: 'consumer' } as never

type Make = (name: string) => Promise<CallAnswer>

/** The endpoint as it is, or with a server of the SDK for every message. */
function stage(make: Make, isPlain: boolean) {
  const counts = { calls: 0, servers: 0 }
  const answerOf = (name: string) => {
    counts.calls += 1
    return make(name)
  }
  const endpoint = openEndpoint({
    serverOf() {
      let begun: Promise<CallAnswer> | undefined
      return {
        ...(isPlain && {
          begin({ name }) {
            begun = answerOf(name)
            begun.catch(() => {})
            return begun
          },
        }),
        build() {
          counts.servers += 1
          const server = new Server(serverInfo, { capabilities: { tools: {} } })
          server.setRequestHandler('tools/call', ({ params }) => begun ?? answerOf(params.name))
          return server
        },
        bus: { publish: () => {}, subscribe: () => () => {} },
        watch: () => {},
      }
    },
  })
  const send = async (message: Message) => {
    const { body, headers } = message
    const all = {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...headers,
    }
    const text = JSON.stringify(body)
    const request = new Request('http://vault/mcp', { method: 'POST', headers: all, body: text })
    const rest = { client: {} as never, isLarge: false, over: () => {}, toolset: undefined }
    const asked: McpRequest = { ...rest, request, body, agent, bearer: 'spc_1', marks: '' }
    const answer = await endpoint.serve(asked)
    if (!(answer instanceof Response)) {
      return { status: 200, type: answer.type, said: saidIn(answer.text) }
    }
    const type = answer.headers.get('content-type')
    return { status: answer.status, type, said: saidIn(await answer.text()) }
  }
  return { send, counts }
}

/** What is said, whatever the order of its members; around it, the very characters. */
function saidIn(text: string): unknown {
  const [, before, json, after] = /^(event: message\ndata: )?(\{.*\})(\n\n)?$/s.exec(text) ?? []
  return json === undefined ? text : [before, JSON.parse(json), after]
}

interface Message {
  readonly body: object
  readonly headers: Readonly<Record<string, string>>
}

const call = (params: object, more: object = {}) => ({
  ...{ jsonrpc: '2.0', id: 7, method: 'tools/call', params },
  ...more,
})
const legacy = (params: object = {}, more: object = {}, revision = '2025-11-25'): Message => ({
  body: call({ name: 'do', arguments: { a: 1 }, ...params }, more),
  headers: { 'mcp-protocol-version': revision },
})
const prefix = 'io.modelcontextprotocol/'
const envelope = (more: object = {}) => ({
  [`${prefix}protocolVersion`]: '2026-07-28',
  [`${prefix}clientInfo`]: { name: 'c', version: '1' },
  [`${prefix}clientCapabilities`]: {},
  ...more,
})
const modern = (params: object = {}, headers: Readonly<Record<string, string>> = {}): Message => ({
  body: call({ name: 'do', arguments: { a: 1 }, _meta: envelope(), ...params }),
  headers: {
    ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'do' },
    ...headers,
  },
})

const text = (said: string) => ({ type: 'text' as const, text: said })
const fine: CallAnswer = { content: [text('{"a":1}')], structuredContent: { a: 1 } }

/** Answers to both ways, and how often each made the call. */
async function both(message: Message, make: Make = async () => fine) {
  const [quick, whole] = [stage(make, true), stage(make, false)]
  const [one, other] = await Promise.all([quick.send(message), whole.send(message)])
  expect(one).toEqual(other)
  expect(quick.counts.calls).toBe(whole.counts.calls)
  return { answer: one, servers: quick.counts.servers, calls: quick.counts.calls }
}

const messages: Readonly<Record<string, Message>> = {
  'of 2026-07-28': modern(),
  'of 2025-11-25': legacy(),
  'of 2025-06-18': legacy({}, {}, '2025-06-18'),
  'with a text for its id': legacy({}, { id: 'seven' }),
  'without arguments': legacy({ arguments: undefined }),
}

describe('a plain call', () => {
  it.each(Object.entries(messages))(
    '%s is answered as by the SDK, without it',
    async (_, message) => {
      const { servers, calls } = await both(message)
      expect([servers, calls]).toEqual([0, 1])
    },
  )

  const answers: Readonly<Record<string, CallAnswer>> = {
    'no text': { content: [] },
    'several texts, a failure': { content: [text('a'), text('ä\n\n"')], isError: true },
    'no failure, said so': { content: [text('a')], isError: false },
    'an empty _meta': { content: [text('a')], _meta: {} },
  }
  it.each(Object.entries(answers))('with %s is answered as by the SDK', async (_, made) => {
    for (const message of [legacy(), modern()]) {
      expect((await both(message, async () => made)).servers).toBe(0)
    }
  })
})

describe('what is not plain', () => {
  const answers: Readonly<Record<string, CallAnswer>> = {
    '_meta of its own': { content: [text('a')], _meta: { 'x/y': 1 } },
    'an image': { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] },
    'a link and a resource': {
      content: [
        { type: 'resource_link', uri: 'x:1', name: 'one' },
        { type: 'resource', resource: { uri: 'x:1', text: 'T' } },
      ],
    },
    'a text with annotations': { content: [{ ...text('a'), annotations: { priority: 1 } }] },
    'a member that nobody knows': { ...fine, other: 1 } as CallAnswer,
    'no content at all': { structuredContent: { a: 1 } } as unknown as CallAnswer,
    'content that is none': { content: [{ type: 'nothing' }] } as unknown as CallAnswer,
  }
  it.each(Object.entries(answers))('as an answer, %s, is written by the SDK', async (_, made) => {
    for (const message of [legacy(), modern()]) {
      expect((await both(message, async () => made)).servers).toBe(1)
    }
  })

  it('as a failure is answered by the SDK, and the call made once', async () => {
    for (const message of [legacy(), modern()]) {
      const failing = async () => {
        throw new ProtocolError(-32602, 'Unknown tool do')
      }
      const { answer, servers, calls } = await both(message, failing)
      expect([servers, calls]).toEqual([1, 1])
      expect(JSON.stringify(answer)).toContain('Unknown tool do')
    }
  })

  const odd: Readonly<Record<string, Message>> = {
    'that asks for progress': legacy({ _meta: { progressToken: 1 } }),
    'that asks for progress, of 2026-07-28': modern({ _meta: { ...envelope(), progressToken: 1 } }),
    'whose client shows links': modern({
      _meta: envelope({ [`${prefix}clientCapabilities`]: { elicitation: { url: {} } } }),
    }),
    'with a header of another name': modern({}, { 'mcp-name': 'other' }),
    'with a header of another method': modern({}, { 'mcp-method': 'tools/list' }),
    'without the header of the revision': { body: call({ name: 'do' }), headers: {} },
    'of a revision that there is not': legacy({}, {}, '1999-01-01'),
    'of one revision in the header and another in the message': modern({
      _meta: envelope({ [`${prefix}protocolVersion`]: '2025-11-25' }),
    }),
    'whose client does not say who it is': modern({
      _meta: envelope({ [`${prefix}clientInfo`]: { name: 1 } }),
    }),
    'in a second round': modern({ requestState: 'apr_1', inputResponses: {} }),
    'without a name': legacy({ name: undefined }),
    'whose arguments are a list': legacy({ arguments: [1] }),
    'whose id is null': legacy({}, { id: null }),
    'whose id is a fraction': legacy({}, { id: 1.5 }),
    'without an id': {
      body: { ...call({ name: 'do' }), id: undefined },
      headers: legacy().headers,
    },
    'of another JSON-RPC': legacy({}, { jsonrpc: '1.0' }),
    'that is another method': legacy({}, { method: 'ping' }),
    'with a member that nobody knows': legacy({}, { extra: 1 }),
    'that accepts JSON alone': { ...legacy(), headers: { accept: 'application/json' } },
    'in another type': { ...legacy(), headers: { 'content-type': 'text/plain' } },
  }
  it.each(Object.entries(odd))(
    'as a message %s, is the SDK’s from the beginning',
    async (_, message) => {
      expect(readPlainCall(message.body, headersOf(message))).toBeUndefined()
      await both(message)
    },
  )

  const headersOf = ({ headers }: Message) =>
    new Headers({
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...headers,
    })

  it('as a batch is the SDK’s', () => {
    expect(readPlainCall([legacy().body], headersOf(legacy()))).toBeUndefined()
  })

  it('as an answer that takes long is the SDK’s, which keeps the stream alive, and the call made once', async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_300))
      return fine
    }
    const { servers, calls } = await both(legacy(), slow)
    expect([servers, calls]).toEqual([1, 1])
  })
})
