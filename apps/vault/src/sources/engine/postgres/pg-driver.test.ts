import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { openSqlRoom, rowsOf, speaker, targetOf } from '../../../../../../test/fixtures/sql-room.ts'
import {
  type SqlServer,
  type SqlServerOrNone,
  startDebianPostgres,
} from '../../../../../../test/fixtures/sql-servers.ts'
import { verifies } from '../../../../../../test/verifies.ts'
import type { SqlBoundValue } from '../sql-engine.ts'

const reader = { user: 'reader', password: 'the-password-of-the-reader' }
const writer = { user: 'writer', password: 'the-password-of-the-writer' }

const shop = `
CREATE ROLE reader LOGIN PASSWORD '${reader.password}';
CREATE ROLE writer LOGIN PASSWORD '${writer.password}';
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE orders (id bigint PRIMARY KEY, who text NOT NULL, mood mood, at timestamptz DEFAULT '2026-01-02 03:04:05Z');
COMMENT ON TABLE orders IS 'What was ordered';
CREATE TABLE lines (order_id bigint REFERENCES orders (id), what text, secret text, PRIMARY KEY (order_id, what));
CREATE TABLE hidden (a int);
INSERT INTO orders SELECT n, 'customer ' || n, 'glad' FROM generate_series(1, 2500) n;
GRANT SELECT ON orders TO reader;
GRANT SELECT (order_id, what) ON lines TO reader;
GRANT SELECT, INSERT, UPDATE ON orders TO writer;
GRANT SELECT ON lines TO writer;
CREATE FUNCTION sneak() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO orders VALUES (-1, ''sneaked'') RETURNING 1';
CREATE SCHEMA inner_room;
`

let server: SqlServerOrNone
beforeAll(async () => {
  server = await startDebianPostgres()
  if ('missing' in server) return
  const admin = adminOf(server, 'postgres')
  rowsOf(await admin('CREATE DATABASE shop'))
  for (const statement of shop.split(';\n').filter((text) => text.trim() !== '')) {
    rowsOf(await adminOf(server, 'shop')(statement))
  }
}, 90_000)
afterAll(async () => {
  if (!('missing' in server)) await server.stop()
})

/** What no tool may say: over pg itself, past the engine. */
function adminOf({ port, admin }: SqlServer, database: string) {
  return async (text: string) => {
    const { Client } = await import('pg')
    const client = new Client({ host: '127.0.0.1', port, ...admin, database })
    await client.connect()
    try {
      const { rows, fields, rowCount } = await client.query(text)
      const columns = (fields ?? []).map(({ name }) => name)
      return { columns, rows, rowCount: rowCount ?? 0, truncated: false }
    } finally {
      await client.end()
    }
  }
}

