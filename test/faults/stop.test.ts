import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, isAlive, postmasterPid, type Scene, startScene } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// The vault is told to stop, or meets a fault that nobody caught.

const drainMsMax = 8_000
const stopMsMax = 15_000

let scene: Scene
beforeAll(async () => {
  scene = await startScene()
})
afterAll(() => scene?.stop())

let next = 0
/** A path that no other request has. */
const path = (kind: string) => `/${kind}/${++next}`

/** What the vault that runs was started with beside what all are. */
let given: Record<string, string> = {}
/** One vault for all tests, as starting one is what costs: most leave it stopped, and the next starts it again. */
async function begin(env: Record<string, string> = {}): Promise<void> {
  scene.upstream.hold()
  const { exitCode, signalCode } = scene.vault.process().child
  if (exitCode === null && signalCode === null) {
    if (env === given || Object.keys(env).length + Object.keys(given).length === 0) return
    await scene.vault.terminate()
  }
  await restart(env)
}
async function restart(env = given): Promise<void> {
  given = env
  await scene.vault.restart(env)
}
const attemptAt = async (target: string) =>
  (await scene.attempts()).find((attempt) => attempt.path === target)

/** Sends a signal and answers how, and how soon, the process ended. */
async function signal(name: NodeJS.Signals) {
  const { child, exited } = scene.vault.process()
  const startedMs = performance.now()
  child.kill(name)
  const code = await exited
  return { code, signal: child.signalCode, tookMs: performance.now() - startedMs }
}

/** Refused, or answered with a request to go away. */
function isRefused(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.on('connect', () => resolve(false))
    socket.on('error', () => resolve(true))
  }).then((refused) => refused === true)
}

/** A request whose head is not whole yet: its connection is not idle. */
function beginRequest(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let said = ''
  socket.on('data', (chunk) => {
    said += String(chunk)
  })
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(said)))
  socket.write('GET /v1/connections HTTP/1.1\r\nhost: vault\r\n')
  return {
    finish() {
      socket.write('\r\n')
      return closed
    },
  }
}

describe('a vault that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s lets a running call finish, takes no new one, and ends with 0 and its database',
    async (name) => {
      verifies('S-43')
      await begin()
      const server = postmasterPid(scene.vault) ?? 0
      const running = scene.call(path('hold'))
      expect(await eventually(() => scene.upstream.holding() === 1, 5_000)).toBe(true)
      const begun = beginRequest(scene.vault.url)
      await sleep(200)
      const ended = signal(name)
      await sleep(300)
      const late = begun.finish()
      expect(await isRefused(scene.vault.url)).toBe(true)
      expect(await scene.call('/plain/late')).toMatchObject({ problem: 'vault-unreachable' })
      expect(scene.upstream.hits.has('/plain/late')).toBe(false)
      expect(await late).toMatch(/^HTTP\/1.1 503 .*connection: close.*The vault is stopping/is)
      scene.upstream.release()
      expect(await running).toMatchObject({ status: 200 })
      const { code, tookMs } = await ended
      expect(code).toBe(0)
      expect(tookMs).toBeLessThan(5_000)
      expect(isAlive(server)).toBe(false)
    },
  )

  it('does not wait longer than it says for a call that does not end, and records how that ended', async () => {
    verifies('S-43', 'S-36')
    await begin()
    const held = path('hold')
    const running = scene.call(held)
    expect(await eventually(() => scene.upstream.holding() === 1, 5_000)).toBe(true)
    const { code, tookMs } = await signal('SIGTERM')
    expect(code).toBe(0)
    expect(tookMs).toBeGreaterThan(drainMsMax - 1_000)
    expect(tookMs).toBeLessThan(stopMsMax)
    expect(await running).toMatchObject({ problem: 'vault-unreachable' })
    await restart()
    expect(await attemptAt(held)).toMatchObject({ outcome: 'failed', problem: 'request-stopped' })
    expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('is not kept by connections that are merely open', async () => {
    await begin()
    const { port } = new URL(scene.vault.url)
    const idle = Array.from({ length: 50 }, () =>
      connect(Number(port), '127.0.0.1').on('error', () => {}),
    )
    await sleep(200)
    const half = connect(Number(port), '127.0.0.1').on('error', () => {})
    half.write('POST /v1/vault/execute HTTP/1.1\r\nhost: x\r\ncontent-le')
    await sleep(100)
    const { code, tookMs } = await signal('SIGTERM')
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(stopMsMax)
    for (const socket of [...idle, half]) socket.destroy()
  })

  it('ends at once when told again, leaves no database behind, and comes back clean', async () => {
    verifies('S-43')
    await begin()
    const server = postmasterPid(scene.vault) ?? 0
    const held = path('hold')
    const running = scene.call(held)
    expect(await eventually(() => scene.upstream.holding() === 1, 5_000)).toBe(true)
    const { child } = scene.vault.process()
    child.kill('SIGINT')
    child.kill('SIGINT')
    await sleep(1_500)
    expect(child.exitCode, 'twice within a moment is one request').toBeNull()
    const { code, tookMs } = await signal('SIGINT')
    expect(code).toBe(130)
    expect(tookMs).toBeLessThan(1_000)
    await running
    expect(await eventually(() => !isAlive(server), 10_000)).toBe(true)
    await restart()
    expect(await attemptAt(held)).toMatchObject({ outcome: 'unknown' })
    scene.upstream.release()
    expect(await scene.call(path('plain'))).toMatchObject({ status: 200 })
  })
})

