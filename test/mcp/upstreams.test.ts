import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../fixtures/run-program.ts'
import { everything, type FullServer, startFullServer } from '../fixtures/upstreams/full-server.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// What an upstream MCP server has, as clients of both SDKs get to it through the vault: over stdio and over HTTP.

/** The built one. That it works out of its package, installed by npm, is proved elsewhere. */
const stdioServer = fileURLToPath(
  new URL('../../packages/mcp/dist/sallyport-mcp.js', import.meta.url),
)
const secret = 'upstream-secret-9f8e7d6c5b'
let vault: TestVault
let upstream: FullServer
let tools: ReadonlyMap<string, string>
/** Has all but `write_note`, which needs an owner. */
let all: { agentId: string; token: string }
/** Has one tool, and no resources or prompts. */
let few: { agentId: string; token: string }

beforeAll(async () => {
  ;[vault, upstream] = await Promise.all([startVault(), startFullServer(secret)])
  const { server } = await vault.owner.call('createMcpServer', {
    ...{ name: 'Full Server', transport: 'streamable_http', url: upstream.url },
    headers: { Authorization: `Bearer ${secret}` },
  })
  tools = await toolsOf(server.toolsetId)
  all = await consumer('all')
  few = await consumer('few')
  for (const name of tools.keys()) {
    const approval = name === 'write_note' ? ({ approval: 'always' } as const) : {}
    await permit(all.agentId, name, approval)
  }
  await permit(few.agentId, 'sum')
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.stop()
})

