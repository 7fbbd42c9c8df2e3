import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFromNpm, installingTestMsMax, nodeAtLeast22 } from '../fixtures/npm-program.ts'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { startToolScene, type ToolScene } from '../fixtures/tool-scene.ts'
import { verifies } from '../verifies.ts'

// Tools that were granted, as the clients of both SDKs list and call them: over stdio and over HTTP.

let scene: ToolScene
let mcp: PackedMcp
let signed: Awaited<ReturnType<ToolScene['addAgent']>>
let consumer: Awaited<ReturnType<ToolScene['addConsumer']>>
let stdioEnv: Record<string, string>

beforeAll(async () => {
  ;[scene, mcp] = await Promise.all([startToolScene(), installPackedMcp()])
  signed = await scene.addAgent('signed')
  consumer = await scene.addConsumer('consumer')
  await scene.permit(consumer.agentId, 'get_index')
  await scene.permit(consumer.agentId, 'create_order', { approval: 'always' })
  stdioEnv = {
    PATH: process.env.PATH ?? '',
    SALLYPORT_BASE_URL: scene.vault.url,
    SALLYPORT_AGENT_ID: signed.agentId,
    SALLYPORT_PRIVATE_KEY_PATH: signed.keyPath,
  }
})
afterAll(async () => {
  await scene?.stop()
  mcp?.remove()
})

type Tool = { name: string; inputSchema: unknown; outputSchema?: unknown; annotations?: unknown }
interface Result {
  readonly isError?: boolean
  readonly content: unknown
  readonly structuredContent: Record<string, unknown>
}
/** A client of one of the SDKs, told alike. Both check results against the schemas that they were listed. */
interface Connected {
  list(): Promise<Tool[]>
  call(name: string, args?: Record<string, unknown>): Promise<Result>
  close(): Promise<void>
}

const clientInfo = { name: 'test', version: '1' }
const told = (client: ClientV1 | ClientV2): Connected => ({
  list: async () => (await client.listTools()).tools,
  call: async (name, args = {}) => {
    const asked = { name, arguments: args }
    const result = await (client instanceof ClientV1
      ? client.callTool(asked)
      : client.callTool(asked))
    return result as unknown as Result
  },
  close: () => client.close(),
})
const v1 = async (transport: StdioV1 | HttpV1) => {
  const client = new ClientV1(clientInfo)
  await client.connect(transport as StdioV1)
  return told(client)
}
const v2 = async (transport: StdioV2 | HttpV2, mode: 'legacy' | 'auto') => {
  const client = new ClientV2(clientInfo, { versionNegotiation: { mode } })
  await client.connect(transport)
  return told(client)
}

const bearer = (token: string) => ({
  requestInit: { headers: { authorization: `Bearer ${token}` } },
})
const stdio = {
  'the v1 SDK': () => v1(new StdioV1({ command: mcp.bin, env: stdioEnv })),
  'the v2 SDK, legacy': () => v2(new StdioV2({ command: mcp.bin, env: stdioEnv }), 'legacy'),
  'the v2 SDK, auto': () => v2(new StdioV2({ command: mcp.bin, env: stdioEnv }), 'auto'),
}
const at = (path: string) => new URL(`${scene.vault.url}${path}`)
const http = {
  'the v1 SDK': (path: string, token: string) => v1(new HttpV1(at(path), bearer(token))),
  'the v2 SDK, legacy': (path: string, token: string) =>
    v2(new HttpV2(at(path), bearer(token)), 'legacy'),
  'the v2 SDK, auto': (path: string, token: string) =>
    v2(new HttpV2(at(path), bearer(token)), 'auto'),
}

const own = [
  'execute',
  'list_connections',
  'revoke',
  'list_services',
  'get_my_capabilities',
  'request_capability',
  'list_approvals',
]
const namesOf = (tools: readonly Tool[]) => tools.map(({ name }) => name)
const refusal = { message: expect.stringMatching(/Unknown tool/) }

/** What every result promises: text and structure say the same. */
function expectSame({ content, structuredContent }: Result): void {
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }])
}

