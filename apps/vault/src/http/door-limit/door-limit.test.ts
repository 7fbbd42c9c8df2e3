import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../../../../test/fixtures/fault-proxy.ts'
import { redisMissing, startTestRedis, type TestRedis } from '../../../../../test/fixtures/redis.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { openRedis, type RedisScripts } from '../../store/redis.ts'
import { createDoorLimit, type DoorLimit } from './door-limit.ts'
import { shareOf, takeFrom } from './gcra.ts'
import { createOwnCount } from './own-count.ts'
import { createSharedCount, takeScript } from './shared-count.ts'

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')
const limits = fc.record({
  perSecond: fc.integer({ min: 1, max: 50 }),
  burst: fc.integer({ min: 1, max: 100 }),
})

describe('the count of a process', () => {
  it('never lets through more than the burst and the rate, in whatever time', () => {
    verifies('S-30')
    fc.assert(
      fc.property(
        limits,
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.tuple(fc.nat({ max: 900 }), fc.integer({ min: 1, max: 5 })), { maxLength: 80 }),
        (limit, sharers, asked) => {
          const rate = shareOf(limit, sharers)
          let nowMs = 5
          const own = createOwnCount(() => nowMs)
          const granted: { atMs: number; count: number }[] = []
          for (const [laterMs, count] of asked) {
            nowMs += laterMs
            if (own.take('agent', count, rate).isAllowed) granted.push({ atMs: nowMs, count })
          }
          for (const [from, { atMs }] of granted.entries()) {
            let total = 0
            for (const other of granted.slice(from)) {
              total += other.count
              const most = rate.burst + ((other.atMs - atMs) * 1000) / rate.intervalUs
              expect(total).toBeLessThanOrEqual(most + 1e-6)
            }
          }
        },
      ),
    )
  })

  it('says how long to wait, and lets through then', () => {
    let nowMs = 0
    const own = createOwnCount(() => nowMs)
    const rate = shareOf({ perSecond: 4, burst: 2 }, 1)
    expect([own.take('a', 2, rate).isAllowed, own.take('b', 1, rate).isAllowed]).toEqual([
      true,
      true,
    ])
    const { isAllowed, waitUs } = own.take('a', 1, rate)
    expect([isAllowed, waitUs]).toEqual([false, 250_000])
    nowMs = 249
    expect(own.take('a', 1, rate).isAllowed).toBe(false)
    nowMs = 250
    expect(own.take('a', 1, rate).isAllowed).toBe(true)
  })

  it('lets through no burst once all was spent', () => {
    let nowMs = 0
    const own = createOwnCount(() => nowMs)
    const rate = shareOf({ perSecond: 1, burst: 10 }, 1)
    own.spend(rate)
    expect(own.take('new', 1, rate).isAllowed).toBe(false)
    nowMs = 1000
    expect(own.take('new', 1, rate).isAllowed).toBe(true)
    expect(own.take('new', 1, rate).isAllowed).toBe(false)
  })
})

describe('what an operator is told of the count in Redis', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Looks once a second; each look goes as said, and those after them go well. */
  async function told(looks: readonly boolean[]): Promise<string[]> {
    const said: string[] = []
    const left = [...looks]
    const beat = async () => {
      if (left.shift() ?? true) return 1
      throw Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })
    }
    const door = createDoorLimit({
      limit: { perSecond: 1, burst: 1 },
      shared: { beat, take: async () => ({ isAllowed: true, waitUs: 0 }) },
      monotonicMs: () => 0,
      log: { warn: (line) => void said.push(line), info: (line) => void said.push(line) },
    })
    await vi.advanceTimersByTimeAsync(looks.length * 1_000 + 100)
    door.stop()
    return said
  }

  it('is nothing of a connection that does not stand at the first look, and every loss after it once', async () => {
    const lost = 'Redis does not count requests (ECONNREFUSED): each replica lets through its share'
    const back = 'Redis counts requests again'
    expect(await told([false])).toEqual([])
    expect(await told([false, false, false])).toEqual([lost, back])
    expect(await told([true, false, false, true, false])).toEqual([lost, back, lost, back])
    expect(await told([false, true, false])).toEqual([lost, back])
  })
})

