import { type AgentTool, mcpToolName, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { UpstreamRefusal } from './ask-upstream.ts'
import { callBridge } from './call-bridge.ts'
import type { CallContext } from './call-context.ts'
import { createGivenLinks } from './given-links.ts'
import { createUpstreamReader } from './read-upstreams.ts'
import { namesOfServer, namesOfServers } from './upstream-names.ts'
import { isReading } from './upstream-tools.ts'

const context: CallContext = {
  signal: new AbortController().signal,
  hearsProgress: false,
  report: () => {},
}
type Method = NonNullable<AgentTool['upstream']>['method']

const toolOf = (toolset: string, name: string, method: Method = 'tools/call'): AgentTool => ({
  name: `${toolset}.${name}`,
  mcpName: `mcp__${mcpToolName(toolset, name)}`,
  toolset,
  description: `Does ${name}`,
  inputSchema: { type: 'object' },
  annotations: {},
  digest: 'd',
  kind: 'mcp',
  upstream: { method, tool: method === 'tools/call' ? name.replaceAll('_', '-') : method },
})
const reading = (toolset: string): AgentTool[] => [
  toolOf(toolset, 'list_resources', 'resources/list'),
  toolOf(toolset, 'list_resource_templates', 'resources/templates/list'),
  toolOf(toolset, 'read_resource', 'resources/read'),
  toolOf(toolset, 'list_prompts', 'prompts/list'),
  toolOf(toolset, 'get_prompt', 'prompts/get'),
]

type Answer = object | Problem

/** A reader against a vault that answers each tool as it is told. */
function stage(
  tools: readonly AgentTool[],
  answers: Readonly<Record<string, Answer>>,
  names = namesOfServers,
) {
  const calls: [string, unknown][] = []
  const call = async (id: string, { name, arguments: args }: Record<string, unknown>) => {
    if (id !== 'callMyTool') return { approval: { id: 'apr_1', status: 'pending' } }
    calls.push([String(name), args])
    const answer = answers[String(name)]
    if (answer === undefined) throw new Error(`Nobody expected ${String(name)}`)
    if (answer instanceof Problem) throw answer
    return 'approvalRequired' in answer || 'status' in answer
      ? answer
      : { status: 200, headers: {}, body: answer, auditId: 'aud_1' }
  }
  const granted = { list: async () => ({ tools, listing: 'auto' as const, revision: 'r' }) }
  const reader = createUpstreamReader({
    ...{ client: { call } as unknown as Client, granted, names, given: createGivenLinks(10) },
    config: { pollTimeoutMs: 1000, pollIntervalMs: 1000 },
    clock: { now: () => 0, pause: async () => {} },
  })
  const bridge = (args: Record<string, unknown>) =>
    callBridge(
      {
        ...{ tools, reader, nameOf: ({ mcpName }: AgentTool) => mcpName },
        callTool: async ({ name }, own) => ({ called: name, own }),
      },
      args,
      context,
    )
  return { reader, calls, bridge }
}

const asked = {
  approvalRequired: true,
  approvalRequestId: 'apr_1',
  approvalUrl: 'http://vault/approvals/apr_1',
  expiresAt: '2027-01-01T00:00:00.000Z',
  reason: 'The grant asks for it.',
  auditId: 'aud_1',
}

describe('lists', () => {
  it('put the resources of all servers together, by names that say whose they are', async () => {
    const { reader } = stage([...reading('docs'), ...reading('code')], {
      'docs.list_resources': { resources: [{ uri: 'file:///a b', name: 'a', _meta: { x: 1 } }] },
      'code.list_resources': { resources: [{ uri: 'x:1', name: 'one' }, { name: 'no uri' }, 1] },
    })
    const { items } = await reader.list('resources', {}, context)
    expect(items).toEqual([
      { uri: 'sallyport+mcp://docs/file:///a b', name: 'a', _meta: { x: 1 } },
      { uri: 'sallyport+mcp://code/x:1', name: 'one' },
    ])
  })

  it('go on where each server has more, and ask only those', async () => {
    const { reader, calls } = stage([...reading('docs'), ...reading('code')], {
      'docs.list_prompts': { prompts: [{ name: 'p' }], nextCursor: 'two' },
      'code.list_prompts': { prompts: [] },
    })
    const { nextCursor } = await reader.list('prompts', {}, context)
    await reader.list('prompts', { cursor: nextCursor }, context)
    expect(calls).toEqual([
      ['docs.list_prompts', {}],
      ['code.list_prompts', {}],
      ['docs.list_prompts', { cursor: 'two' }],
    ])
    await expect(reader.list('prompts', { cursor: '!' }, context)).rejects.toMatchObject({
      type: 'invalid-input',
    })
  })

  it('leave out and name the server that fails or waits for an owner, and fail where all do', async () => {
    const down = new Problem('upstream-unreachable', 'It is down.', { next: 'Wait.' })
    const { reader } = stage([...reading('docs'), ...reading('code'), ...reading('wiki')], {
      'docs.list_resources': down,
      'code.list_resources': { resources: [] },
      'wiki.list_resources': asked,
      'docs.list_prompts': down,
      'code.list_prompts': down,
      'wiki.list_prompts': down,
    })
    const { leftOut } = await reader.list('resources', {}, context)
    expect(leftOut).toEqual([
      { server: 'docs', why: 'It is down. Wait.' },
      { server: 'wiki', why: expect.stringContaining(asked.approvalUrl) },
    ])
    await expect(reader.list('prompts', {}, context)).rejects.toBe(down)
  })

  it('ask nobody who was not granted, whatever else was', async () => {
    const { reader, calls } = stage([toolOf('docs', 'search')], {})
    expect(await reader.list('resources', {}, context)).toEqual({ items: [], leftOut: [] })
    expect(await reader.readable(context.signal)).toEqual({ resources: false, prompts: false })
    expect(await reader.readResource({ own: 'file:///a' }, context)).toBeUndefined()
    expect(calls).toEqual([])
  })
})

describe('reading', () => {
  it('goes to the server that the URI names, with the URI of that server', async () => {
    const { reader, calls } = stage([...reading('docs'), ...reading('code')], {
      'code.read_resource': { contents: [{ uri: 'x:1', text: 'one' }] },
    })
    const wanted = reader.names.readUri('sallyport+mcp://code/x:1?a=/b#c')
    expect(await reader.readResource(wanted, context)).toEqual({
      result: { contents: [{ uri: 'x:1', text: 'one' }] },
    })
    expect(calls).toEqual([['code.read_resource', { uri: 'x:1?a=/b#c' }]])
  })

  it('takes a URI of a server’s own where one server alone can be meant, and sends it to no other', async () => {
    const answers = { 'docs.read_resource': { contents: [] } }
    const one = stage(reading('docs'), answers)
    await one.reader.readResource({ own: 'file:///a' }, context)
    expect(one.calls).toEqual([['docs.read_resource', { uri: 'file:///a' }]])
    const two = stage([...reading('docs'), ...reading('code')], answers)
    await expect(two.reader.readResource({ own: 'file:///a' }, context)).rejects.toMatchObject({
      next: expect.stringContaining('sallyport+mcp://docs/file:///a, sallyport+mcp://code/'),
    })
    expect(two.calls).toEqual([])
  })

  it('never reads of a server that was not granted, also where its name is written', async () => {
    const { reader, calls } = stage(reading('docs'), {})
    const wanted = reader.names.readUri('sallyport+mcp://code/file:///a')
    expect(await reader.readResource(wanted, context)).toBeUndefined()
    expect(calls).toEqual([])
  })

  it('tells the error that a server answers in place of a result', async () => {
    const { reader } = stage(reading('docs'), {
      'docs.get_prompt': { status: 400, body: { error: { code: -32602, message: 'No such' } } },
    })
    const getting = reader.getPrompt({ own: 'p', args: { a: 'b' } }, context)
    await expect(getting).rejects.toBeInstanceOf(UpstreamRefusal)
    await expect(getting).rejects.toMatchObject({ code: -32602, message: 'No such' })
  })
})

describe('names', () => {
  it.each(['file:///a/{path}', 'sallyport+mcp://docs/x', 'a/b', 'x:?#&%20', ' '])(
    'are read again as they were written: %s',
    (own) => {
      const { uriOf, readUri, promptOf, readPrompt } = namesOfServers
      expect(readUri(uriOf('my-server', own))).toEqual({ server: 'my-server', own })
      expect(readPrompt(promptOf('my-server', `${own}__${own}`))).toEqual({
        server: 'my-server',
        own: `${own}__${own}`,
      })
      expect(namesOfServer.uriOf('my-server', own)).toBe(own)
    },
  )
})

describe('the tool mcp', () => {
  const tools = [
    toolOf('context7', 'resolve_library_id'),
    ...reading('context7'),
    toolOf('other', 'x'),
  ]
  const answers = {
    'context7.list_resources': { resources: [{ uri: 'x:1', name: 'one' }] },
    'context7.list_resource_templates': {
      resourceTemplates: [{ uriTemplate: 'x:{n}', name: 'n' }],
    },
    'context7.read_resource': { contents: [{ uri: 'file:///absolute/path/to/file', text: 'T' }] },
    'context7.list_prompts': { prompts: [{ name: 'default' }] },
    'context7.get_prompt': { messages: [] },
  }

  it('takes the inputs of each of its seven actions', async () => {
    const { bridge, calls } = stage(tools, answers)
    expect(await bridge({ action: 'list_servers' })).toEqual({
      servers: [
        { server: 'context7', tools: 1, resources: true, prompts: true },
        { server: 'other', tools: 1, resources: false, prompts: false },
      ],
    })
    const listed = await bridge({ action: 'list_tools', server: 'context7' })
    expect(listed).toMatchObject({
      tools: [{ server: 'context7', tool: 'resolve-library-id', inputSchema: { type: 'object' } }],
    })
    const own = { libraryName: 'vitepress', query: 'How do I configure locales?' }
    expect(
      await bridge({
        ...{ action: 'call_tool', server: 'context7', tool: 'resolve-library-id' },
        arguments: own,
      }),
    ).toEqual({ called: 'context7.resolve_library_id', own })
    const resources = await bridge({ action: 'list_resources', server: 'context7' })
    expect(resources).toEqual({
      resources: [{ uri: 'sallyport+mcp://context7/x:1', name: 'one' }],
      resourceTemplates: [{ uriTemplate: 'sallyport+mcp://context7/x:{n}', name: 'n' }],
    })
    const uri = 'file:///absolute/path/to/file'
    expect(await bridge({ action: 'read_resource', server: 'context7', uri })).toEqual(
      answers['context7.read_resource'],
    )
    expect(await bridge({ action: 'list_prompts', server: 'context7' })).toEqual({
      prompts: [{ name: 'mcp__context7__default' }],
    })
    const topic = { topic: 'vitepress locales' }
    const asked = { action: 'get_prompt', server: 'context7', prompt: 'default', arguments: topic }
    expect(await bridge(asked)).toEqual({ messages: [] })
    expect(calls.at(-1)).toEqual(['context7.get_prompt', { name: 'default', arguments: topic }])
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no action', {}, /action is missing/],
    ['an action that there is not', { action: 'drop' }, /action must be one of list_servers/],
    ['a server that was not granted', { action: 'list_tools', server: 'secret' }, /no MCP server/],
    [
      'a tool that was not granted',
      { action: 'call_tool', server: 'other', tool: 'y' },
      /other has no tool y/,
    ],
    [
      'what stands for a resource, as a tool',
      { action: 'call_tool', server: 'context7', tool: 'resources/read' },
      /has no tool/,
    ],
    ['no tool', { action: 'call_tool', server: 'context7' }, /tool is missing/],
    ['no server of a tool', { action: 'call_tool', tool: 'x' }, /server is missing/],
    ['no uri', { action: 'read_resource', server: 'context7' }, /uri is missing/],
    ['no prompt', { action: 'get_prompt', server: 'context7' }, /prompt is missing/],
    [
      'a server without prompts',
      { action: 'get_prompt', server: 'other', prompt: 'default' },
      /Nothing of yours is called default/,
    ],
    ['another member', { action: 'list_servers', name: 'x' }, /name is not an argument/],
  ])('refuses %s, and sends nothing', async (_, args, message) => {
    const { bridge, calls } = stage(tools, answers)
    await expect(bridge(args)).rejects.toThrow(message)
    expect(calls).toEqual([])
  })

  it('answers with the link where an owner has to approve first', async () => {
    const { bridge } = stage(tools, { ...answers, 'context7.get_prompt': asked })
    const result = await bridge({ action: 'get_prompt', server: 'context7', prompt: 'default' })
    expect(result).toMatchObject({ approvalRequired: true, approvalUrl: asked.approvalUrl })
  })

  it('gives of a long list what a model can read at a time, and goes on from there to its end', async () => {
    const resources = Array.from({ length: 900 }, (_, at) => ({
      uri: `x:${at}`,
      name: `The resource of the number ${at}`,
    }))
    const { bridge, calls } = stage(tools, {
      ...answers,
      'context7.list_resources': { resources, nextCursor: 'two' },
      'context7.list_resource_templates': { resourceTemplates: [], nextCursor: 'more' },
    })
    const names: string[] = []
    let cursor: unknown
    for (let page = 0; page < 9 && names.length < 900; page += 1) {
      const asked = { action: 'list_resources', ...(page > 0 && { cursor }) }
      const listed = (await bridge(asked)) as Record<string, unknown>
      expect(JSON.stringify(listed).length).toBeLessThan(30_000)
      names.push(...(listed.resources as { name: string }[]).map(({ name }) => name))
      cursor = listed.nextCursor
    }
    expect(names).toEqual(resources.map(({ name }) => name))
    await bridge({ action: 'list_resources', cursor })
    expect(calls.at(-1)).toEqual(['context7.list_resources', { cursor: 'two' }])
  })

  it('says so where a cursor is none of its own', async () => {
    const { bridge, calls } = stage(tools, answers)
    for (const [action, cursor] of [
      ['list_tools', '-1'],
      ['list_tools', 'x'],
      ['list_resources', 'x~'],
      ['list_prompts', '!'],
    ]) {
      await expect(bridge({ action, cursor })).rejects.toThrow('The cursor is not one of this list')
    }
    expect(calls).toEqual([])
  })

  it('cuts a long resource to what a model is given at once, and says so', async () => {
    const text = 'ä'.repeat(40_000)
    const contents = [
      { uri: 'x:1', text },
      { uri: 'x:2', blob: 'AAAA'.repeat(10_000) },
    ]
    const { bridge } = stage(tools, { ...answers, 'context7.read_resource': { contents } })
    const result = await bridge({ action: 'read_resource', server: 'context7', uri: 'x:1' })
    expect(result).toMatchObject({ truncated: true, totalBytes: expect.any(Number) })
    expect(JSON.stringify(result).length).toBeLessThan(30_000)
  })

  it('keeps no tool that stands for resources or prompts in a list of tools', async () => {
    expect(tools.filter((tool) => !isReading(tool)).map(({ name }) => name)).toEqual([
      'context7.resolve_library_id',
      'other.x',
    ])
  })
})