/** The tools of the server by their names, once it is connected. */
async function toolsOf(toolsetId: string): Promise<Map<string, string>> {
  for (let look = 0; look < 100; look += 1) {
    const { tools: found } = await vault.owner.call('listTools', { toolsetId, limit: 100 })
    if (found.length > 0) return new Map(found.map(({ name, id }) => [name, id]))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The server was not connected: ${vault.output()}`)
}

async function consumer(name: string) {
  const { agent } = await vault.owner.call('createAgent', { name })
  const made = await vault.owner.call('createConsumerToken', { agentId: agent.id })
  return { agentId: agent.id, token: made.consumerToken }
}

const permit = (agentId: string, name: string, more: object = {}) =>
  vault.owner.call('setToolPermission', {
    ...{ toolId: tools.get(name) ?? '', agentId, allowed: true },
    ...more,
  })

type Client = ClientV1
const clientInfo = { name: 'test', version: '1' }
const bearer = (token: string) => ({
  requestInit: { headers: { authorization: `Bearer ${token}` } },
})
const at = (path: string) => new URL(`${vault.url}${path}`)
const stdioOf = (token: string) => ({
  command: process.execPath,
  args: [stdioServer],
  env: {
    PATH: process.env.PATH ?? '',
    SALLYPORT_BASE_URL: vault.url,
    SALLYPORT_BEARER_TOKEN: token,
  },
})
const connectV1 = async (transport: unknown) => {
  const client = new ClientV1(clientInfo)
  await client.connect(transport as StdioV1)
  return client
}
const connectV2 = async (transport: unknown, mode: 'legacy' | 'auto') => {
  const client = new ClientV2(clientInfo, { versionNegotiation: { mode } })
  await client.connect(transport as StdioV2)
  // Both are asked alike here.
  return client as unknown as Client
}
const ways: Readonly<Record<string, (token: string) => Promise<Client>>> = {
  'v1 over HTTP': (token) => connectV1(new HttpV1(at('/mcp'), bearer(token))),
  'v2 over HTTP': (token) => connectV2(new HttpV2(at('/mcp'), bearer(token)), 'auto'),
  'v2 over HTTP, as before': (token) => connectV2(new HttpV2(at('/mcp'), bearer(token)), 'legacy'),
  'v1 over stdio': (token) => connectV1(new StdioV1(stdioOf(token))),
  'v2 over stdio': (token) => connectV2(new StdioV2(stdioOf(token)), 'auto'),
}

const prefix = 'mcp__full-server__'
const uri = (own: string) => `sallyport+mcp://full-server/${own}`
type Result = {
  content: { type: string; text?: string; [member: string]: unknown }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
  _meta?: Record<string, unknown>
}
const callWith = async (client: Client, asked: { name: string; args: object }, options: object) => {
  const params = { name: asked.name, arguments: { ...asked.args } }
  const result =
    client instanceof ClientV1
      ? client.callTool(params, undefined, options)
      : (client as ClientV2).callTool(params, options)
  return (await result) as Result
}
const call = (client: Client, name: string, args: object = {}) =>
  callWith(client, { name, args }, {})
const slowly = (client: Client, ms: number, options: object) =>
  callWith(client, { name: `${prefix}slow`, args: { ms } }, options)

describe.each(Object.entries(ways))('%s', (way, connect) => {
  let client: Client
  beforeAll(async () => {
    client = await connect(all.token)
  })
  afterAll(() => client?.close())

  it('lists the tools by names that say whose they are, and the tool mcp', async () => {
    const { tools: listed } = await client.listTools()
    const names = listed.map(({ name }) => name)
    expect(names).toEqual([
      'mcp',
      ...['everything', 'fail', 'leak', 'slow', 'sum', 'write_note'].map((name) => prefix + name),
    ])
    const sum = listed.find(({ name }) => name === `${prefix}sum`)
    expect(sum).toMatchObject({
      inputSchema: { required: ['a', 'b'] },
      outputSchema: { required: ['sum'] },
    })
  })

  it('passes every kind of content, structure and _meta on', async () => {
    const result = await call(client, `${prefix}everything`)
    expect(result).toMatchObject(everything)
    const sum = await call(client, `${prefix}sum`, { a: 1, b: 2 })
    expect(sum.structuredContent).toEqual({ sum: 3 })
    const failed = await call(client, `${prefix}fail`)
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'It did not work' }] })
  })

  it('takes the secret out of every part of a result', async () => {
    const result = await call(client, `${prefix}leak`)
    const text = JSON.stringify(result)
    expect(text).not.toContain(secret)
    expect(result.structuredContent).toHaveProperty('deep')
  })

  it('passes progress on, without the secret in its words', async () => {
    const told: { progress: number; total?: number | undefined; message?: string | undefined }[] =
      []
    const onprogress = (one: (typeof told)[number]) => void told.push(one)
    const result = await slowly(client, 400, { onprogress })
    expect(result.content[0]?.text).toBe('done')
    // Clients drop what comes to them together with the result, as the last steps do on a busy machine.
    const steps = told.map(({ progress, total }) => [progress, total])
    expect(steps.length).toBeGreaterThan(1)
    expect(steps).toEqual([1, 2, 3, 4].slice(0, steps.length).map((step) => [step, 4]))
    expect(told[0]?.message).toMatch(/^step 1 with /)
    expect(JSON.stringify(told)).not.toContain(secret)
  })

  it('tells the upstream where the client takes a call back', async () => {
    const before = upstream.cancelled.length
    const stop = new AbortController()
    const calling = slowly(client, 8_000, { signal: stop.signal })
    const begun = upstream.calls.length
    await expect.poll(() => upstream.calls.length, { timeout: 5_000 }).toBeGreaterThan(begun)
    stop.abort()
    await expect(calling).rejects.toThrow()
    await expect.poll(() => upstream.cancelled.length, { timeout: 5_000 }).toBe(before + 1)
  })

  it('lists, finds and reads resources', async () => {
    const first = await client.listResources()
    const { nextCursor: cursor } = first
    // Some clients go through all pages by themselves.
    const second = cursor === undefined ? first : await client.listResources({ cursor })
    const uris = [...first.resources, ...second.resources].map((one) => one.uri)
    expect([...new Set(uris)]).toEqual([uri('memo://one'), uri('memo://two')])
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates[0]).toMatchObject({ uriTemplate: uri('memo://{name}'), name: 'memo' })
    const read = await client.readResource({ uri: uri('memo://x?y=%20#z') })
    expect(read.contents[0]).toMatchObject({
      uri: uri('memo://x?y=%20#z'),
      text: 'text of memo://x?y=%20#z',
    })
    // As a link within a result has it.
    const own = await client.readResource({ uri: 'memo://one' })
    expect(own.contents[0]).toMatchObject({ uri: 'memo://one', text: 'text of memo://one' })
    await expect(client.readResource({ uri: uri('memo://nothing') })).rejects.toThrow(
      /No such memo/,
    )
    await expect(client.readResource({ uri: 'sallyport+mcp://other/memo://one' })).rejects.toThrow(
      /not found/i,
    )
  })

  it('lists and gets prompts', async () => {
    const { prompts } = await client.listPrompts()
    expect(prompts).toMatchObject([{ name: `${prefix}greet`, arguments: [{ name: 'who' }] }])
    const got = await client.getPrompt({ name: `${prefix}greet`, arguments: { who: 'Alice' } })
    expect(got).toMatchObject({
      description: 'A greeting',
      messages: [{ role: 'user', content: { type: 'text', text: 'Greet Alice' } }],
    })
    await expect(client.getPrompt({ name: 'mcp__other__greet' })).rejects.toThrow(/Unknown prompt/)
  })

  it('does the seven actions of the tool mcp', async () => {
    const server = 'full-server'
    const bridge = async (args: object) => await call(client, 'mcp', args)
    expect((await bridge({ action: 'list_servers' })).structuredContent).toEqual({
      servers: [{ server, tools: 6, resources: true, prompts: true }],
    })
    const listed = await bridge({ action: 'list_tools', server: 'Full Server' })
    expect(listed.structuredContent?.tools).toHaveLength(6)
    const called = await bridge({
      ...{ action: 'call_tool', server, tool: 'sum', arguments: { a: 2, b: 3 } },
    })
    expect(called).toMatchObject({ structuredContent: { sum: 5 } })
    const resources = await bridge({ action: 'list_resources', server })
    expect(resources.structuredContent).toMatchObject({
      resources: [{ uri: uri('memo://one') }],
      resourceTemplates: [{ uriTemplate: uri('memo://{name}') }],
    })
    const read = await bridge({ action: 'read_resource', server, uri: 'memo://two' })
    expect(read.structuredContent).toMatchObject({ contents: [{ text: 'text of memo://two' }] })
    const prompts = await bridge({ action: 'list_prompts', server })
    expect(prompts.structuredContent).toMatchObject({ prompts: [{ name: `${prefix}greet` }] })
    const got = await bridge({
      ...{ action: 'get_prompt', server, prompt: 'greet', arguments: { who: 'Bob' } },
    })
    expect(JSON.stringify(got.structuredContent)).toContain('Greet Bob')
    const wrong = await bridge({ action: 'read_resource', server })
    expect(wrong).toMatchObject({ isError: true, structuredContent: { type: 'invalid-input' } })
  })

  it('asks an owner where the grant says so, by the tool and by the tool mcp', async () => {
    const before = upstream.calls.filter((name) => name === 'write_note').length
    // Each of other words: the same call made again would wait for the owner.
    const words = (n: number) => ({ text: `${way} ${n}` })
    const direct = await call(client, `${prefix}write_note`, words(1))
    const bridged = await call(client, 'mcp', {
      ...{ action: 'call_tool', server: 'full-server', tool: 'write_note' },
      arguments: words(2),
    })
    for (const result of [direct, bridged]) {
      expect(JSON.stringify(result)).toContain('/approvals/')
    }
    expect(upstream.calls.filter((name) => name === 'write_note')).toHaveLength(before)
  })

  it('offers an agent without a grant neither resources nor prompts nor tools', async () => {
    const other = await connect(few.token)
    try {
      const names = (await other.listTools()).tools.map(({ name }) => name)
      expect(names).toEqual(['mcp', `${prefix}sum`])
      const refused = /Method not found|does not support|not found|Unknown/i
      const reading = other.readResource({ uri: uri('memo://one') })
      await expect(reading).rejects.toThrow(refused)
      await expect(other.getPrompt({ name: `${prefix}greet` })).rejects.toThrow(refused)
      await expect(call(other, `${prefix}read_resource`, { uri: 'memo://one' })).rejects.toThrow(
        /Unknown tool/,
      )
      const bridged = await call(other, 'mcp', {
        ...{ action: 'read_resource', server: 'full-server', uri: 'memo://one' },
      })
      expect(bridged).toMatchObject({ isError: true })
    } finally {
      await other.close()
    }
  })
})

