import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { openSqlRoom, rowsOf, speaker, targetOf } from '../../../../../../test/fixtures/sql-room.ts'
import {
  type SqlServer,
  type SqlServerOrNone,
  startMariaDb,
} from '../../../../../../test/fixtures/sql-servers.ts'
import { verifies } from '../../../../../../test/verifies.ts'
import type { SqlBoundValue } from '../sql-engine.ts'

const reader = { user: 'reader', password: 'the-password-of-the-reader' }
const writer = { user: 'writer', password: 'the-password-of-the-writer' }

const shop = `
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER reader@'%' IDENTIFIED BY '${reader.password}';
CREATE USER writer@'%' IDENTIFIED BY '${writer.password}';
CREATE TABLE shop.orders (id bigint PRIMARY KEY, who varchar(200) NOT NULL, at timestamp NOT NULL) COMMENT 'What was ordered';
CREATE TABLE shop.items (order_id bigint, what varchar(50), PRIMARY KEY (order_id, what), FOREIGN KEY (order_id) REFERENCES shop.orders (id));
INSERT INTO shop.orders SELECT seq, CONCAT('customer ', seq), '2026-01-02 03:04:05' FROM shop.seq_1_to_2500;
CREATE FUNCTION shop.sneak() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO shop.orders VALUES (-1, 'sneaked', NOW()); RETURN 1; END;
GRANT SELECT ON shop.orders TO reader@'%';
GRANT SELECT, INSERT, UPDATE ON shop.orders TO writer@'%';
GRANT FILE ON *.* TO writer@'%';
`

let server: SqlServerOrNone
beforeAll(async () => {
  server = await startMariaDb()
  if ('missing' in server) return
  for (const statement of shop.split(';\n').filter((text) => text.trim() !== '')) {
    await adminOf(server)(statement)
  }
}, 90_000)
afterAll(async () => {
  if (!('missing' in server)) await server.stop()
})

/** What no tool may say: over the driver itself, past the engine. */
function adminOf({ port, admin }: SqlServer) {
  return async (text: string): Promise<unknown> => {
    const connection = await createConnection({ host: '127.0.0.1', port, ...admin, timezone: 'Z' })
    try {
      await connection.query("SET time_zone = '+00:00'")
      const [rows] = await connection.query(text)
      return rows
    } finally {
      await connection.end()
    }
  }
}

