import { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type RawAnswer,
  type RawServer,
  startRawServer,
} from '../../../../../test/fixtures/raw-server.ts'
import {
  asking,
  type ClientRoom,
  calling,
  createClientRoom,
  plantedSecret,
  problemOf,
} from '../../../../../test/fixtures/upstreams/client-room.ts'
import {
  type SdkServer,
  type SdkServerKind,
  sdkServerKinds,
  startSdkServer,
} from '../../../../../test/fixtures/upstreams/sdk-servers.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { type OpenConfig, stageOf } from './upstream-clients.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
function room(...options: Parameters<typeof createClientRoom>): ClientRoom {
  const made = createClientRoom(...options)
  closers.push(made.end)
  return made
}
async function serve(kind: SdkServerKind): Promise<SdkServer> {
  const server = await startSdkServer(kind)
  closers.push(server.stop)
  return server
}
const transportOf = (kind: SdkServerKind) => (kind === 'old-sse' ? 'sse' : 'streamable_http')
const configOf = (server: SdkServer, kind: SdkServerKind): Partial<OpenConfig> => ({
  transport: transportOf(kind),
  url: server.url,
  headers: { 'X-Api-Key': plantedSecret },
})
async function connect(kind: SdkServerKind, more: Partial<OpenConfig> = {}) {
  const server = await serve(kind)
  const upstream = await room().open({ ...configOf(server, kind), ...more })
  return { server, upstream }
}

describe.each(sdkServerKinds)('a server of the SDKs: %s', (kind) => {
  it('is asked for all that it has', async () => {
    const { upstream } = await connect(kind)
    expect(upstream.serverInfo.name).toBe(kind.slice(0, 3))
    expect(upstream.protocolVersion).toBe(kind === 'new-streamable' ? '2026-07-28' : '2025-11-25')
    expect(upstream.instructions).toMatch(/server\./)
    const { tools, leftOut } = await upstream.listTools()
    expect(leftOut).toEqual([])
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'slow'])
    expect(tools[0]).toMatchObject({
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', required: ['text'] },
    })
    const replies = await Promise.all([
      calling(upstream, ['echo', { text: 'hello' }]),
      asking(upstream, ['resources/list', {}]),
      asking(upstream, ['resources/read', { uri: 'memo://one' }]),
      asking(upstream, ['prompts/list', {}]),
      asking(upstream, ['prompts/get', { name: 'greet', arguments: { name: 'Ada' } }]),
    ])
    expect(replies.map((reply) => reply.ok && reply.result)).toMatchObject([
      { content: [{ type: 'text', text: 'hello' }] },
      { resources: [{ uri: 'memo://one' }] },
      { contents: [{ text: 'first' }] },
      { prompts: [{ name: 'greet' }] },
      { messages: [{ content: { text: 'Greet Ada' } }] },
    ])
    const unknown = await calling(upstream, ['nothing'])
    expect(unknown.ok ? unknown.result.isError : unknown.error.code).toEqual(
      unknown.ok ? true : -32602,
    )
  })

  it('gets the headers of its owner with every request, and no others of the vault’s', async () => {
    const { server, upstream } = await connect(kind, {
      authorize: { token: async () => 'token-of-now', renewed: async (token) => token },
    })
    await calling(upstream, ['echo', { text: 'x' }])
    await upstream.close()
    expect(server.requests.length).toBeGreaterThan(2)
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({
        'x-api-key': plantedSecret,
        authorization: 'Bearer token-of-now',
      })
    }
  })

  it('tells how far it is, and stops when it is told to', async () => {
    const { server, upstream } = await connect(kind, { readTimeoutMs: 600 })
    const progress: number[] = []
    const onProgress = (one: { progress: number }) => progress.push(one.progress)
    const reply = await calling(upstream, ['slow', { ms: 1_200 }], { onProgress })
    expect(reply).toMatchObject({ result: { content: [{ text: 'done' }] } })
    expect(progress).toEqual([1, 2, 3, 4])
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Problem('agent-disabled', 'Disabled.')), 200)
    const stopped = calling(upstream, ['slow', { ms: 2_000 }], { signal: stop.signal })
    expect((await problemOf(stopped)).type).toBe('agent-disabled')
    await vi.waitFor(() => expect(server.cancelled).toEqual(['slow']), { timeout: 2_000 })
  })

  it('keeps the answers of many calls at once apart', async () => {
    verifies('S-23')
    const { upstream } = await connect(kind)
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, n) => calling(upstream, ['echo', { text: String(n) }])),
    )
    expect(replies.map((reply) => reply.ok && JSON.parse(reply.json).content[0].text)).toEqual(
      Array.from({ length: 30 }, (_, n) => String(n)),
    )
  })

  it('says that its tools have changed', async () => {
    const { server, upstream } = await connect(kind)
    const changed = vi.fn()
    upstream.onListChanged(changed)
    // The stream on which it says so is opened after the hello.
    await new Promise((resolve) => setTimeout(resolve, 300))
    server.addTool('later')
    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith('tools'), { timeout: 3_000 })
    expect((await upstream.listTools()).tools.map(({ name }) => name)).toContain('later')
  })

  it('is left without a socket when it is closed', async () => {
    const { server, upstream } = await connect(kind)
    // Whatever it listens on is open by then, and so is the call.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = server.requests.length
    const pending = problemOf(calling(upstream, ['slow', { ms: 5_000 }]))
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(before))
    const from = performance.now()
    await upstream.close()
    expect(performance.now() - from).toBeLessThan(2_000)
    expect((await pending).type).toBe('upstream-unreachable')
    const asked = server.requests.length
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(server.requests.length).toBe(asked)
  })

  it('fails calls under way for the reason for which it is closed', async () => {
    const { server, upstream } = await connect(kind)
    const before = server.requests.length
    const pending = problemOf(calling(upstream, ['slow', { ms: 5_000 }]))
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(before))
    await upstream.close(new Problem('upstream-sign-in-required', 'The sign-in has ended.'))
    expect(await pending).toMatchObject({
      type: 'upstream-sign-in-required',
      detail: expect.stringContaining('The sign-in has ended.'),
      next: expect.stringContaining('look before sending it again'),
    })
  })

  it('is dialled nowhere but where the operator allows it', async () => {
    verifies('S-16', 'S-17')
    const server = await serve(kind)
    const at = room({ allowCidrs: ['127.77.0.0/16'] })
    const problem = await problemOf(at.open(configOf(server, kind)))
    expect([problem.type, stageOf(problem)]).toEqual(['address-refused', 'resolve'])
    expect(server.requests).toHaveLength(0)
  })

  it('is gone when it is gone, and says so once', async () => {
    const { server, upstream } = await connect(kind)
    const why = vi.fn()
    upstream.onClosed(why)
    await server.stop()
    const call = await problemOf(calling(upstream, ['echo', { text: 'x' }]))
    expect(call.type).toBe('upstream-unreachable')
    await vi.waitFor(() => expect(why).toHaveBeenCalledOnce(), { timeout: 3_000 })
  })
})

