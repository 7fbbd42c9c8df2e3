import { randomBytes } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from '../fixtures/assertions.ts'
import { startToolScene, type ToolScene } from '../fixtures/tool-scene.ts'
import { verifies } from '../verifies.ts'

// The endpoint as whoever reaches it over the network finds it, with messages written by hand.

let scene: ToolScene
let signedId: string
let signedToken: string
let consumer: Awaited<ReturnType<ToolScene['addConsumer']>>

beforeAll(async () => {
  scene = await startToolScene()
  const signed = await scene.addAgent('signed')
  signedId = signed.agentId
  const signer = { ...signed, issuer: scene.vault.url }
  const { text } = await postToken(scene.vault.url, tokenRequest(assertionOf(signer)))
  signedToken = String(JSON.parse(text).access_token)
  consumer = await scene.addConsumer('consumer')
  await scene.permit(consumer.agentId, 'get_index')
})
afterAll(() => scene?.stop())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}
interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Buffer | undefined
}

/** Sends exactly these headers. */
function ask(path: string, { method = 'POST', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false }
    const sent = request(`${scene.vault.url}${path}`, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    sent.on('error', reject)
    // A body that is only announced is not sent.
    if ('content-length' in headers) sent.flushHeaders()
    else sent.end(body)
  })
}

const standard = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}
const withToken = (token = consumer.token) => ({ ...standard, authorization: `Bearer ${token}` })
const message = (method: string, params?: object, id = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })
const list = message('tools/list')
const call = (name: string, args: object = {}) => message('tools/call', { name, arguments: args })

/** The answer's one message, be it JSON or a stream. */
function messageOf({ text, headers }: Answer): {
  result?: Record<string, unknown>
  error?: object
} {
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true
  return JSON.parse(isStream ? (/^data: (.*)$/m.exec(text)?.[1] ?? '') : text)
}
const structureOf = (answer: Answer) =>
  (messageOf(answer).result?.structuredContent ?? {}) as Record<string, unknown>
const namesOf = (answer: Answer) =>
  ((messageOf(answer).result?.tools ?? []) as { name: string }[]).map(({ name }) => name)

const envelope = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  },
}
const modern = (method: string) => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method })

