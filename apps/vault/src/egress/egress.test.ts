import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../../../../test/fixtures/echo-upstream.ts'
import { startFaultProxy } from '../../../../test/fixtures/fault-proxy.ts'
import { startHostileUpstream } from '../../../../test/fixtures/hostile-upstream.ts'
import { verifies } from '../../../../test/verifies.ts'
import {
  createEgress,
  type Egress,
  type EgressLimits,
  type OutgoingRequest,
  type SendOptions,
  type StopExchange,
  type UpstreamAnswer,
} from './egress.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function echo(): Promise<EchoUpstream> {
  const server = await startEchoUpstream()
  closers.push(server.close)
  return server
}

function build(limits: Partial<EgressLimits> = {}): Egress {
  const egress = createEgress({ allowCidrs: ['127.0.0.0/8'], denyCidrs: [], now: Date.now, limits })
  closers.push(egress.close)
  return egress
}

const options: SendOptions = { poolKey: 'con_a:1', responseBytesMax: 1_000_000, deadlineMs: 5_000 }

function get(url: string, headers: OutgoingRequest['headers'] = []): OutgoingRequest {
  return { method: 'GET', url, headers }
}

async function read(answer: UpstreamAnswer): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw new Error(`Expected a problem, got ${String(error)}`)
}

