import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { startDatabaseProxy } from '../../../../test/fixtures/database-proxy.ts'
import { type FaultProxy, startFaultProxy } from '../../../../test/fixtures/fault-proxy.ts'
import { redisMissing, startTestRedis, type TestRedis } from '../../../../test/fixtures/redis.ts'
import { verifies } from '../../../../test/verifies.ts'
import { migrate } from '../store/migrate.ts'
import { onPostgres } from './bull-on-postgres.ts'
import { onRedis } from './bull-on-redis.ts'
import { createBullQueue } from './bull-queue.ts'
import type { JobRun } from './job-runner.ts'
import { queueSchema } from './job-schema.ts'
import { startQueueRunner } from './queue-runner.ts'

interface Place {
  readonly kind: 'postgresql' | 'redis'
  /** Leads through a proxy. */
  readonly url: string
  readonly proxy: FaultProxy
  stop(): Promise<void>
}

/** A queue that can be lost and still ends within what opening it may take was not waited for. */
const patienceMs = 5_000
const waitMs = { timeout: 12_000, interval: 20 }

async function placeInPostgres(): Promise<Place> {
  const test: TestDatabase = await startTestDatabase()
  const schema = { migrationsFolder, furtherSchema: queueSchema }
  const appRole = new URL(test.urls.app).username
  // Replicas start at once.
  const start = () => migrate({ url: test.urls.owner, appRole, ...schema })
  await Promise.all([start(), start()])
  const proxy = await startDatabaseProxy(test.urls.app)
  const stop = async () => {
    await proxy.close()
    await test.stop()
  }
  return { kind: 'postgresql', url: proxy.url, proxy, stop }
}

