import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem } from '@sallyport/contracts'
import { build } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  carriersOf,
  membersOf,
  untilGone,
} from '../../../../../test/fixtures/upstreams/process-group.ts'
import {
  createProgramRoom,
  type ProgramRoom,
} from '../../../../../test/fixtures/upstreams/program-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import type { Program, ProgramEnd, ProgramSpec } from '../clients/program.ts'
import { killAllOf } from './marked-processes.ts'
import { createPrograms, pathOfName } from './programs.ts'
import { createPlaceSweep } from './sweep-places.ts'

const isRoot = process.getuid?.() === 0
const rooms: ProgramRoom[] = []
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.end()
})

function room(...options: Parameters<typeof createProgramRoom>): ProgramRoom {
  const made = createProgramRoom(...options)
  rooms.push(made)
  return made
}

interface Running {
  readonly program: Program
  readonly lines: string[]
  readonly ended: Promise<ProgramEnd>
  ask(method: string, params?: object): Promise<{ result: Record<string, never> }>
}

async function run(
  at: ProgramRoom,
  mode: string,
  more: Partial<ProgramSpec> = {},
): Promise<Running> {
  const lines: string[] = []
  let tell: (end: ProgramEnd) => void = () => {}
  const ended = new Promise<ProgramEnd>((resolve) => {
    tell = resolve
  })
  const program = await at.programs.start(
    {
      serverId: 'ups_test',
      command: process.execPath,
      args: [at.hostile, ...mode.split(' ')],
      env: {},
      cwd: undefined,
      permission: 'workspace',
      lineBytesMax: 100_000,
      ...more,
    },
    { onLine: (line) => lines.push(line), onLongLine: () => {}, onEnd: tell },
  )
  let id = 0
  return {
    ...{ program, lines, ended },
    async ask(method, params = {}) {
      id += 1
      program.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
      return vi.waitFor(
        () => {
          const answer = lines.find((line) => line.includes(`"id":${id},`))
          if (answer === undefined) throw new Error('no answer yet')
          return JSON.parse(answer)
        },
        { timeout: 5_000 },
      )
    },
  }
}

const environmentOf = async (running: Running) => {
  const { result } = await running.ask('tools/call', { name: 'environment' })
  return result.structuredContent as unknown as {
    env: Record<string, string>
    cwd: string
    uid: number
    gid: number
    groups: number[]
    argv: string[]
    pid: number
  }
}

async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw new Error(`Expected a problem, got ${String(error)}`)
}

