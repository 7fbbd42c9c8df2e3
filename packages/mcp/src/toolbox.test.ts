import { type AgentTool, mcpToolName, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import type { CallContext } from './call-context.ts'
import { createGivenLinks } from './given-links.ts'
import { FailedOfForm, PassedResult } from './pass-result.ts'
import { createUpstreamReader } from './read-upstreams.ts'
import { namesOfAll, namesOfToolset } from './tool-naming.ts'
import { createToolbox, UnknownTool } from './toolbox.ts'
import { namesOfServers } from './upstream-names.ts'

type Input = Readonly<Record<string, unknown>>
type Answer = object | Problem

const context: CallContext = {
  signal: new AbortController().signal,
  hearsProgress: false,
  report: () => {},
}
const signal = context.signal
const sent = { status: 201, headers: {}, body: { ok: true }, auditId: 'aud_2' }
const asked = (id = 'apr_1') => ({
  approvalRequired: true,
  approvalRequestId: id,
  approvalUrl: `http://vault/approvals/${id}`,
  expiresAt: '2027-01-01T00:00:00.000Z',
  reason: 'The grant asks for it.',
  auditId: 'aud_1',
})
const seen = (status: string) => ({ approval: { id: 'apr_1', status } })

const toolOf = (toolset: string, name: string, more: Partial<AgentTool> = {}): AgentTool => ({
  name: `${toolset}.${name}`,
  mcpName: mcpToolName(toolset, name),
  toolset,
  description: `Does ${name}`,
  inputSchema: { $schema: 'x', type: 'object', properties: {}, 'x-kept': [1] },
  annotations: { readOnlyHint: true },
  digest: 'd',
  ...more,
})

interface Scene {
  readonly tools?: readonly AgentTool[]
  readonly listing?: 'auto' | 'all' | 'search'
  readonly answers?: Readonly<Record<string, readonly Answer[]>>
  readonly hasOwn?: boolean
  readonly toolset?: string
}

/** A toolbox against a vault that answers each operation with its answers in turn, the last again and again. */
function stage({ tools = [toolOf('api', 'get')], listing = 'auto', ...scene }: Scene = {}) {
  const calls: [string, Input][] = []
  const counts = new Map<string, number>()
  const call = async (id: string, input: Input) => {
    calls.push([id, input])
    const count = counts.get(id) ?? 0
    counts.set(id, count + 1)
    const answer = scene.answers?.[id]?.[count] ?? scene.answers?.[id]?.at(-1)
    if (answer === undefined) throw new Error(`Nobody expected ${id}`)
    if (answer instanceof Problem) throw answer
    return answer
  }
  let nowMs = 0
  const clock = {
    now: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms
    },
  }
  const granted = { list: async () => ({ tools, listing, revision: 'r' }) }
  const calling = {
    ...{ client: { call } as unknown as Client, clock, granted, given: createGivenLinks(10) },
    config: { pollTimeoutMs: 300_000, pollIntervalMs: 5_000 },
  }
  const box = createToolbox({
    ...{ ...calling, hasOwn: scene.hasOwn ?? true },
    naming: scene.toolset === undefined ? namesOfAll(granted) : namesOfToolset(scene.toolset),
    reader: createUpstreamReader({ ...calling, names: namesOfServers }),
  })
  return {
    box,
    calls,
    waitedMs: () => nowMs,
    run: async (name: string, args: Input = {}) => (await box.call(name, args, context)) as Input,
  }
}

describe('the list', () => {
  it('holds the seven and what was granted, as it is', async () => {
    const { box } = stage({ tools: [toolOf('api', 'get', { title: 'Get' })] })
    const listed = await box.list(signal)
    expect(listed).toHaveLength(8)
    expect(listed.at(-1)).toEqual({
      name: 'api__get',
      title: 'Get',
      description: 'Does get',
      inputSchema: { $schema: 'x', type: 'object', properties: {}, 'x-kept': [1] },
      annotations: { readOnlyHint: true },
    })
  })

  it.each<[number, 'auto' | 'all' | 'search', boolean]>([
    [0, 'auto', false],
    [40, 'auto', false],
    [41, 'auto', true],
    [41, 'all', false],
    [1, 'search', true],
  ])('of %i tools, listed as %s, gives way to two tools: %s', async (count, listing, searched) => {
    const tools = Array.from({ length: count }, (_, n) => toolOf('api', `t${n}`))
    const { box } = stage({ tools, listing, hasOwn: false })
    const names = (await box.list(signal)).map(({ name }) => name)
    expect(names).toEqual(
      searched ? ['search_tools', 'call_tool'] : tools.map(({ mcpName }) => mcpName),
    )
  })
})

