import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownerScopes, Problem } from '@sallyport/contracts'
import { type AgentPrivateKey, type Client, createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrationsFolder, startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { createEmptyDatabase } from '../fixtures/dump.ts'
import { bringUp } from '../fixtures/each-migration.ts'
import { readJson } from '../fixtures/packed-release.ts'
import { signIn } from '../fixtures/people.ts'
import { openSuperuser } from '../fixtures/superuser.ts'
import { spawnVault } from '../fixtures/vault.ts'

// Databases that older builds wrote (databases/), started on by this one, and one that was brought up migration by migration. The
// credentials in them are for an upstream at an address of loopback that nothing else uses.

interface Known {
  readonly rootKey: string
  readonly origin: string
  readonly owner: { readonly email: string; readonly password: string }
  readonly agent: KnownAgent
  readonly disabledAgent: KnownAgent
  readonly connections: Readonly<Record<'billing' | 'stock' | 'revoked', string>>
  /** How many audit records there were. */
  readonly checked: number
  readonly approvals: Partial<Record<'used' | 'denied' | 'pending', string>>
}
interface KnownAgent {
  readonly id: string
  readonly privateKey: AgentPrivateKey
}

const knownAt = (stage: string) =>
  readJson(new URL(`databases/at-${stage}.json`, import.meta.url).pathname) as Known
const rowsAt = (stage: string) =>
  readFileSync(new URL(`databases/at-${stage}.sql`, import.meta.url), 'utf8')

let database: TestDatabase
let upstream: Server
const seen: { url: string; key: string }[] = []
beforeAll(async () => {
  database = await startTestDatabase()
  const { hostname, port } = new URL(knownAt('0001').origin)
  upstream = createServer((request, response) => {
    const { authorization, 'x-api-key': apiKey } = request.headers
    seen.push({ url: request.url ?? '', key: authorization ?? String(apiKey) })
    request.resume()
    response.setHeader('content-type', 'application/json').end('{"ok":true}')
  })
  await new Promise<void>((resolve, reject) => {
    upstream.once('error', reject).listen(Number(port), hostname, resolve)
  })
})
afterAll(async () => {
  upstream?.close()
  await database?.stop()
})

/** Brings an empty database to where it stood after the migration of that number, and fills it with what it held then. */
async function restore(url: string, { stage, file }: Older): Promise<void> {
  const { entries } = readJson(join(migrationsFolder, 'meta/_journal.json')) as Journal
  const sql = openSuperuser(url)
  await sql.unsafe(`CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations
    (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`)
  for (const { idx, tag, when } of entries) {
    if (idx > Number(stage)) continue
    const text = readFileSync(join(migrationsFolder, `${tag}.sql`), 'utf8')
    for (const statement of text.split('--> statement-breakpoint')) await sql.unsafe(statement)
    const hash = createHash('sha256').update(text).digest('hex')
    await sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES (${hash}, ${when})`
  }
  // In any order: what refers to what was in order where it comes from.
  await sql.unsafe(`SET session_replication_role = replica; ${rowsAt(file)}`)
  await sql.end({ timeout: 1 })
}

interface Older {
  readonly stage: string
  /** Of its rows. */
  readonly file: string
}

interface Journal {
  readonly entries: readonly {
    readonly idx: number
    readonly tag: string
    readonly when: number
  }[]
}

describe.each([
  // The second migration only made triggers: these are rows of the first one, too.
  { stage: '0000', file: '0001' },
  { stage: '0019', file: '0019' },
])('a database of migration $stage', ({ stage, file }) => {
  const known = knownAt(file)
  const hasApprovalsAndTools = Number(stage) >= 19
  let home: string
  let url: string
  let vault: ReturnType<typeof spawnVault> | undefined
  let drop: () => Promise<void>
  let owner: Client
  let agent: Client

  const start = async () => {
    vault = spawnVault(home, { DATABASE_URL: url, SALLYPORT_ROOT_KEY: known.rootKey })
    const baseUrl = await vault.ready
    const person = await signIn({ url: baseUrl }, known.owner)
    const token = await person.newToken(ownerScopes)
    owner = createClient({ baseUrl, auth: { kind: 'bearer', token } })
    agent = clientOf(baseUrl, known.agent)
    return baseUrl
  }
  const clientOf = (baseUrl: string, { id, privateKey }: KnownAgent) =>
    createClient({ baseUrl, auth: { kind: 'agent', agentId: id, privateKey } })
  const stop = async () => {
    vault?.child.kill('SIGTERM')
    return await vault?.exited
  }
  const send = (connectionId: string, method: 'GET' | 'POST', path: string) =>
    agent
      .call('execute', { connectionId, method, url: `${known.origin}${path}` })
      .catch((error: unknown) => (error instanceof Problem ? error.type : error))

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'vault-upgrade-'))
    chmodSync(home, 0o755)
    const empty = await createEmptyDatabase(database.urls.owner)
    ;({ url, drop } = empty)
    await restore(url, { stage, file })
    await start()
  })
  afterAll(async () => {
    await stop()
    await drop?.()
    rmSync(home, { recursive: true, force: true })
  })

  it('lets its owner in, who finds agents, connections and policies as they were', async () => {
    const { agents } = await owner.call('listAgents', { limit: 100 })
    const statuses = Object.fromEntries(agents.map(({ name, status }) => [name, status]))
    expect(statuses).toMatchObject({
      'Billing agent': 'active',
      'Retired agent': 'disabled',
      'Never enrolled': 'pending',
    })
    const { connections } = await owner.call('listConnections', { limit: 100 })
    const found = Object.fromEntries(connections.map(({ id, status }) => [id, status]))
    expect(found[known.connections.billing]).toBe('healthy')
    expect(found[known.connections.revoked]).toBe('revoked')
    const { policies } = await owner.call('listPolicies', { agentId: known.agent.id, limit: 100 })
    const billing = policies.find(({ connectionId }) => connectionId === known.connections.billing)
    expect(billing).toMatchObject({
      limits: { perHour: 1000, perDay: 5000 },
      allow: [{ origin: known.origin, methods: ['GET'], paths: ['/**'] }],
    })
  })

  it('lets its agents go on with their keys, within their policies and with their credentials', async () => {
    const path = `/after/${stage}`
    expect(await send(known.connections.billing, 'GET', path)).toMatchObject({ status: 200 })
    expect(seen.filter((request) => request.url === path)).toEqual([
      { url: path, key: 'Bearer billing-token-0123456789abcdef' },
    ])
    expect(await send(known.connections.billing, 'POST', path)).toBe('policy-denied')
    expect(await send(known.connections.revoked, 'GET', path)).toBe('connection-not-found')
    const disabled = clientOf((await vault?.ready) ?? '', known.disabledAgent)
    await expect(disabled.call('listMyConnections', {})).rejects.toThrow(Problem)
    expect(seen.filter((request) => request.url === path)).toHaveLength(1)
  })

  it('keeps what waited for an answer, and takes the answer', async () => {
    const { capabilityRequests } = await owner.call('listCapabilityRequests', { limit: 10 })
    expect(capabilityRequests).toMatchObject([{ status: 'pending', reason: 'To read issues' }])
    const capabilityRequestId = capabilityRequests[0]?.id ?? ''
    await owner.call('denyCapabilityRequest', { capabilityRequestId, note: 'No' })
    const after = await owner.call('getCapabilityRequest', { capabilityRequestId })
    expect(after.capabilityRequest).toMatchObject({ status: 'denied' })
  })

  it('goes on with its audit log: one chain, over the old records and the new ones', async () => {
    const first = await owner.call('verifyAudit', {})
    expect(first).toMatchObject({ ok: true })
    expect(first.checked).toBeGreaterThan(known.checked)
    const { entries } = await owner.call('listAudit', { limit: 200 })
    const old = entries.filter(({ operation }) => operation === 'execute').at(-1)
    expect(old).toMatchObject({ decision: 'allow', agentId: known.agent.id })
  })

  if (hasApprovalsAndTools) {
    it('keeps approvals answered, used and asked for as they are', async () => {
      const { used = '', denied = '', pending = '' } = known.approvals
      const statusOf = async (approvalId: string) =>
        (await owner.call('getApproval', { approvalId })).approval
      expect(await statusOf(used)).toMatchObject({ status: 'consumed' })
      expect(await statusOf(denied)).toMatchObject({ status: 'denied', note: 'Not today' })
      // It could be answered for half an hour, long ago.
      await expect.poll(async () => (await statusOf(pending)).status).toBe('expired')
      for (const approvalId of [used, denied, pending]) {
        await expect(agent.call('executeApproval', { approvalId })).rejects.toThrow(Problem)
      }
    })

    it('keeps tools callable and sealed addresses openable', async () => {
      const { tools } = await agent.call('listMyTools', {})
      expect(tools.map(({ name }) => name)).toEqual(['stock-index.get_index'])
      await agent.call('callMyTool', { name: 'stock-index.get_index', arguments: { symbol: 'X' } })
      expect(seen).toContainEqual({
        url: '/index/X',
        key: 'Bearer toolset-token-0123456789abcdef',
      })
      // Of people alone, and of no token.
      const person = await signIn({ url: (await vault?.ready) ?? '' }, known.owner)
      const { body } = await person.send('GET', '/api/v1/notification-channels')
      const [channel] = body.channels as { id: string }[]
      await person.send('POST', `/api/v1/notification-channels/${channel?.id}/test`, { body: {} })
      expect(seen.map((request) => request.url)).toContain('/hook')
    })
  }

  // Starting twice costs seconds, and is the same whatever stood there before.
  if (stage === '0000') {
    it('starts again, and is as it was', async () => {
      expect(await stop()).toBe(0)
      await start()
      const path = `/again/${stage}`
      expect(await send(known.connections.billing, 'GET', path)).toMatchObject({ status: 200 })
      expect(await owner.call('verifyAudit', {})).toMatchObject({ ok: true })
    })
  }
})

describe('a database that had rows at each migration', () => {
  const known = knownAt('0001')
  let home: string
  let vault: ReturnType<typeof spawnVault>
  let drop: () => Promise<void>
  let owner: Client

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'vault-upgrade-'))
    chmodSync(home, 0o755)
    const empty = await createEmptyDatabase(database.urls.owner)
    drop = empty.drop
    await bringUp(empty.url)
    vault = spawnVault(home, { DATABASE_URL: empty.url, SALLYPORT_ROOT_KEY: known.rootKey })
    const baseUrl = await vault.ready
    const token = await (await signIn({ url: baseUrl }, known.owner)).newToken(ownerScopes)
    owner = createClient({ baseUrl, auth: { kind: 'bearer', token } })
  })
  afterAll(async () => {
    vault?.child.kill('SIGTERM')
    await vault?.exited
    await drop?.()
    rmSync(home, { recursive: true, force: true })
  })

  it('shows its owner what came with each of them', async () => {
    const { connections } = await owner.call('listConnections', { limit: 100 })
    const statuses = Object.fromEntries(connections.map(({ label, status }) => [label, status]))
    expect(statuses).toMatchObject({ Billing: 'healthy', Mail: 'needs_reauth', shop: 'healthy' })
    const { toolsets } = await owner.call('listToolsets', { limit: 100 })
    const counts = Object.fromEntries(toolsets.map(({ name, toolCount }) => [name, toolCount]))
    expect(counts).toMatchObject({ 'stock-index': 2, desk: 1, orders: 0, shop: 1, wiki: 0 })
    const { sources } = await owner.call('listSources', { limit: 100 })
    expect(sources).toMatchObject([{ name: 'shop', hasPassword: true, check: { ok: true } }])
    const { servers } = await owner.call('listMcpServers', { limit: 100 })
    expect(servers).toMatchObject([
      { name: 'wiki', enabled: false, auth: { state: 'required', neededScopes: ['read'] } },
      { name: 'search', enabled: false, auth: { state: 'none' } },
    ])
    const { variables } = await owner.call('listVariables', { limit: 100 })
    expect(variables).toMatchObject([
      { name: 'SEARCH_TOKEN', usedBy: [{ name: 'search' }, { name: 'wiki' }] },
    ])
  })

  it('opens what was sealed in it, and verifies its log', async () => {
    const { streams } = await owner.call('listAuditStreams', {})
    expect(streams).toMatchObject([
      { label: 'SIEM', status: 'failing', target: expect.stringContaining('siem.example.com') },
    ])
    const agent = createClient({
      baseUrl: await vault.ready,
      auth: { kind: 'agent', agentId: known.agent.id, privateKey: known.agent.privateKey },
    })
    const url = `${known.origin}/after/each`
    const connectionId = known.connections.billing
    await agent.call('execute', { connectionId, method: 'GET', url })
    expect(seen).toContainEqual({
      url: '/after/each',
      key: 'Bearer billing-token-0123456789abcdef',
    })
    const verified = await owner.call('verifyAudit', {})
    expect(verified).toMatchObject({ ok: true })
    expect(verified.checked).toBeGreaterThan(known.checked)
  })
})
