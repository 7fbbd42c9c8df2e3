import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { type SqlServer, startDebianPostgres, startMariaDb } from './fixtures/sql-servers.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// SQL sources over HTTP: kept, changed, imported, and called by agents, with databases that are real.

const password = `pw-${randomBytes(12).toString('base64url')}`
const answers: string[] = []

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let shop: SqlServer | undefined
let maria: SqlServer | undefined
let files: string

beforeAll(async () => {
  files = mkdtempSync(join(tmpdir(), 'sallyport-sources-'))
  mkdirSync(join(files, 'open'))
  makeFile(join(files, 'open', 'shop.db'))
  makeFile(join(files, 'closed.db'))
  const [store, pg, my] = await Promise.all([
    startTestDatabase(),
    startDebianPostgres(),
    startMariaDb(),
  ])
  database = store
  shop = 'missing' in pg ? undefined : pg
  maria = 'missing' in my ? undefined : my
  admin = openSuperuser(database.urls.owner)
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
      SALLYPORT_LOG_LEVEL: 'debug',
      SALLYPORT_SQLITE_DIRS: join(files, 'open'),
    },
  })
  if (shop !== undefined) await fillShop(shop)
}, 120_000)
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await Promise.all([database?.stop(), shop?.stop(), maria?.stop()])
  rmSync(files, { recursive: true, force: true })
})