describe('a granted tool', () => {
  it('is called by its listed name with its arguments as they are', async () => {
    const { run, calls } = stage({ answers: { callMyTool: [sent] } })
    const args = { a: null, approvalId: 'x', select: 1, nested: { b: [] } }
    expect(await run('api__get', args)).toEqual(sent)
    expect(calls).toEqual([['callMyTool', { name: 'api.get', arguments: args }]])
  })

  it('says that arguments are nested too deeply, and asks the vault nothing', async () => {
    const { run, calls } = stage({ answers: { callMyTool: [sent] } })
    const levels = 200_000
    const deep: unknown = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    await expect(run('api__get', { deep })).rejects.toMatchObject({ type: 'invalid-arguments' })
    expect(calls).toEqual([])
  })

  it('with a name that was cut is found by its list, and any other by itself', async () => {
    const long = 'x'.repeat(48)
    const tools = [toolOf('a-toolset-with-a-long-name', long)]
    const { run, calls } = stage({ tools, answers: { callMyTool: [sent] } })
    await run(tools[0]?.mcpName ?? '')
    await run('other__not_listed')
    expect(calls.map(([, input]) => input.name)).toEqual([
      `a-toolset-with-a-long-name.${long}`,
      'other.not_listed',
    ])
    await expect(run('y'.repeat(64))).rejects.toBeInstanceOf(UnknownTool)
  })

  it('of one toolset goes by its own name, and by no other', async () => {
    const { run, box, calls } = stage({
      toolset: 'api',
      hasOwn: false,
      answers: { callMyTool: [sent] },
    })
    expect((await box.list(signal)).map(({ name }) => name)).toEqual(['get'])
    await run('get')
    await run('call_tool', { name: 'get' })
    expect(calls.map(([, input]) => input.name)).toEqual(['api.get', 'api.call_tool'])
    for (const name of ['api.get', '../get', '', '1', 'x'.repeat(49)]) {
      await expect(run(name)).rejects.toBeInstanceOf(UnknownTool)
    }
  })

  it('that the vault does not know of is unknown, as is every name that could be none', async () => {
    const { run, calls } = stage({ answers: { callMyTool: [new Problem('tool-not-found')] } })
    await expect(run('api__gone')).rejects.toBeInstanceOf(UnknownTool)
    for (const name of [
      'rm',
      'api.get',
      '__get',
      'api__',
      'API__get',
      'a b__get',
      'search_tools',
      'call_tool',
      'constructor',
    ]) {
      await expect(run(name)).rejects.toBeInstanceOf(UnknownTool)
    }
    expect(calls).toHaveLength(1)
  })

  it('is cut at 24 KB, and says that a call that changes something is not to be made again for it', async () => {
    const body = { items: Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'x'.repeat(20) })) }
    const { run } = stage({ answers: { callMyTool: [{ ...sent, body }] } })
    const cut = await run('api__get')
    expect(cut).toMatchObject({ truncated: true, totalBytes: expect.any(Number) })
    expect(Buffer.byteLength(String(cut.body))).toBeLessThanOrEqual(24 * 1024)
    expect(cut.next).toMatch(/items\[3000\].*do not repeat/s)
    expect(cut.next).not.toMatch(/maxBytes|select/)
  })
})

