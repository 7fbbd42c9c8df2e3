import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bounds,
  buildSqliteProcess,
  openSqlRoom,
  rowsOf,
  speaker,
} from '../../../../../../test/fixtures/sql-room.ts'
import { verifies } from '../../../../../../test/verifies.ts'
import { allowedFunctions } from '../../gate/allowed-functions.ts'
import { checkTree } from '../../gate/check-tree.ts'
import { createSqlGate } from '../../gate/create-sql-gate.ts'
import type { GateVerdict } from '../../gate/sql-gate.ts'
import { refusal } from '../refusal.ts'
import type { SqlBoundValue, SqlTarget } from '../sql-engine.ts'
import { runSqliteTask } from './sqlite-session.ts'
import type { SqliteTask } from './sqlite-task.ts'

const home = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'))
const dir = join(home, 'listed')
const path = join(dir, 'shop.db')
const outside = join(home, 'outside.db')
/** For what runs in this process, which may hold on to a file. */
const copy = join(dir, 'copy.db')
let entry = ''

beforeAll(async () => {
  entry = await buildSqliteProcess()
  mkdirSync(join(dir, 'deeper'), { recursive: true })
  for (const file of [path, outside, join(dir, 'deeper', 'other.db')]) {
    const database = new DatabaseSync(file)
    database.exec(`
      CREATE TABLE orders (id INTEGER PRIMARY KEY, who TEXT NOT NULL, data BLOB);
      CREATE TABLE lines (order_id INTEGER REFERENCES orders (id), what TEXT);
      CREATE VIEW hashes AS SELECT hex(randomblob(2)) AS h;
      CREATE VIRTUAL TABLE notes USING fts5(body);
      INSERT INTO notes VALUES ('the quick fox');
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
        INSERT INTO orders SELECT i, 'customer ' || i, x'00ff' FROM n;`)
    database.close()
  }
  writeFileSync(
    join(dir, 'text.db'),
    'this is no database, and longer than a header of one would be, surely',
  )
  copyFileSync(path, copy)
  symlinkSync(outside, join(dir, 'link.db'))
  symlinkSync(home, join(dir, 'folder'))
  symlinkSync(path, join(dir, 'inner.db'))
}, 90_000)
afterAll(() => {
  for (const made of [home, dirname(entry)]) rmSync(made, { recursive: true, force: true })
})

function open(file = path, dirs: readonly string[] = [dir]) {
  const { engine } = openSqlRoom({ sqlite: { dirs, entry } })
  const target: SqlTarget = { dialect: 'sqlite', sourceKey: 'src_1', path: file }
  return { engine, target, ...speaker(engine, target) }
}

/**
 * The same without a process for each statement: the gate, and what the process does when it has begun. What is cut or written
 * wants one: the library lets go of a file when its process ends, and not before.
 */
function openHere() {
  const gate = createSqlGate({ checkTree })
  const run = (verdict: GateVerdict, task: Pick<SqliteTask, 'reach' | 'statement'>, more = {}) => {
    if (!verdict.ok) return refusal('gate', verdict.reason)
    const functions = [...allowedFunctions('sqlite')]
    const answer = runSqliteTask({
      ...{ path: copy, functions, parameters: [], ...bounds(), leftMs: 10_000, ...task, ...more },
    })
    if (answer.outcome !== 'result') throw new Error(answer.code)
    return answer.result
  }
  const statement = async (
    text: string,
    parameters: readonly SqlBoundValue[] = [],
    { writes = false, ...how }: { writes?: boolean; bounds?: object } = {},
  ) => {
    const asked = { statement: text, parameterCount: parameters.length, writes }
    const verdict = await gate.checkStatement('sqlite', asked)
    const reach = writes ? 'write' : 'read'
    return run(verdict, { reach, statement: text }, { parameters, ...how.bounds })
  }
  const query = async (text: string) =>
    run(await gate.checkQuery('sqlite', text), { reach: 'query', statement: text })
  return { statement, query }
}

const string = (value: string | null): SqlBoundValue => ({ type: 'string', value })
const integer = (value: number | string): SqlBoundValue => ({ type: 'integer', value })
/** On a machine that does much else. */
const patient = { timeout: 60_000 }
const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof Problem) return thrown
  throw new Error(`no problem: ${String(thrown)}`)
}
/** Processes of this test that still run. */
const processes = (): string =>
  execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line.includes(entry))
    .join('\n')

