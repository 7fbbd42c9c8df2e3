import { type InputOf, type operations, Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from './fixtures/approval-scene.ts'
import { type SqlServer, startDebianPostgres } from './fixtures/sql-servers.ts'
import { makeSqliteFile, type SqliteFile } from './fixtures/sqlite-file.ts'
import { type SdkServer, startSdkServer } from './fixtures/upstreams/sdk-servers.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Calls of an upstream MCP server and of SQL sources go the way of every request: what was not granted is not there, owners are
// asked about what writes, limits count, the log says what was done, and no secret comes back.

const secret = 'upstream-secret-0123456789abcdef'
const password = 'database-password-0123456789'
let web: SdkServer
let file: SqliteFile
let postgres: SqlServer | undefined
let vault: TestVault
let alice: TestAgent
let bob: TestAgent
const toolIds = new Map<string, string>()
const connectionIds = new Map<string, string>()

beforeAll(async () => {
  web = await startSdkServer('new-streamable')
  file = makeSqliteFile(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY, owner TEXT, total INTEGER);
    INSERT INTO orders (owner, total) VALUES ('nobody', 7);`)
  const started = await startDebianPostgres()
  postgres = 'missing' in started ? undefined : started
  vault = await startVault({ env: { SALLYPORT_SQLITE_DIRS: file.folder } })
  alice = await vault.createAgentWithKey('alice')
  bob = await vault.createAgentWithKey('bob')
  const { server } = await vault.owner.call('createMcpServer', {
    ...{ name: 'web', transport: 'http', url: web.url },
    headers: { Authorization: `Bearer ${secret}` },
  })
  connectionIds.set('web', server.connectionId)
  const { source } = await vault.owner.call('createSource', {
    ...{ name: 'shop', dialect: 'sqlite', path: file.path, query: true, schemaTools: true },
    tools: [
      {
        ...{ name: 'my_orders', description: 'Reads orders of whoever calls' },
        statement: 'SELECT id, total, ? AS note FROM orders WHERE owner = ? ORDER BY id',
        parameters: [
          { name: 'note', type: 'string' },
          { name: 'owner', type: 'string', agent: 'id' },
        ],
      },
    ],
  })
  connectionIds.set('shop', source.connectionId)
  if (postgres !== undefined) await addPostgres(postgres.port)
  const { tools } = await vault.owner.call('listTools', {})
  for (const { id, toolset, name } of tools) toolIds.set(`${toolset}.${name}`, id)
}, 120_000)
afterAll(async () => {
  await vault?.stop()
  await web?.stop()
  await postgres?.stop()
  file?.remove()
})

async function addPostgres(port: number): Promise<void> {
  const { admin } = postgres ?? {}
  if (admin === undefined) throw new Error('there is none')
  const { default: connect } = await import('postgres')
  const sql = connect({
    host: '127.0.0.1',
    port,
    user: admin.user,
    password: admin.password,
    database: 'postgres',
  })
  await sql.unsafe(`
    CREATE TABLE orders (id serial PRIMARY KEY, owner text, total int);
    CREATE ROLE shop LOGIN PASSWORD '${password}';
    GRANT SELECT, INSERT ON orders TO shop;
    GRANT USAGE ON SEQUENCE orders_id_seq TO shop;`)
  await sql.end()
  const { source } = await vault.owner.call('createSource', {
    ...{ name: 'store', dialect: 'postgres', host: '127.0.0.1', port, tls: 'off' },
    ...{ database: 'postgres', user: 'shop', password },
    tools: [
      {
        ...{ name: 'add_order', description: 'Adds an order', writes: true },
        statement: 'INSERT INTO orders (owner, total) VALUES ($2, $1) RETURNING id, owner, total',
        parameters: [
          { name: 'total', type: 'integer' },
          { name: 'who', type: 'string', agent: 'name' },
        ],
      },
      {
        ...{ name: 'echo', description: 'Says what it is told' },
        statement: 'SELECT $1::text AS said, (SELECT count(*)::int FROM orders) AS orders',
        parameters: [{ name: 'said', type: 'string' }],
      },
    ],
  })
  connectionIds.set('store', source.connectionId)
}

type Permission = Omit<InputOf<typeof operations.setToolPermission>, 'toolId' | 'agentId'>
const idOf = (name: string) => toolIds.get(name) ?? 'tol_none'
const permit = (name: string, said: Partial<Permission> = {}, agent = alice) =>
  vault.owner.call('setToolPermission', {
    ...{ toolId: idOf(name), agentId: agent.agentId, allowed: true, ...said },
  })
type Calling = { agent?: TestAgent; approvalId?: string }
const call = (name: string, args: object = {}, { agent = alice, ...more }: Calling = {}) =>
  agent.client.call('callMyTool', { name, arguments: { ...args }, ...more })
const bodyOf = async (answering: ReturnType<typeof call>) => {
  const answer = await answering
  if (!('body' in answer)) throw new Error(`no answer but ${JSON.stringify(answer)}`)
  return answer.body as Record<string, unknown>
}
const ask = async (name: string, args: object): Promise<string> => {
  const asked = await call(name, args)
  if ('approvalRequired' in asked) return asked.approvalRequestId
  throw new Error('nobody was asked')
}
const expectNewest = (said: object) =>
  expect
    .poll(
      async () =>
        (await vault.owner.call('listAudit', { operation: 'callMyTool', limit: 1 })).entries[0],
    )
    .toMatchObject(said)
const callsOfServer = () =>
  web.requests.filter(({ headers }) => headers['mcp-method'] === 'tools/call').length

describe('a tool that was not granted', () => {
  it('is like one that does not exist, of servers and of sources', async () => {
    verifies('S-09')
    const typeOf = (name: string) => problemOf(call(name, { text: 'x' }))
    for (const name of ['web.echo', 'shop.my_orders', 'shop.query', 'web.nothing', 'nowhere.x']) {
      expect(await typeOf(name), name).toBe('tool-not-found')
    }
    expect((await alice.client.call('listMyTools', {})).tools).toEqual([])
  })
})

describe('a tool of an upstream MCP server', () => {
  it('answers what the server does, is recorded, and is listed as hosts list such tools', async () => {
    await permit('web.echo')
    const { tools } = await alice.client.call('listMyTools', { toolset: 'web' })
    expect(tools).toMatchObject([
      { name: 'web.echo', mcpName: 'mcp__web__echo', kind: 'mcp', upstream: { tool: 'echo' } },
    ])
    expect(await bodyOf(call('web.echo', { text: 'hello' }))).toMatchObject({
      content: [{ type: 'text', text: 'hello' }],
    })
    await expectNewest({
      ...{ tool: 'web.echo', method: 'GET', path: '/echo', outcome: 'sent', status: 200 },
      ...{ agentId: alice.agentId, connectionId: connectionIds.get('web'), decision: 'allow' },
    })
  })

  it('gives no secret back that the server was opened with, in whatever form it says it', async () => {
    verifies('S-20')
    for (const text of [secret, `Bearer ${secret}`, Buffer.from(secret).toString('base64')]) {
      const said = JSON.stringify(await call('web.echo', { text: `it is ${text}!` }))
      expect(said).toContain('it is ')
      expect(said).not.toContain(text)
    }
  })

  it('is refused with arguments that its schema does not take, and nothing is sent', async () => {
    const before = web.requests.length
    expect(await problemOf(call('web.echo', { text: 7 }))).toBe('invalid-arguments')
    expect(web.requests.length).toBe(before)
  })

  it('is asked about where it writes: the exact call, sent once, also after the vault was started anew', async () => {
    verifies('S-24', 'S-27')
    await permit('web.slow', { approval: 'writes' })
    const approvalId = await ask('web.slow', { ms: 4 })
    const { approval } = await vault.owner.call('getApproval', { approvalId })
    expect(approval.request).toMatchObject({ method: 'POST' })
    const { body } = approval.request as { body?: { base64?: string } }
    expect(JSON.parse(Buffer.from(body?.base64 ?? '', 'base64').toString())).toEqual({
      ...{ method: 'tools/call', params: { name: 'slow', arguments: { ms: 4 } } },
    })
    await vault.owner.call('approveRequest', { approvalId })
    await vault.kill()
    await vault.restart()
    expect(await problemOf(call('web.slow', { ms: 8 }, { approvalId }))).toBe('approval-mismatch')
    expect(await bodyOf(call('web.slow', { ms: 4 }, { approvalId }))).toMatchObject({
      content: [{ type: 'text', text: 'done' }],
    })
    expect(await problemOf(call('web.slow', { ms: 4 }, { approvalId }))).toBe('approval-consumed')
  })

  it('is counted by the limits of its grant', async () => {
    verifies('S-29')
    await permit('web.echo', { limits: { perHour: 2 } }, bob)
    const outcomes: string[] = []
    for (let n = 0; n < 3; n += 1) {
      const outcome = await call('web.echo', { text: 'x' }, { agent: bob }).catch(
        (error: unknown) => error,
      )
      outcomes.push(outcome instanceof Problem ? outcome.type : 'sent')
    }
    expect(outcomes).toEqual(['sent', 'sent', 'limit-exceeded'])
  })
})

describe('no request of an agent’s own', () => {
  it('reaches a server or a source, whatever it was granted there', async () => {
    verifies('S-12')
    const sent = callsOfServer()
    expect(sent).toBeGreaterThan(0)
    for (const [of, connectionId] of connectionIds) {
      await permit(
        of === 'web' ? 'web.slow' : of === 'shop' ? 'shop.list_tables' : 'store.echo',
        {},
        bob,
      )
      const { connection } = await vault.owner.call('getConnection', { connectionId })
      const [origin = ''] = connection.origins
      expect(origin, of).toMatch(/^(?:mcp|sql):/)
      for (const url of [`${origin}/echo`, origin, origin.toUpperCase()]) {
        const asking = bob.client.call('execute', { connectionId, method: 'GET', url })
        expect(await problemOf(asking), url).toBe('invalid-url')
      }
      const elsewhere = { connectionId, method: 'GET', url: `${web.origin}/mcp` } as const
      expect(await problemOf(bob.client.call('execute', elsewhere))).toBe('origin-not-allowed')
      const moving = { connectionId, origins: [web.origin] }
      expect(await problemOf(vault.owner.call('updateConnection', moving))).toBe('invalid-input')
    }
    expect(callsOfServer()).toBe(sent)
  })
})

describe('a rule of a policy', () => {
  it('reads the arguments of a call as any body, also where the call reads, and what comes back', async () => {
    verifies('S-21')
    const carol = await vault.createAgentWithKey('carol')
    await permit('web.echo', {}, carol)
    const { policies } = await vault.owner.call('listPolicies', { agentId: carol.agentId })
    const [policy] = policies
    if (policy === undefined) throw new Error('the grant made none')
    await vault.owner.call('replacePolicy', {
      ...{ ...policy, policyId: policy.id },
      rules: [
        {
          ...{ id: 'stop', then: 'deny' },
          when: { body: [{ path: 'params.arguments.text', op: 'eq', value: 'no' }] },
        },
        { id: 'tidy', then: 'redact', when: { sensitive: { kinds: ['email'] } } },
      ],
      response: [{ id: 'hide', redact: ['us_ssn'] }],
    })
    const said = (text: string) => call('web.echo', { text }, { agent: carol })
    expect(await problemOf(said('no'))).toBe('policy-denied')
    expect(await bodyOf(said('of ann@example.com: 123-45-6789'))).toMatchObject({
      content: [{ text: 'of [redacted:email]: [redacted:us_ssn]' }],
    })
    await expectNewest({ detail: { redactedBy: ['tidy'], redacted: 1 } })
  })
})

describe('a tool of a SQL source', () => {
  it('binds who calls by itself, and takes nobody’s word for it', async () => {
    verifies('S-39')
    await permit('shop.my_orders')
    const note = "x' OR owner = 'nobody"
    expect(await bodyOf(call('shop.my_orders', { note }))).toMatchObject({ rows: [], rowCount: 0 })
    const claiming = call('shop.my_orders', { note, owner: 'nobody' })
    expect(await problemOf(claiming)).toBe('invalid-arguments')
    await expectNewest({ tool: 'shop.my_orders', outcome: 'refused', problem: 'invalid-arguments' })
  })

  it('that takes a statement of the model’s own refuses all but one that reads, before anything is decided', async () => {
    verifies('S-39')
    await permit('shop.query')
    expect(await bodyOf(call('shop.query', { statement: 'SELECT owner FROM orders' }))).toEqual({
      ...{ columns: ['owner'], rows: [{ owner: 'nobody' }], rowCount: 1 },
    })
    for (const statement of ['DELETE FROM orders', 'SELECT 1; SELECT 2', 'PRAGMA user_version']) {
      expect(await problemOf(call('shop.query', { statement })), statement).toBe(
        'invalid-arguments',
      )
    }
  })

  it('is tried by an owner as a call that is shown first and sent on demand', async () => {
    const input = { toolId: idOf('shop.query'), arguments: { statement: 'SELECT 1 AS one' } }
    const { request } = await vault.owner.call('tryTool', input)
    expect(request).toMatchObject({ method: 'GET', url: expect.stringMatching(/^sql:.*\/query$/) })
    const { sent } = await vault.owner.call('tryTool', { ...input, send: true })
    expect(sent).toMatchObject({ status: 200, body: { rows: [{ one: 1 }] } })
  })

  it('writes once an owner has approved it, as whoever asked, and gives no password back', async (context) => {
    verifies('S-20', 'S-24', 'S-39')
    if (postgres === undefined) return context.skip()
    await permit('store.add_order', { approval: 'writes' })
    await permit('store.echo', { approval: 'writes' })
    const approvalId = await ask('store.add_order', { total: 5 })
    expect(await bodyOf(call('store.echo', { said: 'a' }))).toMatchObject({
      rows: [{ said: 'a', orders: 0 }],
    })
    await vault.owner.call('approveRequest', { approvalId })
    expect(await bodyOf(call('store.add_order', { total: 5 }, { approvalId }))).toMatchObject({
      rows: [{ id: 1, owner: 'alice', total: 5 }],
    })
    await expectNewest({ tool: 'store.add_order', method: 'POST', outcome: 'sent', status: 200 })
    expect(await problemOf(call('store.add_order', { total: 5 }, { approvalId }))).toBe(
      'approval-consumed',
    )
    const said = JSON.stringify(await call('store.echo', { said: `it is ${password}` }))
    expect(said).toContain('it is ')
    expect(said).not.toContain(password)
    expect(vault.output()).not.toContain(password)
  })
})