/** With the driver that the vault ships. */
function makeFile(path: string): void {
  const file = new DatabaseSync(path)
  file.exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT);
    INSERT INTO items (name, owner) VALUES ('apple', 'anna'), ('pear', 'bert');`)
  file.close()
}

async function fillShop(server: SqlServer): Promise<void> {
  const { user, password: adminPassword } = server.admin
  const sql = postgres({
    ...{ host: '127.0.0.1', port: server.port, user, password: adminPassword },
    ...{ database: 'postgres', max: 1, onnotice: () => {} },
  })
  await sql.unsafe(`
    CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL, agent text);
    INSERT INTO orders SELECT n, 'item ' || n, NULL FROM generate_series(1, 30) n;
    CREATE TABLE secrets (word text);
    INSERT INTO secrets VALUES ('hidden-word');
    CREATE ROLE reader LOGIN PASSWORD '${password}';
    GRANT SELECT, INSERT ON orders TO reader;`)
  await sql.end({ timeout: 1 })
}

const toShop = () => ({
  ...{ dialect: 'postgres' as const, host: '127.0.0.1', port: shop?.port ?? 1 },
  ...{ database: 'postgres', tls: 'off' as const, user: 'reader', password },
})
const toFile = (name = 'open/shop.db') => ({
  dialect: 'sqlite' as const,
  path: join(files, name),
})

interface Refused {
  readonly type: string
  readonly fields: readonly { readonly field: string; readonly message: string }[]
}

async function problemOf(work: Promise<unknown>): Promise<Refused> {
  const outcome = await work.catch((error: unknown) => error)
  answers.push(JSON.stringify(outcome))
  if (!(outcome instanceof Error && 'type' in outcome)) {
    throw new Error(`no problem but ${JSON.stringify(outcome)}`)
  }
  const fields = 'fields' in outcome && Array.isArray(outcome.fields) ? outcome.fields : []
  return { type: String(outcome.type), fields }
}

const fieldsOf = async (work: Promise<unknown>): Promise<string[]> =>
  (await problemOf(work)).fields.map(({ field }) => field)

const findItem = {
  name: 'find_item',
  description: 'Find an item by its name',
  statement: 'SELECT id, name FROM items WHERE name = ?',
  parameters: [{ name: 'item', type: 'string' as const, description: 'Its name' }],
}

/** An agent with all tools of a source. */
async function permit(name: string, toolsetId: string): Promise<TestAgent> {
  const agent = await vault.createAgentWithKey(name)
  await vault.owner.call('setToolsetPermission', {
    ...{ toolsetId, agentId: agent.agentId, allowed: true, approval: 'never' },
  })
  return agent
}

async function call(agent: TestAgent, name: string, args: Record<string, unknown>) {
  const answer = await agent.client.call('callMyTool', { name, arguments: args })
  answers.push(JSON.stringify(answer))
  return answer as { status: number; body: Record<string, unknown> }
}

describe('a source', () => {
  it('is made, read, listed, changed and deleted with its tools and its connection', async () => {
    const { owner } = vault
    const made = await owner.call('createSource', {
      ...{ name: 'items', title: 'Items', ...toFile(), tools: [findItem] },
    })
    answers.push(JSON.stringify(made))
    const { source } = made
    expect(source).toMatchObject({
      ...{ name: 'items', title: 'Items', dialect: 'sqlite', hasPassword: false, toolCount: 1 },
      ...{ query: false, schemaTools: false, rowsMax: 1000, version: 1 },
      check: { ok: true, stage: 'done' },
      tools: [{ name: 'find_item', run: 'statement', writes: false, agents: 0 }],
    })
    expect(made.notes).toEqual([])
    const { sources } = await owner.call('listSources', { limit: 1 })
    expect(sources.map(({ id }) => id)).toEqual([source.id])
    const listed = await owner.call('listConnections', {})
    const connection = listed.connections.find(({ id }) => id === source.connectionId)
    expect(connection).toMatchObject({ service: 'sqlite', credential: { kind: 'none' } })
    expect(connection?.origins[0]).toBe(`sql://${source.id}`)

    const changed = await owner.call('updateSource', {
      ...{ sourceId: source.id, name: 'stock', title: null, schemaTools: true, rowsMax: 5 },
    })
    expect(changed.source).toMatchObject({ name: 'stock', rowsMax: 5, toolCount: 3, version: 2 })
    expect(changed.source.title).toBeUndefined()
    expect(changed.source.tools.map(({ name }) => name)).toEqual([
      'describe_table',
      'find_item',
      'list_tables',
    ])
    const same = changed.source.tools.find(({ name }) => name === 'find_item')
    expect(same?.id).toBe(source.tools[0]?.id)

    expect(
      await problemOf(owner.call('deleteToolset', { toolsetId: source.toolsetId })),
    ).toMatchObject({ type: 'invalid-input' })
    const stolen = owner.call('updateConnection', {
      ...{ connectionId: source.connectionId, origins: ['https://evil.example.com'] },
    })
    expect(await fieldsOf(stolen)).toEqual(['origins'])
    await owner.call('deleteSource', { sourceId: source.id })
    const gone = await problemOf(owner.call('getSource', { sourceId: source.id }))
    expect(gone.type).toBe('source-not-found')
    const after = await owner.call('getConnection', { connectionId: source.connectionId })
    expect(after.connection).toMatchObject({ status: 'revoked' })
    const entries = await owner.call('listAudit', { limit: 20 })
    expect(entries.entries.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['createSource', 'updateSource', 'deleteSource']),
    )
  })

  it('that is wrong names the field, and nothing of it is kept', async () => {
    const { owner } = vault
    const file = { name: 'wrong', ...toFile() }
    const tool = (changed: object) => ({ ...file, tools: [{ ...findItem, ...changed }] })
    expect(await fieldsOf(owner.call('createSource', { ...file, host: 'db.example.com' }))).toEqual(
      ['host'],
    )
    expect(await fieldsOf(owner.call('createSource', { ...file, password }))).toEqual(['password'])
    expect(await fieldsOf(owner.call('createSource', { ...file, ...toFile('closed.db') }))).toEqual(
      ['path'],
    )
    expect(
      await fieldsOf(owner.call('createSource', { ...file, ...toFile('open/../closed.db') })),
    ).toEqual(['path'])
    expect(
      await fieldsOf(owner.call('createSource', { name: 'wrong', dialect: 'postgres', host: 'h' })),
    ).toEqual(['database'])
    const noRow = tool({ statement: 'SELECT * FROM no_such_table WHERE name = ?' })
    expect(await fieldsOf(owner.call('createSource', noRow))).toEqual(['tools[0].statement'])
    const places = tool({ statement: 'SELECT * FROM items WHERE name = ? AND owner = ?' })
    expect(await fieldsOf(owner.call('createSource', places))).toEqual(['tools[0].statement'])
    const writing = tool({ statement: 'DELETE FROM items WHERE name = ?' })
    expect(await fieldsOf(owner.call('createSource', writing))).toEqual(['tools[0].writes'])
    const two = tool({ statement: 'SELECT ?; DROP TABLE items' })
    expect(await fieldsOf(owner.call('createSource', two))).toEqual(['tools[0].statement'])
    const twice = { ...file, tools: [findItem, findItem] }
    expect(await fieldsOf(owner.call('createSource', twice))).toEqual(['tools[1].name'])
    const { sources } = await owner.call('listSources', { name: 'wrong' })
    expect(sources).toEqual([])
    const { toolsets } = await owner.call('listToolsets', { name: 'wrong' })
    expect(toolsets).toEqual([])
  })

  it('of another workspace is as one that there is not', async () => {
    verifies('S-09')
    const { owner } = vault
    const sourceId = 'src_01k8v3t5m9r2c4x6z8b0d1f3h5'
    for (const id of [sourceId, 'nothing', 'con_01k8v3t5m9r2c4x6z8b0d1f3h5']) {
      const found = await Promise.all([
        problemOf(owner.call('getSource', { sourceId: id })),
        problemOf(owner.call('updateSource', { sourceId: id, rowsMax: 5 })),
        problemOf(owner.call('putSourceTools', { sourceId: id, tools: [] })),
        problemOf(owner.call('testSource', { sourceId: id })),
        problemOf(owner.call('deleteSource', { sourceId: id })),
      ])
      expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['source-not-found']))
    }
  })

  it('is called by an agent; what it says stays a value, and who calls is said by the vault', async () => {
    verifies('S-39')
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'calls', ...toFile() },
      tools: [
        findItem,
        {
          name: 'mine',
          description: 'What is mine',
          statement: 'SELECT ? AS agent, ? AS item',
          parameters: [
            { name: 'who', type: 'string', agent: 'name' },
            { name: 'item', type: 'string' },
          ],
        },
        {
          name: 'add_item',
          description: 'Add an item',
          statement: 'INSERT INTO items (name, owner) VALUES (?, ?)',
          parameters: [
            { name: 'item', type: 'string' },
            { name: 'who', type: 'string', agent: 'id' },
          ],
          writes: true,
        },
      ],
    })
    const agent = await permit('caller', source.toolsetId)
    expect(await call(agent, 'calls.find_item', { item: 'pear' })).toMatchObject({
      ...{ status: 200, body: { columns: ['id', 'name'], rows: [{ id: 2, name: 'pear' }] } },
    })
    for (const item of ["' OR 1=1 --", "pear'; DROP TABLE items; --", '%', '?', '$1', '"', '\\']) {
      const { status, body } = await call(agent, 'calls.find_item', { item })
      expect({ item, status, rows: body.rows }).toEqual({ item, status: 200, rows: [] })
    }
    const mine = await call(agent, 'calls.mine', { item: 'x' })
    expect(mine.body.rows).toEqual([{ agent: 'caller', item: 'x' }])
    const forged = agent.client.call('callMyTool', {
      ...{ name: 'calls.mine', arguments: { item: 'x', who: 'somebody' } },
    })
    expect((await problemOf(forged)).type).toBe('invalid-arguments')
    const listed = await agent.client.call('listMyTools', {})
    const shown = listed.tools.find(({ name }) => name === 'calls.mine')
    expect(Object.keys(shown?.inputSchema.properties ?? {})).toEqual(['item'])
    const added = await call(agent, 'calls.add_item', { item: "O'Neil" })
    expect(added).toMatchObject({ status: 200, body: { rowCount: 1 } })
    const found = await call(agent, 'calls.find_item', { item: "O'Neil" })
    expect(found.body.rowCount).toBe(1)
  })

  it('is called over /mcp too, with rows as what is structured', async () => {
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'wired', ...toFile(), tools: [findItem] },
    })
    const { agent } = await owner.call('createAgent', { name: 'wire' })
    await owner.call('setToolsetPermission', {
      ...{ toolsetId: source.toolsetId, agentId: agent.id, allowed: true, approval: 'never' },
    })
    const made = await owner.call('createConsumerToken', { agentId: agent.id })
    const answer = await fetch(`${vault.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${made.consumerToken}`,
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
        params: { name: 'wired__find_item', arguments: { item: "apple' --" } },
      }),
    })
    const text = await answer.text()
    expect({ status: answer.status, text }).toMatchObject({ status: 200 })
    expect(text).toContain('rowCount')
    expect(text).not.toContain('isError":true')
  })

  it('asks an owner before what writes, as approval of writes says', async () => {
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'asks', ...toFile() },
      tools: [
        findItem,
        {
          name: 'drop_item',
          description: 'Remove an item',
          statement: 'DELETE FROM items WHERE name = ?',
          parameters: [{ name: 'item', type: 'string' }],
          writes: true,
        },
      ],
    })
    const agent = await vault.createAgentWithKey('asker')
    await owner.call('setToolsetPermission', {
      ...{ toolsetId: source.toolsetId, agentId: agent.agentId },
      ...{ allowed: true, approval: 'writes' },
    })
    expect((await call(agent, 'asks.find_item', { item: 'apple' })).status).toBe(200)
    const asked = await agent.client.call('callMyTool', {
      ...{ name: 'asks.drop_item', arguments: { item: 'apple' } },
    })
    expect(asked).toMatchObject({ approvalRequired: true })
    expect((await call(agent, 'asks.find_item', { item: 'apple' })).body.rowCount).toBe(1)
  })

  it('takes queries of a model’s own only where its owner says so, and then one SELECT', async () => {
    verifies('S-39')
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'free', ...toFile(), query: true, schemaTools: true, rowsMax: 1 },
    })
    const agent = await permit('free-agent', source.toolsetId)
    const rows = await call(agent, 'free.query', {
      statement: 'SELECT name FROM items ORDER BY id',
    })
    expect(rows).toMatchObject({
      status: 200,
      body: { rows: [{ name: 'apple' }], truncated: true },
    })
    const refused = [
      'DELETE FROM items',
      'SELECT 1; SELECT 2',
      "ATTACH '/etc/passwd' AS x",
      "SELECT load_extension('x')",
      'PRAGMA user_version = 3',
    ]
    for (const statement of refused) {
      const outcome = agent.client.call('callMyTool', {
        ...{ name: 'free.query', arguments: { statement } },
      })
      expect({ statement, ...(await problemOf(outcome)) }).toMatchObject({
        ...{ statement, type: 'invalid-arguments' },
      })
    }
    // A parser that doubles its time with each bracket ends with its thread, and nobody waits for it.
    const costly = `SELECT * FROM ${'(SELECT abs('.repeat(24)}1`
    const parsed: string[] = []
    const parsing = problemOf(
      agent.client.call('callMyTool', { name: 'free.query', arguments: { statement: costly } }),
    ).then(({ type }) => parsed.push(type))
    let answered = 0
    for (; parsed.length === 0; answered += 1) await fetch(`${vault.url}/healthz`)
    await parsing
    expect(parsed).toEqual(['invalid-arguments'])
    expect(answered).toBeGreaterThan(5)
    const tables = await call(agent, 'free.list_tables', {})
    expect(JSON.stringify(tables.body)).toContain('items')
    const table = await call(agent, 'free.describe_table', { table: 'items' })
    expect(table.status).toBe(200)
    await owner.call('updateSource', { sourceId: source.id, query: false })
    const off = agent.client.call('callMyTool', {
      ...{ name: 'free.query', arguments: { statement: 'SELECT 1' } },
    })
    expect((await problemOf(off)).type).toBe('tool-not-found')
  })

  it('keeps its tools, their ids and grants over another list of statements', async () => {
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'lists', ...toFile(), tools: [findItem] },
    })
    const agent = await permit('lister', source.toolsetId)
    const second = {
      ...findItem,
      name: 'count',
      statement: 'SELECT count(*) AS n FROM items',
      parameters: [],
    }
    const tools = [{ ...findItem, description: 'Find one' }, second]
    const dry = await owner.call('putSourceTools', { sourceId: source.id, tools, dryRun: true })
    expect(dry.source.toolCount).toBe(1)
    const put = await owner.call('putSourceTools', {
      ...{ sourceId: source.id, tools, version: source.version },
    })
    expect(put.changes.map(({ name, change, agentCount }) => [name, change, agentCount])).toEqual([
      ['count', 'added', 1],
      ['find_item', 'changed', 1],
    ])
    expect(put.changes).toEqual(dry.changes)
    expect(put.source.tools.find(({ name }) => name === 'find_item')?.id).toBe(source.tools[0]?.id)
    expect((await call(agent, 'lists.count', {})).body.rowCount).toBe(1)
    const stale = owner.call('putSourceTools', { sourceId: source.id, tools: [], version: 1 })
    expect((await problemOf(stale)).type).toBe('version-conflict')
    const { versions } = await owner.call('listToolsetVersions', { toolsetId: source.toolsetId })
    expect(versions.map(({ version }) => version)).toEqual([2, 1])
  })
})