describe('what may be run', () => {
  it('is nothing where the operator listed nothing, and says what to set', async () => {
    verifies('S-40')
    for (const commands of [undefined, '', ':']) {
      const refused = await refusalOf(run(room({ commands }), 'fine'))
      expect(refused).toMatchObject({
        type: 'upstream-command-refused',
        extra: { stage: 'resolve' },
      })
      expect(refused.next).toContain(`adds ${process.execPath} to SALLYPORT_UPSTREAM_COMMANDS`)
    }
  })

  it('is what is listed, by absolute path, and nothing that leads around the list', async () => {
    verifies('S-40')
    const at = room()
    const link = join(at.open, 'link')
    symlinkSync('/bin/sh', link)
    const refused = [
      ['', 'is the path of a program'],
      ['node', 'is not an absolute path'],
      ['./node', 'is not an absolute path'],
      ['../bin/node', 'is not an absolute path'],
      ['/bin/sh', 'not in the operator’s list'],
      [link, 'not in the operator’s list'],
      [`${process.execPath} -e 1`, 'not in the operator’s list'],
      [`${process.execPath};id`, 'not in the operator’s list'],
      [`${process.execPath}\0`, 'is the path of a program'],
      ['/nowhere/at/all', 'not in the operator’s list'],
      ['x'.repeat(5000), 'is the path of a program'],
    ] as const
    for (const [command, sentence] of refused) {
      const problem = await refusalOf(run(at, 'fine', { command }))
      expect(problem.type, command).toBe('upstream-command-refused')
      expect(problem.detail, command).toContain(sentence)
    }
  })

  it('is a listed program also through a link, by the path that is listed', async () => {
    const at = room()
    const link = join(at.open, 'my-node')
    symlinkSync(process.execPath, link)
    expect(at.programs.check(link)).toMatchObject({
      isAllowed: true,
      path: realpathSync(process.execPath),
    })
    const directory = dirname(process.execPath)
    for (const path of [`${process.execPath}/`, `${directory}/../${basename(directory)}/node`]) {
      expect(at.programs.check(path), path).toMatchObject({ path: process.execPath })
    }
    const throughDirectory = join(at.open, 'bin')
    symlinkSync(dirname(process.execPath), throughDirectory)
    expect(at.programs.check(join(throughDirectory, 'node'))).toMatchObject({ isAllowed: true })
  })

  it('takes a directory of the operator’s for the programs directly in it', () => {
    const at = room()
    const bin = join(at.open, 'bin')
    mkdirSync(join(bin, 'deeper'), { recursive: true })
    for (const path of ['one', 'deeper/two'])
      writeFileSync(join(bin, path), '#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(bin, 'text'), 'text', { mode: 0o644 })
    writeFileSync(join(bin, 'loose'), '#!/bin/sh\n')
    chmodSync(join(bin, 'loose'), 0o777)
    const { check } = createPrograms({
      dataDir: at.dataDir,
      commands: `${bin}/`,
      userName: undefined,
    })
    expect(check(join(bin, 'one'))).toMatchObject({ isAllowed: true })
    expect(check(join(bin, 'deeper/two'))).toMatchObject({ isAllowed: false })
    expect(check(join(bin, '../bin/deeper/../deeper/two'))).toMatchObject({ isAllowed: false })
    expect(check(join(bin, 'text'))).toMatchObject({
      isAllowed: false,
      next: expect.stringContaining('chmod'),
    })
    expect(check(join(bin, 'loose'))).toMatchObject({
      isAllowed: false,
      next: expect.stringContaining('chmod'),
    })
    expect(check(join(bin, 'deeper'))).toMatchObject({ isAllowed: false })
  })

  it('tells where a well-known launcher comes from, and which path to write', () => {
    const at = room({ commands: '/opt/none/bin/uvx:/opt/none/bin/bunx' })
    const of = (command: string) => {
      const { message, next } = at.programs.check(command)
      return `${message} ${next}`
    }
    expect(of('/opt/none/bin/uvx')).toMatch(/There is no .*uvx comes with uv/)
    expect(of('uvx')).toBe('uvx is not an absolute path. Write /opt/none/bin/uvx.')
    expect(of('/opt/other/npx')).toMatch(/npx comes with Node\.js/)
    expect(of('my-own-server')).toMatch(
      /^There is no my-own-server .* The operator installs my-own-server/,
    )
    // Whatever machine this is, it has a shell.
    expect(of('sh')).toMatch(/^(\S*\/sh) is not in the operator’s list .* adds \1 to/)
    expect(at.programs.check('sh')).toMatchObject({ isAllowed: false, isThere: true })
    expect(at.programs.check('my-own-server')).toMatchObject({ isThere: false })
  })

  it('is meant by a bare name where the operator listed it, or a directory that holds it', () => {
    const at = room()
    writeFileSync(join(at.open, 'words'), '#!/bin/sh\n', { mode: 0o755 })
    const list = ['/usr/bin/node', `${at.open}/`]
    expect(pathOfName(list, 'node')).toBe('/usr/bin/node')
    expect(pathOfName(list, 'words')).toBe(join(at.open, 'words'))
    const others = ['nowhere', '../words', './words', '..', '.', '', '/bin/sh', 'words\0']
    for (const other of others) expect(pathOfName(list, other)).toBe(other)
  })

  it('refuses to begin with a list that has a path that is not absolute', () => {
    for (const commands of ['npx', '/usr/bin/npx:bin/uvx', './x']) {
      const make = () => createPrograms({ dataDir: '/nowhere', commands, userName: undefined })
      expect(make, commands).toThrow('is not an absolute path')
    }
  })

  it('starts no shell: what a shell would read comes as it was written', async () => {
    verifies('S-40')
    const at = room()
    const args = [
      'fine',
      '$(id)',
      '`id`',
      '; id',
      '"',
      "'",
      '*',
      '$HOME',
      '',
      'a b',
      '-x',
      '\n',
      'ü',
    ]
    const running = await run(at, '', { args: [at.hostile, ...args] })
    expect((await environmentOf(running)).argv).toEqual(args)
  })

  it('gives an environment of its own, with nothing of the vault’s', async () => {
    verifies('S-40', 'S-38')
    process.env.PLANTED_VAULT_SECRET = 'planted-in-the-vault'
    const at = room()
    const running = await run(at, 'fine', { env: { API_KEY: 'k $HOME `x`', LANG: 'de_DE.UTF-8' } })
    const { env } = await environmentOf(running)
    delete process.env.PLANTED_VAULT_SECRET
    const home = join(realpathSync(at.dataDir), 'upstreams', 'ups_test')
    const { PWD, SHLVL, _, OLDPWD, ...rest } = env
    expect(rest).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: home,
      TMPDIR: `${home}/tmp`,
      LANG: 'de_DE.UTF-8',
      USER: 'upstream',
      LOGNAME: 'upstream',
      API_KEY: 'k $HOME `x`',
      SALLYPORT_PROGRAM: expect.stringMatching(/^ups_test\.[0-9a-f-]{36}$/),
    })
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })

  it.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'NODE_OPTIONS',
    'PYTHONPATH',
    'BASH_ENV',
    'DYLD_X',
    'a=b',
    '',
    'ü',
  ])('refuses the variable %s', async (name) => {
    verifies('S-40')
    const refused = await refusalOf(run(room(), 'fine', { env: { [name]: 'x' } }))
    expect(refused).toMatchObject({ type: 'upstream-command-refused' })
  })

  it('refuses more arguments and variables than any program needs, and NUL in them', async () => {
    const at = room()
    const refused: Partial<ProgramSpec>[] = [
      { args: Array.from({ length: 300 }, () => 'x') },
      { args: ['x'.repeat(100_000)] },
      { args: ['a\0b'] },
      { env: { A: 'a\0b' } },
      { env: { A: 'x'.repeat(100_000) } },
      { serverId: '../elsewhere' },
      { serverId: '' },
    ]
    for (const spec of refused) {
      expect((await refusalOf(run(at, 'fine', spec))).type).toBe('upstream-command-refused')
    }
  })
})