describe('a caller without a token that is good now', () => {
  it('is refused with one answer, which says where tokens come from', async () => {
    verifies('S-06', 'S-08')
    const { bootstrapSecret } = await scene.vault.owner.call('createAgent', { name: 'x' })
    const wrong: Record<string, string | string[]>[] = [
      {},
      { authorization: `Bearer ${scene.vault.ownerToken}` },
      { authorization: `Bearer ${bootstrapSecret}` },
      { authorization: `Bearer spc_${'A'.repeat(43)}` },
      { authorization: `Bearer ${consumer.token.replace('spc_', 'spt_')}` },
      { authorization: `Bearer ${signedToken.replace('spt_', 'spc_')}` },
      { authorization: `Basic ${consumer.token}` },
      { authorization: [`Bearer ${consumer.token}`, `Bearer ${consumer.token}`] },
      { cookie: `sallyport=${consumer.token}` },
    ]
    const withoutId = ({ text }: Answer) => text.replace(/req_\w+/, 'req_')
    for (const path of ['/mcp', '/mcp/stock-index', '/mcp/no-such-toolset']) {
      const metadata = `${scene.vault.url}/.well-known/oauth-protected-resource${path}`
      const theRefusal = withoutId(await ask('/v1/connections', { method: 'GET' }))
      for (const headers of wrong) {
        for (const method of ['POST', 'GET', 'DELETE']) {
          const body = method === 'POST' ? list : undefined
          const answer = await ask(path, { method, headers: { ...standard, ...headers }, body })
          expect([answer.status, withoutId(answer)]).toEqual([401, theRefusal])
          expect(answer.headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`)
        }
      }
      const { status, text } = await ask(new URL(metadata).pathname, { method: 'GET' })
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        { resource: `${scene.vault.url}${path}`, authorization_servers: [scene.vault.url] },
      ])
    }
    const inQuery = await ask(`/mcp?access_token=${consumer.token}`, {
      headers: standard,
      body: list,
    })
    expect(inQuery.status).toBe(401)
  })

  it('finds nothing at an address that could be no toolset’s', async () => {
    for (const path of [
      '/mcp/',
      '/mcp/a/b',
      '/mcp/UPPER',
      '/mcp/a_b',
      '/mcp/..',
      '/mcp/a%2fb',
      '/mcp/%00',
    ]) {
      const answer = await ask(path, { headers: withToken(), body: list })
      expect([path, answer.status]).toEqual([path, 404])
    }
  })
})

describe('a request', () => {
  it('is refused from another site’s page, or for another host', async () => {
    const { host, port } = new URL(scene.vault.url)
    const status = async (headers: Record<string, string>) =>
      (await ask('/mcp', { headers: { ...withToken(), ...headers }, body: list })).status
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https://${host}`,
    ]) {
      expect([origin, await status({ origin })]).toEqual([origin, 403])
    }
    for (const other of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      'a..b',
      '127.0.0.1.evil.example',
    ]) {
      expect([other, await status({ host: other })]).toEqual([other, 403])
    }
    for (const headers of [
      { origin: scene.vault.url },
      { host: `localhost:${port}` },
      { host: 'vault:4770' },
      { host: '[::1]' },
    ]) {
      expect([headers, await status(headers)]).toEqual([headers, 200])
    }
  })

  it('is answered as the protocol says where it is none', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const answer = await ask('/mcp', { method, headers: withToken() })
      expect([method, answer.status]).toEqual([method, 405])
    }
    const post = (body: string, headers: Record<string, string> = {}) =>
      ask('/mcp', { headers: { ...withToken(), ...headers }, body })
    for (const body of ['', '{', '\u0000', '[]', '1', 'null', '{"jsonrpc":"1.0"}', '"x"']) {
      expect([body, (await post(body)).status]).toEqual([body, 400])
    }
    expect((await post(list, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post(list, { accept: 'text/html' })).status).toBe(406)
    const unknown = messageOf(await post(message('tools/delete')))
    expect(unknown.error).toMatchObject({ code: -32601 })
    const tooLong = `[${Array.from({ length: 21 }, (_, id) => message('ping', {}, id)).join(',')}]`
    expect((await post(tooLong)).status).toBe(400)
    const tooLarge = await post('', { 'content-length': String(13 * 1024 * 1024) })
    expect(tooLarge.status).toBe(413)
    const notice = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
    expect(await post(notice)).toMatchObject({ status: 202, text: '' })
  })

  it('never gets a 5xx, nor another agent’s tools, whatever it says', async () => {
    verifies('S-06', 'S-09')
    const names = [
      '',
      '__',
      'x',
      'constructor',
      '__proto__',
      'a'.repeat(64),
      'a'.repeat(5000),
      '\u0000',
      'stock-index__',
      '../x',
      'stock-index__get_index__',
    ]
    for (const name of names) {
      for (const path of ['/mcp', '/mcp/stock-index']) {
        const answer = await ask(path, { headers: withToken(), body: call(name) })
        expect([name, answer.status, messageOf(answer).error]).toMatchObject([
          name,
          200,
          { code: -32602 },
        ])
      }
    }
    for (const params of [
      {},
      { name: 1 },
      { name: 'stock-index__get_index', arguments: [] },
      null,
      [],
    ]) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
      const { status } = await ask('/mcp', { headers: withToken(), body })
      expect([JSON.stringify(params), status < 500]).toEqual([JSON.stringify(params), true])
    }
    const halved = Buffer.from(call('x', { a: 'é' }), 'latin1')
    expect((await ask('/mcp', { headers: withToken(), body: halved })).status).toBe(400)
    const noise = randomBytes(300).toString('latin1')
    expect((await ask('/mcp', { headers: withToken(), body: noise })).status).toBe(400)
  })
})

