import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { createEmptyDatabase, dumpSchema } from '../../../../test/fixtures/dump.ts'
import {
  bringUp,
  migrationTags,
  rowsPath,
  writtenTags,
} from '../../../../test/fixtures/each-migration.ts'
import type { Sql } from './connect.ts'
import { migrate } from './migrate.ts'

// Migrations made indexes, constraints and triggers on tables that had rows, and gave their rows columns: of vaults that had a
// database before, and of none that is made anew. So each migration is run on rows of all that were before it.

/** A row by its columns, as JSON. */
type Row = Readonly<Record<string, unknown>>
/** What a database has at some moment, by tables. */
interface State {
  readonly columns: ReadonlyMap<string, readonly string[]>
  readonly rows: ReadonlyMap<string, readonly Row[]>
  readonly uniques: readonly { readonly name: string; readonly table: string }[]
}
interface Step {
  readonly tag: string
  /** Before the migration. */
  readonly before: State
  /** After it, with no rows of its own yet. */
  readonly after: State
  /** Tables that its own rows went into. */
  readonly written: readonly string[]
}

/** What went with migrations that dropped a column on purpose. */
const dropped: Readonly<Record<string, readonly string[]>> = {
  '0009_connect_flow_draft': ['connect_flows.draft'],
}

/** What rows have in columns that came after them; null where nothing is said here. */
const givenToOlderRows: Readonly<Record<string, unknown>> = {
  'owners.totp_version': 0,
  'sessions.id': expect.stringMatching(/^ses_[0-9a-f]{32}$/),
  'sessions.method': 'password',
  'connections.requested_scopes': [],
  'owners.role_given_by': 'person',
  'agents.tool_listing': 'auto',
  'toolsets.enabled': true,
}

const none: State = { columns: new Map(), rows: new Map(), uniques: [] }

async function look(sql: Pick<Sql, 'unsafe'>): Promise<State> {
  const columns = await sql.unsafe<{ table: string; columns: string[] }[]>(`
    SELECT c.relname AS "table", array_agg(attname || ' ' || format_type(atttypid, atttypmod)
      || CASE WHEN attnotnull THEN ' not null' ELSE '' END ORDER BY attnum) AS columns
    FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY c.relname`)
  const uniques = await sql.unsafe<State['uniques'][number][]>(`
    SELECT i.relname AS name, t.relname AS "table" FROM pg_index
    JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
    WHERE indisunique AND t.relnamespace = 'public'::regnamespace`)
  const tables = columns.map(({ table }) => table)
  const rows = await sql.unsafe<{ table: string; rows: Row[] }[]>(
    tables
      .map(
        (table) => `SELECT '${table}' AS "table", jsonb_agg(to_jsonb(t)) AS rows FROM "${table}" t`,
      )
      .join(' UNION ALL '),
  )
  return {
    columns: new Map(columns.map((found) => [found.table, found.columns])),
    rows: new Map(rows.map((found) => [found.table, found.rows ?? []])),
    uniques: [...uniques],
  }
}

/** The tables that a transaction wrote to. */
async function writtenIn(tx: Pick<Sql, 'unsafe'>, tables: Iterable<string>): Promise<string[]> {
  const rows = await tx.unsafe<{ table: string }[]>(
    [...tables]
      .map(
        (table) => `SELECT '${table}' AS "table" WHERE EXISTS (
          SELECT 1 FROM "${table}" WHERE xmin = pg_current_xact_id()::xid)`,
      )
      .join(' UNION ALL '),
  )
  return rows.map(({ table }) => table)
}

const nameOf = (column: string) => column.split(' ')[0] ?? ''
const isSame = (a: readonly string[] = [], b: readonly string[] = []) => a.join() === b.join()
const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted()
const pick = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row[name]]))

describe('each migration, with rows of those before it', () => {
  let test: TestDatabase
  let older: Awaited<ReturnType<typeof createEmptyDatabase>>
  const steps: Step[] = []

  beforeAll(async () => {
    test = await startTestDatabase()
    older = await createEmptyDatabase(test.urls.owner)
    let before = none
    let after = none
    await bringUp(older.url, {
      async migrated(sql) {
        after = await look(sql)
      },
      async written(tx, tag) {
        steps.push({ tag, before, after, written: await writtenIn(tx, after.columns.keys()) })
        before = await look(tx)
      },
    })
  })
  afterAll(async () => {
    await older?.drop()
    await test?.stop()
  })

  it('finds rows in every table, of each shape that it had', () => {
    const missing = steps.flatMap(({ tag, before, after, written }) => {
      const shaped = [...after.columns].filter(
        ([table, columns]) => !isSame(columns, before.columns.get(table)),
      )
      return shaped
        .filter(([table]) => !written.includes(table))
        .map(
          ([table]) =>
            `${tag} makes or changes ${table}: write rows of it, as a vault of that migration has them, into ${rowsPath(tag)}`,
        )
    })
    expect(missing).toEqual([])
    expect(steps.map(({ tag }) => tag)).toEqual(migrationTags())
    expect(writtenTags().filter((tag) => !migrationTags().includes(tag))).toEqual([])
  })

  it('finds two rows at least where it lets nothing be there twice', () => {
    const missing = steps.flatMap(({ tag, before, after }) => {
      const known = new Set(before.uniques.map(({ name }) => name))
      const added = after.uniques.filter(
        ({ name, table }) => !known.has(name) && before.columns.has(table),
      )
      return added
        .filter(({ table }) => (before.rows.get(table)?.length ?? 0) < 2)
        .map(
          ({ name, table }) =>
            `${tag} makes ${name}: write two rows of ${table} into the file of an earlier migration, such as ${rowsPath(migrationTags()[0] ?? '')}`,
        )
    })
    expect(missing).toEqual([])
  })

  it('leaves every row there, and in it what it held', () => {
    for (const { tag, before, after } of steps) {
      for (const [table, columns] of before.columns) {
        const kept = columns
          .map(nameOf)
          .filter((name) => !(dropped[tag] ?? []).includes(`${table}.${name}`))
        const [was, is] = [before, after].map(({ rows }) =>
          sorted((rows.get(table) ?? []).map((row) => pick(row, kept))),
        )
        expect(
          is,
          `${tag} changes rows of ${table}: where it is meant to, say here which, and what they become`,
        ).toEqual(was)
      }
    }
  })

  it('gives older rows in a new column what they are to have there', () => {
    for (const { tag, before, after } of steps) {
      for (const [table, columns] of before.columns) {
        const known = columns.map(nameOf)
        const added = (after.columns.get(table) ?? [])
          .map(nameOf)
          .filter((name) => !known.includes(name))
        for (const name of added) {
          const values = (after.rows.get(table) ?? []).map((row) => row[name])
          const expected = givenToOlderRows[`${table}.${name}`] ?? null
          expect(values, `${tag}: ${table}.${name}`).toEqual(values.map(() => expected))
        }
      }
    }
  })

  it('ends with what a database is made with from nothing, each constraint and index valid', async () => {
    const anew = await createEmptyDatabase(test.urls.owner)
    await migrate({ url: anew.url, migrationsFolder })
    const schema = await dumpSchema(older.url)
    expect(schema).toEqual(await dumpSchema(anew.url))
    await anew.drop()
    const marks = schema.filter((line) => /^(constraint|index) /.test(line))
    expect(marks.length).toBeGreaterThan(100)
    expect(marks.filter((line) => / (validated|valid|ready) f( |$)/.test(line))).toEqual([])
  })
})