it('tells owners of no file of the machine whether it is there, but of programs', () => {
  const at = room()
  const path = join(at.dataDir, 'id_rsa')
  const said = () => {
    const { isThere, message, next } = at.programs.check(path)
    return [isThere, message, next]
  }
  const missing = said()
  writeFileSync(path, 'secret', { mode: 0o600 })
  expect(said()).toEqual(missing)
  chmodSync(path, 0o700)
  expect(said()).not.toEqual(missing)
  expect(at.programs.check(at.dataDir).isThere).toBe(false)
})

describe('the PATH that an owner gives a program', () => {
  it('leads to no program that the server itself, or everybody, can have put there', async () => {
    verifies('S-40')
    const at = room()
    const first = await run(at, 'fine', { cwd: 'bin' })
    const home = join(realpathSync(at.dataDir), 'upstreams', 'ups_test')
    const link = join(at.dataDir, 'link')
    symlinkSync(join(home, 'bin'), link)
    for (const path of [
      ...['.', '/usr/bin:', 'bin', '/proc/self/cwd', '/dev/fd', tmpdir(), link],
      ...[home, `/usr/bin:${home}/bin`, `${home}/bin/../../ups_test/bin`, '/usr/../tmp'],
    ]) {
      const refused = await refusalOf(run(at, 'fine', { env: { PATH: path } }))
      expect(refused.type, path).toBe('upstream-command-refused')
    }
    for (const name of ['PYTHONUSERBASE', 'openssl_conf', 'GIT_CONFIG_KEY_0', 'LD_AUDIT']) {
      const refused = await refusalOf(run(at, 'fine', { env: { [name]: '/x' } }))
      expect(refused.detail, name).toContain('load code')
    }
    const usual = await run(at, 'fine', { env: { PATH: '/opt/x/bin:/usr/local/bin:/usr/bin' } })
    for (const running of [first, usual]) await running.program.close()
  })
})