async function placeInRedis(): Promise<Place> {
  const redis: TestRedis = await startTestRedis()
  const proxy = await startFaultProxy({ targetPort: redis.port })
  const stop = async () => {
    await proxy.close()
    await redis.stop()
  }
  return { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}`, proxy, stop }
}

function startRunner({ kind, url }: Place, names: readonly string[], everyMs: number) {
  const runs: string[] = []
  const told: JobRun[] = []
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const runner = startQueueRunner({
    kind,
    jobs: names.map((name) => ({ name, everyMs, run: async () => runs.push(name) })),
    open: createBullQueue({
      ends: kind === 'redis' ? onRedis(url, 'test') : onPostgres(url),
      now: Date.now,
    }),
    log: { info: log, warn: log },
    onFailure: (name, error) => log(`${name}: ${error}`),
    onRun: (run) => told.push(run),
    monotonicMs: () => performance.now(),
    every: { checkMs: 200, reopenMs: 200 },
  })
  return { ...runner, runs, told, lines }
}

const places: readonly {
  readonly name: string
  readonly open: () => Promise<Place>
  readonly missing: string | undefined
  readonly faults: readonly ('cut' | 'blackhole' | 'garbage')[]
}[] = [
  {
    ...{ name: 'PostgreSQL', open: placeInPostgres, missing: undefined },
    faults: ['cut', 'blackhole'],
  },
  {
    ...{ name: 'Redis', open: placeInRedis, missing: redisMissing },
    faults: ['cut', 'blackhole', 'garbage'],
  },
]

for (const { name, open, missing, faults } of places) {
  describe.skipIf(missing !== undefined)(`the queue of jobs in ${name}`, () => {
    let place: Place
    beforeAll(async () => {
      place = await open()
    })
    afterAll(() => place.stop())

    it('runs a job on one of two processes each time, and on the other when one is gone', async () => {
      const pair = [startRunner(place, ['a b', 'c'], 150), startRunner(place, ['a b', 'c'], 150)]
      const [one, other] = pair as [(typeof pair)[0], (typeof pair)[0]]
      const total = () => one.runs.length + other.runs.length
      await expect.poll(() => pair.every((runner) => runner.queue().isReachable), waitMs).toBe(true)
      const [before, startedMs] = [total(), performance.now()]
      await expect.poll(() => total() - before, waitMs).toBeGreaterThan(12)
      const times = (performance.now() - startedMs) / 150
      // Two jobs; had both processes run both, it would be four.
      expect(total() - before).toBeLessThan(times * 3 + 2)
      await one.stop()
      const seen = other.runs.length
      await expect.poll(() => other.runs.length - seen, waitMs).toBeGreaterThan(4)
      expect(new Set(other.runs)).toEqual(new Set(['a b', 'c']))
      expect(other.told[0]).toMatchObject({ outcome: 'done', durationMs: expect.any(Number) })
      await other.stop()
      expect([...one.lines, ...other.lines]).toEqual([])
    })

    for (const kind of faults) {
      it(`is replaced by timers while it is lost (${kind}), and used again when it is back`, async () => {
        verifies('S-44')
        const runner = startRunner(place, ['ticks'], 100)
        await expect.poll(() => runner.queue().isReachable, waitMs).toBe(true)
        place.proxy.set({ kind })
        await expect.poll(() => runner.queue().isReachable, waitMs).toBe(false)
        const seen = runner.runs.length
        await expect.poll(() => runner.runs.length - seen, waitMs).toBeGreaterThan(5)
        place.proxy.set({ kind: 'pass' })
        place.proxy.cutNow()
        await expect.poll(() => runner.queue().isReachable, waitMs).toBe(true)
        const again = runner.runs.length
        await expect.poll(() => runner.runs.length - again, waitMs).toBeGreaterThan(5)
        await runner.stop()
        expect(runner.lines).toEqual([
          expect.stringMatching(/^the queue of jobs is lost: \w+; meanwhile/),
          'the queue of jobs is back',
        ])
      }, 60_000)
    }

    it('ends nothing but itself when its connections are reset, at whatever step', async () => {
      verifies('S-44')
      const uncaught: unknown[] = []
      const note = (error: unknown) => void uncaught.push(error)
      process.on('uncaughtException', note)
      onTestFinished(() => void process.off('uncaughtException', note))
      // Each step takes that long, both ways: one after the other is cut off.
      place.proxy.set({ kind: 'delay', delayMs: 20 })
      const runner = startRunner(place, ['ticks'], 100)
      for (let afterMs = 10; afterMs < 400; afterMs += 20) {
        await pause(afterMs)
        place.proxy.cutNow()
      }
      place.proxy.set({ kind: 'pass' })
      await expect.poll(() => runner.queue().isReachable, waitMs).toBe(true)
      await runner.stop()
      expect(uncaught).toEqual([])
    }, 30_000)

    const endSoon = async (runner: ReturnType<typeof startRunner>) => {
      const startedMs = performance.now()
      await runner.stop()
      expect(performance.now() - startedMs).toBeLessThan(patienceMs)
      place.proxy.set({ kind: 'pass' })
      place.proxy.cutNow()
    }

    it('ends soon though it never answered', async () => {
      place.proxy.set({ kind: 'blackhole' })
      const before = place.proxy.connectionCount()
      const runner = startRunner(place, ['never'], 100)
      await expect.poll(() => place.proxy.connectionCount(), waitMs).toBeGreaterThan(before)
      await endSoon(runner)
    }, 30_000)

    it.each(['cut', 'blackhole'] as const)(
      'ends soon though it was lost a moment ago (%s)',
      async (kind) => {
        const runner = startRunner(place, ['ticks'], 100)
        await expect.poll(() => runner.runs.length, waitMs).toBeGreaterThan(0)
        place.proxy.set({ kind })
        await endSoon(runner)
      },
      30_000,
    )
  })
}

it.skipIf(redisMissing !== undefined)(
  'leaves no connection behind, though Redis stood still while the queue was closed',
  async () => {
    verifies('S-44')
    const redis = await startTestRedis()
    onTestFinished(() => redis.stop())
    const state = { runs: 0 }
    const run = async () => {
      state.runs += 1
    }
    const open = createBullQueue({ ends: onRedis(redis.url, 'test'), now: Date.now })
    const { signal } = new AbortController()
    const queue = await open([{ name: 'ticks', everyMs: 500, run }], signal)
    await expect.poll(() => state.runs, waitMs).toBeGreaterThan(0)
    // Now the worker waits for its next job.
    await pause(100)
    redis.pause()
    // It asks in vain, gives its connection up, which takes two seconds more, and connects again then: closed or not.
    await pause(1_900)
    await queue.close(0)
    redis.resume()
    const onlooker = new Redis(redis.url)
    const clients = async () =>
      String(await onlooker.client('LIST'))
        .trim()
        .split('\n').length
    await expect.poll(clients, waitMs).toBe(1)
    onlooker.disconnect()
  },
  30_000,
)

it('gives the role of the running vault rows of the queue, and no say over how it is made', async () => {
  const test = await startTestDatabase()
  const appRole = new URL(test.urls.app).username
  const options = { url: test.urls.owner, migrationsFolder, appRole, furtherSchema: queueSchema }
  await migrate(options)
  await migrate(options)
  const { sql } = test.database
  expect(await sql`SELECT 1 FROM sallyport_jobs.job`).toHaveLength(0)
  await expect(sql`DELETE FROM sallyport_jobs.migration`).rejects.toThrow('permission denied')
  await expect(sql`CREATE TABLE sallyport_jobs.mine ()`).rejects.toThrow('permission denied')
  await test.stop()
})