describe('sending', () => {
  it('writes headers and values exactly, in order and once, and its own before them', async () => {
    verifies('S-18')
    const server = await echo()
    const headers = [
      ['Accept', 'application/json;  q=0.5,\u00e9'],
      ['X-Empty', ''],
      ['authorization', 'Bearer abc'],
      ['accept-encoding', 'identity'],
      ['Content-Type', 'text/plain'],
    ] as const
    const body = Buffer.from('h\u00e9llo')
    const url = `${server.origin}/a/b?x=%20&y`
    await read(await build().send({ method: 'POST', url, headers, body }, options))
    const [seen] = server.requests
    expect(seen?.line).toBe('POST /a/b?x=%20&y HTTP/1.1')
    expect(seen?.headers).toEqual([
      ['host', `127.0.0.1:${server.port}`],
      ['connection', 'keep-alive'],
      ...headers,
      ['content-length', '6'],
    ])
    expect(seen?.body).toEqual(body)
  })

  it('sends each method as it is', async () => {
    const server = await echo()
    const egress = build()
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await egress.send({ method, url: `${server.origin}/`, headers: [] }, options)
      expect(answer.status).toBe(200)
      const bytes = await read(answer)
      if (method === 'HEAD') expect(bytes).toHaveLength(0)
      else expect(JSON.parse(bytes.toString())).toMatchObject({ method })
    }
    const lengths = server.requests.map(({ headers }) => new Map(headers).get('content-length'))
    expect(lengths).toEqual([undefined, undefined, '0', '0', '0', undefined])
  })

  it('writes nothing that could end a line or change the framing', async () => {
    verifies('S-19')
    const server = await echo()
    const egress = build()
    const url = `${server.origin}/`
    const bad: [OutgoingRequest, string][] = [
      ...['get', 'CONNECT', 'TRACE', 'OPTIONS', 'GET ', 'GET\r\nX: y', '', 'PURGE'].map(
        (method): [OutgoingRequest, string] => [{ method, url, headers: [] }, 'invalid-method'],
      ),
      ...[
        'a\r\nb: c',
        'a\nb',
        'a\rb',
        'a\0b',
        'a\x7fb',
        'a\tb',
        'a\x80',
        '\u0100',
        '\u2028',
        '\u{1f600}',
      ].map((value): [OutgoingRequest, string] => [get(url, [['x-a', value]]), 'invalid-header']),
      ...[
        '',
        'a b',
        'a:',
        'a\r\n',
        'h\u00e9',
        'Host',
        'content-length',
        'Transfer-Encoding',
        'connection',
        'Expect',
        'upgrade',
        'te',
        'trailer',
        'keep-alive',
      ].map((name): [OutgoingRequest, string] => [get(url, [[name, 'x']]), 'invalid-header']),
      ...['/\r\nx', '/a b', '/a#b', '/\u00e9', '/\0', '/\x7f', '#', '?x'].map(
        (path): [OutgoingRequest, string] => [get(`${server.origin}${path}`), 'invalid-url'],
      ),
      ...[
        '',
        '/',
        'http:',
        'http://',
        'x',
        `http://u:p@127.0.0.1:${server.port}/`,
        `HTTP://127.0.0.1:${server.port}/`,
        `http://0x7f.1:${server.port}/`,
      ].map((text): [OutgoingRequest, string] => [get(text), 'invalid-url']),
    ]
    for (const [request, type] of bad) {
      const problem = await problemOf(egress.send(request, options))
      expect([problem.type, problem.status], JSON.stringify(request)).toEqual([type, 400])
    }
    expect(server.connectionCount()).toBe(0)
  })

  it('lets no header value or name make two lines of one', async () => {
    verifies('S-19')
    const server = await echo()
    const egress = build()
    const anything = fc.string({
      unit: fc.integer({ min: 0, max: 0x17f }).map((c) => String.fromCharCode(c)),
    })
    await fc.assert(
      fc.asyncProperty(anything, anything, async (name, value) => {
        const before = server.requests.length
        const sent = await egress
          .send(get(`${server.origin}/`, [[name, value]]), options)
          .then(read)
          .catch((error: unknown) => error)
        if (sent instanceof Problem) {
          expect(sent.type).toBe('invalid-header')
          expect(server.requests).toHaveLength(before)
        } else {
          expect(server.requests[before]?.headers.slice(2)).toEqual([[name, value.trimStart()]])
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps connections between requests of one key and shares none between keys', async () => {
    verifies('S-23')
    const server = await echo()
    const egress = build()
    for (let i = 0; i < 10; i++) {
      await read(await egress.send(get(`${server.origin}/`), options))
    }
    expect(server.connectionCount()).toBe(1)
    await read(await egress.send(get(`${server.origin}/`), { ...options, poolKey: 'con_a:2' }))
    expect(server.connectionCount()).toBe(2)
  })

  it('opens no more connections than allowed and keeps the others in turn', async () => {
    verifies('S-22')
    const server = await echo()
    const egress = build({ connectionsMax: 3 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) =>
        JSON.parse(
          (await read(await egress.send(get(`${server.origin}/${i}`), options))).toString(),
        ),
      ),
    )
    expect(answers.map(({ path }) => path)).toEqual(answers.map((_, i) => `/${i}`))
    expect(server.connectionCount()).toBe(3)
  })

  it('refuses what would wait behind too many', async () => {
    verifies('S-22')
    const server = await startHostileUpstream()
    closers.push(server.close)
    const egress = build({ connectionsMax: 1, waitingMax: 2 })
    const url = `${server.origin}/never`
    const running = [1, 2, 3].map(() =>
      problemOf(egress.send(get(url), { ...options, deadlineMs: 100 })),
    )
    expect((await problemOf(egress.send(get(url), options))).type).toBe('overloaded')
    expect((await Promise.all(running)).map(({ type }) => type)).toEqual([
      'upstream-timeout',
      'upstream-timeout',
      'upstream-timeout',
    ])
    expect(server.requests.length).toBeLessThan(4)
  })

  it('bounds the number of pools and closes the longest unused', async () => {
    verifies('S-22')
    const server = await echo()
    const egress = build({ poolsMax: 3 })
    for (let i = 0; i < 10; i++) {
      await read(await egress.send(get(`${server.origin}/`), { ...options, poolKey: `k${i}` }))
    }
    await expect.poll(() => server.openConnections()).toBe(3)
    await read(await egress.send(get(`${server.origin}/`), { ...options, poolKey: 'k9' }))
    expect(server.connectionCount()).toBe(10)
  })

  it('lets no group of keys take the room of others', async () => {
    verifies('S-22')
    const server = await echo()
    const held = await startHostileUpstream()
    closers.push(held.close)
    const egress = build({ poolsMax: 4, groupPoolsMax: 2 })
    const ask = (url: string, poolKey: string, poolGroup?: string) =>
      egress.send(get(url), { ...options, deadlineMs: 500, poolKey, poolGroup })
    const running = ['one', 'two'].map((key) =>
      problemOf(ask(`${held.origin}/never`, key, 'group')),
    )
    expect((await problemOf(ask(`${held.origin}/never`, 'three', 'group'))).type).toBe('overloaded')
    expect((await read(await ask(`${server.origin}/`, 'three'))).length).toBeGreaterThan(0)
    await Promise.all(running)
    await expect.poll(() => held.openConnections()).toBe(0)
    expect((await read(await ask(`${server.origin}/`, 'three', 'group'))).length).toBeGreaterThan(0)
  })

  it('waits for a slow reader instead of buffering, and hands on every byte', async () => {
    verifies('S-22')
    const server = await startHostileUpstream()
    closers.push(server.close)
    const egress = build()
    const bytesMax = 20_000_000
    const answer = await egress.send(get(`${server.origin}/endless-body`), {
      ...options,
      responseBytesMax: bytesMax,
    })
    let bytes = 0
    const before = process.memoryUsage().arrayBuffers
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bytesMax / 2)
    const problem = await problemOf(
      (async () => {
        for await (const chunk of answer.body) {
          bytes += chunk.byteLength
          expect(chunk.every((byte) => byte === 0x78)).toBe(true)
        }
      })(),
    )
    expect(problem.type).toBe('response-too-large')
    expect(bytes).toBeLessThanOrEqual(bytesMax)
    expect(bytes).toBeGreaterThan(bytesMax - 1_000_000)
    await expect.poll(() => server.openConnections()).toBe(0)
  })
})

describe('stopping', () => {
  it('ends an exchange by its signal, its stop function, its deadline and its reader', async () => {
    verifies('S-22')
    const server = await startHostileUpstream()
    closers.push(server.close)
    const egress = build()
    const url = `${server.origin}/trickle-body`
    const stops = new Set<StopExchange>()
    const because = new Problem('agent-disabled', 'The agent was disabled.')
    const signals = [AbortSignal.timeout(80), AbortSignal.abort(because)]
    const ends: [Partial<SendOptions>, string][] = [
      [{ signal: signals[0] as AbortSignal }, 'request-stopped'],
      [{ signal: signals[1] as AbortSignal }, 'agent-disabled'],
      [{ stops }, 'agent-disabled'],
      [{ deadlineMs: 80 }, 'upstream-timeout'],
    ]
    setTimeout(() => {
      for (const stop of stops) stop(because)
    }, 80)
    await Promise.all(
      ends.map(async ([extra, type]) => {
        const problem = await problemOf(egress.send(get(url), { ...options, ...extra }).then(read))
        expect(problem.type).toBe(type)
      }),
    )
    const left = await egress.send(get(url), options)
    for await (const chunk of left.body) if (chunk.byteLength > 0) break
    expect(stops.size).toBe(0)
    await expect.poll(() => server.openConnections()).toBe(0)
  })

  it('ends what runs and waits for a closed key, and refuses it from then on', async () => {
    verifies('S-10')
    const server = await startHostileUpstream()
    closers.push(server.close)
    const egress = build({ connectionsMax: 2 })
    const other = await egress.send(get(`${server.origin}/trickle-body`), {
      ...options,
      poolKey: 'con_b:1',
    })
    const reading = await egress.send(get(`${server.origin}/trickle-body`), options)
    const body = problemOf(read(reading))
    const running = problemOf(egress.send(get(`${server.origin}/never`), options))
    const waiting = problemOf(egress.send(get(`${server.origin}/ok`), options))
    await expect.poll(() => server.requests.length).toBe(3)
    egress.closePool(options.poolKey)
    for (const end of [body, running, waiting]) expect((await end).type).toBe('request-stopped')
    expect((await problemOf(egress.send(get(`${server.origin}/ok`), options))).type).toBe(
      'request-stopped',
    )
    await expect.poll(() => server.openConnections()).toBe(1)
    expect(server.requests).toHaveLength(3)
    const iterator = other.body[Symbol.asyncIterator]()
    expect((await iterator.next()).done).toBe(false)
  })

  it('writes nothing for a key that is closed while its connection is being made', async () => {
    verifies('S-10')
    const server = await echo()
    let answerName: (() => void) | undefined
    const egress = createEgress({
      allowCidrs: ['127.0.0.0/8'],
      denyCidrs: [],
      now: Date.now,
      resolve: () =>
        new Promise((resolve) => {
          answerName = () => resolve([{ address: '127.0.0.1' }])
        }),
    })
    closers.push(egress.close)
    const sent = problemOf(egress.send(get(`http://later.example:${server.port}/`), options))
    await expect.poll(() => answerName !== undefined).toBe(true)
    egress.closePool(options.poolKey)
    answerName?.()
    expect((await sent).type).toBe('request-stopped')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests).toHaveLength(0)
  })

  it('sends nothing after it was closed', async () => {
    const server = await echo()
    const egress = build()
    await read(await egress.send(get(`${server.origin}/`), options))
    await egress.close()
    expect((await problemOf(egress.send(get(`${server.origin}/`), options))).type).toBe(
      'request-stopped',
    )
    await expect.poll(() => server.openConnections()).toBe(0)
  })
})