describe('what programs left behind', () => {
  it('is taken away at the next start, where its server was deleted meanwhile, and nothing else', async () => {
    const at = room()
    const ids = ['ups_1', 'ups_1-agt_1', 'ups_2', 'ups_3', 'draft-ups_4', 'draft-ups_5']
    for (const serverId of ids) await (await run(at, 'fine', { serverId })).program.close()
    const base = join(at.dataDir, 'upstreams')
    utimesSync(join(base, 'draft-ups_4'), 0, 0)
    writeFileSync(join(base, 'ups_1', 'kept.txt'), 'of a server that is no more')
    symlinkSync(join(base, 'ups_3'), join(base, 'ups_1', 'tmp', 'away'))
    const asked: (readonly string[])[] = []
    await createPlaceSweep({
      ...{ places: at.programs.places, forget: at.programs.forget, now: Date.now },
      // Of the third one this database has never heard.
      async listDeleted(servers) {
        asked.push([...servers].sort())
        return ['ups_1']
      },
    })()
    expect(asked).toEqual([['ups_1', 'ups_2', 'ups_3']])
    expect(readdirSync(base).sort()).toEqual(['draft-ups_5', 'ups_2', 'ups_3'])
    expect(existsSync(join(base, 'ups_3', 'tmp'))).toBe(true)
  })

  it('is nothing where no program ever ran', () => {
    expect(room().programs.places(Date.now())).toEqual({ servers: [], drafts: [] })
  })
})

describe('where a program works', () => {
  it('is inside its own directory, whatever the path says', async () => {
    verifies('S-40')
    const at = room()
    const first = await run(at, 'fine', { cwd: 'tools/context7' })
    const home = join(realpathSync(at.dataDir), 'upstreams', 'ups_test')
    expect((await environmentOf(first)).cwd).toBe(join(home, 'tools/context7'))
    symlinkSync('/etc', join(home, 'away'))
    symlinkSync('/nowhere/yet', join(home, 'dangling'))
    const refused = [
      '..',
      '../..',
      'a/../../b',
      '/etc',
      '/tmp',
      'away',
      'away/x',
      'dangling',
      'dangling/x',
      'a\0',
    ]
    for (const cwd of refused) {
      const problem = await refusalOf(run(at, 'fine', { cwd }))
      expect([cwd, problem.type]).toEqual([cwd, 'upstream-command-refused'])
    }
    expect(existsSync('/etc/x')).toBe(false)
  })

  it('is anywhere with the permission for it, where there is such a directory', async () => {
    const at = room()
    const running = await run(at, 'fine', { cwd: '/usr', permission: 'full' })
    expect((await environmentOf(running)).cwd).toBe('/usr')
    const gone = await refusalOf(run(at, 'fine', { cwd: '/no/such/place', permission: 'full' }))
    expect(gone.type).toBe('upstream-command-refused')
    const file = await refusalOf(run(at, 'fine', { cwd: '/etc/passwd', permission: 'full' }))
    expect(file.type).toBe('upstream-command-refused')
  })
})

describe.runIf(isRoot)('who a program is, where the vault is root', () => {
  it('is a user of the server’s own, who can read nothing of the vault or of another server', async () => {
    verifies('S-40')
    const at = room()
    writeFileSync(join(at.dataDir, 'root-key'), 'secret', { mode: 0o600 })
    const one = await environmentOf(await run(at, 'fine', { serverId: 'ups_one' }))
    const again = await environmentOf(await run(at, 'fine', { serverId: 'ups_one' }))
    const two = await environmentOf(await run(at, 'fine', { serverId: 'ups_two' }))
    expect(one.uid).toBeGreaterThan(1000)
    expect(one.gid).toBe(one.uid)
    expect(one.groups).toEqual([one.gid])
    expect(again.uid).toBe(one.uid)
    expect(two.uid).not.toBe(one.uid)
    const script = `
      const { readFileSync, readdirSync } = require('node:fs')
      const tries = [
        () => readFileSync('/proc/${process.pid}/environ'),
        () => readFileSync(${JSON.stringify(join(at.dataDir, 'root-key'))}),
        () => readdirSync(${JSON.stringify(at.dataDir)}),
        () => readdirSync(${JSON.stringify(join(at.dataDir, 'upstreams'))}),
        () => readdirSync(${JSON.stringify(join(at.dataDir, 'upstreams', 'ups_two'))}),
        () => process.kill(${process.pid}, 0),
        () => process.kill(${two.pid}, 0),
      ]
      const codes = tries.map((read) => { try { read(); return 'done' } catch (error) { return error.code } })
      console.log(JSON.stringify(codes))`
    const spy = await run(at, '', { serverId: 'ups_one', args: ['-e', script] })
    await spy.ended
    expect(JSON.parse(spy.lines[0] ?? '')).toEqual([
      'EACCES',
      'EACCES',
      'EACCES',
      'EACCES',
      'EACCES',
      'EPERM',
      'EPERM',
    ])
  })

  it('is nobody else’s, though their names come to the same number', async () => {
    verifies('S-40')
    const at = room()
    const numberOf = (id: string) => createHash('sha256').update(id).digest().readUInt32BE(0) % 4336
    const ids = Array.from({ length: 50_000 }, (_, index) => `ups_${index}`)
    const first = ids[0] ?? ''
    const twin = ids.slice(1).find((id) => numberOf(id) === numberOf(first)) ?? ''
    const one = await environmentOf(await run(at, 'fine', { serverId: first }))
    const two = await environmentOf(await run(at, 'fine', { serverId: twin }))
    expect(two.uid).not.toBe(one.uid)
    const again = await environmentOf(await run(at, 'fine', { serverId: twin }))
    expect(again.uid).toBe(two.uid)
  })

  it('leaves nothing running once its server is gone, in whatever way it left', async () => {
    verifies('S-40')
    const at = room()
    const other = await run(at, 'fine', { serverId: 'ups_other' })
    const left = await run(at, 'leaves-without-a-mark', { serverId: 'ups_left' })
    const said = await left.ask('tools/call', { name: 'away' })
    const pid = Number(said.result.structuredContent)
    await left.program.close()
    expect(membersOf(pid)).toEqual([pid])
    await at.programs.forget('ups_left')
    await untilGone(pid, 500)
    expect(await environmentOf(other)).toBeDefined()
    // As another vault’s, which has come to the same number.
    const { uid } = await environmentOf(other)
    killAllOf('ups_left', { uid: Number(uid), gid: Number(uid) })
    expect(await environmentOf(other)).toBeDefined()
  })

  it('is the user whom the operator named, but neither root nor who runs the database', async () => {
    const at = room({ userName: 'nobody' })
    const [, , uid] =
      /^nobody:[^\n]*/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? []
    expect((await environmentOf(await run(at, 'fine'))).uid).toBe(Number(uid))
    const make = (userName: string) => () =>
      createPrograms({ dataDir: at.dataDir, commands: '/x', userName })
    expect(make('root')).toThrow('must not name root')
    expect(make('no-such-user')).toThrow('must name a user of this system')
  })
})

