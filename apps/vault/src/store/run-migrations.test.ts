import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { migrate } from './migrate.ts'

const pollMs = 20

describe('migrations, each by itself', () => {
  let test: TestDatabase
  const folders: string[] = []
  beforeAll(async () => {
    test = await startTestDatabase()
    const { sql } = test.database
    await sql`
      INSERT INTO audit_records (workspace_id, seq, audit_id, kind, at, entry, hash, mac)
      SELECT 'w', n, 'a' || n, 'event', now(), '{}', '', '' FROM generate_series(1, 100) AS n`
  })
  afterAll(async () => {
    await test?.stop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  /** The migrations of this build, with more behind them. */
  const withMore = (...more: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-migrations-'))
    folders.push(folder)
    cpSync(migrationsFolder, folder, { recursive: true })
    const path = join(folder, 'meta', '_journal.json')
    const journal = JSON.parse(readFileSync(path, 'utf8'))
    const last = journal.entries.at(-1)
    for (const [index, text] of more.entries()) {
      const tag = `999${index}_more`
      journal.entries.push({ ...last, idx: last.idx + 1 + index, when: last.when + 1 + index, tag })
      writeFileSync(join(folder, `${tag}.sql`), text)
    }
    writeFileSync(path, JSON.stringify(journal))
    return folder
  }
  const run = (folder: string) => migrate({ url: test.urls.owner, migrationsFolder: folder })
  const index = (name: string) => `CREATE INDEX "${name}" ON "audit_records" USING btree ("kind");`
  const isValid = async (name: string) => {
    const [row] = await test.owner.sql<{ is: boolean }[]>`
      SELECT indisvalid AS is FROM pg_index WHERE indexrelid = to_regclass(${name})`
    return row?.is
  }
  const append = (seq: number) => test.database.sql`
    INSERT INTO audit_records (workspace_id, seq, audit_id, kind, at, entry, hash, mac)
    VALUES ('w', ${seq}, 'b', 'event', now(), '{}', '', '')`
  /** Keeps a snapshot of the log, as a backup does, until it is told. */
  const holdSnapshot = async () => {
    const session = await test.owner.sql.reserve()
    await session`BEGIN ISOLATION LEVEL REPEATABLE READ`
    await session`SET LOCAL idle_in_transaction_session_timeout = 0`
    await session`SELECT count(*) FROM audit_records`
    return async () => {
      await session`COMMIT`
      session.release()
    }
  }
  const building = async (): Promise<number | undefined> => {
    const [row] = await test.owner.sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'
        AND datname = current_database() AND wait_event_type = 'Lock'`
    return row?.pid
  }
  const untilBuilding = async (): Promise<number> => {
    for (;;) {
      const pid = await building()
      if (pid !== undefined) return pid
      await sleep(pollMs)
    }
  }

  it('keep what went through before one that fails, and go on from there', async () => {
    verifies('S-43')
    const first = 'CREATE TABLE more_one (id int);'
    await expect(run(withMore(first, 'SELECT 1 / 0;'))).rejects.toThrow('22012')
    await run(withMore(first, 'CREATE TABLE more_two (id int);'))
    const [row] = await test.owner.sql`
      SELECT to_regclass('more_one') IS NOT NULL AND to_regclass('more_two') IS NOT NULL AS both`
    expect(row?.both).toBe(true)
  })

  it('build an index on the log while it is written to, wait for a backup, and for nobody who waits for them', async () => {
    const folder = withMore('SELECT 1;', 'SELECT 1;', index('more_index'))
    const release = await holdSnapshot()
    const both = Promise.all([run(folder), run(folder)])
    await untilBuilding()
    await append(101)
    expect(await isValid('more_index')).toBe(false)
    await release()
    await both
    expect(await isValid('more_index')).toBe(true)
    await run(folder)
  })

  it('build an index again that was left half built', async () => {
    verifies('S-43')
    const before = ['SELECT 1;', 'SELECT 1;', index('more_index')]
    const folder = withMore(...before, index('more_again'))
    const release = await holdSnapshot()
    const interrupted = expect(run(folder)).rejects.toMatchObject({ type: 'store-unavailable' })
    await test.owner.sql`SELECT pg_terminate_backend(${await untilBuilding()})`
    await interrupted
    await release()
    expect(await isValid('more_again')).toBe(false)
    await run(folder)
    expect(await isValid('more_again')).toBe(true)
  })

  it('take an index for made that was made by a run which could not say so any more', async () => {
    const before = ['SELECT 1;', 'SELECT 1;', index('more_index'), index('more_again')]
    await test.owner.sql.unsafe(index('more_made'))
    const [was] = await test.owner.sql`SELECT 'more_made'::regclass::oid AS id`
    await run(withMore(...before, index('more_made')))
    const [is] = await test.owner.sql`SELECT 'more_made'::regclass::oid AS id`
    expect(is?.id).toBe(was?.id)
  })

  it('of this build keep nobody from writing to the log while they index it', () => {
    const files = readdirSync(migrationsFolder).filter((name) => name.endsWith('.sql'))
    const [tables, ...later] = files.toSorted()
    expect(tables).toBe('0000_tables.sql')
    const indexing = later.filter((name) => {
      const statements = readFileSync(join(migrationsFolder, name), 'utf8').split(
        '--> statement-breakpoint',
      )
      const isIndex = (one: string) => /^\s*CREATE (UNIQUE )?INDEX /.test(one)
      const ofTheLog = statements.filter((one) => isIndex(one) && one.includes('"audit_records"'))
      // With something else beside it, an index is made in a transaction, under a lock.
      if (ofTheLog.length > 0) expect(statements.every(isIndex), name).toBe(true)
      return ofTheLog.length > 0
    })
    expect(indexing).toContain('0031_audit_by_outcome.sql')
  })
})
