import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import {
  spawnVault,
  startVault,
  type TestAgent,
  type TestVault,
  type VaultProcess,
} from './fixtures/vault.ts'
import { createWireAgent, type WireAgent, type WireAnswer } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// Two replicas on one database, several tokens of one agent.

let database: TestDatabase
let vault: TestVault
let enrolled: TestAgent
let upstream: RawServer
let one: WireAgent
let two: WireAgent
let replica: VaultProcess
const tokens: string[] = []
const directory = mkdtempSync(join(tmpdir(), 'sallyport-replica-'))
/** What the clock of the first replica's wall is off by; its process reads the file. */
const shiftFile = join(directory, 'shift-ms')

/** Connections whose answer is held back, with what is under way at the upstream. */
const held = new Set<Socket>()
let running = 0
let runningMax = 0

beforeAll(async () => {
  upstream = await startRawServer({
    answer(socket, { target }) {
      if (target.startsWith('/reset')) return void socket.resetAndDestroy()
      if (target.startsWith('/garbage')) return void socket.end('garbage\r\n\r\n')
      if (!target.startsWith('/held')) return void socket.write(ok)
      running += 1
      runningMax = Math.max(runningMax, running)
      held.add(socket)
      socket.on('close', () => {
        if (held.delete(socket)) running -= 1
      })
    },
  })
  database = await startTestDatabase()
  writeFileSync(shiftFile, '0')
  const preload = join(directory, 'shift.mjs')
  writeFileSync(
    preload,
    `import { readFileSync } from 'node:fs'
    const real = Date.now
    let shift = 0
    setInterval(() => { shift = Number(readFileSync(${JSON.stringify(shiftFile)}, 'utf8')) || 0 }, 20).unref()
    Date.now = () => real() + shift\n`,
  )
  const env = {
    DATABASE_URL: database.urls.app,
    DATABASE_MIGRATION_URL: database.urls.owner,
    SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
  }
  vault = await startVault({ env: { ...env, NODE_OPTIONS: `--import=${preload}` } })
  replica = spawnVault(directory, env)
  enrolled = await vault.createAgentWithKey('tester')
  one = await createWireAgent(vault, enrolled)
  two = await createWireAgent({ url: await replica.ready }, enrolled)
  tokens.push(await one.newToken(), await one.newToken(), await two.newToken())
})
afterAll(async () => {
  for (const socket of held) socket.destroy()
  replica?.child.kill('SIGKILL')
  await replica?.exited
  await vault?.stop()
  await database?.stop()
  await upstream?.close()
  rmSync(directory, { recursive: true, force: true })
})

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok'
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Lets the calls go that the upstream holds. */
function release(): void {
  for (const socket of held) socket.write(ok)
  running -= held.size
  held.clear()
}

async function under(limits: object) {
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  const policyId = await vault.addPolicy({ agentId: enrolled.agentId, connectionId, limits })
  const send = (at = 0, path = '/x'): Promise<WireAnswer> => {
    const input = { connectionId, method: 'GET', url: upstream.origin + path }
    const token = tokens[at % tokens.length]
    return (at % 2 === 0 ? one : two).execute(input, token === undefined ? {} : { token })
  }
  return { connectionId, policyId, send }
}

/** Many calls at once, over both replicas and all tokens. */
async function flood(send: (at: number) => Promise<WireAnswer>, count: number) {
  const answers = await Promise.all(Array.from({ length: count }, (_, at) => send(at)))
  const granted = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status !== 200)
  for (const { status, body, headers } of refused) {
    expect(body, JSON.stringify(body)).toMatchObject({ type: 'limit-exceeded', status: 429 })
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toBe(String(body.retryAfterSeconds))
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(body.auditId).toMatch(/^aud_/)
  }
  return { granted, refused }
}