describe('a granted tool that an owner has to approve', () => {
  const order = { symbol: 'X', amount: 1 }

  it('is answered with the link at once, and waits when it is called again, in whatever order', async () => {
    const { run, calls } = stage({
      answers: {
        callMyTool: [asked(), asked(), sent],
        getMyApproval: [seen('pending'), seen('pending'), seen('approved')],
      },
    })
    const first = await run('api__get', order)
    expect(first.next).toMatch(
      /Show the user http:\/\/vault\/approvals\/apr_1.*call api__get again with the same arguments/s,
    )
    expect(await run('api__get', { amount: 1, symbol: 'X' })).toEqual(sent)
    const named = { name: 'api.get', arguments: order }
    expect(calls).toEqual([
      ['callMyTool', named],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: 0 }],
      ['callMyTool', { ...named, approvalId: 'apr_1' }],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: 20 }],
      ['getMyApproval', { approvalId: 'apr_1', waitSeconds: expect.any(Number) }],
      ['callMyTool', { ...named, approvalId: 'apr_1' }],
    ])
  })

  it('with other arguments is another call', async () => {
    const { run, calls } = stage({
      answers: { callMyTool: [asked('apr_1'), asked('apr_2')], getMyApproval: [seen('pending')] },
    })
    await run('api__get', order)
    expect(await run('api__get', { ...order, amount: 2 })).toMatchObject({
      approvalRequestId: 'apr_2',
    })
    const made = calls.filter(([id]) => id === 'callMyTool')
    expect(made.map(([, input]) => input.approvalId)).toEqual([undefined, undefined])
  })

  it('that was approved before this program knew of it is sent at once', async () => {
    const { run, calls } = stage({
      answers: { callMyTool: [asked(), sent], getMyApproval: [seen('approved')] },
    })
    expect(await run('api__get', order)).toEqual(sent)
    expect(calls.at(-1)?.[1]).toMatchObject({ approvalId: 'apr_1' })
  })

  it('that was denied says so once, and then is a new call', async () => {
    const { run, calls } = stage({
      answers: {
        callMyTool: [asked('apr_1'), new Problem('approval-denied', 'No.'), asked('apr_2')],
        getMyApproval: [seen('pending')],
      },
    })
    await run('api__get', order)
    await expect(run('api__get', order)).rejects.toMatchObject({ type: 'approval-denied' })
    expect(await run('api__get', order)).toMatchObject({ approvalRequestId: 'apr_2' })
    expect(
      calls.filter(([id]) => id === 'callMyTool').map(([, input]) => input.approvalId),
    ).toEqual([undefined, 'apr_1', undefined])
  })

  it.each([
    'approval-expired',
    'approval-consumed',
    'approval-stale',
    'approval-cancelled',
  ] as const)('is asked for anew where the earlier one ended (%s)', async (type) => {
    const { run } = stage({
      answers: {
        callMyTool: [asked('apr_1'), new Problem(type), asked('apr_2')],
        getMyApproval: [seen('pending')],
      },
    })
    await run('api__get', order)
    expect(await run('api__get', order)).toMatchObject({ approvalRequestId: 'apr_2' })
  })

  it('is no approval of another refusal: that is said, and the approval kept', async () => {
    const { run, calls } = stage({
      answers: {
        callMyTool: [asked(), new Problem('limit-exceeded'), sent],
        getMyApproval: [seen('pending')],
      },
    })
    await run('api__get', order)
    await expect(run('api__get', order)).rejects.toMatchObject({ type: 'limit-exceeded' })
    expect(await run('api__get', order)).toEqual(sent)
    expect(calls.at(-1)?.[1]).toMatchObject({ approvalId: 'apr_1' })
  })
})