describe('a statement on SQLite', patient, () => {
  it('has its values bound, by ? and by number: what is written into them stays a value', async () => {
    verifies('S-39')
    const { statement } = open()
    const attack = "'; DROP TABLE orders; --"
    const one = await statement('SELECT ? AS said, ? AS n', [string(attack), integer(2)])
    expect(rowsOf(one).rows).toEqual([{ said: attack, n: 2 }])
    const two = await statement('SELECT $2 AS n, $1 AS said, $1 AS again', [
      string(attack),
      integer(2),
    ])
    expect(rowsOf(two).rows).toEqual([{ said: attack, n: 2, again: attack }])
    const list = await statement(
      'SELECT count(*) AS n FROM orders WHERE id IN (SELECT value FROM json_each(?))',
      [{ type: 'array', items: 'integer', value: [1, 2, 9999] }],
    )
    expect(rowsOf(list).rows).toEqual([{ n: 2 }])
  })

  it('answers what JSON can hold, and loses nothing of it', async () => {
    const { statement } = openHere()
    const { rows } = rowsOf(
      await statement(
        'SELECT 9007199254740993 AS big, 1.5 AS real, data, NULL AS none, 1 AS a, 2 AS a, typeof(?) AS type FROM orders LIMIT 1',
        [integer('7')],
      ),
    )
    expect(rows).toEqual([
      {
        ...{
          big: '9007199254740993',
          real: 1.5,
          data: { $base64: 'AP8=' },
          none: null,
          a: 1,
          a_2: 2,
        },
        type: 'integer',
      },
    ])
  })

  it('is cut at its rows and at its bytes, and says so', async () => {
    verifies('S-22', 'S-39')
    const { statement } = open()
    const rows = await statement('SELECT * FROM orders', [], { bounds: { rowsMax: 10 } })
    expect(rowsOf(rows)).toMatchObject({ rowCount: 10, truncated: true })
    const bytes = rowsOf(
      await statement('SELECT * FROM orders', [], { bounds: { bytesMax: 5000 } }),
    )
    expect(bytes.truncated).toBe(true)
    expect(JSON.stringify(bytes.rows).length).toBeLessThan(5000)
    const huge = await statement(
      "SELECT printf('%.*c', 900000000, 'x') AS huge, zeroblob(900000000) AS zeros",
    )
    expect(JSON.stringify(huge).length).toBeLessThan(2 * 1024 * 1024)
  })

  it('only reads, unless it is marked as writing, and then writes rows and nothing else', async () => {
    verifies('S-39')
    const { statement, query } = open()
    expect(await statement("INSERT INTO orders VALUES (9001, 'x', NULL)")).toMatchObject({
      refused: { code: 'gate' },
    })
    const writes = { writes: true }
    const done = await statement(
      'INSERT INTO orders SELECT id + 10000, ?, NULL FROM orders WHERE id <= 300 RETURNING id',
      [string('bulk')],
      {
        ...{ writes: true, bounds: { rowsMax: 5 } },
      },
    )
    expect(rowsOf(done)).toMatchObject({ rowCount: 5, truncated: true })
    expect(rowsOf(await query("SELECT count(*) AS n FROM orders WHERE who = 'bulk'")).rows).toEqual(
      [{ n: 300 }],
    )
    const gone = await statement("DELETE FROM orders WHERE who = 'bulk'", [], writes)
    expect(rowsOf(gone)).toEqual({ columns: [], rows: [], rowCount: 300, truncated: false })
    for (const attempt of ["UPDATE sqlite_schema SET sql = 'x'", 'DELETE FROM sqlite_schema']) {
      expect(await statement(attempt, [], writes), attempt).toHaveProperty('refused')
    }
    expect(
      rowsOf(await statement("INSERT INTO notes VALUES ('slow fox')", [], writes)).rowCount,
    ).toBe(1)
  })

  it('loads no code and reads no other file, whoever wrote it', async () => {
    verifies('S-39')
    const { statement } = openHere()
    const attempts = [
      `SELECT load_extension('${outside}')`,
      `ATTACH '${outside}' AS o`,
      'PRAGMA database_list',
      `VACUUM INTO '${home}/copy.db'`,
    ]
    for (const writes of [false, true]) {
      for (const attempt of attempts) {
        expect(await statement(attempt, [], { writes }), attempt).toHaveProperty('refused')
      }
    }
    expect(existsSync(join(home, 'copy.db'))).toBe(false)
  })

  it('is ended with its process at its deadline, and when its caller goes', async () => {
    verifies('S-22', 'S-39')
    const { query } = open()
    const bomb =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    const before = Date.now()
    expect(await problemOf(query(bomb, { timeoutMs: 1_000 }))).toMatchObject({
      type: 'upstream-timeout',
    })
    expect(Date.now() - before).toBeLessThan(3_000)
    const going = new AbortController()
    const gone = problemOf(query(bomb, { signal: going.signal }))
    setTimeout(() => going.abort(new Problem('connection-revoked', 'Gone.')), 500)
    expect(await gone).toMatchObject({ type: 'connection-revoked' })
    await expect.poll(processes, { timeout: 3_000 }).toBe('')
  })
})