describe('an agent that has one tool', () => {
  const ask = async (path: string, method: string, params: object) => {
    const response = await fetch(at(path), {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${few.token}`, 'mcp-protocol-version': '2025-11-25' },
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    return response.text()
  }

  it('reaches nothing else of the server, by whatever name and way it asks', async () => {
    verifies('S-08')
    const server = 'full-server'
    const tool = 'write_note'
    const text = 'never to be written'
    const names = [tool, `${prefix}${tool}`, `${server}__${tool}`, `${server}.${tool}`]
    const note = { text }
    const bridged = (args: object) => ({ name: 'mcp', arguments: args })
    const asked: [string, object][] = [
      ...names.map((name): [string, object] => ['tools/call', { name, arguments: note }]),
      ...names.flatMap((name) =>
        [server, 'Full Server', 'full-server/', tools.get(tool) ?? ''].map(
          (at): [string, object] => [
            'tools/call',
            bridged({ action: 'call_tool', server: at, tool: name, arguments: note }),
          ],
        ),
      ),
      ...['list_resources', 'list_prompts'].map((action): [string, object] => [
        'tools/call',
        bridged({ action, server }),
      ]),
      ['tools/call', bridged({ action: 'read_resource', uri: uri('memo://one') })],
      ['tools/call', bridged({ action: 'read_resource', server, uri: uri('memo://one') })],
      ['tools/call', bridged({ action: 'get_prompt', server, prompt: 'greet', arguments: {} })],
      // An argument is no way to another tool.
      ['tools/call', { name: `${prefix}sum`, arguments: { a: 1, b: 2, name: tool, tool } }],
      ['resources/list', {}],
      ['resources/read', { uri: uri('memo://one') }],
      ['resources/subscribe', { uri: uri('memo://one') }],
      ['prompts/list', {}],
      ['prompts/get', { name: `${prefix}greet`, arguments: { who: 'x' } }],
      [
        'completion/complete',
        {
          ref: { type: 'ref/prompt', name: `${prefix}greet` },
          argument: { name: 'who', value: '' },
        },
      ],
    ]
    const before = upstream.calls.filter((name) => name !== 'sum').length
    for (const path of ['/mcp', `/mcp/${server}`]) {
      for (const [method, params] of asked) {
        const said = await ask(path, method, params)
        expect(said, `${path} ${method} ${JSON.stringify(params)}`).not.toMatch(
          /text of memo|Greet|memo:\/\/two/,
        )
      }
    }
    expect(upstream.calls.filter((name) => name !== 'sum')).toHaveLength(before)
  })
})

describe('the address of one server', () => {
  it('has the server’s own names and URIs', async () => {
    const client = await connectV1(new HttpV1(at('/mcp/full-server'), bearer(all.token)))
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toContain('sum')
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['greet'])
    const { resources } = await client.listResources()
    expect(resources[0]?.uri).toBe('memo://one')
    expect((await call(client, 'sum', { a: 1, b: 1 })).structuredContent).toEqual({ sum: 2 })
    await client.close()
  })

  it('says that there are resources and prompts only where they were granted', async () => {
    for (const { token, has } of [
      { token: all.token, has: true },
      { token: few.token, has: false },
    ]) {
      const client = await connectV1(new HttpV1(at('/mcp'), bearer(token)))
      const capabilities = client.getServerCapabilities() ?? {}
      expect(['resources' in capabilities, 'prompts' in capabilities]).toEqual([has, has])
      await client.close()
    }
  })
})

/** Which lists a stream of the vault's own endpoint told of. */
async function listenOverHttp({ token }: { token: string }, told: Set<string>) {
  const client = new ClientV2(clientInfo, { versionNegotiation: { mode: 'auto' } })
  for (const list of ['resources', 'prompts'] as const) {
    client.setNotificationHandler(`notifications/${list}/list_changed`, () => void told.add(list))
  }
  await client.connect(new HttpV2(at('/mcp'), bearer(token)))
  const { honoredFilter } = await client.listen({
    ...{ resourcesListChanged: true, promptsListChanged: true },
  })
  return { client, honored: Object.keys(honoredFilter) }
}

describe('another list of resources or prompts', () => {
  it('is told to clients of the stdio server, to streams over HTTP, and is another revision for whoever may read it alone', async () => {
    const overHttp = new Set<string>()
    const toNobody = new Set<string>()
    const [stream, without] = await Promise.all([
      listenOverHttp(all, overHttp),
      listenOverHttp(few, toNobody),
    ])
    // Whoever may read neither is not even promised to be told.
    expect([stream.honored.sort(), without.honored]).toEqual([
      ['promptsListChanged', 'resourcesListChanged'],
      [],
    ])
    const client = await connectV1(new StdioV1(stdioOf(all.token)))
    const told: string[] = []
    for (const list of ['resources', 'prompts'] as const) {
      const schema =
        list === 'resources'
          ? ResourceListChangedNotificationSchema
          : PromptListChangedNotificationSchema
      client.setNotificationHandler(schema, () => void told.push(list))
    }
    await client.listTools()
    const revisionOf = async ({ token }: { token: string }) => {
      const auth = { kind: 'bearer', token } as const
      const agent = createClient({ baseUrl: vault.url, auth })
      return (await agent.call('listMyTools', { limit: 1 })).revision
    }
    const before = [await revisionOf(all), await revisionOf(few)]
    await upstream.announce('resources')
    await expect.poll(() => revisionOf(all), { timeout: 20_000 }).not.toBe(before[0])
    expect(await revisionOf(few)).toBe(before[1])
    await expect.poll(() => told, { timeout: 20_000 }).toContain('resources')
    const between = await revisionOf(all)
    await upstream.announce('prompts')
    await expect.poll(() => revisionOf(all), { timeout: 20_000 }).not.toBe(between)
    const both = ['prompts', 'resources']
    await expect.poll(() => [...overHttp].sort(), { timeout: 20_000 }).toEqual(both)
    expect([...toNobody]).toEqual([])
    await Promise.all([client, stream.client, without.client].map((one) => one.close()))
  })
})

describe('the record', () => {
  it('holds every call, resource and prompt as a call of its tool', async () => {
    const { entries } = await vault.owner.call('listAudit', { agentId: all.agentId, limit: 100 })
    const text = JSON.stringify(entries)
    for (const name of ['sum', 'read_resource', 'get_prompt', 'list_resources']) {
      expect(text).toContain(`full-server.${name}`)
    }
    expect(text).not.toContain(secret)
    expect(vault.output()).not.toContain(secret)
  })
})

describe('mcporter', () => {
  it('lists and calls the tools, and the tool mcp', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcporter-upstreams-'))
    const config = join(folder, 'mcporter.json')
    const headers = { Authorization: `Bearer ${all.token}` }
    writeFileSync(
      config,
      JSON.stringify({ mcpServers: { v: { url: `${vault.url}/mcp`, headers } } }),
    )
    const command = fileURLToPath(new URL('../../node_modules/.bin/mcporter', import.meta.url))
    const run = (...args: string[]) =>
      runProgram(command, ['--config', config, ...args], { env: { PATH: process.env.PATH ?? '' } })
    const listed = await run('list', 'v')
    expect(listed.stdout).toContain(`${prefix}sum`)
    const called = await run('call', `v.${prefix}sum`, 'a=4', 'b=5')
    expect(called.stdout).toContain('9')
    const bridged = await run('call', 'v.mcp', 'action=list_servers')
    expect(bridged.stdout).toContain('full-server')
    rmSync(folder, { recursive: true })
  })
})
