import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownerScopes } from '@sallyport/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { OnceSpec } from '../programs/run-once.ts'
import { createInstallation, type InstallNeeds } from './install.ts'

const owner: AuthenticatedOwner = {
  ...{ ownerId: 'own_1', workspaceId: 'wsp_1', email: 'a@example.com', role: 'owner' },
  ...{ scopes: new Set(ownerScopes), via: 'token', expiresAtMs: 1 },
}
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** npm, as far as it is looked at: it lays packages down. */
function createRoom(change: Partial<InstallNeeds> = {}, code = 0) {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-install-'))
  folders.push(dir)
  const ran: OnceSpec[] = []
  const events: object[] = []
  const installation = createInstallation({
    ...{ installers: ['/opt/node/bin/npm'], dir, now: () => 0, newId: () => 'aud_1' },
    audit: { record: async (event) => events.push(event) },
    programs: { isAllowed: true, isIsolated: false },
    checkCommand: (command) => ({
      ...{ command, isAllowed: false, isThere: command === '/usr/bin/npx' },
      ...{ message: 'No.', next: 'Add it.' },
    }),
    async run(spec) {
      ran.push(spec)
      if (spec.args[0] === 'view') return { code, stdout: '"3.2.1"\n', stderr: '' }
      const [name = ''] = (spec.args.at(-1) ?? '').split(/(?<=.)@/)
      const place = join(spec.cwd, 'node_modules', name)
      const bin = join(spec.cwd, 'node_modules', '.bin')
      for (const folder of [place, bin]) mkdirSync(folder, { recursive: true })
      writeFileSync(join(place, 'package.json'), JSON.stringify({ bin: { words: 'x.js' } }))
      writeFileSync(join(bin, 'words'), name)
      return { code, stdout: '', stderr: code === 0 ? '' : 'E404 not found' }
    },
    ...change,
  })
  return { installation, ran, events, dir }
}

describe('a package', () => {
  it('is installed at one version, without a script of its own and without the vault’s environment', async () => {
    const { installation, ran, events, dir } = createRoom()
    const installed = await installation.install(owner, { package: '@a/words', installer: 'npm' })
    expect(installed).toEqual({
      ...{ package: '@a/words', version: '3.2.1', binName: 'words' },
      binPath: join(dir, 'bin', 'words-3.2.1'),
    })
    expect(readFileSync(installed.binPath, 'utf8')).toBe('@a/words')
    const [, run] = ran
    expect(run?.path).toBe('/opt/node/bin/npm')
    expect(run?.args).toContain('--ignore-scripts')
    expect(run?.args.slice(-2)).toEqual(['--', '@a/words@3.2.1'])
    expect(Object.keys(run?.env ?? {}).filter((name) => /SALLYPORT|DATABASE/.test(name))).toEqual(
      [],
    )
    expect(events).toMatchObject([{ outcome: 'done', detail: { version: '3.2.1' } }])
  })

  it('never takes the place of another one’s program', async () => {
    const { installation } = createRoom()
    const one = await installation.install(owner, { package: 'one@1.0.0', installer: 'npm' })
    const two = await installation.install(owner, { package: 'two@1.0.0', installer: 'npm' })
    const again = await installation.install(owner, { package: 'one@1.0.0', installer: 'npm' })
    expect(two.binPath).not.toBe(one.binPath)
    expect(again.binPath).toBe(one.binPath)
    expect(readFileSync(one.binPath, 'utf8')).toBe('one')
    expect(readFileSync(two.binPath, 'utf8')).toBe('two')
  })

  it('is refused where the operator has not let owners install, and where it is none', async () => {
    const { installation, ran } = createRoom()
    const refused = async (name: string, installer: 'npm' | 'uv', type: string) =>
      expect(installation.install(owner, { package: name, installer })).rejects.toMatchObject({
        type,
      })
    await refused('tool==1.0', 'uv', 'install-not-allowed')
    await refused('--prefix=/', 'npm', 'invalid-input')
    await refused('tool@latest', 'npm', 'invalid-input')
    expect(ran).toEqual([])
    const old = { ...owner, via: 'session', authenticatedAtMs: -10 * 60_000 } as const
    await expect(
      installation.install(old, { package: 'tool@1.0.0', installer: 'npm' }),
    ).rejects.toMatchObject({ type: 'fresh-sign-in-required' })
  })

  it('that cannot be installed says why, and is recorded', async () => {
    const { installation, events } = createRoom({}, 1)
    await expect(
      installation.install(owner, { package: 'tool@1.0.0', installer: 'npm' }),
    ).rejects.toMatchObject({ type: 'install-failed', detail: expect.stringContaining('E404') })
    expect(events).toMatchObject([{ outcome: 'failed' }])
  })
})

describe('a command', () => {
  it.each(['npm', 'uv'] as const)(
    'that laid nothing readable down has no program: %s',
    async (installer) => {
      const { installation } = createRoom({
        installers: [`/opt/bin/${installer}`],
        run: async ({ cwd }) => {
          const place = join(cwd, 'node_modules', 'words')
          mkdirSync(place, { recursive: true })
          writeFileSync(join(place, 'package.json'), 'no JSON')
          return { code: 0, stdout: '', stderr: '' }
        },
      })
      const version = installer === 'npm' ? 'words@1.0.0' : 'words==1.0.0'
      await expect(
        installation.install(owner, { package: version, installer }),
      ).rejects.toMatchObject({
        type: 'install-failed',
        detail: 'words 1.0.0 has no program in it.',
      })
    },
  )

  it('that is not there comes with what installs it', () => {
    const { installation } = createRoom()
    expect(installation.check({ command: 'uvx', package: 'words' })).toMatchObject({
      ...{ exists: false, allowed: false, message: 'No. Add it.' },
      install: { command: 'uv tool install words', installer: 'uv' },
    })
    expect(installation.check({ command: 'bunx' }).install).toEqual({
      command: 'npm install --global bun',
    })
    expect(installation.check({ command: '/x', package: 'a; id' }).install).toBeUndefined()
    const npx = '/usr/bin/npx'
    const there = installation.check({ command: npx })
    expect(there).toMatchObject({ exists: true, allowed: false, message: 'No. Add it.' })
    expect(there.install, 'it is there already').toBeUndefined()
    expect(installation.check({ command: npx, package: '@scope/words' }).install).toMatchObject({
      command: 'npm install --global --ignore-scripts @scope/words',
    })
  })
})

describe('what an operator lets owners do', () => {
  it('is said in words: whether programs run, as whom, and what installs', () => {
    const said = (change: Partial<InstallNeeds>) => createRoom(change).installation.programs()
    expect(said({ programs: { isAllowed: true, isIsolated: true } })).toMatchObject({
      ...{ allowed: true, isolated: true, installers: ['npm'] },
    })
    expect(said({}).message).toMatch(/can read all that the vault can, its keys too/)
    const nothing = said({ programs: { isAllowed: false, isIsolated: true }, installers: [] })
    expect(nothing).toMatchObject({ allowed: false, installers: [] })
    expect(nothing.message).toContain('SALLYPORT_UPSTREAM_COMMANDS')
  })
})