describe('the list', () => {
  it('is each caller’s own: an agent’s with the seven, a consumer’s without, a toolset’s alone', async () => {
    verifies('S-08')
    const names = async (token: string, path = '/mcp') =>
      namesOf(await ask(path, { headers: withToken(token), body: list }))
    expect(await names(consumer.token)).toEqual(['stock-index__get_index'])
    expect(await names(consumer.token, '/mcp/stock-index')).toEqual(['get_index'])
    expect(await names(consumer.token, '/mcp/other')).toEqual([])
    expect((await names(signedToken)).slice(-3)).toEqual([
      'list_approvals',
      'stock-index__create_order',
      'stock-index__get_index',
    ])
    expect(await names(signedToken, '/mcp/stock-index')).toEqual(['create_order', 'get_index'])
    const refused = await ask('/mcp', { headers: withToken(), body: call('list_connections') })
    expect(messageOf(refused).error).toMatchObject({ code: -32602 })
  })

  it('is private, and said to change only where a client can be told', async () => {
    const headers = { ...withToken(), ...modern('tools/list') }
    const listed = messageOf(await ask('/mcp', { headers, body: message('tools/list', envelope) }))
    expect(listed.result).toMatchObject({ cacheScope: 'private' })
    const discover = { ...withToken(), ...modern('server/discover') }
    const now = await ask('/mcp', { headers: discover, body: message('server/discover', envelope) })
    expect(messageOf(now).result).toMatchObject({ capabilities: { tools: { listChanged: true } } })
    const initialize = message('initialize', {
      ...{
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      },
    })
    const before = messageOf(await ask('/mcp', { headers: withToken(), body: initialize }))
    expect(before.result?.capabilities).toEqual({ tools: {} })
  })
})

describe('a call', () => {
  it('is decided, limited and recorded like every other', async () => {
    verifies('S-14', 'S-36')
    const answer = await ask('/mcp', {
      headers: withToken(),
      body: call('stock-index__get_index', { symbol: 'x' }),
    })
    const { auditId } = structureOf(answer)
    const { entries } = await scene.vault.owner.call('listAudit', {
      agentId: consumer.agentId,
      limit: 5,
    })
    expect(entries.find(({ id }) => id === auditId)).toMatchObject({
      operation: 'callMyTool',
      tool: 'stock-index.get_index',
      decision: 'allow',
    })
    await ask('/mcp', { headers: withToken(), body: call('stock-index__delete_all') })
    const after = await scene.vault.owner.call('listAudit', { agentId: consumer.agentId, limit: 1 })
    expect(after.entries[0]).toMatchObject({ operation: 'callMyTool', decision: 'deny' })
  })

  it('never shows the credential', async () => {
    verifies('S-20')
    const answer = await ask('/mcp', {
      headers: withToken(),
      body: call('stock-index__get_index', { symbol: 'x' }),
    })
    expect(answer.text).not.toContain('upstream-secret')
    expect(JSON.stringify(scene.upstream.requests.at(-1))).toContain('upstream-secret')
  })
})