/** Loaded into the vault's process from outside, and read when the signal comes; the product knows nothing of it. */
const directory = mkdtempSync(join(tmpdir(), 'planted-'))
const faultFile = join(directory, 'fault.js')
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const listening = `
  import { readFileSync } from 'node:fs'
  process.on('SIGUSR2', () => new Function(readFileSync(${JSON.stringify(faultFile)}, 'utf8'))())`
const planted = {
  PLANTED: 'sk-in-a-member',
  SALLYPORT_LOG_LEVEL: 'debug',
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(listening)}`,
}

describe('a fault that nobody caught', () => {
  it.each([
    [
      'thrown',
      `setImmediate(() => { throw Object.assign(new Error('planted'), { body: process.env.PLANTED }) })`,
    ],
    [
      'rejected',
      `Promise.reject(Object.assign(new Error('planted'), { body: process.env.PLANTED }))`,
    ],
    ['no error at all', `setImmediate(() => { throw process.env.PLANTED })`],
  ])(
    'ends the process at once, with a line in the log and no secret in it: %s',
    async (name, fault) => {
      verifies('S-43', 'S-38')
      writeFileSync(faultFile, fault)
      await begin(planted)
      const server = postmasterPid(scene.vault) ?? 0
      const held = path('hold')
      const running = scene.call(held)
      expect(await eventually(() => scene.upstream.holding() === 1, 5_000)).toBe(true)
      const { code, tookMs } = await signal('SIGUSR2')
      expect(code).toBe(70)
      expect(tookMs).toBeLessThan(2_000)
      await running
      const said = scene.vault.output()
      expect(said).toContain('a fault was not caught')
      expect(said).toMatch(name === 'no error at all' ? /"frames":\[\]/ : /"frames":\["at /)
      expect(said).not.toContain('sk-in-a-member')
      expect(await eventually(() => !isAlive(server), 10_000)).toBe(true)
      await restart()
      expect(await attemptAt(held)).toMatchObject({ outcome: 'unknown' })
      scene.upstream.release()
      expect(await scene.call(path('plain'))).toMatchObject({ status: 200 })
    },
  )

  it('is not that nobody reads the log any more', async () => {
    verifies('S-44')
    await begin(planted)
    const { child } = scene.vault.process()
    child.stderr?.destroy()
    child.stdout?.destroy()
    const server = postmasterPid(scene.vault) ?? 0
    process.kill(server, 'SIGKILL')
    expect(
      await eventually(() => ![server, undefined].includes(postmasterPid(scene.vault)), 20_000),
    ).toBe(true)
    const works = async () => (await scene.call(`/plain/${performance.now()}`)).status === 200
    expect(await eventually(works, 10_000)).toBe(true)
    expect(child.exitCode).toBeNull()
  })
})