function open({ skip }: TestContext) {
  if ('missing' in server) return skip(server.missing)
  const { engine, egress } = openSqlRoom({ ca: [server.ca] })
  const target = targetOf('postgres', server)
  return {
    ...{ engine, egress, target, server },
    asReader: speaker(engine, target, reader),
    asWriter: speaker(engine, target, writer),
    asAdmin: speaker(engine, target, server.admin),
    sql: adminOf(server, 'shop'),
  }
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

describe('a statement on PostgreSQL', patient, () => {
  it('has its values bound: what is written into them stays a value', async (context) => {
    verifies('S-39')
    const { asReader } = open(context)
    const attack = "'; DROP TABLE orders; --"
    const { rows } = rowsOf(await asReader.statement('SELECT $1 AS said', [string(attack)]))
    expect(rows).toEqual([{ said: attack }])
    const none = await asReader.statement('SELECT 1 FROM orders WHERE who = $1', [
      string("x' OR '1'='1"),
    ])
    expect(rowsOf(none).rowCount).toBe(0)
  })

  it('finds the types of its values where they stand', async (context) => {
    const { asReader } = open(context)
    const { rows } = rowsOf(
      await asReader.statement(
        `SELECT id FROM orders WHERE id = $1 AND mood = $2 AND at < $3 AND who = ANY ($4) AND id = ANY ($5)
          AND substr(who, $6) <> '' AND $7 AND round($8, 1) = 1.5 AND at::date + $6 > $9`,
        [
          ...[integer(2), string('glad'), string('2026-02-01')],
          { type: 'array', items: 'string', value: ['customer 2', 'a "quoted", \\one'] },
          { type: 'array', items: 'integer', value: [2, 3] },
          ...[
            integer(1),
            { type: 'boolean' as const, value: true },
            { type: 'float' as const, value: 1.5 },
          ],
          string('2026-01-01'),
        ],
      ),
    )
    expect(rows).toEqual([{ id: 2 }])
  })

  it('answers what JSON can hold, and loses nothing of it', async (context) => {
    const { asReader } = open(context)
    const { rows, columns } = rowsOf(
      await asReader.statement(
        `SELECT 9007199254740993 AS big, 1.10::numeric AS decimal, 'NaN'::float8 AS nan, '\\x00ff'::bytea AS bytes,
          '2026-01-02 03:04:05.5+00'::timestamptz AS at, '2026-01-02'::date AS day, ARRAY[[1, NULL], [3, 4]] AS grid,
          ARRAY['a,b', 'c"d\\'] AS texts, '{"a": [1]}'::jsonb AS json, true AS yes, NULL AS nothing, 1 AS a, 2 AS a,
          '3'::text AS "__proto__"`,
      ),
    )
    const [row] = rows
    expect(JSON.parse(JSON.stringify(row))).toMatchObject({
      ...{ big: '9007199254740993', decimal: '1.10', nan: 'NaN', bytes: { $base64: 'AP8=' } },
      ...{ at: '2026-01-02T03:04:05.5Z', day: '2026-01-02' },
      grid: [
        [1, null],
        [3, 4],
      ],
      ...{ texts: ['a,b', 'c"d\\'], json: { a: [1] }, yes: true, nothing: null, a: 1, a_2: 2 },
    })
    expect(columns.at(-1)).toBe('__proto__')
    expect(Object.hasOwn(row ?? {}, '__proto__')).toBe(true)
  })

  it('answers JSON that nests very deep as text, whatever its strings hold', async (context) => {
    const { asReader } = open(context)
    const deep =
      "SELECT (jsonb_build_array(repeat(']', 5000))::text || ',' || repeat('[', 3000) || repeat(']', 3000))"
    const { rows } = rowsOf(await asReader.statement(`SELECT ('[' || (${deep}) || ']')::json AS j`))
    expect(typeof rows[0]?.j).toBe('string')
  })

  it('is cut at its rows and at its bytes, and says so', async (context) => {
    verifies('S-22', 'S-39')
    const { asReader } = open(context)
    const rows = rowsOf(
      await asReader.statement('SELECT * FROM orders', [], { bounds: { rowsMax: 10 } }),
    )
    expect(rows).toMatchObject({ rowCount: 10, truncated: true })
    const exact = await asReader.statement('SELECT * FROM orders LIMIT 10', [], {
      bounds: { rowsMax: 10 },
    })
    expect(rowsOf(exact)).toMatchObject({ rowCount: 10, truncated: false })
    const bytes = rowsOf(
      await asReader.statement('SELECT * FROM orders', [], { bounds: { bytesMax: 5000 } }),
    )
    expect(bytes.truncated).toBe(true)
    expect(JSON.stringify(bytes.rows).length).toBeLessThan(5000)
    expect(bytes.rowCount).toBeGreaterThan(20)
  })

  it('is cut where one cell is larger than all that is taken, before it is in memory', async (context) => {
    verifies('S-22')
    const { asReader } = open(context)
    const before = process.memoryUsage().rss
    const huge = await asReader.statement(
      "SELECT n, repeat('x', CASE n WHEN 2 THEN 150000000 ELSE 1 END) AS cell FROM generate_series(1, 2) n",
    )
    expect(rowsOf(huge)).toMatchObject({ truncated: true })
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
  })

  it('only reads, whatever its functions do, unless it is marked as writing', async (context) => {
    verifies('S-39')
    const { asReader, asAdmin, sql } = open(context)
    const insert = 'INSERT INTO orders (id, who) VALUES ($1, $2)'
    const values = [integer(5001), string('new')]
    expect(await asAdmin.statement(insert, values)).toMatchObject({ refused: { code: 'gate' } })
    for (const attempt of [
      'SELECT sneak()',
      "SELECT set_config('transaction_read_only', 'off', true), sneak()",
      "SELECT nextval(pg_get_serial_sequence('orders', 'id')), sneak()",
    ]) {
      const result = await asAdmin.statement(attempt)
      expect(result, attempt).toHaveProperty('refused')
    }
    expect((await sql("SELECT count(*)::int FROM orders WHERE who = 'sneaked'")).rows).toEqual([
      { count: 0 },
    ])
    expect(await asReader.statement(insert, values, { writes: true })).toMatchObject({
      refused: { code: '42501' },
    })
  })

  it('that writes is committed whole, however little of its answer is taken', async (context) => {
    verifies('S-39')
    const { asWriter, sql } = open(context)
    const insert =
      'INSERT INTO orders (id, who) SELECT n, $1 FROM generate_series(10001, 10300) n RETURNING id'
    const done = await asWriter.statement(insert, [string('bulk')], {
      writes: true,
      bounds: { rowsMax: 5 },
    })
    expect(rowsOf(done)).toMatchObject({ rowCount: 5, truncated: true })
    expect((await sql("SELECT count(*)::int FROM orders WHERE who = 'bulk'")).rows).toEqual([
      { count: 300 },
    ])
    const update = await asWriter.statement(
      "UPDATE orders SET who = 'more' WHERE who = $1",
      [string('bulk')],
      {
        writes: true,
      },
    )
    expect(rowsOf(update)).toEqual({ columns: [], rows: [], rowCount: 300, truncated: false })
  })

  it('leaves nothing of its session for the next', async (context) => {
    verifies('S-39')
    const { asAdmin, asReader, sql } = open(context)
    const leave =
      "SELECT set_config('my.secret', 'left', false), set_config('role', 'reader', false), pg_try_advisory_lock(7)"
    rowsOf(await asAdmin.statement(leave, [], { writes: true }))
    const next = await asReader.statement(
      "SELECT current_setting('my.secret', true) AS left, current_user AS me",
    )
    expect(rowsOf(next).rows).toEqual([{ left: null, me: 'reader' }])
    const locks = "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'"
    expect((await sql(locks)).rows).toEqual([{ count: 0 }])
    const sessions =
      "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'sallyport'"
    expect((await sql(sessions)).rows).toEqual([{ count: 0 }])
  })

  it('is refused in the words of the database, without details of other rows', async (context) => {
    const { asReader, asWriter } = open(context)
    expect(await asReader.statement('SELECT nothing FROM orders')).toEqual({
      refused: { code: '42703', message: 'column "nothing" does not exist' },
    })
    const twice = await asWriter.statement("INSERT INTO orders (id, who) VALUES (1, 'x')", [], {
      writes: true,
    })
    expect(twice).toMatchObject({ refused: { code: '23505' } })
    expect(JSON.stringify(twice)).not.toContain('Key')
    const cast = await asReader.statement('SELECT 1 FROM orders WHERE who::int = $1', [integer(1)])
    expect(cast).toMatchObject({
      refused: { code: '22P02', message: expect.stringContaining('…') },
    })
    const own = await asReader.statement('SELECT $1::uuid', [string('not-a-uuid')])
    expect(own).toMatchObject({
      refused: { code: '22P02', message: expect.stringContaining('not-a-uuid') },
    })
  })

  it('is ended at the server at its deadline, and when its caller goes', async (context) => {
    verifies('S-22', 'S-39')
    const { asReader, sql } = open(context)
    const running =
      "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'sallyport' AND state = 'active'"
    const before = Date.now()
    const late = problemOf(
      asReader.statement('SELECT pg_sleep(60)', [], { bounds: { timeoutMs: 400 } }),
    )
    expect(await late).toMatchObject({ type: 'upstream-timeout' })
    expect(Date.now() - before).toBeLessThan(2_000)
    const going = new AbortController()
    const gone = problemOf(
      asReader.statement('SELECT pg_sleep(60)', [], { bounds: { signal: going.signal } }),
    )
    await sleep(500)
    going.abort(new Problem('connection-revoked', 'Gone.'))
    expect(await gone).toMatchObject({ type: 'connection-revoked' })
    const active = async () => (await sql(running)).rows
    await expect.poll(active, { timeout: 5_000 }).toEqual([{ count: 0 }])
    const { rows } = rowsOf(
      await asReader.statement("SELECT current_setting('statement_timeout') AS timeout", [], {
        bounds: { timeoutMs: 3_000 },
      }),
    )
    expect(rows[0]?.timeout).toMatch(/^[23]\d{3}ms$|^3s$/)
  })

  it('waits for its turn where the source is busy', async (context) => {
    const { asReader } = open(context)
    const all = await Promise.all(
      Array.from({ length: 12 }, () =>
        asReader.statement(
          'SELECT pg_sleep(0.05), count(*)::int AS sessions FROM pg_stat_activity WHERE usename = current_user',
          [],
          { bounds: { timeoutMs: 30_000 } },
        ),
      ),
    )
    for (const result of all)
      expect(Number(rowsOf(result).rows[0]?.sessions)).toBeLessThanOrEqual(8)
  })
})

describe('a free query on PostgreSQL', patient, () => {
  it('reads', async (context) => {
    const { asReader } = open(context)
    const { rows } = rowsOf(
      await asReader.query(
        'SELECT count(*) AS n, max(upper(who)) AS who FROM orders WHERE id <= 3',
      ),
    )
    expect(rows).toEqual([{ n: 3, who: 'CUSTOMER 3' }])
  })

  it('calls no function by the name of a column, as PostgreSQL would', async (context) => {
    verifies('S-39')
    const { asAdmin } = open(context)
    const attacks = [
      "SELECT f.pg_read_file FROM unnest(array['/etc/hostname']) AS f",
      'SELECT n.pg_sleep FROM generate_series(0, 0) AS n',
      "SELECT (f).pg_ls_dir FROM unnest(array['.']) AS f",
      "SELECT ('data_directory'::text).current_setting",
    ]
    for (const attack of attacks) {
      // It is an attack: as an owner's statement it reaches the function.
      expect(await asAdmin.statement(attack), attack).toHaveProperty('rows')
      expect(await asAdmin.query(attack), attack).toMatchObject({ refused: { code: 'gate' } })
    }
    const columns = await asAdmin.query(
      'SELECT o.at, o.mood, count(o.who) FROM orders o GROUP BY 1, 2',
    )
    expect(columns).toHaveProperty('rows')
  })

  it('calls no function and no operator that the database has of its own', async (context) => {
    verifies('S-39')
    const { asReader, sql } = open(context)
    await sql("CREATE FUNCTION public.lower(orders) RETURNS text LANGUAGE sql AS 'SELECT ''mine'''")
    expect(await asReader.query('SELECT lower(o) FROM orders o LIMIT 1')).toMatchObject({
      refused: { code: 'gate', message: expect.stringContaining('function lower of its own') },
    })
    await sql('DROP FUNCTION public.lower(orders)')
    await sql(
      'CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.texteq)',
    )
    expect(await asReader.query("SELECT 'a'::text === 'b'")).toMatchObject({
      refused: { message: expect.stringContaining('operator === of its own') },
    })
    await sql('DROP OPERATOR public.=== (text, text)')
  })

  it('is cut by time where it recurses without end', async (context) => {
    verifies('S-22')
    const { asReader } = open(context)
    const bomb =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    expect(await problemOf(asReader.query(bomb, { timeoutMs: 600 }))).toMatchObject({
      type: 'upstream-timeout',
    })
  })
})

describe('what a source of PostgreSQL shows of itself', patient, () => {
  it('is what its role may read', async (context) => {
    const { asReader } = open(context)
    const tables = rowsOf(await asReader.run({ kind: 'list_tables' }))
    expect(tables.rows).toEqual([
      { schema: 'public', name: 'lines', kind: 'table', description: null },
      { schema: 'public', name: 'orders', kind: 'table', description: 'What was ordered' },
    ])
    expect(
      rowsOf(await asReader.run({ kind: 'list_tables', schema: "x' OR 'a'='a" })).rows,
    ).toEqual([])
    const { rows } = rowsOf(await asReader.run({ kind: 'describe_table', table: 'public.lines' }))
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'order_id',
        type: 'bigint',
        primary_key: true,
        references: expect.stringContaining('orders(id)'),
      }),
      expect.objectContaining({ name: 'what', type: 'text', primary_key: true, references: null }),
    ])
    expect(rowsOf(await asReader.run({ kind: 'describe_table', table: 'hidden' })).rows).toEqual([])
  })

  it('is checked for rights that its role has and does not need', async (context) => {
    verifies('S-39')
    const {
      engine,
      target,
      server: { admin },
    } = open(context)
    const check = (login: typeof reader, writes = false) =>
      engine.check(target, login, {
        use: { writes },
        timeoutMs: 5_000,
        signal: new AbortController().signal,
      })
    expect(await check(reader)).toMatchObject({
      ok: true,
      stage: 'done',
      version: expect.stringMatching(/^PostgreSQL \d/),
      warnings: [],
    })
    expect((await check(writer)).warnings).toEqual([expect.stringContaining('may write to 1 of')])
    expect((await check(writer, true)).warnings).toEqual([])
    // Of one column, and through a view: that is writing, too.
    const columnist = { user: 'columnist', password: 'a-password-of-a-columnist' }
    const { sql } = open(context)
    await sql(`CREATE ROLE columnist LOGIN PASSWORD '${columnist.password}'`)
    await sql('GRANT UPDATE (who) ON orders TO columnist')
    await sql('CREATE VIEW open_orders AS SELECT * FROM orders')
    await sql('GRANT DELETE ON open_orders TO columnist')
    expect((await check(columnist)).warnings).toEqual([
      expect.stringContaining('may write to 2 of'),
    ])
    expect((await check(admin)).warnings).toEqual([expect.stringContaining('superuser')])
    expect(await check({ ...reader, password: 'a-wrong-password' })).toMatchObject({
      ok: false,
      stage: 'sign-in',
    })
    expect(await check({ ...reader, password: '' })).toMatchObject({
      ...{ ok: false, stage: 'sign-in' },
      message: expect.stringContaining('asks for a password, and the source has none'),
    })
  })

  it('is warned of a network that is passed in the clear, and not of a way within this machine', async (context) => {
    const { engine, target } = open(context)
    const warningsAt = async (host: string) => {
      const { ok, warnings } = await engine.check({ ...target, host, tls: 'off' }, reader, {
        ...{ use: { writes: false }, timeoutMs: 5_000, signal: new AbortController().signal },
      })
      expect(ok).toBe(true)
      return warnings
    }
    expect(await warningsAt('db.example.com')).toEqual([expect.stringContaining('in the clear')])
    expect(await warningsAt('127.0.0.1')).toEqual([])
  })
})

