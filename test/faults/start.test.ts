import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../apps/vault/src/store/embedded/start-embedded-postgres.ts'
import { startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { dumpDatabase, listTree } from '../fixtures/dump.ts'
import { postmasterPid, type Scene, startScene } from '../fixtures/scene.ts'
import { type OtherUser, preparedVault, spawnVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// A vault that must not start says why in a sentence, ends soon, and leaves everything as it was.

const refusedWithinMs = 10_000
const key = () => randomBytes(32).toString('base64')

const directories: string[] = []
function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'vault-start-'))
  chmodSync(made, 0o755)
  directories.push(made)
  return made
}
afterAll(() => {
  for (const made of directories) rmSync(made, { recursive: true, force: true })
})

/** One in which a vault has made its database, for what is found wrong only once that serves. */
function madeDirectory(): string {
  const made = directory()
  const prepared = process.env[preparedVault]
  if (prepared !== undefined) execFileSync('cp', ['-a', join(prepared, 'data'), join(made, 'data')])
  return made
}

/** Starts a vault that is expected to refuse. */
async function refused(cwd: string, env: Record<string, string>, user?: OtherUser) {
  const startedMs = performance.now()
  const { ready, exited, output, child } = spawnVault(cwd, env, user)
  const started = await ready.then(
    () => true,
    () => false,
  )
  if (started) child.kill('SIGKILL')
  const code = await exited
  return { started, code, said: output().trim(), tookMs: performance.now() - startedMs }
}

const sentence = /^sallyport: [^\n]+\.?$/
const internals = (path: string) => /^postgres\/(data|run)(\/|$)|vault\.lock$/.test(path)

async function dumpEmbedded(dataDir: string): Promise<string[]> {
  const log = { info: () => {}, warn: () => {} }
  const server = await startEmbeddedPostgres({ dataDir, log, randomBytes })
  return dumpDatabase(server.ownerUrl).finally(server.stop)
}

/** Started once: the tests of a wrong root key end with its vault running. */
let scene: Scene
afterAll(() => scene?.stop())

describe('a wrong root key', () => {
  let home: string
  let tree: string[]
  let dump: string[]
  beforeAll(async () => {
    scene = await startScene()
    await scene.call('/plain/1')
    await scene.vault.terminate()
    home = join(scene.vault.dataDir, '..')
    dump = await dumpEmbedded(scene.vault.dataDir)
    tree = listTree(scene.vault.dataDir, internals)
  })

  const keyFile = (text: string) => {
    const path = join(directory(), 'key')
    writeFileSync(path, text)
    return path
  }
  const wrong: readonly [string, () => Record<string, string>][] = [
    ['another key in the variable', () => ({ SALLYPORT_ROOT_KEY: key() })],
    ['another key in a file', () => ({ SALLYPORT_ROOT_KEY_FILE: keyFile(`${key()}\n`) })],
    ['a file that is not there', () => ({ SALLYPORT_ROOT_KEY_FILE: '/nowhere/key' })],
    ['a file that is a directory', () => ({ SALLYPORT_ROOT_KEY_FILE: directory() })],
    ['an empty file', () => ({ SALLYPORT_ROOT_KEY_FILE: keyFile('\n') })],
    ['no base64', () => ({ SALLYPORT_ROOT_KEY: '!'.repeat(44) })],
    ['too few bytes', () => ({ SALLYPORT_ROOT_KEY: randomBytes(31).toString('base64') })],
    ['too many bytes', () => ({ SALLYPORT_ROOT_KEY: randomBytes(33).toString('base64') })],
    ['bits that base64 has no use for', () => ({ SALLYPORT_ROOT_KEY: `${'A'.repeat(42)}B=` })],
    ['all zeros', () => ({ SALLYPORT_ROOT_KEY: Buffer.alloc(32).toString('base64') })],
  ]
  it.each(wrong)('refuses %s, says so, and has changed nothing', async (_name, env) => {
    verifies('S-34', 'S-38')
    const given = env()
    const { started, code, said, tookMs } = await refused(home, given)
    expect(started).toBe(false)
    expect(code).toBe(78)
    expect(tookMs).toBeLessThan(refusedWithinMs)
    expect(said).toMatch(sentence)
    expect(said).toMatch(/root.?key/i)
    if (given.SALLYPORT_ROOT_KEY !== undefined) expect(said).not.toContain(given.SALLYPORT_ROOT_KEY)
    expect(listTree(scene.vault.dataDir, internals)).toEqual(tree)
    expect(postmasterPid(scene.vault)).toBeUndefined()
  })

  it.each([
    ['is missing', undefined],
    ['holds another key', () => `${key()}\n`],
    ['is garbage', () => 'garbage'],
    ['is empty', () => ''],
  ])('refuses to start when its own file %s, and makes no new one', async (_name, content) => {
    verifies('S-34')
    const path = join(scene.vault.dataDir, 'root-key')
    const right = readFileSync(path)
    rmSync(path)
    if (content !== undefined) writeFileSync(path, content(), { mode: 0o600 })
    const before = listTree(scene.vault.dataDir, internals)
    const { started, code, said, tookMs } = await refused(home, {})
    expect({ started, code }).toEqual({ started: false, code: 78 })
    expect(tookMs).toBeLessThan(refusedWithinMs)
    expect(said).toMatch(sentence)
    expect(listTree(scene.vault.dataDir, internals)).toEqual(before)
    rmSync(path, { force: true })
    writeFileSync(path, right, { mode: 0o600 })
  })

  it('left every row as it was, and the right key opens everything again', async () => {
    verifies('S-34', 'S-43')
    expect(listTree(scene.vault.dataDir, internals)).toEqual(tree)
    expect(await dumpEmbedded(scene.vault.dataDir)).toEqual(dump)
    await scene.vault.restart()
    expect(await scene.call('/plain/2')).toMatchObject({ status: 200 })
  })
})