describe('streams of changes', () => {
  /** Opens one and tells how it went on. */
  function subscribe(token: string) {
    const seen = { text: '', status: 0, isOver: false }
    const headers = { ...withToken(token), ...modern('subscriptions/listen') }
    const params = { ...envelope, notifications: { toolsListChanged: true } }
    const sent = request(
      `${scene.vault.url}/mcp`,
      { method: 'POST', headers, agent: false },
      (response) => {
        seen.status = response.statusCode ?? 0
        response.on('data', (chunk) => {
          seen.text += String(chunk)
        })
        response.on('close', () => {
          seen.isOver = true
        })
      },
    )
    sent.on('error', () => {})
    sent.end(message('subscriptions/listen', params))
    return { seen, end: () => sent.destroy() }
  }

  it('are as many as an agent may have, and free again when they are left', async () => {
    const { agentId, token } = await scene.addConsumer('many')
    await scene.permit(agentId, 'get_index')
    const streams = Array.from({ length: 10 }, () => subscribe(token))
    for (const { seen } of streams) await expect.poll(() => seen.text).toContain('acknowledged')
    const tooMany = subscribe(token)
    await expect.poll(() => tooMany.seen.status).toBe(503)
    streams[0]?.end()
    const next = await expect.poll(async () => {
      const again = subscribe(token)
      await expect.poll(() => again.seen.status).not.toBe(0)
      again.end()
      return again.seen.status
    })
    await next.toBe(200)
    for (const { end } of streams) end()
  })

  it('are not the way to a question that is held while the token is taken away', async () => {
    verifies('S-10')
    const { agentId } = await scene.addConsumer('held')
    await scene.permit(agentId, 'get_index')
    const made = await scene.vault.owner.call('createConsumerToken', { agentId })
    const headers = withToken(made.consumerToken)
    const first = JSON.parse((await ask('/v1/tools', { method: 'GET', headers })).text)
    const held = ask(`/v1/tools?since=${first.revision}&waitSeconds=30`, { method: 'GET', headers })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await scene.vault.owner.call('deleteConsumerToken', { agentId, tokenId: made.token.id })
    // Whatever wakes it: nobody is let in by what was true when it was asked.
    await scene.permit(agentId, 'create_order')
    const { status, text } = await held
    expect([status, text.includes('create_order')]).toEqual([401, false])
  })

  it('are not the way to an approval that is held while the token is taken away, and end at once', async () => {
    verifies('S-10')
    const { agentId } = await scene.addConsumer('waiter')
    await scene.permit(agentId, 'create_order', { approval: 'always' })
    const made = await scene.vault.owner.call('createConsumerToken', { agentId })
    const headers = withToken(made.consumerToken)
    const body = JSON.stringify({ arguments: { symbol: 'ABC' } })
    const path = '/v1/tools/stock-index.create_order/call'
    const asked = JSON.parse((await ask(path, { headers, body })).text)
    expect(asked).toMatchObject({ approvalRequired: true })
    const at = `/v1/approvals/${asked.approvalRequestId}?waitSeconds=30`
    const held = ask(at, { method: 'GET', headers })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const startedMs = performance.now()
    await scene.vault.owner.call('deleteConsumerToken', { agentId, tokenId: made.token.id })
    expect((await held).status).toBe(401)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  it('end within five seconds once the agent is disabled or its token deleted', async () => {
    verifies('S-10')
    const { agentId, token } = await scene.addConsumer('doomed')
    const other = await scene.vault.owner.call('createConsumerToken', { agentId })
    const [first, second] = [subscribe(token), subscribe(other.consumerToken)]
    for (const { seen } of [first, second])
      await expect.poll(() => seen.text).toContain('acknowledged')
    await scene.vault.owner.call('deleteConsumerToken', { agentId, tokenId: other.token.id })
    await expect.poll(() => second.seen.isOver, { timeout: 5_000 }).toBe(true)
    expect(first.seen.isOver).toBe(false)
    await scene.vault.owner.call('disableAgent', { agentId })
    await expect.poll(() => first.seen.isOver, { timeout: 5_000 }).toBe(true)
    expect((await ask('/mcp', { headers: withToken(token), body: list })).status).toBe(401)
  })
})

describe('a call that waits for an owner', () => {
  it('has its stream ended within five seconds once its token is deleted', async () => {
    verifies('S-10')
    const { agentId } = await scene.addConsumer('cut off')
    const { token, consumerToken } = await scene.vault.owner.call('createConsumerToken', {
      agentId,
    })
    await scene.permit(agentId, 'create_order', { approval: 'always' })
    const asked = {
      headers: withToken(consumerToken),
      body: call('stock-index__create_order', { symbol: 'CUT' }),
    }
    expect(structureOf(await ask('/mcp', asked)).approvalRequestId).toMatch(/^apr_/)
    // Made again, it waits for three quarters of a minute.
    const seen = { isOver: false }
    void ask('/mcp', asked).then(
      () => {
        seen.isOver = true
      },
      () => {
        seen.isOver = true
      },
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(seen.isOver).toBe(false)
    await scene.vault.owner.call('deleteConsumerToken', { agentId, tokenId: token.id })
    await expect.poll(() => seen.isOver, { timeout: 5_000 }).toBe(true)
  })

  it('sends nothing once the token that it came with is ended', async () => {
    verifies('S-10')
    const { agentId, token } = await scene.addConsumer('waiting')
    await scene.permit(agentId, 'create_order', { approval: 'always' })
    const order = () =>
      ask('/mcp', {
        headers: withToken(token),
        body: call('stock-index__create_order', { symbol: 'ENDED' }),
      })
    const first = structureOf(await order())
    expect(first.approvalRequestId).toMatch(/^apr_/)
    const waiting = order()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await scene.vault.owner.call('resetAgent', { agentId })
    const ended = messageOf(await waiting).result
    expect(ended).toMatchObject({ isError: true })
    expect(scene.upstream.requests.filter(({ body }) => body.includes('ENDED'))).toEqual([])
    expect(signedId).not.toBe(agentId)
  })
})
