import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import {
  type HostileUpstream,
  hostilePaths,
  startHostileUpstream,
} from './fixtures/hostile-upstream.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, type WireAgent, type WireAnswer } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

const secret = 'hostile-secret-0123456789'
const megabyte = 1024 * 1024
/** What an answer may be where the upstream breaks the rules. */
const problems = [
  'upstream-invalid-response',
  'response-too-large',
  'upstream-timeout',
  'upstream-unreachable',
]

let vault: TestVault
let hostile: HostileUpstream
let honest: EchoUpstream
let heavy: RawServer
let agent: WireAgent
const isEndless = (path: string) => path.startsWith('/endless') || path === '/tiny-chunks'
const connections = { hostile: '', honest: '', heavy: '' }

beforeAll(async () => {
  hostile = await startHostileUpstream()
  honest = await startEchoUpstream()
  heavy = await startRawServer({
    answer: (socket, { target }) => void answerHeavily(socket, target.slice(1)),
  })
  vault = await startVault()
  const enrolled = await vault.createAgentWithKey('tester')
  agent = await createWireAgent(vault, enrolled)
  for (const [name, { origin }] of Object.entries({ hostile, honest, heavy })) {
    const connectionId = await vault.addConnection({
      origins: [origin],
      credential: { kind: 'bearer', token: secret },
    })
    const allow = [
      { origin, methods: ['GET' as const, 'HEAD' as const, 'POST' as const], paths: ['/**'] },
    ]
    await vault.addPolicy({ agentId: enrolled.agentId, connectionId, allow })
    connections[name as keyof typeof connections] = connectionId
  }
})
afterAll(async () => {
  await vault?.stop()
  await Promise.all([hostile?.close(), honest?.close(), heavy?.close()])
})

const ask = (path: string, more: object = {}) =>
  agent.execute({
    connectionId: connections.hostile,
    method: 'GET',
    url: hostile.origin + path,
    ...more,
  })
const unrelated = () =>
  agent.execute({ connectionId: connections.honest, method: 'GET', url: `${honest.origin}/x` })

/** Calls another upstream again and again while work goes on, and answers how each went and how long it took. */
async function meanwhile(work: Promise<unknown>, pauseMs: number) {
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  const calls: { status: number; ms: number }[] = []
  while (!isOver) {
    const startedMs = performance.now()
    const { status } = await unrelated()
    calls.push({ status, ms: performance.now() - startedMs })
    await Promise.race([
      over.catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, pauseMs)),
    ])
  }
  await over
  return calls
}

/** Either a clean answer, or a typed problem that says what happened and has an audit entry. */
function expectTyped(path: string, { status, body, everything }: WireAnswer): void {
  const what = `${path}: ${status} ${JSON.stringify(body).slice(0, 300)}`
  expect(String(body.auditId), what).toMatch(/^aud_/)
  expect(everything.includes(secret), path).toBe(false)
  if (status === 200) return
  expect(problems, what).toContain(body.type)
  expect([502, 504], what).toContain(status)
  expect(String(body.error).length, what).toBeGreaterThan(20)
}