it('connects anew where a server has forgotten the session', async () => {
  const { server, upstream } = await connect('old-streamable')
  const why = new Promise<Problem>((resolve) => upstream.onClosed(resolve))
  server.forget()
  await problemOf(calling(upstream, ['echo', { text: 'x' }]))
  expect((await why).detail).toContain('no longer knows the session')
})

it('asks a server once what it speaks, and then remembers', async () => {
  const server = await serve('old-streamable')
  const at = room()
  await (await at.open(configOf(server, 'old-streamable'))).close()
  const posts = () => server.requests.filter(({ method }) => method === 'POST').length
  const first = posts()
  await (await at.open(configOf(server, 'old-streamable'))).close()
  expect(posts() - first).toBe(first - 1)
})

// What servers get wrong, byte by byte.

const headOf = (status: number, headers: string[], length?: number) =>
  [
    `HTTP/1.1 ${status} X`,
    ...headers,
    ...(length === undefined ? ['Transfer-Encoding: chunked'] : [`Content-Length: ${length}`]),
    '',
    '',
  ].join('\r\n')
const json = 'Content-Type: application/json'
const events = 'Content-Type: text/event-stream'
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

function respond(status: number, body: string, headers: string[] = [json]): RawAnswer {
  return (socket) => void socket.write(headOf(status, headers, Buffer.byteLength(body)) + body)
}
const result = (id: unknown, value: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id, result: value })
const hello = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'raw', version: '1' },
}

/** A server that says hello as it should, and answers calls as it is told. */
async function raw(
  call: RawAnswer,
  more: { hello?: RawAnswer; get?: RawAnswer; session?: boolean } = {},
): Promise<RawServer> {
  const server = await startRawServer({
    answer(socket, request) {
      if (request.method === 'GET') return (more.get ?? respond(405, ''))(socket, request)
      if (request.method === 'DELETE') return respond(200, '')(socket, request)
      const message = JSON.parse(request.body.toString())
      if (message.id === undefined) return respond(202, '')(socket, request)
      if (message.method === 'server/discover') {
        const error = { code: -32601, message: 'no' }
        return respond(200, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }))(
          socket,
          request,
        )
      }
      if (message.method !== 'initialize') return call(socket, request)
      const session = more.session === true ? ['Mcp-Session-Id: s1'] : []
      return (more.hello ?? respond(200, result(message.id, hello), [json, ...session]))(
        socket,
        request,
      )
    },
  })
  closers.push(server.close)
  return server
}
const idOf = (request: { body: Buffer }) => JSON.parse(request.body.toString()).id
const openRaw = (server: RawServer, more: Partial<OpenConfig> = {}, at = room()) =>
  at.open({ transport: 'streamable_http', url: `${server.origin}/mcp`, ...more })

