import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Scene, startScene } from '../fixtures/scene.ts'
import { verifies } from '../verifies.ts'

// The disk under the data directory is full, and has room again. Needs the right to mount a small file system.

const recoveryMsMax = 30_000
const mountPoint = mkdtempSync(join(tmpdir(), 'vault-disk-'))
const mounted =
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=180m,mode=755', 'tmpfs', mountPoint]).status === 0
if (!mounted) rmSync(mountPoint, { recursive: true })
const ballast = join(mountPoint, 'ballast')

/** Leaves not a byte. */
function fillDisk(): void {
  for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(bytes))
    } catch {
      // Smaller pieces may still fit.
    }
  }
}

describe.runIf(mounted)('a full disk', () => {
  let scene: Scene
  beforeAll(async () => {
    const before = process.env.TMPDIR
    process.env.TMPDIR = mountPoint
    scene = await startScene()
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  afterAll(async () => {
    rmSync(ballast, { force: true })
    await scene?.stop()
    spawnSync('umount', [mountPoint])
    rmSync(mountPoint, { recursive: true, force: true })
  })

  it('lets nothing out that cannot be recorded, keeps the vault up, and is over when there is room', async () => {
    verifies('S-43', 'S-44', 'S-36')
    let next = 0
    const call = () => {
      next += 1
      return scene.call(`/plain/${next}`)
    }
    expect(await call()).toMatchObject({ status: 200 })
    fillDisk()
    // What was set aside for the log of the database is used up first.
    const refuses = async () => {
      const ends = await Promise.all(Array.from({ length: 100 }, call))
      return ends.every(({ problem }) => problem !== undefined)
    }
    const failed = await eventually(refuses, 40_000)
    expect(scene.vault.process().child.exitCode).toBeNull()
    expect((await fetch(`${scene.vault.url}/healthz`)).status).toBe(200)
    rmSync(ballast)
    const works = async () => (await call()).status === 200
    expect(await eventually(works, recoveryMsMax)).toBe(true)
    expect(failed, 'the disk was full enough to be felt').toBe(true)
    const paths = new Set((await scene.attempts()).map(({ path }) => path))
    for (const [path, count] of scene.upstream.hits) {
      expect(count).toBe(1)
      expect(paths.has(path), `${path} has its intent`).toBe(true)
    }
    expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  }, 120_000)
})