function open({ skip }: TestContext) {
  if ('missing' in server) return skip(server.missing)
  const { engine } = openSqlRoom({ ca: [server.ca] })
  const target = targetOf('mysql', server)
  return {
    ...{ engine, target, server },
    asReader: speaker(engine, target, reader),
    asWriter: speaker(engine, target, writer),
    asAdmin: speaker(engine, target, server.admin),
    sql: adminOf(server),
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

describe('a statement on MariaDB', patient, () => {
  it('has its values bound: what is written into them stays a value', async (context) => {
    verifies('S-39')
    const { asReader } = open(context)
    for (const attack of [
      "'; DROP TABLE orders; -- ",
      String.raw`\' OR 1=1 #`,
      '\u00bf\u0027 OR 1=1',
    ]) {
      const { rows } = rowsOf(await asReader.statement('SELECT ? AS said', [string(attack)]))
      expect(rows).toEqual([{ said: attack }])
    }
    const none = await asReader.statement('SELECT 1 FROM orders WHERE who = ?', [
      string("x' OR '1'='1"),
    ])
    expect(rowsOf(none).rowCount).toBe(0)
  })

  it('answers what JSON can hold, and loses nothing of it', async (context) => {
    const { asReader } = open(context)
    const { rows } = rowsOf(
      await asReader.statement(
        `SELECT 9007199254740993 AS big, 1.10 AS amount, x'00ff' AS bytes, at, DATE(at) AS day, b'1' AS flag, NULL AS nothing,
          ? AS a, 2 AS a, JSON_VALUE(?, '$[1]') AS second FROM orders WHERE id = ? LIMIT ?`,
        [
          string('é😀'),
          { type: 'array', items: 'integer', value: [1, 2] },
          integer('1'),
          integer(1),
        ],
      ),
    )
    expect(rows).toEqual([
      {
        ...{ big: '9007199254740993', amount: '1.10', bytes: { $base64: 'AP8=' } },
        ...{
          at: '2026-01-02T03:04:05Z',
          day: '2026-01-02',
          flag: expect.anything(),
          nothing: null,
        },
        ...{ a: 'é😀', a_2: 2, second: '2' },
      },
    ])
  })

  it('is cut at its rows, at its bytes and at a cell that is too large, and says so', async (context) => {
    verifies('S-22', 'S-39')
    const { asReader } = open(context)
    const rows = await asReader.statement('SELECT * FROM orders', [], { bounds: { rowsMax: 10 } })
    expect(rowsOf(rows)).toMatchObject({ rowCount: 10, truncated: true })
    const exact = await asReader.statement('SELECT * FROM orders LIMIT 10', [], {
      bounds: { rowsMax: 10 },
    })
    expect(rowsOf(exact)).toMatchObject({ rowCount: 10, truncated: false })
    const bytes = rowsOf(
      await asReader.statement('SELECT * FROM orders', [], { bounds: { bytesMax: 5000 } }),
    )
    expect(bytes.truncated).toBe(true)
    expect(JSON.stringify(bytes.rows).length).toBeLessThan(5000)
    const huge = await asReader.statement(
      "SELECT REPEAT('x', 16000000) AS cell FROM orders LIMIT 20",
    )
    expect(rowsOf(huge)).toMatchObject({ rowCount: 0, truncated: true })
  })

  it('only reads, whatever its functions do, unless it is marked as writing', async (context) => {
    verifies('S-39')
    const { asAdmin, asReader, asWriter, sql } = open(context)
    const insert = "INSERT INTO orders VALUES (?, ?, '2026-01-01')"
    expect(await asAdmin.statement(insert, [integer(1), string('x')])).toMatchObject({
      refused: { code: 'gate' },
    })
    expect(await asAdmin.statement('SELECT sneak()')).toMatchObject({
      refused: { code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION' },
    })
    expect(
      await asReader.statement(insert, [integer(9001), string('x')], { writes: true }),
    ).toMatchObject({
      refused: { code: 'ER_TABLEACCESS_DENIED_ERROR' },
    })
    const bulk =
      "INSERT INTO orders SELECT id + 10000, ?, '2026-01-01' FROM orders WHERE id <= 300 RETURNING id"
    const done = await asWriter.statement(bulk, [string('bulk')], {
      writes: true,
      bounds: { rowsMax: 5 },
    })
    expect(rowsOf(done)).toMatchObject({ rowCount: 5, truncated: true })
    expect(await sql("SELECT COUNT(*) AS n FROM shop.orders WHERE who = 'bulk'")).toEqual([
      { n: 300 },
    ])
    const update = await asWriter.statement(
      "UPDATE orders SET who = 'more' WHERE who = ?",
      [string('bulk')],
      {
        writes: true,
      },
    )
    expect(rowsOf(update)).toEqual({ columns: [], rows: [], rowCount: 300, truncated: false })
    expect(await sql("SELECT COUNT(*) AS n FROM shop.orders WHERE who = 'sneaked'")).toEqual([
      { n: 0 },
    ])
  })

  it('names no entry of others where one stands already', async (context) => {
    const { asWriter } = open(context)
    const twice = await asWriter.statement("INSERT INTO orders VALUES (1, 'x', '2026-01-01')", [], {
      writes: true,
    })
    expect(twice).toMatchObject({
      refused: { code: 'ER_DUP_ENTRY', message: expect.stringMatching(/^Duplicate entry for key/) },
    })
  })

  it('is refused without a word of who signs in, from where, and what stands in rows', async (context) => {
    verifies('S-38')
    const { asReader, asWriter } = open(context)
    const denied = [
      await asReader.statement('SELECT * FROM hidden'),
      await asReader.statement('DELETE FROM orders', [], { writes: true }),
      await asReader.query('SELECT * FROM hidden'),
    ]
    for (const result of denied) {
      expect(result).toMatchObject({ refused: { code: expect.stringMatching(/DENIED/) } })
      expect(JSON.stringify(result)).not.toMatch(/reader|127\.0\.0\.1|localhost/)
    }
    const moved = 'UPDATE orders SET id = who WHERE id = ?'
    const result = await asWriter.statement(moved, [integer(1)], { writes: true })
    expect(result).toMatchObject({ refused: { message: expect.stringContaining("'…'") } })
    expect(JSON.stringify(result)).not.toContain('customer')
  })

  it('writes and reads no file, even where the user might', async (context) => {
    verifies('S-39')
    const { asWriter } = open(context)
    const out = "SELECT 'x' INTO OUTFILE '/tmp/sallyport-never-written'"
    for (const attempt of [
      asWriter.statement(out),
      asWriter.query(out),
      asWriter.statement(out, [], { writes: true }),
    ]) {
      expect(await attempt).toMatchObject({ refused: { code: 'gate' } })
    }
    const load = "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE orders"
    expect(await asWriter.statement(load, [], { writes: true })).toMatchObject({
      refused: { code: 'gate' },
    })
  })

  it('leaves nothing of its session for the next', async (context) => {
    verifies('S-39')
    const { asAdmin, sql } = open(context)
    rowsOf(await asAdmin.statement("SELECT GET_LOCK('left', 0)", [], { writes: true }))
    const free = "SELECT IS_FREE_LOCK('left') AS free"
    await expect.poll(() => sql(free), { timeout: 5_000 }).toEqual([{ free: 1 }])
    const others =
      "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user IN ('reader', 'writer')"
    await expect.poll(() => sql(others), { timeout: 5_000 }).toEqual([{ n: 0 }])
  })

  it('is ended at the server at its deadline, and when its caller goes', async (context) => {
    verifies('S-22', 'S-39')
    const { asReader, sql } = open(context)
    const before = Date.now()
    const late = problemOf(
      asReader.statement('SELECT SLEEP(60)', [], { bounds: { timeoutMs: 400 } }),
    )
    expect(await late).toMatchObject({ type: 'upstream-timeout' })
    expect(Date.now() - before).toBeLessThan(2_000)
    const going = new AbortController()
    const gone = problemOf(
      asReader.statement('SELECT SLEEP(60)', [], { bounds: { signal: going.signal } }),
    )
    await sleep(500)
    going.abort()
    expect(await gone).toMatchObject({ type: 'request-stopped' })
    const running = "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = 'reader'"
    await expect.poll(() => sql(running), { timeout: 5_000 }).toEqual([{ n: 0 }])
  })
})

describe('a free query on MariaDB', patient, () => {
  it('reads', async (context) => {
    const { asReader } = open(context)
    const { rows } = rowsOf(
      await asReader.query(
        'SELECT COUNT(*) AS n, MAX(UPPER(who)) AS who FROM orders WHERE id <= 3',
      ),
    )
    expect(rows).toEqual([{ n: 3, who: 'CUSTOMER 3' }])
  })

  it('calls no function that the database has of its own', async (context) => {
    verifies('S-39')
    const { asAdmin } = open(context)
    for (const attempt of ['SELECT sneak()', 'SELECT shop.sneak()', 'SELECT `sneak`()']) {
      expect(await asAdmin.query(attempt)).toMatchObject({ refused: { code: 'gate' } })
    }
  })

  it('is cut by time where it recurses or joins without end', async (context) => {
    verifies('S-22')
    const { asReader } = open(context)
    const bomb =
      'SELECT COUNT(*) AS n FROM orders a, orders b, orders c, orders d WHERE a.who > b.who AND c.who > d.who'
    expect(await problemOf(asReader.query(bomb, { timeoutMs: 600 }))).toMatchObject({
      type: 'upstream-timeout',
    })
  })
})

describe('what a source of MariaDB shows of itself', patient, () => {
  it('is what its user may read', async (context) => {
    const { asReader, asAdmin } = open(context)
    expect(rowsOf(await asReader.run({ kind: 'list_tables' })).rows).toEqual([
      { schema: 'shop', name: 'orders', kind: 'table', description: 'What was ordered' },
    ])
    const { rows } = rowsOf(await asAdmin.run({ kind: 'describe_table', table: 'items' }))
    expect(rows).toMatchObject([
      { name: 'order_id', nullable: 0, primary_key: 1, references: 'orders(id)' },
      { name: 'what', primary_key: 1, references: null },
    ])
    expect(
      rowsOf(await asReader.run({ kind: 'describe_table', table: "x' OR '1'='1" })).rows,
    ).toEqual([])
  })

  it('is checked for rights that its user has and does not need', async (context) => {
    verifies('S-39')
    const {
      engine,
      target,
      server: { admin },
    } = open(context)
    const check = (login: typeof reader) =>
      engine.check(target, login, {
        use: { writes: false },
        timeoutMs: 5_000,
        signal: new AbortController().signal,
      })
    expect(await check(reader)).toMatchObject({
      ok: true,
      version: expect.stringMatching(/^MariaDB \d/),
      warnings: [],
    })
    expect((await check(writer)).warnings).toEqual([
      expect.stringContaining('FILE'),
      expect.stringContaining('may write to `shop`.`orders`'),
    ])
    expect((await check(admin)).warnings).toEqual([expect.stringContaining('ALL PRIVILEGES')])
    // What comes to a user by its role is its own when it signs in.
    const acting = { user: 'acting', password: 'a-password-of-an-actor' }
    for (const statement of [
      'CREATE ROLE boss',
      'GRANT SELECT, FILE ON *.* TO boss',
      `CREATE USER acting@'%' IDENTIFIED BY '${acting.password}'`,
      'GRANT SELECT ON shop.orders TO acting@`%`',
      'GRANT boss TO acting@`%`',
      'SET DEFAULT ROLE boss FOR acting@`%`',
    ]) {
      await open(context).sql(statement)
    }
    expect((await check(acting)).warnings.join(' ')).toMatch(/\(FILE\).*role boss/)
    expect(await check({ ...reader, password: 'a-wrong-password' })).toMatchObject({
      ok: false,
      stage: 'sign-in',
    })
  })
})

describe('the way to MariaDB', patient, () => {
  it('is TLS with a certificate of the host’s name, or none', async (context) => {
    verifies('S-39')
    const { server: maria, target } = open(context)
    const ways = [
      { room: openSqlRoom(), host: 'db.example.com', type: 'upstream-unreachable' },
      {
        room: openSqlRoom({ ca: [maria.ca] }),
        host: 'other.example.com',
        type: 'upstream-unreachable',
      },
      { room: openSqlRoom({ ca: [maria.ca] }), host: '127.0.0.1', type: 'invalid-input' },
      { room: openSqlRoom({ allowCidrs: [] }), host: 'db.example.com', type: 'address-refused' },
    ]
    for (const { room, host, type } of ways) {
      const refused = problemOf(speaker(room.engine, { ...target, host }, reader).query('SELECT 1'))
      expect(await refused, `${host} ${type}`).toMatchObject({ type })
    }
    const clear = { ...target, host: '127.0.0.1', tls: 'off' as const }
    expect(await speaker(openSqlRoom().engine, clear, reader).query('SELECT 1')).toHaveProperty(
      'rows',
    )
  })

  it('never becomes clear text because a server says that it has no TLS, and ends at garbage', async () => {
    verifies('S-39', 'S-44')
    const heard: Buffer[] = []
    // A greeting of protocol 10 whose capabilities have no SSL.
    const greeting = Buffer.concat([
      Buffer.from('\x0a10.0.0\0\x01\0\0\0abcdefgh\0', 'latin1'),
      Buffer.from([0xff, 0xf7, 0x21, 0x02, 0x00, 0xff, 0x80, 0x15]),
      Buffer.from(`${'\0'.repeat(10)}abcdefghijkl\0mysql_native_password\0`, 'latin1'),
    ])
    for (const said of [
      Buffer.concat([Buffer.from([greeting.length, 0, 0, 0]), greeting]),
      Buffer.from('HTTP/1.1 400\r\n'),
    ]) {
      const liar = createServer((socket) => {
        socket.on('data', (bytes: Buffer) => heard.push(bytes))
        socket.on('error', () => {})
        socket.write(said)
      })
      const port = await listening(liar)
      const { engine } = openSqlRoom()
      const target = {
        dialect: 'mysql',
        sourceKey: 'x',
        host: 'db.example.com',
        port,
        database: 'x',
        tls: 'require',
      } as const
      const { type } = await problemOf(
        speaker(engine, target, reader).query('SELECT 1', { timeoutMs: 1_000 }),
      )
      expect(type).toMatch(/^upstream-/)
      liar.close()
    }
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('reader')
  })
})

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