/** Lists, calls what it has, and is refused what it has not, whatever it is called. */
async function expectGrantedAlone(client: Connected, names: { prefix: string; listed: string[] }) {
  const { prefix, listed } = names
  const tools = await client.list()
  expect(namesOf(tools)).toEqual(listed)
  const found = tools.find(({ name }) => name === `${prefix}get_index`)
  const [definition] = (await signed.client.call('listMyTools', {})).tools.filter(
    ({ name }) => name === 'stock-index.get_index',
  )
  expect(found?.inputSchema).toEqual(definition?.inputSchema)
  expect(found?.annotations).toMatchObject({ readOnlyHint: true })
  const result = await client.call(`${prefix}get_index`, { symbol: 'a b/ö', days: 3 }).catch(String)
  expect(result).toMatchObject({ isError: true })
  const good = await client.call(`${prefix}get_index`, { symbol: '000001.SH', days: 3 })
  expect(good.isError).not.toBe(true)
  expect(good.structuredContent).toMatchObject({
    status: 200,
    body: { method: 'GET', path: '/index/000001.SH', query: { days: '3' } },
    auditId: expect.stringMatching(/^aud_/),
  })
  expectSame(good)
  const wrong = await client.call(`${prefix}get_index`, { symbol: 1 })
  expect(wrong).toMatchObject({ isError: true, structuredContent: { type: 'invalid-arguments' } })
  expectSame(wrong)
  const before = scene.upstream.requests.length
  for (const name of [`${prefix}delete_all`, `${prefix}nothing`, 'stock-index.get_index', 'x__y']) {
    await expect(client.call(name)).rejects.toMatchObject(refusal)
  }
  expect(scene.upstream.requests.length).toBe(before)
}

const inAll = ['stock-index__create_order', 'stock-index__get_index']

describe.each(Object.entries(stdio))('%s over stdio', (_, connect) => {
  it('lists granted tools after the seven, calls them, and is refused others', async () => {
    verifies('S-09')
    const client = await connect()
    try {
      await expectGrantedAlone(client, { prefix: 'stock-index__', listed: [...own, ...inAll] })
    } finally {
      await client.close()
    }
  })
})

describe.each(Object.entries(http))('%s over HTTP', (_, connect) => {
  it('lists and calls granted tools alone with a consumer token', async () => {
    verifies('S-08', 'S-09')
    const client = await connect('/mcp', consumer.token)
    await expectGrantedAlone(client, { prefix: 'stock-index__', listed: inAll })
    for (const name of own) await expect(client.call(name)).rejects.toMatchObject(refusal)
    await client.close()
  })

  it('has one toolset’s tools by their own names at its address, and none of another', async () => {
    const client = await connect('/mcp/stock-index', consumer.token)
    await expectGrantedAlone(client, { prefix: '', listed: ['create_order', 'get_index'] })
    await expect(client.call('stock-index__get_index', { symbol: 'x' })).rejects.toMatchObject(
      refusal,
    )
    await client.close()
    const other = await connect('/mcp/elsewhere', consumer.token)
    expect(await other.list()).toEqual([])
    await expect(other.call('get_index', { symbol: 'x' })).rejects.toMatchObject(refusal)
    await other.close()
  })
})

describe('an agent with a key, over HTTP', () => {
  it('signs in by the SDK’s own provider from the endpoint’s answer on, and has all its tools', async () => {
    const authProvider = new PrivateKeyJwtProvider({
      clientId: signed.agentId,
      privateKey: { ...signed.privateKey },
      algorithm: 'ES256',
      jwtLifetimeSeconds: 60,
      expectedIssuer: scene.vault.url,
    })
    for (const path of ['/mcp', '/mcp/stock-index']) {
      const client = await v2(new HttpV2(at(path), { authProvider }), 'auto')
      const whole = path === '/mcp'
      expect(namesOf(await client.list())).toEqual(
        whole ? [...own, ...inAll] : ['create_order', 'get_index'],
      )
      const name = whole ? 'stock-index__get_index' : 'get_index'
      expect((await client.call(name, { symbol: 'x' })).structuredContent).toMatchObject({
        status: 200,
      })
      if (whole) {
        expect((await client.call('list_connections')).structuredContent).toHaveProperty(
          'connections',
        )
      }
      await client.close()
    }
  })
})

