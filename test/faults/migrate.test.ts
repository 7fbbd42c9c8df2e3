import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { queueSchema } from '../../apps/vault/src/jobs/job-schema.ts'
import { connect } from '../../apps/vault/src/store/connect.ts'
import { migrate } from '../../apps/vault/src/store/migrate.ts'
import { migrationsFolder, startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { createEmptyDatabase, dumpDatabase } from '../fixtures/dump.ts'
import { eventually } from '../fixtures/scene.ts'
import { spawnVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'

// Vaults that start on an empty database, together or interrupted, and one that is too old for its database.

const key = () => randomBytes(32).toString('base64')
const directories: string[] = []
function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'vault-migrate-'))
  chmodSync(made, 0o755)
  directories.push(made)
  return made
}

let database: TestDatabase
/** What a start without a mishap makes, the queue of jobs included. */
let whole: string[]
beforeAll(async () => {
  database = await startTestDatabase()
  const empty = await createEmptyDatabase(database.urls.owner)
  await migrate({ url: empty.url, migrationsFolder, furtherSchema: queueSchema })
  whole = await schemaOf(empty.url)
  expect(whole.some((line) => line.includes('sallyport_jobs.'))).toBe(true)
  await empty.drop()
})
afterAll(async () => {
  await database?.stop()
  for (const made of directories) rmSync(made, { recursive: true, force: true })
})

/** Starts a vault and says how that went. */
function start(home: string, env: Record<string, string> = {}) {
  const vault = spawnVault(home, env)
  const ready = vault.ready.then(
    () => true,
    () => false,
  )
  const stop = async () => {
    vault.child.kill('SIGTERM')
    return await vault.exited
  }
  return { ...vault, ready, stop }
}

/** The schema alone. */
const schemaOf = async (url: string) =>
  (await dumpDatabase(url)).filter((line) => /^[a-zA-Z] /.test(line))

describe('two vaults on one empty database', () => {
  it('with one root key both serve, on the same tables', async () => {
    verifies('S-43')
    const empty = await createEmptyDatabase(database.urls.owner)
    const env = { DATABASE_URL: empty.url, SALLYPORT_ROOT_KEY: key() }
    const vaults = [start(directory(), env), start(directory(), env)]
    expect(await Promise.all(vaults.map(({ ready }) => ready))).toEqual([true, true])
    expect(await schemaOf(empty.url)).toEqual(whole)
    expect(await Promise.all(vaults.map(({ stop }) => stop()))).toEqual([0, 0])
    await empty.drop()
  })

  it('with two root keys one serves and the other refuses, whichever was first', async () => {
    verifies('S-34')
    for (let round = 0; round < 3; round += 1) {
      const empty = await createEmptyDatabase(database.urls.owner)
      const vaults = [key(), key()].map((rootKey) =>
        start(directory(), { DATABASE_URL: empty.url, SALLYPORT_ROOT_KEY: rootKey }),
      )
      const ready = await Promise.all(vaults.map((vault) => vault.ready))
      expect(ready.filter(Boolean)).toHaveLength(1)
      const refused = vaults[ready.indexOf(false)]
      expect(await refused?.exited).toBe(78)
      expect(refused?.output()).toMatch(/root key is not the one/i)
      expect(await vaults[ready.indexOf(true)]?.stop()).toBe(0)
      await empty.drop()
    }
  })
})