describe('a limit of rate', () => {
  it('is never passed by a flood from several tokens and two replicas, and every refusal is audited', async () => {
    verifies('S-29', 'S-36')
    for (const [name, limit] of [
      ['perMinute', 15],
      ['perHour', 7],
      ['perDay', 11],
    ] as const) {
      const { send, connectionId } = await under({ [name]: limit })
      const before = upstream.requests.length
      const startedMs = Date.now()
      const { granted, refused } = await flood(send, 60)
      const isSlow = name === 'perMinute' && Date.now() - startedMs > 3500
      if (!isSlow) expect(granted.length, name).toBe(limit)
      expect(upstream.requests.length - before).toBe(granted.length)
      const { entries } = await vault.owner.call('listAudit', { limit: 200, connectionId })
      const audited = new Map(entries.map((entry) => [entry.id, entry]))
      for (const { body } of refused) {
        expect(audited.get(String(body.auditId))).toMatchObject({
          decision: 'deny',
          outcome: 'refused',
          problem: 'limit-exceeded',
        })
      }
    }
  })

  it('holds together with others: what one refuses spends nothing of the rest', async () => {
    verifies('S-29')
    const { send, policyId, connectionId } = await under({ perHour: 3, perDay: 100 })
    expect((await flood(send, 30)).granted.length).toBe(3)
    const allow = [{ origin: upstream.origin, methods: ['GET' as const], paths: ['/**'] }]
    const replace = (limits: object) =>
      vault.owner.call('replacePolicy', { policyId, approval: 'never', allow, limits })
    await replace({ perDay: 10 })
    await sleep(1500)
    // Three of ten were spent, and the twenty-seven that were refused are not among them.
    expect((await flood(send, 30)).granted.length).toBe(7)
    const { policies } = await vault.owner.call('listPolicies', { connectionId })
    expect(policies.length).toBe(1)
  })

  it('is not opened by a crash, a restart or a wall clock that is set', async () => {
    verifies('S-30')
    const { send, connectionId } = await under({ perHour: 4, perDay: 1000 })
    expect((await flood(send, 20)).granted.length).toBe(4)
    const input = { connectionId, method: 'GET', url: `${upstream.origin}/x` }
    for (const shiftMs of [-86_400_000, -3_600_000, 60_000, 0]) {
      writeFileSync(shiftFile, String(shiftMs))
      await sleep(100)
      const { status, body } = await one.execute(input)
      expect(status, `${shiftMs} ${JSON.stringify(body)}`).toBe(429)
    }
    await vault.kill()
    await vault.restart()
    expect((await one.execute(input)).status).toBe(429)
    await vault.terminate()
    writeFileSync(shiftFile, String(3 * 3_600_000))
    await vault.restart()
    await sleep(100)
    // By this clock the agent's tokens are over; by the database's the hour is not.
    expect((await one.execute(input)).status).toBe(401)
    expect((await two.execute(input)).status).toBe(429)
    writeFileSync(shiftFile, '0')
    await sleep(100)
    expect((await one.execute(input)).status).toBe(429)
  })
})

describe('a limit of calls at the same time', () => {
  it('is never passed by a flood, and a place comes back after every kind of end', async () => {
    verifies('S-29')
    const { send } = await under({ concurrent: 3 })
    runningMax = 0
    const calls = Array.from({ length: 24 }, (_, at) => send(at, '/held'))
    const answers = Promise.all(calls)
    await expect.poll(() => running, { timeout: 10_000 }).toBe(3)
    await Promise.race([answers, sleep(1500)])
    expect(runningMax).toBe(3)
    release()
    const statuses = (await answers).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200).length).toBe(3)
    expect(statuses.filter((status) => status === 429).length).toBe(21)
    // The outcome is written with the next group, so a place is free soon, not at once.
    const freed = () => expect.poll(async () => (await send(0)).status, { timeout: 5000 }).toBe(200)
    await freed()
    for (const path of ['/reset', '/garbage']) {
      for (let round = 0; round < 4; round++) {
        await expect
          .poll(async () => (await send(round, path)).body.type, { timeout: 5000 })
          .toBe('upstream-invalid-response')
      }
      await freed()
    }
    // An agent that hangs up gives nothing back that it did not have.
    for (let round = 0; round < 3; round++) {
      const stop = new AbortController()
      const cut = one.execute(
        { connectionId: 'con_none', method: 'GET', url: `${upstream.origin}/x` },
        { signal: stop.signal },
      )
      stop.abort()
      await cut.catch(() => undefined)
    }
    await freed()
    expect(runningMax).toBe(3)
  })
})

describe.concurrent('with time', () => {
  it('a limit of rate lets one through when it said that it would, and none before', async () => {
    verifies('S-29')
    const { connectionId } = await under({ perMinute: 12 })
    const input = { connectionId, method: 'GET', url: `${upstream.origin}/x` }
    const send = () => one.execute(input)
    const startedMs = Date.now()
    expect((await flood(send, 12)).granted.length).toBe(12)
    const { refused } = await flood(send, 20)
    const waits = refused.map(({ body }) => Number(body.retryAfterSeconds))
    // A window, and what its counting is rounded by.
    expect(Math.max(...waits)).toBeLessThanOrEqual(62)
    const fromNowMs = Math.max(...waits) * 1000
    await sleep(Math.max(0, startedMs + 57_000 - Date.now()))
    expect((await flood(send, 4)).granted.length).toBe(0)
    await sleep(Math.max(0, startedMs + fromNowMs + 1000 - Date.now()))
    expect((await send()).status).toBe(200)
  }, 120_000)

  it('gives the places of a replica that was killed back when their time is up, and not before', async () => {
    verifies('S-29', 'S-30', 'S-43')
    const { send } = await under({ concurrent: 2 })
    const cut = [send(1, '/held'), send(1, '/held')].map((call) => call.catch(() => undefined))
    await expect.poll(() => running, { timeout: 10_000 }).toBe(2)
    const killedMs = Date.now()
    replica.child.kill('SIGKILL')
    await Promise.all(cut)
    expect((await send(0)).status).toBe(429)
    await sleep(5000)
    expect((await send(0)).status).toBe(429)
    await expect
      .poll(async () => (await send(0)).status, { timeout: 90_000, interval: 1000 })
      .toBe(200)
    // The deadline of a call and a margin: before that it may still be on its way.
    expect(Date.now() - killedMs).toBeGreaterThan(50_000)
  }, 120_000)
})
