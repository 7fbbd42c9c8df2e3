import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type HostileUpstream,
  hostilePaths,
  startHostileUpstream,
} from '../../../../test/fixtures/hostile-upstream.ts'
import { startRawServer } from '../../../../test/fixtures/raw-server.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createEgress, type Egress } from './egress.ts'

const bodyBytesMax = 500_000
/** Long, so that a busy machine does not turn one problem into another; where time is what ends it, it is short. */
const longMs = 12_000
const shortMs = 300

let upstream: HostileUpstream
let egress: Egress
beforeAll(async () => {
  upstream = await startHostileUpstream()
  egress = createEgress({ allowCidrs: ['127.0.0.0/8'], denyCidrs: [], now: Date.now })
})
afterAll(async () => {
  await egress.close()
  await upstream.close()
})

interface Seen {
  readonly status?: number
  readonly headers?: readonly (readonly [string, string])[]
  readonly text?: string
  readonly bytes: number
  readonly problem?: Problem
}

async function ask(
  path: string,
  how: { method?: string; poolKey?: string; body?: string; deadlineMs?: number } = {},
): Promise<Seen> {
  const { method = 'GET', poolKey = path, deadlineMs = longMs } = how
  let bytes = 0
  const chunks: Uint8Array[] = []
  try {
    const answer = await egress.send(
      {
        method,
        url: `${upstream.origin}${path}`,
        headers: [],
        ...(how.body !== undefined && { body: Buffer.from(how.body) }),
      },
      { poolKey, responseBytesMax: bodyBytesMax, deadlineMs },
    )
    for await (const chunk of answer.body) {
      bytes += chunk.byteLength
      chunks.push(chunk)
    }
    return {
      status: answer.status,
      headers: answer.headers,
      text: Buffer.concat(chunks).toString(),
      bytes,
    }
  } catch (error) {
    if (error instanceof Problem) return { problem: error, bytes }
    throw error
  }
}

const hello = 'hello '.repeat(100)