describe('an address that is no MCP server', () => {
  it.each([
    [
      'a redirect',
      respond(307, '', ['Location: http://127.0.0.1:1/']),
      'upstream-invalid-response',
      /redirects are not followed/,
    ],
    ['no credential', respond(401, plantedSecret), 'provider-refused', /401/],
    ['a refusal', respond(403, plantedSecret), 'provider-refused', /403/],
    ['nothing there', respond(404, plantedSecret), 'upstream-invalid-response', /404/],
    ['a failure', respond(500, plantedSecret), 'upstream-invalid-response', /500/],
    [
      'a page',
      respond(200, `<html>${plantedSecret}`, ['Content-Type: text/html']),
      'upstream-invalid-response',
      /no valid MCP/,
    ],
    ['text', respond(200, plantedSecret), 'upstream-invalid-response', /no valid MCP/],
    ['nothing at all', () => {}, 'upstream-timeout', /in time/],
    ['a hang-up', (socket) => socket.destroy(), 'upstream-invalid-response', /broke off/],
    [
      'no HTTP',
      (socket) => void socket.write('SSH-2.0-x\r\n'),
      'upstream-invalid-response',
      /HTTP/,
    ],
    [
      'headers without end',
      (socket) => void socket.write(`HTTP/1.1 200 X\r\nA: ${'x'.repeat(100_000)}`),
      'response-too-large',
      /headers/,
    ],
  ] satisfies [string, RawAnswer, string, RegExp][])(
    'fails plainly: %s',
    async (...[, answer, type, sentence]) => {
      verifies('S-15', 'S-22', 'S-38')
      const server = await startRawServer({ answer })
      closers.push(server.close)
      const problem = await problemOf(
        openRaw(server, { connectTimeoutMs: 1_500, headers: { 'x-api-key': plantedSecret } }),
      )
      expect(problem.type).toBe(type)
      expect(problem.detail).toMatch(sentence)
      expect(stageOf(problem)).toMatch(/^(connect|initialize)$/)
      expect(JSON.stringify([problem.detail, problem.next, problem.extra])).not.toContain(
        plantedSecret,
      )
      await vi.waitFor(() => expect(server.openConnections()).toBe(0), { timeout: 2_000 })
    },
  )

  it.each(['streamable_http', 'sse'] as const)(
    'is said to be none where nobody listens: %s',
    async (transport) => {
      const at = room()
      const problem = await problemOf(at.open({ transport, url: 'http://127.0.0.1:9/mcp' }))
      expect([problem.type, stageOf(problem)]).toEqual(['upstream-unreachable', 'connect'])
      for (const url of [
        '',
        'mcp',
        'ftp://127.0.0.1/',
        'file:///etc/passwd',
        'http://user:pass@127.0.0.1/',
        undefined,
      ]) {
        const wrong = await problemOf(at.open({ transport, url }))
        expect([url, wrong.type, stageOf(wrong)]).toEqual([url, 'invalid-url', 'resolve'])
      }
    },
  )

  it('is asked in the older way where it falls over at the newer one', async () => {
    const server = await startRawServer({
      answer(socket, request) {
        const message = JSON.parse(request.body.toString() || '{}')
        if (message.method === 'initialize')
          return respond(200, result(message.id, hello))(socket, request)
        if (message.method === 'notifications/initialized') return respond(202, '')(socket, request)
        return respond(500, 'TypeError: undefined')(socket, request)
      },
    })
    closers.push(server.close)
    expect((await openRaw(server)).serverInfo.name).toBe('raw')
  })
})