describe('with DATABASE_URL', () => {
  let database: TestDatabase
  let right: string
  let home: string
  beforeAll(async () => {
    database = await startTestDatabase()
    right = key()
    home = directory()
    const first = spawnVault(home, urls({ SALLYPORT_ROOT_KEY: right }))
    await first.ready
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)
  })
  afterAll(() => database?.stop())
  const urls = (env: Record<string, string>) => ({
    DATABASE_URL: database.urls.app,
    DATABASE_MIGRATION_URL: database.urls.owner,
    ...env,
  })

  it.each([
    ['another key', () => ({ SALLYPORT_ROOT_KEY: key() })],
    ['no key', (): Record<string, string> => ({})],
    ['garbage', () => ({ SALLYPORT_ROOT_KEY: 'garbage' })],
  ])(
    'refuses %s and has changed neither the database nor the data directory',
    async (_name, env) => {
      verifies('S-34')
      const before = await dumpDatabase(database.urls.owner)
      const other = directory()
      const { started, code, said, tookMs } = await refused(other, urls(env()))
      expect({ started, code }).toEqual({ started: false, code: 78 })
      expect(tookMs).toBeLessThan(refusedWithinMs)
      expect(said).toMatch(sentence)
      expect(await dumpDatabase(database.urls.owner)).toEqual(before)
      expect(readdirSync(other)).toEqual([])
    },
  )

  it.each([
    ['a server that is not there', 'postgres://u:hush-hush@127.0.0.1:1/x'],
    ['a host that is not there', 'postgres://u:hush-hush@nowhere.invalid/x'],
  ])('says in a sentence that %s does not answer, without the password', async (_name, url) => {
    verifies('S-38')
    const { started, code, said, tookMs } = await refused(directory(), {
      DATABASE_URL: url,
      SALLYPORT_ROOT_KEY: key(),
    })
    expect({ started, code }).toEqual({ started: false, code: 1 })
    expect(tookMs).toBeLessThan(20_000)
    expect(said).toMatch(sentence)
    expect(said).not.toContain('hush-hush')
  })

  it('refuses a wrong password in a sentence without it', async () => {
    verifies('S-38')
    const url = new URL(database.urls.app)
    url.password = 'hush-hush'
    const { code, said } = await refused(directory(), {
      DATABASE_URL: url.href,
      SALLYPORT_ROOT_KEY: right,
    })
    expect(code).toBe(1)
    expect(said).toMatch(sentence)
    expect(said).not.toContain('hush-hush')
  })
})

