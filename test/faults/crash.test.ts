import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, isAlive, postmasterPid, type Scene, startScene } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// The vault, or its database alone, ends by kill -9 amid calls, at chosen moments and at any.

const nobody = { uid: 65534, gid: 65534 }
const isRoot = process.getuid?.() === 0
/** Over all users that a vault is run as. */
const randomRounds = 6
const databaseRounds = 4
const closedWithinMs = 5_000
/** A caller without a vault tries again after this; its start has the processor meanwhile. */
const goneMs = 100

let next = 0
/** A path that no other request has. */
const path = (kind: string) => {
  next += 1
  return `/${kind}/${next}`
}

/** What has to hold after any crash, whatever was under way. */
async function expectWhole(scene: Scene): Promise<void> {
  const attempts = await scene.attempts()
  const byPath = new Map(attempts.map((entry) => [entry.path, entry]))
  expect(byPath.size, 'one intent for one request').toBe(attempts.length)
  const hits = [...scene.upstream.hits]
  expect(hits.filter(([, count]) => count !== 1)).toEqual([])
  expect(hits.filter(([target]) => !byPath.has(target))).toEqual([])
  const unfinished = async () =>
    (await scene.attempts()).filter(({ outcome }) => outcome === 'pending').length
  expect(await eventually(async () => (await unfinished()) === 0, closedWithinMs)).toBe(true)
  expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  const after = await scene.call(path('plain'))
  expect(after, 'the credential and the token still work').toMatchObject({ status: 200 })
}

/** Calls without end, twelve at a time, until told to stop. Answers how each ended. */
function stream(scene: Scene) {
  const state = { stopped: false, ends: [] as string[] }
  const kinds = ['plain', 'slow', 'plain', 'half']
  const workers = Array.from({ length: 12 }, async (_, worker) => {
    while (!state.stopped) {
      const end = await scene.call(path(kinds[worker % kinds.length] ?? 'plain'))
      state.ends.push(end.problem ?? String(end.status))
      if (end.problem !== undefined) await sleep(goneMs)
    }
  })
  return {
    ends: state.ends,
    async stop() {
      state.stopped = true
      await Promise.all(workers)
    },
  }
}

async function crash(scene: Scene): Promise<void> {
  const server = postmasterPid(scene.vault)
  if (server === undefined) throw new Error('no database server runs')
  await scene.vault.kill()
  const gone = await eventually(() => !isAlive(server), 10_000)
  expect(gone, 'the database server ended with its vault').toBe(true)
  await scene.vault.restart()
}

const users: [string, typeof nobody | undefined][] = isRoot
  ? [
      ['root', undefined],
      ['nobody', nobody],
    ]
  : [['this user', undefined]]

describe.each(users)('a vault of %s', (_name, user) => {
  let scene: Scene
  beforeAll(async () => {
    scene = await startScene(user === undefined ? {} : { user })
  })
  afterAll(() => scene?.stop())

  it('that is killed while the upstream holds a request, ends it as unknown and never sends it again', async () => {
    verifies('S-43', 'S-36', 'S-37')
    const held = [path('hold'), path('half')]
    const calls = held.map((target) => scene.call(target))
    expect(await eventually(() => scene.upstream.holding() === 2, 5_000)).toBe(true)
    await crash(scene)
    expect(await Promise.all(calls)).toMatchObject([
      { problem: 'vault-unreachable' },
      { problem: 'vault-unreachable' },
    ])
    await expectWhole(scene)
    const attempts = await scene.attempts()
    for (const target of held) {
      expect(attempts.find((entry) => entry.path === target)).toMatchObject({ outcome: 'unknown' })
    }
  })

  it('that is killed at any moment amid calls comes back clean, each time', async () => {
    verifies('S-43', 'S-36', 'S-37')
    scene.upstream.release()
    for (let round = 0; round < randomRounds / users.length; round += 1) {
      const calls = stream(scene)
      await sleep(50 + Math.random() * 600)
      await crash(scene)
      await sleep(100)
      await calls.stop()
      await expectWhole(scene)
    }
    scene.upstream.hold()
  })

  it('brings its database back when the database alone is killed, and goes on without a restart', async () => {
    verifies('S-43', 'S-44')
    scene.upstream.release()
    for (let round = 0; round < databaseRounds / users.length; round += 1) {
      const calls = stream(scene)
      await sleep(100 + Math.random() * 200)
      const before = postmasterPid(scene.vault)
      if (before === undefined) throw new Error('no database server runs')
      process.kill(before, 'SIGKILL')
      const back = async () => (await fetch(`${scene.vault.url}/readyz`)).status === 200
      expect(
        await eventually(
          async () => postmasterPid(scene.vault) !== before && (await back()),
          20_000,
        ),
      ).toBe(true)
      await sleep(300)
      await calls.stop()
      expect(scene.vault.process().child.exitCode).toBeNull()
      const attempted = new Set((await scene.attempts()).map((entry) => entry.path))
      const hits = [...scene.upstream.hits]
      expect(hits.filter(([, count]) => count !== 1)).toEqual([])
      expect(hits.filter(([target]) => !attempted.has(target))).toEqual([])
      expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
      expect(await scene.call(path('plain'))).toMatchObject({ status: 200 })
    }
    scene.upstream.hold()
  })

  it('says nothing secret while all this happens', () => {
    verifies('S-38')
    const said = scene.vault.output()
    for (const secret of ['upstream-secret', scene.vault.ownerToken, scene.agent.privateKey.d]) {
      expect(said).not.toContain(secret)
    }
  })
})