describe('an upstream that breaks the rules', () => {
  it('gets a typed problem in bounded time, or is cut off where it sends no end, while unrelated calls go on', async () => {
    verifies('S-22', 'S-44')
    const slowest = { path: '', ms: 0 }
    const all = Promise.all(
      hostilePaths.map(async (path) => {
        const startedMs = performance.now()
        const answer = await ask(path)
        const ms = performance.now() - startedMs
        if (ms > slowest.ms) Object.assign(slowest, { path, ms })
        expectTyped(path, answer)
        if (!isEndless(path)) return
        expect([502, 504], `${path} ${JSON.stringify(answer.body)}`).toContain(answer.status)
        expect(ms, path).toBeLessThan(62_000)
      }),
    )
    // Waited for below; what fails before that is nobody's unhandled rejection.
    all.catch(() => {})
    const calls = await meanwhile(all, 250)
    expect(slowest.ms, slowest.path).toBeLessThan(65_000)
    expect(calls.length).toBeGreaterThan(20)
    expect(calls.filter(({ status }) => status !== 200)).toEqual([])
    const times = calls.map(({ ms }) => ms).sort((a, b) => a - b)
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(1500)
    expect(times.at(-1)).toBeLessThan(25_000)
    // The connections of those without an end are closed: what is left of the others' is idle and few.
    await expect.poll(() => hostile.openConnections(), { timeout: 10_000 }).toBeLessThan(20)
    expect((await ask('/ok')).body.body).toBe('ok')
  }, 120_000)

  it('never puts bytes of its own into the answer of another request', async () => {
    verifies('S-23')
    const evil = hostilePaths.filter((path) =>
      /two-responses|late|no-content-with|not-modified|head-with|early|length-|too-short|reset|close|garbage|keep-alive/.test(
        path,
      ),
    )
    for (const path of evil) {
      const method =
        path === '/head-with-body' ? 'HEAD' : path.startsWith('/early') ? 'POST' : 'GET'
      const body = method === 'POST' ? { body: 'x'.repeat(200_000) } : {}
      for (let round = 0; round < 2; round++) {
        expectTyped(path, await ask(path, { method, ...body }))
        // What comes late and yet after the next request was written cannot be told from its answer.
        if (path.startsWith('/late')) await new Promise((resolve) => setTimeout(resolve, 100))
        const next = await Promise.all([ask('/ok'), ask('/ok'), ask('/chunked')])
        for (const [at, { body: answer, bytes }] of next.entries()) {
          expect(bytes.includes('EVIL'), path).toBe(false)
          // A kept connection may be found broken, and then says so; it is never another's answer.
          if (answer.status !== undefined && answer.type === undefined) {
            expect(answer.body, path).toBe(at === 2 ? 'abcdef' : 'ok')
          } else expect(answer.type, path).toBe('upstream-invalid-response')
        }
      }
      // Late bytes have had time to come.
      if (/late/.test(path)) await new Promise((resolve) => setTimeout(resolve, 80))
    }
    expect((await ask('/ok')).body.body).toBe('ok')
  })

  it('that goes away and comes back is served again without a restart', async () => {
    verifies('S-44')
    const first = await startEchoUpstream()
    const { origin, port } = first
    const connectionId = await vault.addConnection({ origins: [origin] })
    await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const send = () => agent.execute({ connectionId, method: 'GET', url: `${origin}/x` })
    expect((await send()).status).toBe(200)
    await first.close()
    for (let at = 0; at < 5; at++) {
      const { status, body } = await send()
      expect(status).toBe(502)
      expect(['upstream-unreachable', 'upstream-invalid-response']).toContain(body.type)
    }
    const second = await startEchoUpstream({ port })
    expect((await send()).status).toBe(200)
    await second.close()
  })
})