describe('a wrong environment', () => {
  it('names every variable that is wrong, ends with 78 and makes nothing', async () => {
    const home = directory()
    const env = {
      SALLYPORT_PORT: '99999',
      SALLYPORT_PUBLIC_URL: 'ftp://vault',
      SALLYPORT_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://user:hush-hush@x',
      SALLYPORT_EGRESS_ALLOW_CIDRS: '10.0.0.0/8,300.1.1.1/8',
      SALLYPORT_EGRESS_DENY_CIDRS: 'everything',
      SALLYPORT_TRUSTED_PROXIES: 'localhost',
    }
    const { started, code, said, tookMs } = await refused(home, env)
    expect({ started, code }).toEqual({ started: false, code: 78 })
    expect(tookMs).toBeLessThan(refusedWithinMs)
    for (const name of Object.keys(env)) expect(said).toContain(name)
    expect(said).not.toContain('hush-hush')
    expect(readdirSync(home)).toEqual([])
  })

  it.each([
    ['SALLYPORT_EGRESS_ALLOW_CIDRS', '10.0.0.0/99'],
    ['SALLYPORT_EGRESS_DENY_CIDRS', '::/xyz'],
    ['SALLYPORT_TRUSTED_PROXIES', '10.0.0.0/99'],
    ['SALLYPORT_PORT', '-1'],
    ['SALLYPORT_PORT', '4770x'],
    ['SALLYPORT_HOST', '203.0.113.77'],
    ['SALLYPORT_HOST', 'nowhere.invalid'],
  ])('ends with 78 and a sentence that names %s where it is %s', async (name, value) => {
    const { started, code, said, tookMs } = await refused(
      name === 'SALLYPORT_HOST' ? madeDirectory() : directory(),
      { [name]: value },
    )
    expect({ started, code }).toEqual({ started: false, code: 78 })
    expect(tookMs).toBeLessThan(refusedWithinMs)
    expect(said).toMatch(sentence)
    expect(said).toContain(name)
  })

  it('says that the port is in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, said } = await refused(madeDirectory(), { SALLYPORT_PORT: String(port) })
    server.close()
    expect(code).toBe(78)
    expect(said).toMatch(sentence)
    expect(said).toContain(`127.0.0.1:${port} is in use`)
  })
})

describe('a data directory', () => {
  const nobody = { uid: 65534, gid: 65534 }
  const isRoot = process.getuid?.() === 0

  it('serves one vault: a second one refuses and disturbs nothing', async () => {
    verifies('S-43')
    const { started, code, said, tookMs } = await refused(join(scene.vault.dataDir, '..'), {})
    expect({ started, code }).toEqual({ started: false, code: 1 })
    expect(tookMs).toBeLessThan(refusedWithinMs)
    expect(said).toMatch(sentence)
    expect(said).toMatch(/Another vault uses the data directory/)
    expect(await scene.call('/plain/3')).toMatchObject({ status: 200 })
  })

  it('that is a file is refused in a sentence', async () => {
    const home = directory()
    writeFileSync(join(home, 'data'), '')
    const { started, said, code } = await refused(home, {})
    expect({ started, code }).toEqual({ started: false, code: 78 })
    expect(said).toMatch(sentence)
  })

  it.runIf(isRoot)(
    'that may not be written is refused in a sentence, with a database of its own or another',
    async () => {
      const database = await startTestDatabase()
      const home = directory()
      mkdirSync(join(home, 'data'), { mode: 0o555 })
      for (const env of [{}, { DATABASE_URL: database.urls.owner, SALLYPORT_ROOT_KEY: key() }]) {
        const { started, code, said } = await refused(home, env, nobody)
        expect({ started, code }).toEqual({ started: false, code: 78 })
        expect(said).toMatch(sentence)
        expect(said).toContain(join(home, 'data'))
      }
      await database.stop()
    },
  )
})