describe('where tools are searched', () => {
  const scene = { listing: 'search', hasOwn: false } as const

  it('finds and calls them, with what the call says beside the tool’s arguments', async () => {
    const { run, calls } = stage({ ...scene, answers: { callMyTool: [sent] } })
    expect(await run('search_tools', { query: 'get' })).toMatchObject({
      tools: [{ name: 'api__get' }],
      total: 1,
    })
    const args = { name: 'api__get', arguments: { name: 'x' }, reason: 'Why', select: 'ok' }
    expect(await run('call_tool', args)).toEqual({ ...sent, body: true })
    expect(calls).toEqual([
      ['callMyTool', { name: 'api.get', arguments: { name: 'x' }, reason: 'Why' }],
    ])
  })

  it('waits for an owner as long as it is told to, by the approval that is named', async () => {
    const { run, calls, waitedMs } = stage({
      ...scene,
      answers: { callMyTool: [asked()], getMyApproval: [seen('pending')] },
    })
    const first = await run('call_tool', { name: 'api__get', arguments: {} })
    expect(first.next).toMatch(/call call_tool again.*approvalId "apr_1" and waitSeconds/s)
    await run('call_tool', { name: 'api__get', approvalId: 'apr_1', waitSeconds: 10 })
    expect(waitedMs()).toBeGreaterThan(0)
    expect(calls.filter(([id]) => id === 'callMyTool').at(-1)?.[1]).toMatchObject({
      approvalId: 'apr_1',
    })
  })

  it.each<[string, Input]>([
    ['search_tools', { query: 1 }],
    ['search_tools', { limit: 0 }],
    ['search_tools', { words: 'x' }],
    ['call_tool', {}],
    ['call_tool', { name: 'api__get', arguments: 'x' }],
    ['call_tool', { name: 'api__get', symbol: 'X' }],
    ['call_tool', { name: 'api__get', waitSeconds: 301 }],
  ])('says what is wrong with %s %o, and calls nothing', async (name, args) => {
    const { run, calls } = stage(scene)
    await expect(run(name, args)).rejects.toMatchObject({ type: 'invalid-input' })
    expect(calls).toEqual([])
  })
})

describe('a tool of an upstream server', () => {
  const form = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
  const tool = (more: Partial<AgentTool> = {}) =>
    toolOf('files', 'read', {
      mcpName: mcpToolName('files', 'read', true),
      upstream: { method: 'tools/call', tool: 'Read' },
      ...more,
    })
  const result = { content: [{ type: 'text', text: '1' }], structuredContent: { n: 1 } }
  const answer = { status: 200, headers: {}, body: result, auditId: 'aud_2' }

  it('is listed as hosts list such tools, with its own schema of results, and answers as its server does', async () => {
    const { box, run, calls } = stage({
      ...{
        tools: [tool({ outputSchema: form })],
        hasOwn: false,
        answers: { callMyTool: [answer] },
      },
    })
    expect((await box.list(signal)).at(-1)).toMatchObject({
      name: 'mcp__files__read',
      outputSchema: form,
    })
    const made = await run('mcp__files__read', { path: 'a' })
    expect(made).toBeInstanceOf(PassedResult)
    expect((made as unknown as PassedResult).result).toEqual(result)
    expect(calls.at(-1)).toEqual(['callMyTool', { name: 'files.read', arguments: { path: 'a' } }])
  })

  it('is told from a tool of a toolset called mcp', async () => {
    const other = toolOf('mcp', 'files__read')
    const { run, calls } = stage({ tools: [tool(), other], answers: { callMyTool: [answer] } })
    await run('mcp__files__read')
    await run(other.mcpName)
    expect(calls.map(([, { name }]) => name)).toEqual(['files.read', 'mcp.files__read'])
    expect(other.mcpName).not.toBe('mcp__files__read')
  })

  it('says that an owner has to approve, and what refuses it, without a result that is not of its form', async () => {
    const tools = [tool({ outputSchema: form })]
    const waiting = stage({
      tools,
      answers: { callMyTool: [asked()], getMyApproval: [seen('pending')] },
    })
    const made = (await waiting.run('mcp__files__read')) as unknown as PassedResult
    expect(made.result).not.toHaveProperty('structuredContent')
    expect(JSON.stringify(made.result.content)).toContain('http://vault/approvals/apr_1')
    const refused = stage({ tools, answers: { callMyTool: [new Problem('policy-denied', 'No.')] } })
    await expect(refused.run('mcp__files__read')).rejects.toBeInstanceOf(FailedOfForm)
  })

  it('is enclosed in what call_tool answers', async () => {
    const { run } = stage({ tools: [tool()], listing: 'search', answers: { callMyTool: [answer] } })
    const made = (await run('call_tool', { name: 'mcp__files__read' })) as unknown as PassedResult
    expect(made.result.structuredContent).toEqual({ texts: ['1'], structured: { n: 1 } })
  })
})