describe('a granted tool that an owner has to approve', () => {
  const ordersOf = (symbol: string) =>
    scene.upstream.requests.filter(({ body }) => body.toString().includes(symbol))

  it.each<[string, () => Promise<Connected>, string]>([
    ['over stdio', stdio['the v2 SDK, auto'], 'STDIO'],
    ['over HTTP', () => http['the v1 SDK']('/mcp', consumer.token), 'HTTP'],
  ])(
    'answers with the link, waits when it is called again, and is sent once (%s)',
    async (_, connect, symbol) => {
      verifies('S-24', 'S-25')
      const client = await connect()
      await client.list()
      const order = () => client.call('stock-index__create_order', { symbol, amount: 2 })
      const asked = await order()
      expectSame(asked)
      const { approvalUrl, approvalRequestId: approvalId } = asked.structuredContent
      expect(asked.structuredContent).toMatchObject({
        approvalRequired: true,
        next: expect.stringContaining('call stock-index__create_order again'),
      })
      expect(approvalUrl).toContain(String(approvalId))
      expect(ordersOf(symbol)).toHaveLength(0)
      const waiting = order()
      const soon = new Promise((resolve) => setTimeout(resolve, 500, 'still waiting'))
      expect(await Promise.race([waiting, soon])).toBe('still waiting')
      await scene.vault.owner.call('approveRequest', { approvalId: String(approvalId) })
      const sent = await waiting
      expect(sent.structuredContent).toMatchObject({ status: 200, body: { method: 'POST' } })
      expectSame(sent)
      expect(ordersOf(symbol)).toHaveLength(1)
      await client.close()
    },
  )

  it('returns the answer at once when it was approved in between, says so when it was denied, and then asks anew', async () => {
    const client = await http['the v2 SDK, auto']('/mcp', consumer.token)
    for (const [symbol, answer] of [
      ['LATER', 'approveRequest'],
      ['NEVER', 'denyRequest'],
    ] as const) {
      const order = () => client.call('stock-index__create_order', { symbol })
      const { structuredContent } = await order()
      const approvalId = String(structuredContent.approvalRequestId)
      await scene.vault.owner.call(answer, { approvalId })
      const ended = await order()
      const was = answer === 'approveRequest' ? { status: 200 } : { type: 'approval-denied' }
      expect(ended.structuredContent).toMatchObject(was)
      const anew = await order()
      expect(anew.structuredContent).toMatchObject({ approvalRequired: true })
      expect(anew.structuredContent.approvalRequestId).not.toBe(approvalId)
      expect(ordersOf(symbol)).toHaveLength(answer === 'approveRequest' ? 1 : 0)
    }
    await client.close()
  })
})

describe('a list of granted tools', () => {
  it('is told of when it changes, over stdio in both eras and over HTTP in the newer', async () => {
    const { agentId, keyPath } = await scene.addAgent('watcher')
    const env = { ...stdioEnv, SALLYPORT_AGENT_ID: agentId, SALLYPORT_PRIVATE_KEY_PATH: keyPath }
    const made = await scene.vault.owner.call('createConsumerToken', { agentId })
    const heard = new Map<string, string[]>()
    const open = async (name: string, transport: StdioV2 | HttpV2, mode: 'legacy' | 'auto') => {
      const client = new ClientV2(clientInfo, {
        versionNegotiation: { mode },
        listChanged: {
          tools: {
            debounceMs: 10,
            onChanged: (_, tools) => heard.set(name, namesOf(tools ?? [])),
          },
        },
      })
      await client.connect(transport)
      await client.listTools()
      return client
    }
    const clients = await Promise.all([
      open('legacy', new StdioV2({ command: mcp.bin, env }), 'legacy'),
      open('auto', new StdioV2({ command: mcp.bin, env }), 'auto'),
      open('http', new HttpV2(at('/mcp'), bearer(made.consumerToken)), 'auto'),
    ])
    // The streams' first look has to come before the change.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await scene.permit(agentId, 'delete_all')
    const all = ['stock-index__create_order', 'stock-index__delete_all', 'stock-index__get_index']
    const expected = { legacy: [...own, ...all], auto: [...own, ...all], http: all }
    await expect.poll(() => Object.fromEntries(heard), { timeout: 10_000 }).toEqual(expected)
    await scene.permit(agentId, 'delete_all', { allowed: false })
    const less = { legacy: [...own, ...inAll], auto: [...own, ...inAll], http: inAll }
    await expect.poll(() => Object.fromEntries(heard), { timeout: 10_000 }).toEqual(less)
    await Promise.all(clients.map((client) => client.close()))
  })

  it('gives way to two tools that find and call them where the owner wants it so', async () => {
    await scene.vault.owner.call('renameAgent', {
      agentId: consumer.agentId,
      toolListing: 'search',
    })
    const client = await http['the v2 SDK, auto']('/mcp', consumer.token)
    expect(namesOf(await client.list())).toEqual(['search_tools', 'call_tool'])
    const found = await client.call('search_tools', { query: 'stock index value' })
    const [first] = found.structuredContent.tools as { name: string; inputSchema: object }[]
    expect(first).toMatchObject({
      name: 'stock-index__get_index',
      inputSchema: { required: ['symbol'] },
    })
    const called = await client.call('call_tool', {
      name: first?.name,
      arguments: { symbol: 'x' },
      select: 'path',
    })
    expect(called.structuredContent).toMatchObject({ status: 200, body: '/index/x' })
    await expect(
      client.call('call_tool', { name: 'stock-index__delete_all' }),
    ).rejects.toMatchObject(refusal)
    await client.close()
    await scene.vault.owner.call('renameAgent', { agentId: consumer.agentId, toolListing: 'auto' })
  })
})