describe('the way to PostgreSQL', patient, () => {
  it('is TLS with a certificate of the host’s name, or none', async (context) => {
    verifies('S-39')
    const { server: pg, target } = open(context)
    const stranger = openSqlRoom()
    const unknown = problemOf(speaker(stranger.engine, target, reader).query('SELECT 1'))
    expect(await unknown).toMatchObject({
      type: 'upstream-unreachable',
      detail: expect.stringContaining('secure'),
    })
    const room = openSqlRoom({ ca: [pg.ca] })
    const other = { ...target, host: 'other.example.com' }
    expect(await problemOf(speaker(room.engine, other, reader).query('SELECT 1'))).toMatchObject({
      type: 'upstream-unreachable',
    })
    const byAddress = { ...target, host: '127.0.0.1' }
    expect(await speaker(room.engine, byAddress, reader).query('SELECT 1')).toHaveProperty('rows')
    const clear = { ...target, tls: 'off' as const }
    expect(await speaker(room.engine, clear, reader).query('SELECT 1')).toHaveProperty('rows')
  })

  it('never becomes clear text because a server says that it has no TLS', async () => {
    verifies('S-39')
    const heard: Buffer[] = []
    const liar = createServer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        heard.push(bytes)
        socket.write('N')
      })
      socket.on('error', () => {})
    })
    const port = await listening(liar)
    const { engine } = openSqlRoom()
    const target = {
      dialect: 'postgres',
      sourceKey: 'x',
      host: 'db.example.com',
      port,
      database: 'x',
      tls: 'require',
    } as const
    expect(await problemOf(speaker(engine, target, reader).query('SELECT 1'))).toMatchObject({
      type: 'upstream-unreachable',
    })
    expect(Buffer.concat(heard)).toHaveLength(8)
    liar.close()
  })

  it('is through addresses that the operator allows', async (context) => {
    verifies('S-16', 'S-17')
    const { target } = open(context)
    const { engine } = openSqlRoom({ allowCidrs: [] })
    for (const host of ['127.0.0.1', 'localhost', 'db.example.com']) {
      const refused = problemOf(speaker(engine, { ...target, host }, reader).query('SELECT 1'))
      expect(await refused, host).toMatchObject({ type: 'address-refused' })
    }
  })

  it('ends in a problem where the server says garbage or hangs up', async () => {
    verifies('S-44')
    const { engine } = openSqlRoom()
    for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'E\0\0\0\x05\0', '']) {
      const odd = createServer((socket) => {
        socket.on('error', () => {})
        socket.end(answer)
      })
      const port = await listening(odd)
      const target = {
        dialect: 'postgres',
        sourceKey: 'x',
        host: 'db.example.com',
        port,
        database: 'x',
        tls: 'off',
      } as const
      const { type } = await problemOf(
        speaker(engine, target, reader).query('SELECT 1', { timeoutMs: 2_000 }),
      )
      expect(type).toMatch(/^upstream-/)
      odd.close()
    }
  })
})

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