describe('faults on the way', () => {
  it('sends a request at most once, and goes on when the way is whole again', async () => {
    verifies('S-43', 'S-44')
    const server = await echo()
    const proxy = await startFaultProxy({ targetPort: server.port })
    closers.push(proxy.close)
    const egress = build()
    const url = (id: string) => `http://127.0.0.1:${proxy.port}/${id}`
    const send = (id: string, method = 'GET') =>
      egress.send({ method, url: url(id), headers: [] }, { ...options, deadlineMs: 300 }).then(read)

    await send('before')
    proxy.set({ kind: 'blackhole' })
    expect((await problemOf(send('blackhole'))).type).toBe('upstream-timeout')
    proxy.set({ kind: 'pass' })
    await send('after-blackhole')
    proxy.set({ kind: 'garbage' })
    expect((await problemOf(send('garbage'))).type).toBe('upstream-invalid-response')
    proxy.set({ kind: 'cut' })
    expect(['upstream-unreachable', 'upstream-invalid-response']).toContain(
      (await problemOf(send('cut'))).type,
    )
    proxy.set({ kind: 'delay', delayMs: 20 })
    await send('delay', 'POST')
    proxy.set({ kind: 'trickle', everyMs: 20 })
    expect((await problemOf(send('trickle').then(() => send('trickle')))).type).toBe(
      'upstream-timeout',
    )
    proxy.set({ kind: 'pass' })
    await send('after')

    const seen = server.requests.map(({ target }) => target)
    expect(seen).toContain('/after')
    for (const target of new Set(seen)) {
      expect(
        seen.filter((other) => other === target),
        target,
      ).toHaveLength(1)
    }
  })

  it('never writes a request twice when kept connections are closed or reset under it', async () => {
    verifies('S-43')
    const server = await startHostileUpstream()
    closers.push(server.close)
    const egress = build({ connectionsMax: 4 })
    const results = { done: 0, failed: 0 }
    await Promise.all(
      Array.from({ length: 4 }, async (_, worker) => {
        for (let i = 0; i < 60; i++) {
          const path = ['/ok-then-close', '/ok', '/ok-then-reset', '/close', '/reset', '/ok'][i % 6]
          const sent = egress
            .send(get(`${server.origin}${path}?${worker}-${i}`), options)
            .then(read)
          await sent.then(
            () => (results.done += 1),
            () => (results.failed += 1),
          )
        }
      }),
    )
    const targets = server.requests.map(({ target }) => target)
    expect(new Set(targets).size).toBe(targets.length)
    // Four of six paths answer: at most the first requests on kept connections met a closing one.
    expect(results.done).toBeGreaterThanOrEqual(4 * 40 - 8)
    expect(results.done + results.failed).toBe(4 * 60)
  })
})