describe('a source whose connection was revoked', () => {
  it('comes back with a new password, with its tools, their ids and their grants', async ({
    skip,
  }) => {
    verifies('S-10')
    if (shop === undefined) return skip('Debian’s PostgreSQL is not installed')
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'back', ...toShop() },
      tools: [{ name: 'one', description: 'One', statement: 'SELECT 1 AS one' }],
    })
    const agent = await permit('returner', source.toolsetId)
    const { connectionId } = source
    await owner.call('revokeConnectionByOwner', { connectionId })
    const ended = agent.client.call('callMyTool', { name: 'back.one', arguments: {} })
    expect((await problemOf(ended)).type).toBe('connection-revoked')
    const noPassword = owner.call('updateSource', { sourceId: source.id, database: 'template1' })
    expect((await problemOf(noPassword)).type).toBe('connection-revoked')
    const again = await owner.call('updateSource', { sourceId: source.id, password })
    answers.push(JSON.stringify(again))
    expect(again.source).toMatchObject({ connectionStatus: 'healthy', hasPassword: true })
    expect(again.source.tools.map(({ id }) => id)).toEqual(source.tools.map(({ id }) => id))
    expect(again.source.connectionId).not.toBe(connectionId)
    expect((await call(agent, 'back.one', {})).body.rows).toEqual([{ one: 1 }])
    const old = (await owner.call('getConnection', { connectionId })).connection
    expect(old.status).toBe('revoked')

    // The kept password serves a test at its own place, and at no other.
    const { host, port, dialect, tls, user } = toShop()
    const draft = { sourceId: source.id, dialect, host, port, tls, user, database: 'template1' }
    expect((await owner.call('testSourceDraft', draft)).check.ok).toBe(true)
    const elsewhere = owner.call('testSourceDraft', { ...draft, port: port + 1 })
    expect(await fieldsOf(elsewhere)).toEqual(['password'])
  })
})