const deep = 200_000
const bodies: Readonly<Record<string, { type: string; make: () => Buffer; coding?: string }>> = {
  'deep-array': {
    type: 'application/json',
    make: () => Buffer.from('['.repeat(deep) + ']'.repeat(deep)),
  },
  'deep-escaped': {
    type: 'application/json',
    make: () => Buffer.from(`${'['.repeat(deep)}"\\u0041"${']'.repeat(deep)}`),
  },
  'deep-object': {
    type: 'application/json',
    make: () => Buffer.from(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`),
  },
  unclosed: { type: 'application/json', make: () => Buffer.from('['.repeat(megabyte)) },
  proto: {
    type: 'application/json',
    make: () =>
      Buffer.from('{"__proto__":{"auditId":"x"},"constructor":{"prototype":{"a":1}},"toJSON":"x"}'),
  },
  'huge-number': { type: 'application/json', make: () => Buffer.from(`[${'9'.repeat(megabyte)}]`) },
  lists: { type: 'application/json', make: () => Buffer.from(`[${'[],'.repeat(3 * megabyte)}[]]`) },
  strings: {
    type: 'application/json',
    make: () => Buffer.from(JSON.stringify(Array(900_000).fill('\u0001a'))),
  },
  controls: { type: 'text/plain', make: () => Buffer.alloc(9 * megabyte, 1) },
  quotes: { type: 'text/plain', make: () => Buffer.alloc(9 * megabyte, '"') },
  bytes: { type: 'image/png', make: () => Buffer.alloc(9 * megabyte, 255) },
  bomb: {
    type: 'text/plain',
    coding: 'gzip',
    make: () => gzipSync(Buffer.alloc(200 * megabyte), { level: 9 }),
  },
  'bomb-br': {
    type: 'application/json',
    coding: 'br',
    make: () =>
      brotliCompressSync(Buffer.alloc(50 * megabyte, '['), {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
      }),
  },
  nearly: { type: 'text/plain', make: () => Buffer.from(secret.slice(0, -1).repeat(300_000)) },
  'nearly-encoded': { type: 'text/plain', make: () => Buffer.from('%2525'.repeat(megabyte)) },
}
const made = new Map<string, Buffer>()

function answerHeavily(socket: Socket, name: string): void {
  const kind = bodies[name]
  if (kind === undefined)
    return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
  const body = made.get(name) ?? kind.make()
  made.set(name, body)
  const coding = kind.coding === undefined ? '' : `content-encoding: ${kind.coding}\r\n`
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: ${kind.type}\r\n${coding}content-length: ${body.length}\r\n\r\n`,
  )
  socket.write(body)
}

const askHeavy = (name: string) =>
  agent.execute({
    connectionId: connections.heavy,
    method: 'GET',
    url: `${heavy.origin}/${name}`,
  })

describe('an answer made to cost', () => {
  it('is answered or refused, never with a 5xx of the vault’s own, and in bounded time', async () => {
    verifies('S-22', 'S-44')
    for (const name of Object.keys(bodies)) {
      const startedMs = performance.now()
      const answer = await askHeavy(name)
      expectTyped(name, answer)
      expect(performance.now() - startedMs, name).toBeLessThan(20_000)
      if (name === 'proto') {
        expect(answer.bytes.toString()).toContain('"__proto__":{"auditId":"x"}')
        expect(answer.body.auditId).toMatch(/^aud_/)
      }
      // What controls and quotes become in JSON is bounded too.
      expect(answer.bytes.length, name).toBeLessThan(40 * megabyte)
    }
    expect((await unrelated()).status).toBe(200)
  }, 180_000)

  const status = () => `/proc/${vault.pid()}/status`
  const rssMegabytes = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status(), 'utf8'))?.[1] ?? 0) / 1024
  it.skipIf(!existsSync('/proc/self/status'))(
    'does not fill the memory when fifty come at once, and unrelated calls go on',
    async () => {
      verifies('S-22', 'S-44')
      const beforeMegabytes = rssMegabytes()
      let most = 0
      const watch = setInterval(() => {
        most = Math.max(most, rssMegabytes())
      }, 50)
      try {
        for (const name of ['bomb', 'bytes', 'controls']) {
          const all = Promise.all(Array.from({ length: 50 }, () => askHeavy(name)))
          const calls = await meanwhile(all, 100)
          for (const answer of await all) {
            if (answer.status === 503) expect(answer.body.type).toBe('overloaded')
            else expectTyped(name, answer)
          }
          expect(calls.filter((call) => call.status !== 200)).toEqual([])
        }
      } finally {
        clearInterval(watch)
      }
      console.info(`RSS before ${beforeMegabytes.toFixed()} MB, at most ${most.toFixed()} MB`)
      expect(most).toBeLessThan(1536)
      expect(vault.output()).not.toMatch(/heap|FATAL/)
    },
    180_000,
  )
})
