import type { Socket } from 'node:net'
import { Problem } from '@sallyport/contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RawAnswer, startRawServer } from '../../../../test/fixtures/raw-server.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createEgress } from './egress.ts'
import { createStreamDoors, type StreamLimits } from './stream-fetch.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error.type
  throw new Error(`Expected a problem, got ${String(error)}`)
}

/** A door to a server that answers as it is told. */
async function door(answer: RawAnswer, limits: Partial<StreamLimits> = {}) {
  const server = await startRawServer({ answer })
  closers.push(server.close)
  const egress = createEgress({
    allowCidrs: ['127.0.0.0/8'],
    denyCidrs: [],
    now: Date.now,
    // What holds for all is shorter than what streams need.
    limits: { bodyIdleMs: 300 },
  })
  closers.push(egress.close)
  const opened = createStreamDoors({ egress, limits })('test')
  return { server, opened, url: `${server.origin}/mcp` }
}

const events =
  'HTTP/1.1 200 X\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function readAll(response: Response): Promise<string> {
  let text = ''
  for await (const piece of response.body ?? []) text += Buffer.from(piece).toString()
  return text
}

describe('a door for streams', () => {
  it('gives each piece as it comes', async () => {
    let socket: Socket | undefined
    const { opened, url } = await door((at) => {
      socket = at
      at.write(events + chunk('data: one\n\n'))
    })
    const response = await opened.fetch(url)
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: one\n\n')
    socket?.write(`${chunk('data: two\n\n')}0\r\n\r\n`)
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: two\n\n')
    expect((await reader?.read())?.done).toBe(true)
  })

  it('waits longer for a silent stream than for any other answer, but not for ever', async () => {
    verifies('S-22')
    const silent: RawAnswer = (socket) => {
      socket.write(events)
      setTimeout(() => socket.write(`${chunk('data: late\n\n')}0\r\n\r\n`), 900)
    }
    const patient = await door(silent, { idleMs: 10_000 })
    expect(await readAll(await patient.opened.fetch(patient.url))).toBe('data: late\n\n')
    const hasty = await door((socket) => void socket.write(events), { listeningMs: 500 })
    expect(await problemOf(readAll(await hasty.opened.fetch(hasty.url)))).toBe('upstream-timeout')
    const other = await door(() => {}, { requestMs: 300 })
    expect(await problemOf(other.opened.fetch(other.url, { method: 'POST', body: '{}' }))).toBe(
      'upstream-timeout',
    )
  })

  it.each(['\n', '\r', '\r\n'])(
    'bounds each event and not their number, with lines that end in %j',
    async (end) => {
      verifies('S-22')
      const event = `data: ${'x'.repeat(900)}${end}${end}`
      const many = await door(
        (socket) => {
          socket.write(events)
          for (let i = 0; i < 50; i += 1) socket.write(chunk(event))
          socket.write('0\r\n\r\n')
        },
        { messageBytesMax: 2_000 },
      )
      expect((await readAll(await many.opened.fetch(many.url))).length).toBe(50 * event.length)
      const one = await door(
        (socket) => {
          socket.write(events)
          for (let i = 0; i < 50; i += 1) socket.write(chunk(`data: ${'x'.repeat(900)}${end}`))
        },
        { messageBytesMax: 2_000 },
      )
      expect(await problemOf(readAll(await one.opened.fetch(one.url)))).toBe('response-too-large')
      await vi.waitFor(() => expect(one.server.openConnections()).toBe(0))
    },
  )

  it('bounds what is no stream of events as a whole, and streams in the end too', async () => {
    verifies('S-22')
    const body = 'x'.repeat(5_000)
    const whole = await door(
      (socket) =>
        void socket.write(
          `HTTP/1.1 200 X\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      { messageBytesMax: 2_000 },
    )
    const response = await whole.opened.fetch(whole.url)
    expect(await problemOf(response.text())).toBe('response-too-large')
    const endless = await door(
      (socket) => {
        socket.write(events)
        const timer = setInterval(() => socket.write(chunk(`data: ${'x'.repeat(500)}\n\n`)), 1)
        socket.on('close', () => clearInterval(timer))
      },
      { streamBytesMax: 20_000 },
    )
    expect(await problemOf(readAll(await endless.opened.fetch(endless.url)))).toBe(
      'response-too-large',
    )
  })

  it('follows no redirect', async () => {
    verifies('S-15')
    const { opened, url, server } = await door(
      (socket) =>
        void socket.write('HTTP/1.1 308 X\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n'),
    )
    expect(await problemOf(opened.fetch(url))).toBe('upstream-invalid-response')
    expect(server.requests).toHaveLength(1)
  })

  it('lets go of the socket when its reader goes, when it is stopped, and when it is closed', async () => {
    const { opened, url, server } = await door(
      (socket) => void socket.write(events + chunk('data: x\n\n')),
    )
    const first = await opened.fetch(url)
    await first.body?.cancel()
    await vi.waitFor(() => expect(server.openConnections()).toBe(0))
    const stop = new AbortController()
    const second = await opened.fetch(url, { signal: stop.signal })
    stop.abort()
    expect(await problemOf(readAll(second))).toBe('request-stopped')
    await vi.waitFor(() => expect(server.openConnections()).toBe(0))
    const third = await opened.fetch(url)
    opened.close()
    expect(await problemOf(readAll(third))).toBe('request-stopped')
    await vi.waitFor(() => expect(server.openConnections()).toBe(0))
    expect(await problemOf(opened.fetch(url))).toBe('request-stopped')
  })

  it('reads no faster than its reader', async () => {
    verifies('S-22')
    let written = 0
    const { opened, url } = await door((socket) => {
      socket.write(events)
      const write = () => {
        while (socket.writable && written < 300_000_000) {
          written += 65_536
          if (!socket.write(chunk(`data: ${'x'.repeat(65_000)}\n\n`)))
            return void socket.once('drain', write)
        }
      }
      write()
    })
    const response = await opened.fetch(url)
    await pause(300)
    const before = written
    await pause(300)
    expect(written).toBe(before)
    expect(written).toBeLessThan(50_000_000)
    await response.body?.cancel()
  })

  it('connects to no address that the operator did not list', async () => {
    verifies('S-17')
    const { opened } = await door(() => {})
    expect(await problemOf(opened.fetch('http://10.1.2.3/mcp'))).toBe('address-refused')
    expect(await problemOf(opened.fetch('http://169.254.169.254/'))).toBe('address-refused')
    expect(await problemOf(opened.fetch('file:///etc/passwd'))).toBe('invalid-url')
  })
})