describe('a source of PostgreSQL', () => {
  it('keeps its password over updates, warns of rights that are too many, and never tells it', async ({
    skip,
  }) => {
    verifies('S-38')
    if (shop === undefined) return skip('Debian’s PostgreSQL is not installed')
    const { owner } = vault
    const made = await owner.call('createSource', {
      ...{ name: 'orders', ...toShop() },
      tools: [
        {
          name: 'get_orders',
          description: 'Orders by their numbers',
          statement: 'SELECT id, item FROM orders WHERE id = ANY($1) ORDER BY id',
          parameters: [{ name: 'ids', type: 'array', items: 'integer' }],
        },
      ],
    })
    answers.push(JSON.stringify(made))
    const { source } = made
    expect(source).toMatchObject({ hasPassword: true, user: 'reader', check: { ok: true } })
    expect(source.check?.warnings.join(' ')).toContain('no statement of this source writes')
    const agent = await permit('orderer', source.toolsetId)
    const ids = { ids: [2, 3, 99] }
    expect(await call(agent, 'orders.get_orders', ids)).toMatchObject({
      status: 200,
      body: { rows: [{ id: 2, item: 'item 2' }, { id: 3 }], rowCount: 2 },
    })
    const moved = await owner
      .call('updateSource', {
        ...{ sourceId: source.id, database: 'template1', timeoutSeconds: 5 },
      })
      .catch((error: unknown) => error)
    // The statement is not one of that database’s.
    expect(moved).toMatchObject({ type: 'invalid-input' })
    await owner.call('updateSource', { sourceId: source.id, timeoutSeconds: 5, host: 'localhost' })
    expect((await call(agent, 'orders.get_orders', ids)).status).toBe(200)
    const { check } = await owner.call('testSource', { sourceId: source.id })
    expect(check.ok).toBe(true)
    const wrong = await owner.call('testSourceDraft', { ...toShop(), password: 'not-the-password' })
    answers.push(JSON.stringify(wrong))
    expect(wrong.check).toMatchObject({ ok: false, stage: 'sign-in' })
    const noted = owner.call('createSource', {
      ...{ name: 'leaky', ...toShop(), description: `the password is ${password}` },
    })
    expect(await fieldsOf(noted)).toEqual(['description'])
    const inStatement = owner.call('putSourceTools', {
      sourceId: source.id,
      tools: [{ name: 'leak', description: 'x', statement: `SELECT '${password}' AS word` }],
    })
    expect(await fieldsOf(inStatement)).toEqual(['tools[0]'])
    for (const table of ['sql_sources', 'connections', 'tools', 'toolset_definitions']) {
      const rows = await admin.unsafe(`SELECT to_jsonb(t)::text AS row FROM ${table} t`)
      answers.push(rows.map(({ row }) => String(row)).join('\n'))
    }
    expect(answers.join('\n')).not.toContain(password)
    expect(findLeak(Buffer.from(vault.output()), password)).toBeUndefined()
    const entries = await owner.call('listAudit', { limit: 200 })
    expect(JSON.stringify(entries)).not.toContain(password)
  })

  it('ends a statement at the server when the client that called goes away', async ({ skip }) => {
    verifies('S-22', 'S-39')
    if (shop === undefined) return skip('Debian’s PostgreSQL is not installed')
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'slow', ...toShop() },
      tools: [{ name: 'wait', description: 'Waits', statement: 'SELECT pg_sleep(50)' }],
    })
    const agent = await permit('impatient', source.toolsetId)
    const { user, password: adminPassword } = shop.admin
    const sql = postgres({
      ...{ host: '127.0.0.1', port: shop.port, user, password: adminPassword },
      ...{ database: 'postgres', max: 1 },
    })
    const running = async () => {
      const [row] = await sql`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE application_name = 'sallyport' AND state = 'active'`
      return row?.n
    }
    const leaving = new AbortController()
    const outcome = agent.client
      .call('callMyTool', { name: 'slow.wait', arguments: {} }, { signal: leaving.signal })
      .catch((error: unknown) => error)
    await expect.poll(running, { timeout: 10_000 }).toBe(1)
    leaving.abort()
    expect(await outcome).toBeInstanceOf(Error)
    await expect.poll(running, { timeout: 10_000 }).toBe(0)
    await sql.end({ timeout: 1 })
  })

  it('sends its password to no other place, whatever a row says', async ({ skip }) => {
    verifies('S-33')
    if (shop === undefined) return skip('Debian’s PostgreSQL is not installed')
    const { owner } = vault
    const { source } = await owner.call('createSource', {
      ...{ name: 'sealed', ...toShop() },
      tools: [{ name: 'one', description: 'One', statement: 'SELECT 1 AS one' }],
    })
    const agent = await permit('sealer', source.toolsetId)
    expect((await call(agent, 'sealed.one', {})).status).toBe(200)
    await admin`UPDATE sql_sources SET database = 'template1' WHERE id = ${source.id}`
    const outcome = agent.client.call('callMyTool', { name: 'sealed.one', arguments: {} })
    expect((await problemOf(outcome)).type).toBe('credential-unreadable')
    const origins = (await owner.call('getConnection', { connectionId: source.connectionId }))
      .connection.origins
    const forged = origins.map((origin) => origin.replace('/postgres?', '/template1?'))
    await admin`UPDATE connections SET origins = ${forged} WHERE id = ${source.connectionId}`
    const again = agent.client.call('callMyTool', { name: 'sealed.one', arguments: {} })
    expect((await problemOf(again)).type).toBe('credential-unreadable')
    expect((await problemOf(owner.call('testSource', { sourceId: source.id }))).type).toBe(
      'credential-unreadable',
    )
  })
})