describe('a first start that is killed', () => {
  /** Resolves as soon as a start has come so far: when that is depends on what else the machine does. */
  async function reaches(isThere: () => boolean | Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + 60_000
    while (!(await isThere())) {
      if (performance.now() > untilMs) throw new Error('it never came so far')
      await sleep(5)
    }
  }

  it('at any moment leaves a database that the next start brings up whole', async () => {
    verifies('S-43')
    for (const [stage, afterMs] of [
      ['before it reaches the database', 250],
      ...[0, 50, 150, 300].map((ms) => ['while it migrates', ms] as const),
    ] as const) {
      const empty = await createEmptyDatabase(database.urls.owner)
      const env = { DATABASE_URL: empty.url, SALLYPORT_ROOT_KEY: key() }
      const home = directory()
      const sql = connect({
        url: empty.url,
        maxConnections: 1,
        applicationName: 'test',
        silenceMsMax: 10_000,
      })
      const first = start(home, env)
      if (stage === 'while it migrates') {
        const rows = () => sql`select 1 from pg_stat_activity
          where application_name = 'sallyport migrate' and datname = current_database()`
        await reaches(async () => (await rows()).length > 0)
      }
      await sleep(afterMs)
      first.child.kill('SIGKILL')
      await first.exited
      await sql.end({ timeout: 1 })
      const second = start(home, env)
      expect(await second.ready, `${stage}, ${afterMs} ms: ${second.output()}`).toBe(true)
      expect(await schemaOf(empty.url)).toEqual(whole)
      expect(await second.stop()).toBe(0)
      await empty.drop()
    }
  }, 120_000)

  it('amid the tables, while another replica waits for it, leaves all of it to that one', async () => {
    verifies('S-43')
    const empty = await createEmptyDatabase(database.urls.owner)
    const env = { DATABASE_URL: empty.url, SALLYPORT_ROOT_KEY: key() }
    const sql = connect({
      url: empty.url,
      maxConnections: 2,
      applicationName: 'test',
      silenceMsMax: 60_000,
    })
    const migrating = () => sql<{ waits: boolean }[]>`
      select wait_event_type = 'Lock' as waits from pg_stat_activity
      where application_name = 'sallyport migrate' and datname = current_database()`
    let first: ReturnType<typeof start> | undefined
    let second: ReturnType<typeof start> | undefined
    // Somebody makes a table of a name that comes late: there the migration stands still.
    const interrupted = sql.begin(async (held) => {
      await held`create table mcp_servers (id text)`
      first = start(directory(), env)
      const stands = async () => (await migrating()).some(({ waits }) => waits)
      expect(await eventually(stands, 30_000)).toBe(true)
      second = start(directory(), env)
      expect(await eventually(async () => (await migrating()).length === 2, 30_000)).toBe(true)
      first.child.kill('SIGKILL')
      await first.exited
      throw new Error('nobody made it after all')
    })
    await expect(interrupted).rejects.toThrow('after all')
    expect(await second?.ready, second?.output()).toBe(true)
    expect(await schemaOf(empty.url)).toEqual(whole)
    expect(await second?.stop()).toBe(0)
    await sql.end({ timeout: 1 })
    await empty.drop()
  }, 120_000)

  it('at any moment leaves a data directory that the next start brings up whole', async () => {
    verifies('S-43')
    const isIn = (folder: string, name: RegExp) =>
      existsSync(folder) && readdirSync(folder).some((found) => name.test(found))
    const stages: readonly [string, (postgres: string) => boolean, number][] = [
      ['while it makes the cluster', (postgres) => isIn(postgres, /^data\.new-/), 200],
      ['once it has made the cluster', (postgres) => isIn(postgres, /^data$/), 0],
      ['while it starts the server', (postgres) => isIn(join(postgres, 'data'), /\.pid$/), 0],
      ['while it makes the tables', (postgres) => isIn(join(postgres, 'data'), /\.pid$/), 600],
    ]
    for (const [stage, isThere, afterMs] of stages) {
      const home = directory()
      const first = start(home)
      await reaches(() => isThere(join(home, 'data', 'postgres')))
      await sleep(afterMs)
      first.child.kill('SIGKILL')
      await first.exited
      const second = start(home)
      expect(await second.ready, `killed ${stage}: ${second.output()}`).toBe(true)
      expect(await second.stop()).toBe(0)
    }
  }, 120_000)
})

it('a database of a newer build is refused in a sentence and left as it is', async () => {
  const sql = connect({
    url: database.urls.owner,
    maxConnections: 1,
    applicationName: 'test',
    silenceMsMax: 10_000,
  })
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', ${Date.now() + 1e10})`
  const before = await dumpDatabase(database.urls.owner)
  const vault = start(directory(), {
    DATABASE_URL: database.urls.owner,
    SALLYPORT_ROOT_KEY: key(),
  })
  expect(await vault.ready).toBe(false)
  expect(await vault.exited).toBe(1)
  expect(vault.output().trim()).toMatch(
    /^sallyport: The database was migrated by a newer build[^\n]*$/,
  )
  expect(await dumpDatabase(database.urls.owner)).toEqual(before)
  await sql`delete from drizzle.__drizzle_migrations where hash = 'newer'`
  await sql.end({ timeout: 1 })
})