describe('programs that people have', () => {
  const servers = () => ({
    stdio: { command: mcp.bin, env: stdioEnv },
    all: { url: at('/mcp').href, headers: { Authorization: `Bearer ${consumer.token}` } },
    one: {
      url: at('/mcp/stock-index').href,
      headers: { Authorization: `Bearer ${consumer.token}` },
    },
  })
  const called = { status: 200, body: { path: '/index/000001.SH' } }

  it('mcporter lists and calls granted tools by its configuration file, and is refused others', async () => {
    const config = join(mcp.dir, 'mcporter-granted.json')
    writeFileSync(config, JSON.stringify({ mcpServers: servers() }))
    const command = fileURLToPath(new URL('../../node_modules/.bin/mcporter', import.meta.url))
    const run = async (...args: string[]) => {
      const { stdout } = await runProgram(command, ['--config', config, ...args])
      return JSON.parse(stdout) as Record<string, unknown>
    }
    const [list, ...calls] = await Promise.all([
      run('list', 'one', '--json'),
      run('call', 'all.stock-index__get_index', 'symbol=000001.SH', '--output', 'json'),
      run('call', 'stdio.stock-index__get_index', 'symbol=000001.SH', '--output', 'json'),
    ])
    expect(namesOf(list.tools as Tool[])).toEqual(['create_order', 'get_index'])
    for (const call of calls) expect(call).toMatchObject(called)
    const refused = await run('call', 'one.delete_all', '--output', 'json')
    expect(refused.error).toContain('Unknown tool delete_all')
  })

  it('MCP Inspector’s command line does, too, and finds no fault with their schemas', {
    timeout: installingTestMsMax,
  }, async ({ skip }) => {
    const node = await nodeAtLeast22()
    if ('missing' in node) return skip(node.missing)
    const inspector = await installFromNpm(['@modelcontextprotocol/inspector@2.12.0'])
    if ('missing' in inspector) return skip(inspector.missing)
    const launcher = '@modelcontextprotocol/inspector/clients/launcher/build/index.js'
    const inspect = (...args: string[]) =>
      runProgram(node.node, [
        ...[join(inspector.modules, launcher), '--cli', '--transport', 'http'],
        ...['--server-url', at('/mcp/stock-index').href],
        ...['--header', `Authorization: Bearer ${consumer.token}`, ...args],
      ])
    const call = ['--method', 'tools/call', '--tool-name']
    const [listed, good, refused] = await Promise.all([
      inspect('--method', 'tools/list', '--strict'),
      inspect(...call, 'get_index', '--tool-arg', 'symbol=000001.SH'),
      inspect(...call, 'delete_all'),
    ])
    expect(namesOf((JSON.parse(listed.stdout) as { tools: Tool[] }).tools)).toEqual([
      'create_order',
      'get_index',
    ])
    expect(listed.stderr).not.toMatch(/warning|error/i)
    expect(JSON.parse(good.stdout)).toMatchObject({ structuredContent: called })
    expect(refused.stdout + refused.stderr).toContain('not found')
  })

  it('Claude Code connects by .mcp.json to both, and not with a wrong token', {
    timeout: installingTestMsMax,
  }, async ({ skip }) => {
    const installed = await installFromNpm(['@anthropic-ai/claude-code@2.1.197'], {
      megabytes: 235,
    })
    if ('missing' in installed) return skip(installed.missing)
    const platform = `claude-code-${process.platform}-${process.arch}`
    const claude = join(installed.modules, '@anthropic-ai', platform, 'claude')
    const cwd = join(mcp.dir, 'project')
    const home = join(mcp.dir, 'home')
    for (const dir of [cwd, join(home, '.claude')]) mkdirSync(dir, { recursive: true })
    const http = (path: string, token: string) => ({
      ...{ type: 'http', url: at(path).href, headers: { Authorization: `Bearer ${token}` } },
    })
    const mcpServers = {
      stdio: { command: mcp.bin, env: stdioEnv },
      all: http('/mcp', `\${CONSUMER_TOKEN}`),
      one: http('/mcp/stock-index', `\${CONSUMER_TOKEN}`),
      wrong: http('/mcp', 'spc_wrong'),
    }
    writeFileSync(join(cwd, '.mcp.json'), JSON.stringify({ mcpServers }))
    const settings = join(home, '.claude', 'settings.json')
    writeFileSync(settings, JSON.stringify({ enableAllProjectMcpServers: true }))
    const env = { HOME: home, CONSUMER_TOKEN: consumer.token, DISABLE_TELEMETRY: '1' }
    const offline = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }
    const { stdout } = await runProgram(claude, ['mcp', 'list'], {
      cwd,
      env: { ...env, ...offline },
    })
    const lines = Object.keys(mcpServers).map(
      (name) => new RegExp(`^${name}: .*- (.*)$`, 'm').exec(stdout)?.[1],
    )
    expect(lines).toEqual(['✔ Connected', '✔ Connected', '✔ Connected', '✘ Failed to connect'])
  })
})
