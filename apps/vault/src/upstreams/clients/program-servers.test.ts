import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  asking,
  type ClientRoom,
  calling,
  createClientRoom,
  plantedSecret,
  problemOf,
} from '../../../../../test/fixtures/upstreams/client-room.ts'
import { untilGone } from '../../../../../test/fixtures/upstreams/process-group.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { cutClean } from './cut-clean.ts'
import { stageOf } from './upstream-clients.ts'

const rooms: ClientRoom[] = []
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.end()
})
function room(...options: Parameters<typeof createClientRoom>): ClientRoom {
  const made = createClientRoom(...options)
  rooms.push(made)
  return made
}
const open = (mode: string, ...more: [object?]) => room().hostile(mode, ...more)

describe('connecting to a program', () => {
  it('ends with its hello, and with nothing left after close', async () => {
    verifies('S-40')
    const at = room()
    const upstream = await at.hostile('fine')
    expect(upstream.serverInfo).toEqual({ name: 'hostile fine', version: '1', title: undefined })
    expect(upstream.protocolVersion).toBe('2025-11-25')
    expect(upstream.capabilities).toMatchObject({ tools: { listChanged: true }, resources: {} })
    expect(upstream.instructions).toBe('Be careful.')
    const closed = vi.fn()
    upstream.onClosed(closed)
    await Promise.all([upstream.close(), upstream.close()])
    for (const group of at.groups) await untilGone(group, 200)
    expect(closed).not.toHaveBeenCalled()
    expect(await problemOf(calling(upstream, ['echo']))).toMatchObject({
      type: 'upstream-unreachable',
    })
  })

  it.each([
    ['exits-at-once', 'upstream-unreachable', 'initialize', /ended with status 3/],
    ['never-says-hello', 'upstream-timeout', 'initialize', /in time/],
    ['silent', 'upstream-timeout', 'initialize', /in time/],
    ['hello-is-no-object', 'upstream-invalid-response', 'initialize', /no valid MCP/],
    ['hello-is-refused', 'upstream-invalid-response', 'initialize', /error -32000/],
    ['speaks-of-1999', 'upstream-invalid-response', 'initialize', /no valid MCP/],
    ['hello-with-the-wrong-id', 'upstream-timeout', 'initialize', /in time/],
    ['hello-with-a-text-id', 'upstream-timeout', 'initialize', /in time/],
    ['hello-deep', 'upstream-invalid-response', 'initialize', /nested deeper/],
    ['endless-line', 'response-too-large', 'initialize', /longer than is taken/],
  ])('fails plainly and leaves nobody behind: %s', async (...[mode, type, stage, sentence]) => {
    verifies('S-22', 'S-40')
    const at = room()
    const problem = await problemOf(at.hostile(mode, { connectTimeoutMs: 2_500 }))
    expect([problem.type, stageOf(problem)]).toEqual([type, stage])
    expect(problem.detail).toMatch(sentence)
    expect(at.groups.length).toBeGreaterThan(0)
    for (const group of at.groups) await untilGone(group)
  })

  it('says what the program said last, without the secrets that it was given', async () => {
    verifies('S-38')
    const problem = await problemOf(open(`says-why-and-exits ${plantedSecret}`))
    expect(problem.detail).toBe(
      'The program of the server ended with status 1; it said last: fatal: the key [redacted] is wrong.',
    )
    const said = vi.fn()
    await problemOf(open(`says-why-and-exits ${plantedSecret}`, { onFailedLog: said }))
    expect(said).toHaveBeenLastCalledWith('loading\nfatal: the key [redacted] is wrong\n')
    const refused = await problemOf(open(`hello-is-refused ${plantedSecret}`))
    expect(JSON.stringify([refused.detail, refused.next, refused.extra])).not.toContain(
      plantedSecret,
    )
  })

  it.each([
    ['throw new Error("no key")', 'Error: no key.'],
    [
      'console.error("npm error 404 Not Found\\nnpm error A complete log of this run can be found in: /x"); process.exit(1)',
      'npm error 404 Not Found.',
    ],
    ['console.error("  usage: words FILE"); process.exit(2)', 'usage: words FILE.'],
  ])('says of a program what tells most, and not what stands below it: %s', async (code, words) => {
    const problem = await problemOf(room().open({ args: ['-e', code] }))
    expect(problem.detail).toMatch(/; it said last: /)
    expect(problem.detail.split('it said last: ')[1]).toBe(words)
  })

  it('takes out a secret whole also where what is shown begins or ends within it', async () => {
    verifies('S-38')
    const at = room()
    const upstream = await at.hostile(`fills-stderr ${plantedSecret}`)
    await vi.waitFor(() => expect(upstream.stderrTail()).toHaveLength(8 * 1024))
    expect(upstream.stderrTail()).not.toContain(plantedSecret.slice(-5))
    const text = `${'x'.repeat(994)}${plantedSecret}`
    const redact = (said: string) => said.replaceAll(plantedSecret, '[redacted]')
    expect(cutClean(redact, text, 1_000)).toBe(`${'x'.repeat(994)}[redac`)
  })

  it.each([
    'silent-on-discover',
    'exits-on-discover',
    'greets',
    'floods-stderr',
    'ignores-sigterm',
  ])('works with an older or untidy program: %s', async (mode) => {
    const at = room()
    const upstream = await at.hostile(mode)
    expect(await calling(upstream, ['echo', { a: 1 }])).toMatchObject({ ok: true })
    await upstream.close()
    for (const group of at.groups) await untilGone(group, 500)
  })

  it('remembers what a server speaks, so that it is asked only once', async () => {
    const at = room()
    await (await at.hostile('exits-on-discover')).close()
    expect(at.groups).toHaveLength(2)
    await (await at.hostile('exits-on-discover')).close()
    expect(at.groups).toHaveLength(3)
  })

  it('stops at a signal, with nobody left behind', async () => {
    const at = room()
    const reason = new Problem('request-stopped', 'The owner thought again.')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 300)
    const config = { args: [at.room.hostile, 'never-says-hello'] }
    expect(await problemOf(at.open(config, stop.signal))).toBe(reason)
    for (const group of at.groups) await untilGone(group, 200)
  })

  it.each(['floods-stdout', 'floods-empty-lines'])(
    'does not go on with a program that writes anything but messages: %s',
    async (mode) => {
      verifies('S-22')
      const at = room()
      const why = at.hostile(mode).then(
        (upstream) => new Promise<Problem>((resolve) => upstream.onClosed(resolve)),
        (error: Problem) => error,
      )
      expect(await why).toMatchObject({ detail: expect.stringContaining('no MCP message') })
      for (const group of at.groups) await untilGone(group)
    },
  )

  it('leaves others most of the time, however much one sends', async () => {
    verifies('S-22', 'S-44')
    const at = room()
    const upstream = await at.hostile('fine')
    void calling(upstream, ['flood-of-members']).catch(() => {})
    const before = performance.eventLoopUtilization()
    await sleep(3_000)
    // Reading without a pause it is busy all of the time.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.6)
    await upstream.close()
  })

  it('refuses a program that is not listed', async () => {
    verifies('S-40')
    const problem = await problemOf(room().open({ command: '/bin/sh', args: ['-c', 'id'] }))
    expect([problem.type, stageOf(problem)]).toEqual(['upstream-command-refused', 'resolve'])
  })

  it('ends with the vault, whatever is under way', async () => {
    verifies('S-40')
    const at = room()
    const upstream = await at.hostile('ignores-sigterm')
    const call = problemOf(calling(upstream, ['never']))
    const connecting = problemOf(at.hostile('never-says-hello'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await at.clients.close()
    for (const group of at.groups) await untilGone(group, 500)
    expect((await call).type).toBe('upstream-unreachable')
    expect((await connecting).type).toBe('request-stopped')
    expect((await problemOf(at.hostile('fine'))).type).toBe('request-stopped')
  })
})

describe('asking a program', () => {
  it('passes results on as they came', async () => {
    const upstream = await open('fine')
    expect(await calling(upstream, ['rich'])).toEqual({
      ok: true,
      json: expect.any(String),
      result: {
        content: [
          { type: 'text', text: 'hi', annotations: { audience: ['user'] } },
          { type: 'image', data: 'iVBORw0=', mimeType: 'image/png' },
          { type: 'made_up', more: { deep: [1, null, 'x'] } },
        ],
        structuredContent: { b: 1, a: [true] },
        isError: false,
        _meta: { 'example.com/key': 'value' },
        further: 'member',
      },
    })
    expect(await calling(upstream, ['says-no'])).toMatchObject({
      ok: true,
      result: { isError: true },
    })
    expect(await calling(upstream, ['refuses'])).toEqual({
      ok: false,
      error: { code: -32602, message: 'no such thing' },
    })
  })

  it('asks for resources and prompts too', async () => {
    const upstream = await open('fine')
    const results = await Promise.all([
      asking(upstream, ['resources/list', {}]),
      asking(upstream, ['resources/templates/list', {}]),
      asking(upstream, ['resources/read', { uri: 'memo://1' }]),
      asking(upstream, ['prompts/list', {}]),
      asking(upstream, ['prompts/get', { name: 'p' }]),
    ])
    expect(results.map((reply) => (reply.ok ? reply.result : reply.error))).toEqual([
      { resources: [{ uri: 'memo://1', name: 'one', odd: true }] },
      { resourceTemplates: [] },
      { contents: [{ uri: 'memo://1', text: 'read' }], odd: 1 },
      { prompts: [{ name: 'p' }] },
      { messages: [{ role: 'user', content: { type: 'text', text: 'p' } }] },
    ])
  })

  it('never takes an answer for another’s, whatever its id says', async () => {
    verifies('S-23')
    const upstream = await open('fine')
    const wrong = await problemOf(calling(upstream, ['wrong-id'], { timeoutMs: 500 }))
    expect(wrong.type).toBe('upstream-timeout')
    const never = problemOf(calling(upstream, ['never'], { timeoutMs: 1_500 }))
    expect(await calling(upstream, ['odd-ids'])).toMatchObject({ result: { right: true } })
    expect(await calling(upstream, ['twice'])).toMatchObject({ result: { first: true } })
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, n) => calling(upstream, ['echo', { n }])),
    )
    expect(
      many.map((reply) => reply.ok && JSON.parse(JSON.parse(reply.json).content[0].text).n),
    ).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect((await never).type).toBe('upstream-timeout')
  })

  it('tells the server when nobody waits any more, and a late answer is nobody’s', async () => {
    verifies('S-23')
    const upstream = await open('fine')
    const reason = new Problem('agent-disabled', 'The agent was disabled.')
    const stop = new AbortController()
    const stopped = problemOf(calling(upstream, ['late', { ms: 500 }], { signal: stop.signal }))
    setTimeout(() => stop.abort(reason), 150)
    expect(await stopped).toBe(reason)
    const expired = await problemOf(calling(upstream, ['late', { ms: 400 }], { timeoutMs: 150 }))
    expect([expired.type, stageOf(expired)]).toEqual(['upstream-timeout', 'call'])
    expect(expired.next).toContain('may have been carried out')
    const later = await calling(upstream, ['late', { ms: 700 }])
    expect(later).toMatchObject({ result: { late: true } })
    const { result } = (await calling(upstream, ['heard'])) as unknown as {
      result: { structuredContent: { heard: { method: string; params: object }[] } }
    }
    const cancelled = result.structuredContent.heard.filter(
      ({ method }) => method === 'notifications/cancelled',
    )
    expect(cancelled).toHaveLength(2)
    expect(JSON.stringify(cancelled)).not.toContain('disabled')
    expect((await problemOf(calling(upstream, ['echo'], { signal: stop.signal }))).type).toBe(
      'agent-disabled',
    )
  })

  it('forwards progress, and waits for as long as there is some, up to the deadline', async () => {
    const upstream = await open(`fine ${plantedSecret}`, { readTimeoutMs: 400 })
    const progress: unknown[] = []
    const onProgress = (one: unknown) => progress.push(one)
    const slow = await calling(upstream, ['progress', { times: 4, ms: 200 }], { onProgress })
    expect(slow).toMatchObject({ result: { done: 4 } })
    expect(progress).toEqual(
      [1, 2, 3, 4].map((n) => ({ progress: n, total: 4, message: `step ${n} [redacted]` })),
    )
    const silent = await problemOf(calling(upstream, ['late', { ms: 1_000 }]))
    expect(silent.type).toBe('upstream-timeout')
    const from = performance.now()
    const endless = await problemOf(
      calling(upstream, ['progress', { times: 100, ms: 100 }], { timeoutMs: 1_000 }),
    )
    expect(endless.type).toBe('upstream-timeout')
    expect(performance.now() - from).toBeLessThan(1_400)
  })

  it('takes no more than the bound of the call, and goes on with the next', async () => {
    verifies('S-22', 'S-44')
    const at = room({ messageBytesMax: 200_000 })
    const upstream = await at.hostile('fine')
    for (const [name, bytes] of [
      ['huge', 50_000],
      ['huge', 1_000_000],
      ['huge-id-last', 1_000_000],
    ] as const) {
      const problem = await problemOf(calling(upstream, [name, { bytes }], { bytesMax: 10_000 }))
      expect([problem.type, stageOf(problem)]).toEqual(['response-too-large', 'call'])
    }
    const deep = await problemOf(calling(upstream, ['deep']))
    expect(deep.type).toBe('upstream-invalid-response')
    const broken = await problemOf(calling(upstream, ['no-json-rpc'], { timeoutMs: 1_000 }))
    expect(['upstream-invalid-response', 'upstream-timeout']).toContain(broken.type)
    expect(await calling(upstream, ['echo'])).toMatchObject({ ok: true })
    expect(at.groups).toHaveLength(1)
  })

  it('sends no more than is taken', async () => {
    const upstream = await open('fine')
    const huge = await problemOf(calling(upstream, ['echo', { x: 'x'.repeat(9_000_000) }]))
    expect(huge.type).toBe('invalid-input')
  })

  it.each([
    ['exits', 'upstream-unreachable', /ended with status 4/],
    ['flood-notices', 'upstream-invalid-response', /floods/],
    ['asks-without-end', 'upstream-invalid-response', /floods/],
  ])('ends, and says why, where the server does: %s', async (name, type, sentence) => {
    verifies('S-22', 'S-40')
    const at = room()
    const upstream = await at.hostile('fine')
    const why = new Promise<Problem>((resolve) => upstream.onClosed(resolve))
    const pending = problemOf(calling(upstream, ['never']))
    const call = problemOf(calling(upstream, [name]))
    expect(await why).toMatchObject({ type, detail: expect.stringMatching(sentence) })
    expect((await call).type).toMatch(/^upstream-/)
    expect((await pending).type).toMatch(/^upstream-/)
    for (const group of at.groups) await untilGone(group)
    const again = vi.fn()
    upstream.onClosed(again)
    expect(again).toHaveBeenCalledOnce()
    expect((await problemOf(calling(upstream, ['echo']))).type).toBe('upstream-unreachable')
    expect((await problemOf(upstream.listTools())).type).toBe(type)
  })

  it('answers a ping, and what a server asks otherwise with “method not found”', async () => {
    const upstream = await open('fine')
    const reply = await calling(upstream, ['asks'])
    const heard = reply.ok ? JSON.parse(reply.json).structuredContent.heard : []
    const of = (id: string) => heard.find((answer: { id?: string }) => answer.id === id)
    for (const n of [0, 1, 2, 4, 5]) expect(of(`mine-${n}`).error.code).toBe(-32601)
    expect(of('mine-3').result).toEqual({})
  })

  it('has no more than so many requests under way', async () => {
    const upstream = await open('fine')
    const pending = Array.from({ length: 64 }, () =>
      problemOf(calling(upstream, ['never'], { timeoutMs: 1_000 })),
    )
    expect((await problemOf(calling(upstream, ['echo']))).type).toBe('overloaded')
    await Promise.all(pending)
    expect(await calling(upstream, ['echo'])).toMatchObject({ ok: true })
  })
})