describe('a source of MariaDB', () => {
  it('is called like any', async ({ skip }) => {
    if (maria === undefined) return skip('MariaDB is not installed')
    const { owner } = vault
    const { user, password: adminPassword } = maria.admin
    const { source } = await owner.call('createSource', {
      ...{ name: 'maria', dialect: 'mysql', host: '127.0.0.1', port: maria.port, tls: 'off' },
      ...{ database: 'mysql', user, password: adminPassword },
      tools: [
        {
          name: 'add',
          description: 'Add two numbers',
          statement: 'SELECT ? + ? AS total, ? AS said',
          parameters: [
            { name: 'one', type: 'integer' },
            { name: 'other', type: 'integer', default: 5 },
            { name: 'said', type: 'string', required: false },
          ],
        },
      ],
    })
    expect(source.check).toMatchObject({ ok: true })
    expect(source.check?.warnings.length).toBeGreaterThan(0)
    const agent = await permit('adder', source.toolsetId)
    const { status, body } = await call(agent, 'maria.add', { one: 2 })
    expect({ status, rows: JSON.stringify(body.rows) }).toEqual({
      ...{ status: 200, rows: '[{"total":7,"said":null}]' },
    })
  })
})

describe('a document', () => {
  const toolbox = (user = `\${PG_USER}`, secret = `\${PG_PASSWORD}`) => `sources:
  my-shop:
    kind: sqlite
    database: ${join(files, 'open', 'shop.db')}
  my-orders:
    kind: postgres
    host: \${PG_HOST:127.0.0.1}
    port: ${shop?.port ?? 5432}
    database: postgres
    user: ${user}
    password: ${secret}
    queryParams: {sslmode: disable}
  cloud:
    kind: cloud-sql-postgres
    project: p
tools:
  search-items:
    kind: sqlite-sql
    source: my-shop
    description: Search items
    statement: SELECT id, name FROM items WHERE name LIKE '%' || ? || '%'
    parameters: [{name: name, type: string, description: Part of the name}]
  add-item:
    kind: sqlite-sql
    source: my-shop
    description: Add an item
    statement: INSERT INTO items (name) VALUES (?)
    parameters: [{name: name, type: string, description: The name}]
  any-table:
    kind: sqlite-sql
    source: my-shop
    description: Any table
    statement: SELECT * FROM {{.table}}
    templateParameters: [{name: table, type: string, description: Which}]
  run-sql:
    kind: postgres-execute-sql
    source: my-orders
    description: Anything
  in-cloud:
    kind: postgres-sql
    source: cloud
    description: One
    statement: SELECT 1
toolsets:
  shopping: [search-items]
`

  it('of genai-toolbox is shown and becomes sources, with what it leaves out asked for', async () => {
    verifies('S-41')
    const { owner } = vault
    const document = toolbox()
    const preview = await owner.call('previewSources', { document })
    expect(preview.counts).toEqual({ taken: 2, changed: 0, refused: 3 })
    expect(preview.sources.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['my-shop', 'taken'],
      ['my-orders', 'taken'],
      ['cloud', 'refused'],
    ])
    expect(
      preview.sources[0]?.tools.map(({ key, writes, outcome }) => [key, writes, outcome]),
    ).toEqual([
      ['search-items', false, 'taken'],
      ['add-item', true, 'taken'],
      ['any-table', false, 'refused'],
    ])
    expect(preview.sources[0]?.tools[0]?.tags).toEqual(['shopping'])
    expect(preview.sources[1]?.asks.map(({ field }) => field).toSorted()).toEqual([
      'password',
      'user',
    ])
    const asked = await fieldsOf(owner.call('importSources', { document }))
    expect(asked).toEqual(['sources.my-orders.user'])
    expect((await owner.call('listSources', { name: 'my-shop' })).sources).toEqual([])
    const { sources } = await owner.call('importSources', {
      ...{ document, expects: preview.digest, sources: [{ key: 'my-orders', take: false }] },
    })
    expect(sources).toMatchObject([{ name: 'my-shop', toolCount: 2, check: { ok: true } }])
    const agent = await permit('importer', sources[0]?.toolsetId ?? '')
    const found = await call(agent, 'my-shop.search-items', { name: 'ea' })
    expect(JSON.stringify(found.body.rows)).toContain('pear')
  })

  it('with a password has it sealed, and shows and keeps it nowhere else', async ({ skip }) => {
    verifies('S-38', 'S-41')
    if (shop === undefined) return skip('Debian’s PostgreSQL is not installed')
    const { owner } = vault
    const document = toolbox('reader', password).replace(
      'Search items',
      `Search items with ${password}`,
    )
    const preview = await owner.call('previewSources', { document })
    answers.push(JSON.stringify(preview))
    expect(JSON.stringify(preview)).not.toContain(password)
    expect(preview.secretsFound).toMatchObject([{ where: 'sources.my-orders.password' }])
    const { sources } = await owner.call('importSources', {
      ...{ document, sources: [{ key: 'my-shop', take: false }] },
    })
    answers.push(JSON.stringify(sources))
    expect(sources).toMatchObject([{ name: 'my-orders', hasPassword: true, check: { ok: true } }])
    expect(answers.join('\n')).not.toContain(password)
  })

  it('with a key that is not known, or of no such kind, is refused', async () => {
    verifies('S-41')
    const { owner } = vault
    const unknown = toolbox().replace('    kind: sqlite\n', '    kind: sqlite\n    pragma: x\n')
    expect((await problemOf(owner.call('previewSources', { document: unknown }))).type).toBe(
      'document-refused',
    )
    const asToolset = await owner.call('previewToolset', { document: toolbox() })
    expect(asToolset.counts).toMatchObject({ taken: 0, changed: 0 })
    expect(asToolset.tools.map(({ reason }) => reason).join(' ')).toContain(
      '/api/v1/sources/import',
    )
  })

  it('of Higress with db_tool asks where its database is', async () => {
    const { owner } = vault
    const document = `db_tool:
  kind: sqlite-sql
  source: my-lite
  name: search-items
  description: Search items
  inputSchema:
    type: object
    properties: {name: {type: string, description: the name}}
    required: [name]
  statement: SELECT name FROM items WHERE name = ?
`
    const preview = await owner.call('previewSources', { document })
    expect(preview).toMatchObject({ format: 'higress', counts: { taken: 1 } })
    expect(preview.sources[0]?.asks.map(({ field }) => field)).toEqual(['path'])
    const { sources } = await owner.call('importSources', {
      ...{ document, sources: [{ key: 'my-lite', path: join(files, 'open', 'shop.db') }] },
    })
    expect(sources).toMatchObject([{ name: 'my-lite', dialect: 'sqlite', toolCount: 1 }])
  })
})