describe('an HTTP server that misbehaves', () => {
  it.each([
    [
      'another’s id',
      (socket, request) => respond(200, result(idOf(request) + 7, {}))(socket, request),
      'upstream-timeout',
    ],
    [
      'an id as text',
      (socket, request) => respond(200, result(String(idOf(request)), {}))(socket, request),
      'upstream-timeout',
    ],
    [
      'no object',
      (socket, request) => respond(200, result(idOf(request), 'x'))(socket, request),
      'upstream-invalid-response',
    ],
    [
      'more than is taken',
      (socket, request) =>
        respond(200, result(idOf(request), { x: 'x'.repeat(400_000) }))(socket, request),
      'response-too-large',
    ],
    [
      'more than is announced',
      (socket) => void socket.end(`${headOf(200, [json], 10)}{"a":1}`),
      'upstream-invalid-response',
    ],
    [
      'compressed without end',
      (socket) => void socket.write(`${headOf(200, [json, 'Content-Encoding: made-up'], 3)}abc`),
      'upstream-invalid-response',
    ],
    [
      'an event without end',
      (socket) => void socket.write(headOf(200, [events]) + chunk(`data: ${'x'.repeat(400_000)}`)),
      'upstream-invalid-response',
    ],
    [
      'a stream that ends without an answer',
      (socket) => void socket.write(`${headOf(200, [events])}${chunk(': nothing\n\n')}0\r\n\r\n`),
      'upstream-invalid-response',
    ],
    [
      'a stream of something else',
      (socket) =>
        void socket.write(headOf(200, [events]) + chunk('data: {"x":1}\n\ndata: nonsense\n\n')),
      'upstream-timeout',
    ],
    [
      'a stream that is cut',
      (socket) => void socket.end(headOf(200, [events]) + chunk('data: {"jsonrpc"')),
      'upstream-invalid-response',
    ],
    ['a redirect', respond(302, '', ['Location: /elsewhere']), 'upstream-invalid-response'],
    ['a failure', respond(500, plantedSecret), 'upstream-invalid-response'],
  ] satisfies [string, RawAnswer, string][])(
    'costs the call, and nothing else: %s',
    async (_what, answer, type) => {
      verifies('S-22', 'S-23', 'S-44')
      let isBad = true
      const server = await raw((socket, request) =>
        isBad
          ? answer(socket, request)
          : respond(200, result(idOf(request), { fine: true }))(socket, request),
      )
      const upstream = await openRaw(server, {}, room({ messageBytesMax: 200_000 }))
      const closed = vi.fn()
      upstream.onClosed(closed)
      const problem = await problemOf(calling(upstream, ['x'], { timeoutMs: 1_000 }))
      expect([problem.type, stageOf(problem)]).toEqual([type, 'call'])
      expect(JSON.stringify([problem.detail, problem.next])).not.toContain(plantedSecret)
      isBad = false
      expect(await calling(upstream, ['x'])).toMatchObject({ result: { fine: true } })
      expect(closed).not.toHaveBeenCalled()
    },
  )

  it('is not asked a second time for what may have been done', async () => {
    verifies('S-43')
    const server = await raw((socket) => socket.destroy())
    const upstream = await openRaw(server)
    await problemOf(calling(upstream, ['x']))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const calls = server.requests.filter(({ body }) => body.includes('tools/call'))
    expect(calls).toHaveLength(1)
  })

  it('is not listened to without pause where it hangs up at once', async () => {
    const server = await raw(respond(500, ''), {
      get: (socket) =>
        void socket.write(`${headOf(200, [events])}${chunk('retry: 0\n\n')}0\r\n\r\n`),
    })
    await openRaw(server)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const listened = server.requests.filter(({ method }) => method === 'GET')
    expect(listened.length).toBeGreaterThan(1)
    expect(listened.length).toBeLessThan(5)
  })

  it('is told that its session is over, if only for a moment', async () => {
    const server = await raw(respond(500, ''), { session: true })
    const upstream = await openRaw(server)
    await upstream.close()
    expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE' })
    await vi.waitFor(() => expect(server.openConnections()).toBe(0), { timeout: 1_000 })
  })

  it('leads no request to another origin', async () => {
    verifies('S-15', 'S-17')
    const elsewhere = await startRawServer({ answer: respond(202, '') })
    closers.push(elsewhere.close)
    const server = await startRawServer({
      answer: (socket) =>
        void socket.write(
          headOf(200, [events]) + chunk(`event: endpoint\ndata: ${elsewhere.origin}/messages\n\n`),
        ),
    })
    closers.push(server.close)
    const problem = await problemOf(
      openRaw(server, {
        transport: 'sse',
        headers: { 'x-api-key': plantedSecret },
        connectTimeoutMs: 1_500,
      }),
    )
    expect(problem.type).toMatch(/^upstream-/)
    expect(elsewhere.requests).toHaveLength(0)
  })

  it('never gets a header that could end a line, or that the connection writes itself', async () => {
    verifies('S-19')
    for (const headers of [
      { 'x-a': 'b\r\nc: d' },
      { host: 'elsewhere.example' },
      { 'transfer-encoding': 'chunked' },
    ]) {
      const server = await raw(respond(500, ''))
      const error = await openRaw(server, { headers }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      expect(server.requests).toHaveLength(0)
    }
  })
})