describe.skipIf(redisMissing !== undefined)('the count in Redis', () => {
  let redis: TestRedis
  let proxy: FaultProxy
  const opened: RedisScripts[] = []
  const doors: DoorLimit[] = []
  const open = async () => {
    const scripts = await openRedis({
      ...{ url: `redis://127.0.0.1:${proxy.port}`, answerMsMax: 250, sha1 },
    })
    opened.push(scripts)
    await expect.poll(() => scripts.run('return 1', [], []).catch(() => 0)).toBe(1)
    return scripts
  }
  beforeAll(async () => {
    redis = await startTestRedis()
    proxy = await startFaultProxy({ targetPort: redis.port })
  })
  afterAll(async () => {
    for (const door of doors) door.stop()
    for (const scripts of opened) scripts.close()
    await proxy.close()
    await redis.stop()
  })

  it('answers as a process does that counts by the same clock', async () => {
    const { run } = await open()
    let key = 0
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        async (limit, asked) => {
          key += 1
          const { intervalUs, burst } = shareOf(limit, 1)
          await run("return redis.call('SET', KEYS[1], '0')", ['same:spent'], [])
          let dueUs = 0
          for (const count of asked) {
            const keys = [`same:${key}`, 'same:spent']
            const answer = (await run(takeScript, keys, [intervalUs, burst, count])) as number[]
            const [isAllowed, waitUs, nowUs = 0] = answer
            const same = takeFrom({ intervalUs, burst }, { dueUs, nowUs, count })
            dueUs = same.dueUs
            expect([isAllowed === 1, waitUs]).toEqual([same.isAllowed, same.waitUs])
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('neither opens nor stays closed when its clock was set back', async () => {
    verifies('S-30')
    const { run } = await open()
    // What a clock an hour ahead had left behind.
    const aheadUs = (Date.now() + 3_600_000) * 1000
    const keys = ['back:agent', 'back:spent']
    const set = "redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1])"
    await run(set, keys, [aheadUs])
    const take = async () => ((await run(takeScript, keys, [50_000, 20, 1])) as number[])[0]
    expect(await take()).toBe(0)
    await expect.poll(take, { timeout: 2_000, interval: 60 }).toBe(1)
  })

  const openDoor = async (
    name: string,
    replica: string,
    limit: { perSecond: number; burst: number },
  ) => {
    const { run } = await open()
    const lines: string[] = []
    const door = createDoorLimit({
      limit,
      shared: createSharedCount({ run, prefix: name, rate: shareOf(limit, 1), replica }),
      monotonicMs: () => performance.now(),
      log: { warn: (line) => lines.push(line), info: (line) => lines.push(line) },
    })
    doors.push(door)
    await expect.poll(() => door.state().reachable).toBe(true)
    return { ...door, lines }
  }
  const letsThrough = async (door: DoorLimit, agentId: string, tries: number) => {
    const all = Array.from({ length: tries }, () => door.admit(agentId))
    const ends = await Promise.allSettled(all)
    return ends.filter(({ status }) => status === 'fulfilled').length
  }

  it('is one for all replicas, and of each agent', async () => {
    verifies('S-29')
    const limit = { perSecond: 1, burst: 10 }
    const one = await openDoor('shared', 'a', limit)
    const other = await openDoor('shared', 'b', limit)
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    const [first, second] = await Promise.all([
      letsThrough(one, 'x', 10),
      letsThrough(other, 'x', 10),
    ])
    // Redis is as young as the test: nobody has saved more than a few.
    expect(first + second).toBeGreaterThanOrEqual(2)
    expect(first + second).toBeLessThanOrEqual(6)
    expect(await letsThrough(other, 'y', 1)).toBe(1)
    await expect(one.admit('x')).rejects.toMatchObject({
      ...{ type: 'too-many-attempts', status: 429, retryAfterSeconds: 1 },
    })
  })

  it.each(['cut', 'blackhole'] as const)(
    'lets nobody make more requests while it is lost (%s) or is back',
    async (kind) => {
      verifies('S-30')
      verifies('S-44')
      const limit = { perSecond: 20, burst: 20 }
      const pair = [await openDoor(kind, 'a', limit), await openDoor(kind, 'b', limit)]
      const granted: number[] = []
      const startedMs = performance.now()
      const flood = async () => {
        for (const door of pair) {
          const ms = performance.now()
          if ((await letsThrough(door, 'x', 1)) === 1) granted.push(ms)
          // A request waits for Redis no longer than its bound.
          expect(performance.now() - ms).toBeLessThan(1_500)
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const floodUntil = async (isOver: () => boolean) => {
        do await flood()
        while (!isOver())
      }
      await floodUntil(() => performance.now() - startedMs > 400)
      proxy.set({ kind })
      await floodUntil(() => pair.every((door) => !door.state().reachable))
      const lostMs = performance.now()
      await floodUntil(() => performance.now() - lostMs > 800)
      expect(granted.some((ms) => ms > lostMs)).toBe(true)
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      await floodUntil(() => pair.every((door) => door.state().reachable))
      const backMs = performance.now()
      await floodUntil(() => performance.now() - backMs > 400)
      expect(granted.some((ms) => ms > backMs)).toBe(true)
      for (const [index, from] of granted.entries()) {
        for (const [further, ms] of granted.slice(index).entries()) {
          // A replica comes back up to a beat before the other, which takes its half meanwhile.
          const most =
            limit.burst + (limit.perSecond * (ms - from)) / 1000 + limit.perSecond / 2 + 3
          expect(further + 1).toBeLessThanOrEqual(most)
        }
      }
      expect(pair[0]?.lines).toHaveLength(2)
    },
    20_000,
  )

  it('lets nobody make more requests for what somebody else put at its keys', async () => {
    verifies('S-30')
    const limit = { perSecond: 10, burst: 10 }
    const { run } = await open()
    const script = `redis.call('DEL', KEYS[1]) redis.call('DEL', KEYS[2])
      if ARGV[1] == 'a list' then redis.call('RPUSH', KEYS[1], '1') redis.call('RPUSH', KEYS[2], '1')
      else redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1]) end`
    for (const [index, value] of ['a list', 'nan', 'inf', '-1e300', 'text', ''].entries()) {
      const door = await openDoor(`odd-${index}`, 'a', limit)
      await run(script, [`odd-${index}:due:x`, `odd-${index}:spent`], [value])
      const startedMs = performance.now()
      const granted = await letsThrough(door, 'x', 60)
      const most = limit.burst + (limit.perSecond * (performance.now() - startedMs)) / 1000 + 1
      expect([value, granted <= most]).toEqual([value, true])
      // The others still come in.
      await expect.poll(() => letsThrough(door, 'y', 1), { timeout: 3_000 }).toBe(1)
    }
  })

  it('begins with nothing saved when it came back empty', async () => {
    verifies('S-30')
    const door = await openDoor('empty', 'a', { perSecond: 2, burst: 50 })
    await redis.kill()
    await expect.poll(() => door.state().reachable, { timeout: 5_000 }).toBe(false)
    await redis.restart()
    await expect.poll(() => door.state().reachable, { timeout: 5_000 }).toBe(true)
    expect(await letsThrough(door, 'fresh', 50)).toBeLessThanOrEqual(5)
  })
})
