import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../apps/vault/src/store/connect.ts'
import { startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../fixtures/database-proxy.ts'
import type { Fault } from '../fixtures/fault-proxy.ts'
import { type CallEnd, eventually, residentMb, type Scene, startScene } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// PostgreSQL goes away under a running vault in every way that a network and a server can, and comes back.

/** What a caller waits for at most, whatever the database does. */
const callMsMax = 20_000
/** Less than what asks the database in vain. */
const plainAnswerMsMax = 5_000
const recoveryMsMax = 10_000
const faultMs = 4_000
const grownMbMax = 200

let database: TestDatabase
let proxy: DatabaseProxy
let scene: Scene
let next = 0

beforeAll(async () => {
  database = await startTestDatabase()
  proxy = await startDatabaseProxy(database.urls.app)
  scene = await startScene({
    env: {
      DATABASE_URL: proxy.url,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
})
// What failed amid a fault leaves it to nobody else.
afterEach(() => {
  proxy.set({ kind: 'pass' })
  proxy.cutNow()
})
afterAll(async () => {
  proxy?.set({ kind: 'pass' })
  await scene?.stop()
  await proxy?.close()
  await database?.stop()
})

const call = () => {
  next += 1
  return scene.call(`/plain/${next}`)
}

/** Status and time of a plain answer. */
async function ask(path: string): Promise<{ status: number; tookMs: number }> {
  const startedMs = performance.now()
  const { status } = await fetch(`${scene.vault.url}${path}`, {
    signal: AbortSignal.timeout(callMsMax),
  })
  return { status, tookMs: performance.now() - startedMs }
}

/** Between the calls of one of ten callers: at any moment some are under way, and the processor has other work too. */
const callerPauseMs = 25

/** Ten callers, for a while. */
async function traffic(forMs: number): Promise<CallEnd[]> {
  const untilMs = performance.now() + forMs
  const ends: CallEnd[] = []
  const worker = async () => {
    while (performance.now() < untilMs) {
      const end = await call()
      ends.push(end)
      await sleep(end.problem === undefined ? callerPauseMs : 2 * callerPauseMs)
    }
  }
  await Promise.all(Array.from({ length: 10 }, worker))
  return ends
}

async function expectRecovered(): Promise<void> {
  const works = async () => (await call()).status === 200
  expect(await eventually(works, recoveryMsMax), 'serves again').toBe(true)
  const ready = async () => (await ask('/readyz')).status === 200
  expect(await eventually(ready, recoveryMsMax), 'is ready again').toBe(true)
}

/** Nothing reached the upstream without a durable intent, nothing twice, and the chain is whole. */
async function expectWhole(): Promise<void> {
  const paths = new Set((await scene.attempts()).map((entry) => entry.path))
  const hits = [...scene.upstream.hits]
  expect(hits.filter(([, count]) => count !== 1)).toEqual([])
  expect(hits.filter(([path]) => !paths.has(path))).toEqual([])
  expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
}

const outOfReach: readonly Fault[] = [{ kind: 'cut' }, { kind: 'blackhole' }, { kind: 'garbage' }]
const slow: readonly Fault[] = [
  { kind: 'delay', delayMs: 200 },
  { kind: 'delay', delayMs: 4_000 },
  { kind: 'trickle', everyMs: 20 },
]

describe('while the database is out of reach', () => {
  it.each(outOfReach)(
    '($kind) refuses in bounded time, sends nothing, stays alive, and recovers by itself',
    async (fault) => {
      verifies('S-44', 'S-36')
      await expectRecovered()
      const before = residentMb(scene.vault.process().child.pid ?? 0)
      const running = traffic(faultMs)
      await sleep(500)
      proxy.set(fault)
      await sleep(1_500)
      const hits = scene.upstream.hits.size
      const health = await Promise.all([ask('/healthz'), ask('/'), ask('/openapi.json')])
      for (const { status, tookMs } of health) {
        expect(status).toBeLessThan(500)
        expect(tookMs).toBeLessThan(plainAnswerMsMax)
      }
      const ready = await ask('/readyz')
      expect(ready.status).toBe(503)
      const ends = await running
      expect(scene.upstream.hits.size, 'nothing is sent meanwhile').toBe(hits)
      for (const end of ends) {
        expect(end.tookMs).toBeLessThan(callMsMax)
        if (end.problem !== undefined)
          expect(['store-unavailable', 'audit-unavailable']).toContain(end.problem)
      }
      expect(ends.some((end) => end.problem !== undefined)).toBe(true)
      proxy.set({ kind: 'pass' })
      if (fault.kind === 'garbage') proxy.cutNow()
      await expectRecovered()
      await expectWhole()
      expect(residentMb(scene.vault.process().child.pid ?? 0) - before).toBeLessThan(grownMbMax)
    },
  )

  it('answers an owner and a signing agent with a problem, too', async () => {
    verifies('S-44')
    proxy.set({ kind: 'cut' })
    await sleep(500)
    const asked = await Promise.all([
      ...(['listConnections', 'listAgents', 'listAudit', 'verifyAudit'] as const).map((operation) =>
        scene.vault.owner.call(operation, {}).catch(({ type }) => type),
      ),
      fetch(`${scene.vault.url}/v1/agents/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: 'client_credentials', client_assertion: 'a.b.c' }),
      }).then(({ status }) => status),
    ])
    proxy.set({ kind: 'pass' })
    expect(asked.slice(0, -1)).toEqual(Array(4).fill('store-unavailable'))
    expect([401, 503]).toContain(asked.at(-1))
    await expectRecovered()
  })
})

describe('while the database is slow', () => {
  it.each(slow)(
    '($kind $delayMs$everyMs) answers each call in bounded time and loses nothing',
    async (fault) => {
      verifies('S-44', 'S-36')
      const running = traffic(faultMs)
      await sleep(300)
      proxy.set(fault)
      const health = await ask('/healthz')
      expect(health.status).toBe(200)
      expect(health.tookMs).toBeLessThan(plainAnswerMsMax)
      for (const end of await running) expect(end.tookMs).toBeLessThan(callMsMax)
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      await expectRecovered()
      await expectWhole()
    },
  )
})

describe('when connections are lost for a moment', () => {
  it('goes on at once, however often all of them are cut', async () => {
    verifies('S-44', 'S-36')
    const running = traffic(faultMs)
    for (let round = 0; round < 8; round += 1) {
      await sleep(400)
      proxy.cutNow()
    }
    const ends = await running
    expect(ends.filter((end) => end.status === 200).length).toBeGreaterThan(5)
    await expectRecovered()
    await expectWhole()
  })

  it('hears of a revocation though the change feed alone is cut again and again', async () => {
    verifies('S-44', 'S-10')
    const sql = connect({
      url: database.urls.owner,
      maxConnections: 1,
      applicationName: 'test',
      silenceMsMax: 10_000,
    })
    const cut = async () => {
      const rows = await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'sallyport changes' and datname = current_database()`
      return rows.length
    }
    const { child } = scene.vault.process()
    for (let round = 0; round < 4; round += 1) {
      const agent = await scene.vault.createAgentWithKey(`feed ${round}`)
      await scene.vault.addPolicy({ agentId: agent.agentId, connectionId: scene.connectionId })
      const send = (path: string) =>
        agent.client
          .call('execute', {
            connectionId: scene.connectionId,
            method: 'GET',
            url: `${scene.upstream.origin}${path}`,
          })
          .then(
            () => 'sent',
            ({ type }) => type,
          )
      expect(await send(`/plain/feed-${round}`)).toBe('sent')
      expect(await eventually(async () => (await cut()) > 0, 5_000)).toBe(true)
      // Behind the vault's back, as another replica would: this one can only hear of it.
      await sql`update agents set status = 'disabled' where id = ${agent.agentId}`
      await sleep(1_000)
      expect(await send(`/plain/feed-${round}-after`)).not.toBe('sent')
      expect(scene.upstream.hits.has(`/plain/feed-${round}-after`)).toBe(false)
    }
    await sql.end({ timeout: 1 })
    expect(child.exitCode).toBeNull()
    await expectRecovered()
    await expectWhole()
  })
})

it('has said nothing secret about all this', () => {
  verifies('S-38')
  const said = scene.vault.output()
  const password = new URL(proxy.url).password
  for (const secret of [password, 'upstream-secret', scene.vault.ownerToken])
    expect(said).not.toContain(secret)
})
