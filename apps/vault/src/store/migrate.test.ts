import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { connect, type Sql } from './connect.ts'
import { readKeyBinding } from './key-binding.ts'
import { migrate } from './migrate.ts'

const appendOnly = ['audit_records', 'audit_checkpoints'] as const

describe('migrate', () => {
  let test: TestDatabase
  let owner: Sql
  const folders: string[] = []
  const open = (url: string) =>
    connect({ url, maxConnections: 4, applicationName: 'test', silenceMsMax: 10_000 })

  /** An empty database, owned by a role that may create tables and nothing else. */
  const makeEmpty = async (name: string) => {
    await owner.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'pw'`)
    await owner.unsafe(`CREATE DATABASE ${name} OWNER ${name}`)
    const url = new URL(test.urls.owner)
    url.pathname = `/${name}`
    url.username = name
    url.password = 'pw'
    return url.href
  }
  const drop = async (...names: string[]) => {
    for (const name of names) {
      await owner.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await owner.unsafe(`DROP ROLE IF EXISTS ${name}`)
    }
  }
  const objects = async (url: string) => {
    const sql = open(url)
    const rows =
      await sql`SELECT count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname IN ('public', 'drizzle')`
    const namespaces = await sql`SELECT 1 FROM pg_namespace WHERE nspname = 'drizzle'`
    await sql.end()
    return Number(rows[0]?.count) + namespaces.length
  }
  const copyMigrations = () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-migrations-'))
    cpSync(migrationsFolder, folder, { recursive: true })
    folders.push(folder)
    return folder
  }
  const addMigration = (folder: string, statements: string) => {
    const path = join(folder, 'meta', '_journal.json')
    const journal = JSON.parse(readFileSync(path, 'utf8'))
    const last = journal.entries.at(-1)
    const entry = { ...last, idx: last.idx + 1, when: last.when + 1, tag: '9999_more' }
    writeFileSync(path, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }))
    writeFileSync(join(folder, '9999_more.sql'), statements)
  }

  beforeAll(async () => {
    test = await startTestDatabase()
    owner = open(test.urls.owner)
  })
  afterAll(async () => {
    await drop('m_empty', 'm_two', 'm_broken', 'm_hasty', 'm_newer')
    await owner.end()
    await test.stop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  it('reads the key check of an empty database as none, and changes nothing by that', async () => {
    verifies('S-34')
    const url = await makeEmpty('m_empty')
    expect((await readKeyBinding(url)).keyCheck).toBeUndefined()
    expect(await objects(url)).toBe(0)
  })

  it('serves several replicas that start together, under an ordinary role', async () => {
    const url = await makeEmpty('m_two')
    await Promise.all([1, 2, 3].map(() => migrate({ url, migrationsFolder })))
    const sql = open(url)
    const done = await sql`SELECT hash FROM drizzle.__drizzle_migrations`
    expect(new Set(done.map((row) => row.hash)).size).toBe(done.length)
    await expect(sql`TRUNCATE audit_records`).rejects.toThrow('append-only')
    await sql.end()
    expect((await readKeyBinding(url)).keyCheck).toBeUndefined()
  })

  it('leaves nothing of a migration that failed in the middle, and goes through the next time', async () => {
    verifies('S-43')
    const url = await makeEmpty('m_broken')
    await migrate({ url, migrationsFolder })
    const before = await objects(url)
    const folder = copyMigrations()
    addMigration(folder, 'CREATE TABLE half (id int);--> statement-breakpoint\nSELECT 1 / 0;')
    await expect(migrate({ url, migrationsFolder: folder })).rejects.toThrow('22012')
    expect(await objects(url)).toBe(before)
    writeFileSync(join(folder, '9999_more.sql'), 'CREATE TABLE half (id int);')
    await migrate({ url, migrationsFolder: folder })
    expect(await objects(url)).toBe(before + 1)
  })

  it('takes the time that a migration takes, whatever its role may take for a statement', async () => {
    const url = await makeEmpty('m_hasty')
    const folder = copyMigrations()
    await migrate({ url, migrationsFolder })
    await owner`ALTER ROLE m_hasty SET statement_timeout = '100ms'`
    addMigration(folder, 'SELECT pg_sleep(0.3);')
    await migrate({ url, migrationsFolder: folder })
  })

  it('leaves nothing of a migration whose session was ended in the middle', async () => {
    verifies('S-43')
    const url = await makeEmpty('m_newer')
    const folder = copyMigrations()
    addMigration(folder, 'SELECT pg_sleep(30);')
    const running = migrate({ url, migrationsFolder: folder })
    const ended = expect(running).rejects.toMatchObject({ type: 'store-unavailable' })
    for (let killed = false; !killed; ) {
      const [row] = await owner`
        SELECT count(pg_terminate_backend(pid))::int AS count FROM pg_stat_activity
        WHERE datname = 'm_newer' AND query LIKE '%pg_sleep(30)%'`
      killed = row?.count === 1
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await ended
    await migrate({ url, migrationsFolder })
    expect((await readKeyBinding(url)).keyCheck).toBeUndefined()
  })

  it('refuses a database of a newer build and says so', async () => {
    const url = new URL(test.urls.owner)
    url.pathname = '/m_newer'
    const folder = copyMigrations()
    addMigration(folder, 'CREATE TABLE newer (id int);')
    await migrate({ url: url.href, migrationsFolder: folder })
    await expect(migrate({ url: url.href, migrationsFolder })).rejects.toThrow('newer build')
  })

  it.each(appendOnly)('lets nobody change or remove %s, not even their owner', async (table) => {
    verifies('S-37')
    for (const statement of [
      `UPDATE ${table} SET seq = 0`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
    ]) {
      await expect(owner.unsafe(statement)).rejects.toThrow(`${table} is append-only`)
      await expect(test.database.sql.unsafe(statement)).rejects.toThrow('permission denied')
      const around = `SET session_replication_role = replica; ${statement}`
      await expect(owner.unsafe(around)).rejects.toThrow(`${table} is append-only`)
    }
  })

  it('lets the serving role read and write, and not change the schema', async () => {
    const { sql } = test.database
    await sql`INSERT INTO workspaces (id, name) VALUES ('w', 'n')`
    await sql`INSERT INTO audit_heads (workspace_id, seq, hash, mac) VALUES ('w', 0, '', '')`
    await sql`INSERT INTO audit_records (workspace_id, seq, audit_id, kind, at, entry, hash, mac)
      VALUES ('w', 1, 'a', 'event', now(), '{}', '', '')`
    expect(await sql`SELECT seq FROM audit_records`).toHaveLength(1)
    await test.owner.sql`DELETE FROM workspaces`
    for (const statement of [
      'CREATE TABLE mine (id int)',
      'DROP TABLE agents',
      'ALTER TABLE audit_records DISABLE TRIGGER append_only',
      'TRUNCATE agents',
    ]) {
      await expect(sql.unsafe(statement), statement).rejects.toThrow(
        /permission denied|must be owner/,
      )
    }
  })

  it('says that the database does not answer, without its password', async () => {
    verifies('S-38', 'S-44')
    const url = 'postgres://someone:hunter2hunter2@127.0.0.1:1/none'
    for (const work of [migrate({ url, migrationsFolder }), readKeyBinding(url)]) {
      const error = await work.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ type: 'store-unavailable' })
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
    }
  })
})
