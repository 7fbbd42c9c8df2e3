import { execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ownerScopes } from '@sallyport/contracts'
import { afterEach, describe, expect, it, type TestContext, vi } from 'vitest'
import {
  createProgramRoom,
  type ProgramRoom,
} from '../../../../../test/fixtures/upstreams/program-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { createInstallation } from '../install/install.ts'
import { findInstallDir } from './programs.ts'

// Installers run as they do for a vault, and what programs leave behind.

const isRoot = process.getuid?.() === 0
const rooms: ProgramRoom[] = []
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.end()
})
function room(): ProgramRoom {
  const made = createProgramRoom()
  rooms.push(made)
  return made
}
const run = promisify(execFile)

/** A program that owners may have run as an installer. */
function place(at: ProgramRoom, script: string) {
  const path = join(at.open, 'installer')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  const cwd = join(at.open, 'place')
  mkdirSync(cwd)
  const env = { PATH: '/usr/bin:/bin', PLACE: cwd }
  return { path, args: [], cwd, env, timeoutMs: 20_000 }
}
const pidIn = (path: string) => Number(readFileSync(path, 'utf8'))
const isThere = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('an installer', () => {
  it.runIf(isRoot)(
    'works as a user of its own, and nobody but the vault can change what it leaves',
    async () => {
      verifies('S-40')
      const at = room()
      const secret = join(at.dataDir, 'root-key')
      writeFileSync(secret, 'key', { mode: 0o600 })
      const spec = place(
        at,
        `umask 077; id -u > who; cp ${secret} stolen; mkdir -p deep; ln -s ${secret} deep/link; cp /bin/true deep/run; chmod 4777 deep/run; touch deep/plain; echo done`,
      )
      const { code, stdout, stderr } = await at.programs.runOnce(spec)
      expect([code, stdout]).toEqual([0, 'done\n'])
      expect(stderr).toMatch(/denied/)
      expect(Number(readFileSync(join(spec.cwd, 'who'), 'utf8'))).toBeGreaterThan(60_000)
      const left = (path: string) => lstatSync(join(spec.cwd, path))
      for (const path of ['', 'who', 'deep', 'deep/run', 'deep/plain', 'deep/link']) {
        expect([path, left(path).uid]).toEqual([path, 0])
      }
      const modes = ['', 'deep', 'deep/run', 'deep/plain'].map((path) => left(path).mode & 0o7777)
      expect(modes).toEqual([0o755, 0o755, 0o755, 0o644])
      expect(statSync(secret).mode & 0o777).toBe(0o600)
    },
  )

  it('ends with its time, and so does what it started, wherever that went', async () => {
    verifies('S-40')
    const at = room()
    const spec = place(
      at,
      'setsid sleep 300 & echo $! > "$PLACE/child"; echo $$ > "$PLACE/own"; sleep 300',
    )
    const { code } = await at.programs.runOnce({ ...spec, timeoutMs: 700 })
    expect(code).toBeNull()
    const pids = ['child', 'own'].map((name) => pidIn(join(spec.cwd, name)))
    await vi.waitFor(() => expect(pids.filter(isThere)).toEqual([]), { timeout: 5_000 })
  })

  it('ends with the vault, also where that is killed', async () => {
    verifies('S-40')
    const at = room()
    const spec = place(at, 'echo $$ > "$PLACE/own"; sleep 300')
    const { build } = await import('esbuild')
    const bundle = join(at.open, 'vault.mjs')
    await build({
      entryPoints: [join(import.meta.dirname, 'run-once.ts')],
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: bundle, logLevel: 'silent' },
      banner: {
        js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    })
    const start = `import{createRunOnce}from${JSON.stringify(bundle)};createRunOnce(()=>undefined)(${JSON.stringify(spec)})`
    const vault = spawn(process.execPath, ['--input-type=module', '-e', start], { stdio: 'ignore' })
    const own = join(spec.cwd, 'own')
    await vi.waitFor(() => expect(pidIn(own)).toBeGreaterThan(0), { timeout: 20_000 })
    const pid = pidIn(own)
    vault.kill('SIGKILL')
    await vi.waitFor(() => expect(isThere(pid)).toBe(false), { timeout: 5_000 })
  })
})

describe('npm', () => {
  const npm = join(dirname(process.execPath), 'npm')

  it('installs a package from the registry, whose program can be run by everybody', async (context: TestContext) => {
    if (!existsSync(npm)) context.skip(`There is no ${npm}.`)
    const reached = await run(npm, ['ping'], { timeout: 20_000 }).catch(() => undefined)
    if (reached === undefined) context.skip('No registry of npm is reached from here.')
    const at = room()
    const installation = createInstallation({
      ...{ installers: [npm], run: at.programs.runOnce, programs: at.programs },
      ...{ dir: findInstallDir(at.dataDir), checkCommand: at.programs.check },
      audit: { record: async () => undefined },
      ...{ newId: () => 'aud_1', now: () => Date.now() },
    })
    const owner = {
      ...{ ownerId: 'own_1', workspaceId: 'wsp_1', email: 'a@example.com', role: 'owner' as const },
      ...{ scopes: new Set(ownerScopes), via: 'token' as const, expiresAtMs: 1 },
    }
    const installed = await installation.install(owner, {
      package: 'semver@7.7.2',
      installer: 'npm',
    })
    expect(installed).toMatchObject({ package: 'semver', version: '7.7.2', binName: 'semver' })
    const as = isRoot ? { uid: 65_000, gid: 65_000 } : {}
    const said = await run(installed.binPath, ['1.2.3', '-i', 'minor'], { cwd: '/', ...as })
    expect(said.stdout.trim()).toBe('1.3.0')
    const refused = installation.install(owner, {
      ...{ package: 'semver@0.0.999', installer: 'npm' },
    })
    await expect(refused).rejects.toMatchObject({ type: 'install-failed' })
  })
})

describe('what a program leaves behind', () => {
  it('is taken away with its server and its agents’, and links lead nowhere', async () => {
    const at = room()
    const elsewhere = mkdtempSync(join(tmpdir(), 'sallyport-elsewhere-'))
    writeFileSync(join(elsewhere, 'kept'), 'kept')
    const paths = ['ups_gone', 'ups_gone-agt_1', 'ups_stays'].map((name) => {
      const path = join(at.dataDir, 'upstreams', name)
      return { name, path }
    })
    for (const { name, path } of paths) {
      const program = await at.programs.start(
        {
          ...{ serverId: name, command: process.execPath, args: [at.hostile, 'well'], env: {} },
          ...{ cwd: undefined, permission: 'workspace', lineBytesMax: 10_000 },
        },
        { onLine: () => {}, onLongLine: () => {}, onEnd: () => {} },
      )
      await program.close()
      mkdirSync(join(path, 'deep'))
      symlinkSync(elsewhere, join(path, 'deep', 'link'))
      symlinkSync(elsewhere, join(path, 'link'))
      if (isRoot) await run('chown', ['-hR', String(statSync(path).uid), path])
    }
    await at.programs.forget('ups_gone')
    expect(paths.map(({ path }) => existsSync(path))).toEqual([false, false, true])
    expect(readFileSync(join(elsewhere, 'kept'), 'utf8')).toBe('kept')
    await at.programs.forget('../../etc')
    await at.programs.forget('')
    await at.programs.forget('ups_never')
    rmSync(elsewhere, { recursive: true })
  })
})