describe('the end of a program', () => {
  it.each([
    'fine',
    'ignores-sigterm',
    'forks',
    'floods-stderr',
    'floods-stdout',
    'endless-line',
    'silent',
  ])('comes for all of its group within two seconds: %s', async (mode) => {
    verifies('S-40')
    const at = room()
    const running = await run(at, mode)
    const { pid } = running.program
    const isWhole = () =>
      expect(membersOf(pid).length).toBeGreaterThanOrEqual(mode === 'forks' ? 4 : 2)
    await vi.waitFor(isWhole, { timeout: 10_000 })
    // So that it is at what it does: flooding, say, or ignoring.
    await new Promise((resolve) => setTimeout(resolve, 200))
    const from = performance.now()
    await running.program.close()
    await untilGone(pid, 500)
    expect(performance.now() - from).toBeLessThan(2_500)
    await running.ended
  })

  it.each([
    ['exits-at-once', 3],
    ['says-why-and-exits', 1],
    ['forks-and-exits', 0],
  ])('is told, with nobody left behind: %s', async (mode, status) => {
    verifies('S-40')
    const running = await run(room(), mode)
    expect(await running.ended).toEqual({ status, because: undefined })
    await untilGone(running.program.pid)
    expect(() => running.program.write('x')).toThrow(Problem)
  })

  it('comes also for what left for a session of its own, and for nobody else’s', async () => {
    verifies('S-40')
    const at = room()
    const other = await run(at, 'leaves-the-group')
    const running = await run(at, 'leaves-the-group')
    const away = await running.ask('tools/call', { name: 'away' })
    const awayToo = await other.ask('tools/call', { name: 'away' })
    const pidOf = (reply: typeof away) => Number(reply.result.structuredContent)
    expect(membersOf(pidOf(away))).toEqual([pidOf(away)])
    await running.program.close()
    await untilGone(pidOf(away), 500)
    expect(membersOf(pidOf(awayToo))).toEqual([pidOf(awayToo)])
    expect(await environmentOf(other)).toBeDefined()
    other.program.write(
      JSON.stringify({ jsonrpc: '2.0', id: 99, method: 'tools/call', params: { name: 'exits' } }),
    )
    await other.ended
    await untilGone(pidOf(awayToo), 500)
  })

  it('comes not too early where its owner gave it a PATH without anything', async () => {
    const running = await run(room(), 'fine', { env: { PATH: '/nowhere' } })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await environmentOf(running)).env.PATH).toBe('/nowhere')
  })

  it('is told where the system could not run it at all', async () => {
    const at = room()
    const script = join(at.open, 'script')
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 })
    const { programs } = room({ commands: script })
    const running = await run({ ...at, programs }, '', { command: script, args: [] })
    expect((await running.ended).status).toBe(127)
    await untilGone(running.program.pid)
  })

  it('comes for one that has closed its input, since nothing can be asked of it', async () => {
    const running = await run(room(), 'closes-stdin')
    // One write finds out, and the next is told.
    await vi.waitFor(
      () => expect(() => running.program.write('{}')).toThrow('has closed its input'),
      { timeout: 5_000 },
    )
    expect((await running.ended).because).toMatchObject({ type: 'upstream-unreachable' })
    await untilGone(running.program.pid)
  })

  it('keeps a bounded end of what it said, without what moves a cursor', async () => {
    const running = await run(room(), 'says-why-and-exits \u001b[31mKEY')
    await running.ended
    expect(running.program.stderrTail()).toBe('loading\nfatal: the key [31mKEY is wrong\n')
    const flood = await run(room(), 'floods-stderr')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(flood.program.stderrTail().length).toBe(24 * 1024)
  })

  it('comes for a program that does not read what it is sent, before memory does', async () => {
    const running = await run(room(), 'silent')
    running.program.write('x')
    const { pid } = running.program
    process.kill(pid, 'SIGSTOP')
    const write = () => {
      for (let i = 0; i < 50; i += 1) running.program.write('x'.repeat(1024 * 1024))
    }
    expect(write).toThrow('does not read what it is sent')
    await running.program.close()
    await untilGone(pid)
  })

  it('comes for all when the vault stops, and nothing is started after that', async () => {
    verifies('S-40')
    const at = room()
    const all = await Promise.all(['ignores-sigterm', 'fine', 'forks'].map((mode) => run(at, mode)))
    await new Promise((resolve) => setTimeout(resolve, 500))
    const from = performance.now()
    await at.programs.close()
    for (const { program } of all) await untilGone(program.pid, 500)
    expect(performance.now() - from).toBeLessThan(2_500)
    expect((await refusalOf(run(at, 'fine'))).type).toBe('request-stopped')
  })

  it.each(['SIGKILL', 'exit'])('comes with a vault that ends by %s', async (how) => {
    verifies('S-40', 'S-43')
    const at = room()
    const holder = await bundleHolder()
    const name = `ups_${randomUUID()}`
    const args = [holder, at.dataDir, at.hostile, process.execPath, name]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const pids: number[] = JSON.parse(await firstLine(child.stdout))
    for (const pid of pids) expect(membersOf(pid).length).toBeGreaterThanOrEqual(2)
    // One of them started something in a session of its own.
    expect(carriersOf(name).length).toBeGreaterThan(pids.flatMap(membersOf).length)
    if (how === 'exit') child.stdin.end('exit\n')
    else child.kill('SIGKILL')
    for (const pid of pids) await untilGone(pid, 2_000)
    expect(carriersOf(name)).toEqual([])
    rmSync(dirname(holder), { recursive: true, force: true })
  })
})

/** A vault of nothing but its programs, as a process of its own. */
async function bundleHolder(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-holder-'))
  const room = fileURLToPath(new URL('./programs.ts', import.meta.url))
  const outfile = join(directory, 'holder.mjs')
  const contents = `
    import { createPrograms } from ${JSON.stringify(room)}
    const [dataDir, hostile, command, name] = process.argv.slice(2)
    const programs = createPrograms({ dataDir, commands: command, userName: undefined })
    const nobody = { onLine() {}, onLongLine() {}, onEnd() {} }
    const started = await Promise.all(['ignores-sigterm', 'forks', 'leaves-the-group', 'silent'].map((mode, at) =>
      programs.start({ serverId: name + at, command, args: [hostile, mode], env: {}, cwd: undefined,
        permission: 'workspace', lineBytesMax: 1000 }, nobody)))
    process.stdin.on('data', () => process.exit(0))
    setTimeout(() => console.log(JSON.stringify(started.map(({ pid }) => pid))), 700)`
  await build({
    stdin: { contents, resolveDir: dirname(room), loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' },
  })
  return outfile
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.includes('\n')) return text.split('\n')[0] ?? ''
  }
  return text
}