describe('the tools of a program', () => {
  const listing = async (mode: string) => (await open(mode)).listTools()

  it('are listed as they were written', async () => {
    const { tools, leftOut } = await listing('fine')
    expect(leftOut).toEqual([])
    expect(tools[0]).toEqual({
      name: 'echo',
      description: 'does echo',
      inputSchema: { type: 'object', properties: {} },
    })
  })

  it('are a thousand at most', async () => {
    verifies('S-22')
    const { tools, leftOut } = await listing('ten-thousand-tools')
    expect(tools).toHaveLength(1000)
    expect(leftOut).toEqual([expect.stringContaining('more than 1000 tools')])
  })

  it('are those that can be kept: gigantic and bottomless ones are left out, by name', async () => {
    verifies('S-22')
    const gigantic = await listing('gigantic-schemas')
    expect(gigantic.tools.map(({ name }) => name)).toEqual(['small'])
    expect(gigantic.leftOut).toEqual(['The tool "huge" is larger than 128 KB.'])
    const deep = await listing('deep-schemas')
    expect(deep.tools.map(({ name }) => name)).toEqual(['flat'])
    expect(deep.leftOut).toEqual(['The tool "deep" is nested deeper than 64 levels.'])
  })

  it('keep broken schemas as they are, but for what is no tool at all', async () => {
    const { tools, leftOut } = await listing('broken-schemas')
    expect(tools.map(({ name }) => name)).toEqual(['recursive', 'wrong'])
    expect(tools[1]?.inputSchema).toEqual({ type: 'quark', pattern: '(' })
    expect(tools[0]?.inputSchema).toMatchObject({
      properties: { far: { $ref: 'http://127.0.0.1:1/x' } },
    })
    expect(leftOut).toEqual([
      'The tool "none" has no schema of its input.',
      'The tool "list" has no schema of its input.',
      ...Array.from({ length: 4 }, () => 'A tool has no name.'),
    ])
  })

  it('may have odd names, once', async () => {
    const { tools, leftOut } = await listing('odd-names')
    expect(tools.map(({ name }) => name)).toEqual([
      'a b',
      'ü.ö',
      '../../etc',
      'x\u202ey\u0000',
      '"quoted"',
      '__proto__',
    ])
    expect(leftOut).toHaveLength(2)
    expect(leftOut[1]).toBe('The tool "a b" is there twice; the first is used.')
  })

  it('end where pages do not', async () => {
    verifies('S-22')
    const endless = await listing('endless-pages')
    expect(endless).toEqual({
      tools: [],
      leftOut: [expect.stringContaining('more than 100 pages')],
    })
    const circular = await listing('circular-pages')
    expect(circular.tools.map(({ name }) => name)).toEqual(['at-undefined', 'at-a', 'at-b'])
    expect(circular.leftOut).toEqual([expect.stringContaining('goes in a circle')])
    expect(await listing('tools-are-no-list')).toEqual({ tools: [], leftOut: [expect.any(String)] })
    // What is left out was looked at, and counts as well.
    const giants = await listing('pages-of-giants')
    expect(giants.tools).toEqual([])
    expect(giants.leftOut.length).toBeLessThan(40)
    expect(giants.leftOut.at(-1)).toContain('8 MB of them')
  })

  it('show no secret that the server was given', async () => {
    verifies('S-20')
    const { tools, leftOut } = await listing(`leaks-in-tools ${plantedSecret}`)
    expect(tools.map(({ name }) => name)).toEqual(['fine'])
    expect(leftOut).toEqual(['The tool "leaks" shows a secret of the server.'])
    const named = await listing(`leaks-in-names ${plantedSecret}`)
    expect(JSON.stringify(named)).not.toContain(plantedSecret.slice(0, 6))
    expect(named.leftOut).toEqual([expect.stringContaining('shows a secret')])
  })

  it('are said to have changed once for a storm of notices', async () => {
    const upstream = await open('fine')
    const changed = vi.fn()
    upstream.onListChanged(changed)
    const from = performance.now()
    for (let i = 0; i < 3; i += 1) await calling(upstream, ['storm', { times: 500 }])
    await new Promise((resolve) => setTimeout(resolve, 600))
    // Of 1500 notices: one, and another one for each two seconds that a busy machine took for them.
    const told = changed.mock.calls.length
    expect(told).toBeGreaterThanOrEqual(1)
    expect(told).toBeLessThanOrEqual(1 + Math.floor((performance.now() - from) / 2_000))
    expect(changed.mock.calls.flat()).toEqual(Array(told).fill('tools'))
    await calling(upstream, ['storm', { times: 500 }])
    await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThan(told), {
      timeout: 3_000,
    })
  })
})