describe('answers that are as they should be', () => {
  it('hands them on whole', async () => {
    const answers: Record<string, [number, string]> = {
      '/ok': [200, 'ok'],
      '/no-content': [204, ''],
      '/not-modified': [304, ''],
      '/chunked': [200, 'abcdef'],
      '/close-delimited': [200, 'until the end'],
      '/hints': [200, 'ok'],
      '/gzip': [200, hello],
      '/x-gzip': [200, hello],
      '/deflate': [200, hello],
      '/deflate-raw': [200, hello],
      '/br': [200, hello],
      '/gzip-empty': [200, ''],
      '/ok-then-close': [200, 'ok'],
    }
    for (const [path, [status, text]] of Object.entries(answers)) {
      expect(await ask(path), path).toMatchObject({ status, text })
    }
    expect(await ask('/head', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    const twice = (await ask('/many-headers')).headers?.filter(([name]) => name === 'x-twice')
    expect(twice).toEqual([
      ['x-twice', '1'],
      ['x-twice', '2'],
    ])
    expect((await ask('/gzip')).headers?.map(([name]) => name)).toEqual(['content-type'])
  })

  it('passes redirects on and follows none', async () => {
    verifies('S-15')
    for (const path of ['/redirect/metadata', '/redirect/loopback', '/redirect/self']) {
      const before = upstream.requests.length
      const answer = await ask(path)
      expect(answer.status).toBe(302)
      expect(answer.headers?.some(([name]) => name === 'location')).toBe(true)
      expect(upstream.requests.length).toBe(before + 1)
    }
  })
})

describe('answers that break the rules', () => {
  const invalid = [
    '/garbage',
    '/http09',
    '/http2',
    '/status-600',
    '/status-099',
    '/status-word',
    '/upgrade',
    '/switching-without-upgrade',
    '/control-in-header',
    '/nul-in-header',
    '/stacked',
    '/unknown-coding',
    '/gzip-truncated',
    '/gzip-garbage',
    '/length-too-long',
    '/length-negative',
    '/length-twice',
    '/length-list',
    '/length-and-chunked',
    '/transfer-gzip',
    '/transfer-twice',
    '/bad-chunk',
    '/close-mid-chunk',
    '/reset-mid-body',
    '/reset',
    '/close',
    '/endless-informational',
    '/tiny-chunks',
  ]

  it('refuses them in a sentence that holds nothing of theirs, and cuts the connection', async () => {
    verifies('S-22', 'S-38')
    for (const path of invalid) {
      const { problem } = await ask(path)
      expect(problem?.type, path).toBe('upstream-invalid-response')
      const told = `${problem?.message} ${problem?.next}`
      expect(told, path).not.toMatch(/127\.0\.0\.1|EVIL|x-a|llhttp|undici/)
      expect(typeof problem?.cause === 'string' || problem?.cause === undefined, path).toBe(true)
    }
  })

  it('cuts off what is larger than allowed', async () => {
    verifies('S-22')
    const tooLarge = [
      '/endless-body',
      '/endless-close-delimited',
      '/endless-headers',
      '/endless-header-value',
      '/endless-trailers',
      '/endless-reason',
      '/endless-chunk-extensions',
      '/huge-length',
      '/many-tiny-headers',
      '/gzip-bomb',
      '/br-bomb',
      '/deflate-bomb',
    ]
    for (const path of tooLarge) {
      const before = upstream.openConnections()
      const { problem, bytes } = await ask(path)
      expect(problem?.type, path).toBe('response-too-large')
      // A bomb that was read whole before it burst leaves a sound connection; what has no end is cut.
      if (!path.endsWith('-bomb')) {
        await expect
          .poll(() => upstream.openConnections(), { message: path })
          .toBeLessThanOrEqual(before)
      }
      expect(bytes, path).toBeLessThanOrEqual(bodyBytesMax)
    }
  })

  it('hands on whole what was written token by token, however long it is', async () => {
    const token = '5\r\nhello\r\n'
    const count = 300_000
    const tokens = await startRawServer({
      answer: (socket) =>
        void socket.write(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${token.repeat(count)}0\r\n\r\n`,
        ),
    })
    const { body } = await egress.send(
      { method: 'GET', url: `${tokens.origin}/`, headers: [] },
      { poolKey: 'tokens', responseBytesMax: 2_000_000, deadlineMs: longMs },
    )
    let bytes = 0
    for await (const chunk of body) bytes += chunk.byteLength
    expect(bytes).toBe(5 * count)
    await tokens.close()
  })

  it('cuts off what does not come to an end in time', async () => {
    verifies('S-22')
    for (const path of ['/never', '/trickle-head', '/trickle-body', '/stalled-body']) {
      expect((await ask(path, { deadlineMs: shortMs })).problem?.type, path).toBe(
        'upstream-timeout',
      )
    }
  })

  it('ends every exchange with an answer or a problem, whatever the method', async () => {
    verifies('S-22')
    const types = ['upstream-invalid-response', 'upstream-timeout', 'response-too-large']
    await Promise.all(
      hostilePaths.flatMap((path) =>
        ['GET', 'HEAD', 'DELETE'].map(async (method) => {
          const seen = await ask(path, {
            method,
            poolKey: `${method} ${path}`,
            deadlineMs: shortMs,
          })
          if (seen.problem !== undefined) expect(types, path).toContain(seen.problem.type)
          else expect(seen.bytes).toBeLessThanOrEqual(bodyBytesMax)
        }),
      ),
    )
  })
})

describe('bytes behind an answer', () => {
  const paths = [
    '/two-responses',
    '/late-response',
    '/late-bytes',
    '/length-too-short',
    '/no-content-with-body',
    '/not-modified-with-answer',
    '/early-and-more',
    '/head-with-body',
  ]

  it('end the connection and never answer the next request', async () => {
    verifies('S-23')
    for (const path of paths) {
      // What comes late and yet after the next request was written cannot be told from its answer: those are given the time.
      for (const pauseMs of path.startsWith('/late') ? [100] : [0, 100]) {
        const poolKey = `${path} ${pauseMs}`
        const method = path === '/head-with-body' ? 'HEAD' : 'GET'
        for (let i = 0; i < 5; i++) {
          expect((await ask(path, { method, poolKey })).text ?? '', path).not.toContain('EVIL')
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
          expect((await ask('/ok', { poolKey })).text, path).toBe('ok')
        }
      }
    }
  })

  it('keep every connection from being used again for a minute, though they ended the last one', async () => {
    verifies('S-23')
    const clock = { nowMs: 0 }
    const watched = createEgress({
      allowCidrs: ['127.0.0.0/8'],
      denyCidrs: [],
      now: () => clock.nowMs,
    })
    const options = { poolKey: 'watched', responseBytesMax: bodyBytesMax, deadlineMs: longMs }
    const send = async (path: string) => {
      const url = `${upstream.origin}${path}`
      const answer = await watched.send({ method: 'GET', url, headers: [] }, options)
      for await (const chunk of answer.body) void chunk
      // Longer than what comes late is late.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const opened = async (paths: readonly string[]) => {
      const before = upstream.connectionCount()
      for (const path of paths) await send(path)
      return upstream.connectionCount() - before
    }
    expect(await opened(['/ok', '/ok'])).toBe(1)
    expect(await opened(['/late-bytes', '/ok', '/ok'])).toBe(2)
    clock.nowMs += 61_000
    expect(await opened(['/ok', '/ok'])).toBe(1)
    await watched.close()
  })

  it('do not reach requests that were waiting for the connection either', async () => {
    verifies('S-23')
    const single = createEgress({
      allowCidrs: ['127.0.0.0/8'],
      denyCidrs: [],
      now: Date.now,
      limits: { connectionsMax: 1 },
    })
    const send = async (path: string) => {
      const answer = await single.send(
        { method: 'GET', url: `${upstream.origin}${path}`, headers: [] },
        { poolKey: 'one', responseBytesMax: bodyBytesMax, deadlineMs: 5_000 },
      )
      let text = ''
      for await (const chunk of answer.body) text += Buffer.from(chunk).toString()
      return text
    }
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        ['/two-responses', '/ok', '/length-too-short', '/ok', '/ok'].map(send),
      )
      expect(answers).toEqual(['first', 'ok', 'ok', 'ok', 'ok'])
    }
    await single.close()
  })

  it('never follow an answer that came before the request was whole', async () => {
    verifies('S-23')
    const body = 'x'.repeat(8_000_000)
    for (const path of ['/early', '/early-and-more']) {
      const poolKey = `large ${path}`
      for (let i = 0; i < 3; i++) {
        const early = await ask(path, { method: 'POST', poolKey, body })
        expect(early.text ?? 'early').toBe('early')
        expect((await ask('/ok', { poolKey })).text).toBe('ok')
      }
    }
  })

  it('keeps a connection no longer than the server hints, and not at all for a hint of nothing', async () => {
    const before = upstream.connectionCount()
    await ask('/keep-alive-none', { poolKey: 'hint' })
    await ask('/keep-alive-none', { poolKey: 'hint' })
    expect(upstream.connectionCount()).toBe(before + 2)
  })
})