describe('the process of a statement on SQLite', patient, () => {
  it('ends with the vault, even where that is killed', async () => {
    verifies('S-39', 'S-43')
    const task = {
      ...{ path, reach: 'query', parameters: [], functions: ['count'], leftMs: 60_000 },
      statement:
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
      ...{ rowsMax: 1, bytesMax: 1000 },
    }
    const script = `require('node:child_process').fork(process.argv[1], [], { serialization: 'advanced' })
      .send(JSON.parse(process.argv[2]), () => process.stdout.write('sent'))`
    const parent = spawn(process.execPath, ['-e', script, entry, JSON.stringify(task)])
    await once(parent.stdout, 'data')
    await sleep(1_500)
    const alone = () =>
      processes()
        .split('\n')
        .filter((line) => !line.includes(' -e '))
        .join('')
    expect(alone()).not.toBe('')
    parent.kill('SIGKILL')
    await expect.poll(alone, { timeout: 5_000 }).toBe('')
  })
})

describe('a statement that writes to SQLite', patient, () => {
  it('and is ended before it is done leaves nothing behind, and those who read can read', async () => {
    verifies('S-39', 'S-43')
    const { statement, query } = open(join(dir, 'deeper', 'other.db'))
    const endless =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO lines SELECT i, 'written by nobody in the end' FROM n"
    const late = statement(endless, [], { writes: true, bounds: { timeoutMs: 4_000 } })
    expect(await problemOf(late)).toMatchObject({ type: 'upstream-timeout' })
    const count = async () => {
      const result = await query('SELECT count(*) AS n FROM lines').catch(() => undefined)
      return result !== undefined && 'rows' in result ? result.rows : undefined
    }
    await expect.poll(count, { timeout: 8_000 }).toEqual([{ n: 0 }])
  })
})

describe('a free query on SQLite', patient, () => {
  it('reads tables, views and what is searched by words', async () => {
    const { query, statement } = openHere()
    expect(
      rowsOf(await query('SELECT count(*) AS n, max(upper(who)) AS who FROM orders WHERE id <= 3'))
        .rows,
    ).toEqual([{ n: 3, who: 'CUSTOMER 3' }])
    expect(rowsOf(await query('SELECT h FROM hashes')).rowCount).toBe(1)
    const found = await statement('SELECT body FROM notes WHERE notes MATCH ?', [string('quick')])
    expect(rowsOf(found).rows).toEqual([{ body: 'the quick fox' }])
  })

  it('reads nothing of the file itself, and is denied by the library what the gate let pass', async () => {
    verifies('S-39')
    const { query } = openHere()
    for (const attempt of [
      'SELECT sql FROM sqlite_schema',
      'SELECT * FROM sqlite_master',
      'SELECT * FROM dbstat',
      'SELECT * FROM pragma_database_list',
    ]) {
      expect(await query(attempt), attempt).toMatchObject({ refused: { code: 'SQLITE_AUTH' } })
    }
  })
})

describe('the file of a SQLite source', patient, () => {
  it('is below a folder that the operator listed, after all links', async () => {
    verifies('S-39')
    expect(await open(join(dir, 'inner.db')).query('SELECT 1 AS a')).toHaveProperty('rows')
    expect(await open(join(dir, 'deeper', 'other.db')).query('SELECT 1 AS a')).toHaveProperty(
      'rows',
    )
    const elsewhere = [
      ...[
        outside,
        join(dir, 'link.db'),
        join(dir, 'folder', 'outside.db'),
        join(dir, '..', 'outside.db'),
      ],
      ...[join(dir, 'missing.db'), dir, 'shop.db', `file:${path}`, '/etc/passwd', ':memory:', ''],
    ]
    for (const file of elsewhere) {
      const problem = await problemOf(open(file).query('SELECT 1'))
      expect(problem, file).toMatchObject({
        type: 'address-refused',
        detail: expect.stringContaining('no such file'),
      })
    }
    expect(await problemOf(open(path, []).query('SELECT 1'))).toMatchObject({
      ...{ type: 'address-refused', next: expect.stringContaining('SALLYPORT_SQLITE_DIRS') },
    })
    expect(existsSync(join(dir, 'missing.db'))).toBe(false)
  })

  it('is a database, or a problem says that it is none', async () => {
    expect(await problemOf(open(join(dir, 'text.db')).query('SELECT a FROM b'))).toMatchObject({
      type: 'upstream-invalid-response',
    })
  })

  it('shows its tables, and is checked for who may write to it', async () => {
    const { run, engine, target } = open()
    const names = rowsOf(await run({ kind: 'list_tables' })).rows.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['hashes', 'lines', 'orders']))
    expect(rowsOf(await run({ kind: 'describe_table', table: 'lines' })).rows).toMatchObject([
      { name: 'order_id', type: 'INTEGER', references: 'orders(id)' },
      { name: 'what', type: 'TEXT', references: null },
    ])
    const check = () =>
      engine.check(target, undefined, {
        use: { writes: false },
        timeoutMs: 5_000,
        signal: new AbortController().signal,
      })
    expect(await check()).toMatchObject({
      ok: true,
      version: expect.stringMatching(/^SQLite 3/),
      warnings: [],
    })
    chmodSync(path, 0o666)
    expect((await check()).warnings).toEqual([expect.stringContaining('Everybody')])
    chmodSync(path, 0o644)
  })
})
