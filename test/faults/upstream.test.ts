import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { type HoldingUpstream, startHoldingUpstream } from '../fixtures/holding-upstream.ts'
import { eventually, residentMb, type Scene, startScene } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// An upstream that is slow, cut, garbled or silent, beside one that works.

const atOnce = 50
const otherMsMax = 3_000
const memoryMbMax = 1_600
const answerBytes = 9 * 1024 * 1024

let faulty: HoldingUpstream
let proxy: FaultProxy
let large: Server
let largeOrigin: string
let scene: Scene
let next = 0
const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
const viaProxy = (kind: string) => {
  next += 1
  return scene.call(`/${kind}/${next}`, { origin: `http://127.0.0.1:${proxy.port}` })
}
const other = () => {
  next += 1
  return scene.call(`/plain/${next}`)
}

beforeAll(async () => {
  faulty = await startHoldingUpstream()
  proxy = await startFaultProxy({ targetPort: faulty.port })
  const body = `[${'1,'.repeat(answerBytes / 2 - 2)}1]`
  large = createServer((_request, answer) =>
    answer.setHeader('content-type', 'application/json').end(body),
  )
  large.listen(0, '127.0.0.1')
  await once(large, 'listening')
  largeOrigin = `http://127.0.0.1:${portOf(large)}`
  scene = await startScene({ origins: [`http://127.0.0.1:${proxy.port}`, largeOrigin] })
})
afterAll(async () => {
  await scene?.stop()
  await proxy?.close()
  await faulty?.close()
  large?.close()
})

const faults: readonly [Fault, string, readonly string[]][] = [
  [{ kind: 'cut' }, 'plain', ['upstream-unreachable', 'upstream-invalid-response']],
  [{ kind: 'garbage' }, 'plain', ['upstream-invalid-response']],
  [{ kind: 'delay', delayMs: 400 }, 'plain', []],
  [{ kind: 'trickle', everyMs: 5 }, 'plain', []],
]

describe('an upstream that misbehaves', () => {
  afterEach(() => {
    proxy.set({ kind: 'pass' })
    proxy.cutNow()
  })

  it.each(faults)(
    '(%o) harms nobody else, and is served again when it is well',
    async (fault, kind, problems) => {
      verifies('S-44', 'S-22')
      expect(await viaProxy('plain')).toMatchObject({ status: 200 })
      proxy.set(fault)
      if (fault.kind !== 'cut') proxy.cutNow()
      const calls = Array.from({ length: atOnce }, () => viaProxy(kind))
      const others = await Promise.all(Array.from({ length: 10 }, other))
      for (const end of others) {
        expect(end).toMatchObject({ status: 200 })
        expect(end.tookMs).toBeLessThan(otherMsMax)
      }
      for (const end of await Promise.all(calls)) {
        if (problems.length === 0) expect(end).toMatchObject({ status: 200 })
        else expect(problems).toContain(end.problem)
      }
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      expect(await eventually(async () => (await viaProxy('plain')).status === 200, 5_000)).toBe(
        true,
      )
      for (const [path, count] of faulty.hits) expect(count, `${path} was sent`).toBe(1)
    },
  )

  it('amid fifty answers is cut, and each call says so while others go on', async () => {
    verifies('S-44', 'S-22')
    const calls = Array.from({ length: atOnce }, () => viaProxy('half'))
    expect(await eventually(() => faulty.holding() === atOnce, 10_000)).toBe(true)
    const beside = await Promise.all(Array.from({ length: 10 }, other))
    for (const end of beside) expect(end).toMatchObject({ status: 200 })
    proxy.cutNow()
    for (const end of await Promise.all(calls)) {
      expect(end).toMatchObject({ problem: 'upstream-invalid-response' })
    }
    expect(await viaProxy('plain')).toMatchObject({ status: 200 })
    for (const [path, count] of faulty.hits) expect(count, `${path} was sent`).toBe(1)
    const pending = async () =>
      (await scene.attempts()).filter(({ outcome }) => outcome === 'pending').length
    expect(await eventually(async () => (await pending()) === 0, 5_000)).toBe(true)
  })

  it('and never answers is given up at the deadline, holds nobody else, and is served again', async () => {
    verifies('S-44', 'S-22')
    proxy.set({ kind: 'blackhole' })
    const calls = Array.from({ length: 5 }, () => viaProxy('plain'))
    await sleep(500)
    expect(await other()).toMatchObject({ status: 200 })
    for (const end of await Promise.all(calls)) {
      expect(end.problem).toBe('upstream-timeout')
      expect(end.tookMs).toBeLessThan(60_000)
    }
    proxy.set({ kind: 'pass' })
    proxy.cutNow()
    expect(await eventually(async () => (await viaProxy('plain')).status === 200, 5_000)).toBe(true)
  }, 90_000)

  it('sends fifty of the largest answers at once, in bounded memory, and harms nobody', async () => {
    verifies('S-22', 'S-44')
    const pid = scene.vault.process().child.pid ?? 0
    let peakMb = 0
    const watch = setInterval(() => {
      peakMb = Math.max(peakMb, residentMb(pid))
    }, 50)
    const calls = Array.from({ length: atOnce }, (_, i) =>
      scene.call(`/large/${i}`, { origin: largeOrigin }),
    )
    const ends = await Promise.all(calls)
    clearInterval(watch)
    // Parsing half a gigabyte keeps the process from hearing of changes in time: what it cannot confirm, it stops.
    const honest = [
      ...[200, 'overloaded', 'request-stopped', 'store-unavailable', 'audit-unavailable'],
      // On a machine that does much else, some are not read to their end by the deadline.
      'upstream-timeout',
    ]
    for (const end of ends) expect(honest).toContain(end.problem ?? end.status)
    expect(ends.some((end) => end.status === 200)).toBe(true)
    expect(peakMb).toBeLessThan(memoryMbMax)
    expect(scene.vault.process().child.exitCode).toBeNull()
    expect(await other()).toMatchObject({ status: 200 })
  }, 120_000)
})
