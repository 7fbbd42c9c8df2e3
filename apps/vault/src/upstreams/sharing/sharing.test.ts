import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../../test/fixtures/database.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { encodeCredential } from '../../connections/stored-credential.ts'
import { type ChangeFeed, createChangeFeed } from '../../store/changes.ts'
import { createServerStore } from '../../store/mcp-servers.ts'
import { createCallStore } from '../../store/replica-calls.ts'
import { workspaces } from '../../store/tables.ts'
import { createClaimStore } from '../../store/upstream-claims.ts'
import type { LiveUpstream, RequestHow } from '../clients/upstream-clients.ts'
import { placeOf } from '../kept/place-of.ts'
import type { NewServer, ServerSettings } from '../kept/server-store.ts'
import { createRegistry, type Registry } from '../registry/registry.ts'
import { createSharing, type Sharing } from './sharing.ts'

// Two replicas in one process, on a real database; what they run are no programs, and answer as a test wants it.

let test: TestDatabase
beforeAll(async () => {
  test = await startTestDatabase()
  await test.database.db.insert(workspaces).values({ id: 'wsp_1', name: 'w' })
})
afterAll(() => test?.stop())

/** Opens only what it sealed for the same place, as the keyring does. */
const keyring = {
  async seal(context: object, bytes: Uint8Array) {
    return Buffer.from(JSON.stringify([context, Buffer.from(bytes).toString('base64')]))
  },
  async open(context: object, sealed: Uint8Array) {
    const [sealedFor, bytes] = JSON.parse(Buffer.from(sealed).toString())
    if (JSON.stringify(sealedFor) !== JSON.stringify(context)) throw new Error('sealed elsewhere')
    return Buffer.from(bytes, 'base64')
  },
}

type Ask = (how: RequestHow, params: Readonly<Record<string, unknown>>) => Promise<object>

interface Replica {
  readonly name: string
  readonly registry: Registry
  readonly sharing: Sharing
  readonly feed: ChangeFeed
  /** Those that stand, by what they were opened for. */
  readonly live: Set<string>
  opened: number
  close(): Promise<void>
}

const room = { replicas: [] as Replica[], ask: (async () => ({})) as Ask, calls: 0 }
afterEach(async () => {
  for (const replica of room.replicas.splice(0)) await replica.close()
  await test.database.sql`DELETE FROM mcp_servers`
  room.calls = 0
})

/** Of what other replicas tell it, it hears one of so many. */
function createReplica(name: string, { heardOf = 1 } = {}): Replica {
  let told = 0
  const logged: unknown[] = []
  const onFailure = (what: string, error: unknown) => void logged.push([what, error])
  const monotonicMs = () => performance.now()
  const log = { warn: () => {}, info: () => {} }
  const feed = createChangeFeed({ url: test.urls.app, log, monotonicMs })
  const sharing = createSharing({
    ...{ claims: createClaimStore(test.database), calls: createCallStore(test.database) },
    ...{ keyring, monotonicMs, onFailure, replicaId: name },
    newCallId: () => `${name}-${randomUUID()}`,
    registry: () => registry,
  })
  const replica: Replica = {
    ...{ name, sharing, feed, live: new Set(), opened: 0 },
    get registry() {
      return registry
    },
    async close() {
      sharing.endCalls()
      await registry.close()
      await sharing.close()
      await feed.close()
    },
  }
  const registry: Registry = createRegistry({
    ...{ claims: sharing.claims, elsewhere: sharing.elsewhere, keyring, onFailure },
    store: createServerStore(test.database),
    clients: { open: async ({ serverId }) => openFake(replica, serverId) },
    resolveVariables: async () => new Map(),
    resolveCommand: (command) => command,
    authorize: () => undefined,
    createScrubber: (secrets) => ({
      text: (text) => secrets.reduce((sofar, one) => sofar.replaceAll(one, '*'), text),
    }),
    syncTools: async () => {},
    tellList: async () => {},
    onGone: async () => {},
    ...{ now: () => Date.now(), random: () => 0.5 },
  })
  feed.subscribe(registry.follow)
  feed.subscribe((change) => {
    if (!change.table.startsWith('replica_')) return sharing.follow(change)
    told += 1
    if (told % heardOf === 0) sharing.follow(change)
  })
  room.replicas.push(replica)
  return replica
}

function openFake(replica: Replica, serverId: string): LiveUpstream {
  const ending = new AbortController()
  replica.live.add(serverId)
  replica.opened += 1
  return {
    ...{ serverInfo: { name: 'fake', version: '1' }, capabilities: {}, protocolVersion: 'x' },
    listTools: async () => ({ tools: [], leftOut: [] }),
    async request(_method, params, how) {
      room.calls += 1
      const cut = new Promise<never>((_resolve, reject) => {
        const gone = () => reject(new Problem('upstream-unreachable', 'It was closed.'))
        ending.signal.addEventListener('abort', gone)
      })
      const result = { at: replica.name, ...(await Promise.race([room.ask(how, params), cut])) }
      return { ok: true, result, json: JSON.stringify(result) }
    },
    onListChanged: () => {},
    onClosed: () => {},
    stderrTail: () => `log of ${replica.name}`,
    async close() {
      replica.live.delete(serverId)
      ending.abort()
    },
  }
}

let made = 0
const secret = 'secret-of-the-server'

/** Puts a server into the database, and starts replicas on it, the first one first. */
async function startWith(names: readonly string[], options?: { readonly heardOf?: number }) {
  made += 1
  const id = `ups_${made}`
  await createServerStore(test.database).insert(await newServer(id))
  const replicas: Replica[] = []
  for (const name of names) {
    const replica = createReplica(`${name}${made}`, options)
    await replica.sharing.start()
    await replica.registry.start()
    replicas.push(replica)
  }
  await vi.waitFor(() => {
    for (const { feed } of replicas) expect(feed.isLive()).toBe(true)
  })
  const [first, second] = replicas
  if (first === undefined || second === undefined) throw new Error('two replicas')
  return { id, first, second }
}

async function newServer(id: string): Promise<NewServer> {
  const at = new Date()
  const common = { workspaceId: 'wsp_1', version: 1, createdAt: at, updatedAt: at }
  const settings: ServerSettings = {
    ...{ name: id, description: null, transport: 'stdio', command: '/bin/x', args: [] },
    ...{ cwd: null, url: null, permission: 'workspace', package: null, perAgent: false },
    ...{ connectTimeoutSeconds: 30, readTimeoutSeconds: 30, enabled: true },
  }
  const content = { kind: 'upstream' as const, headers: {}, env: { KEY: secret } }
  const origins = [`mcp://${id}`]
  const context = {
    ...{ table: 'connections', column: 'sealed', workspaceId: 'wsp_1', rowId: `con_${id}` },
    ...{ rowVersion: 1, origins },
  }
  const bytes = encodeCredential({ ...content, place: placeOf(settings) })
  return {
    server: {
      ...{ ...common, ...settings, id, connectionId: `con_${id}`, toolsetId: `tls_${id}` },
      ...{ envNames: ['KEY'], headerNames: [], variables: [], status: 'disconnected' },
      ...{ failure: null, serverInfo: null, challenge: null, lastConnectedAt: null },
    },
    connection: {
      ...{ ...common, id: `con_${id}`, provider: 'mcp', service: 'mcp', label: id },
      ...{ status: 'healthy', statusReason: null, singleton: false, requestedScopes: [] },
      ...{ grantedScopes: [], oauthAppId: null, account: null, accountSubject: null, origins },
      ...{ requestHeaders: [], responseHeaders: [], testUrl: null, allowEncodedSlash: false },
      ...{ credentialKind: 'upstream', credentialHint: '', revokedAt: null },
      sealed: await keyring.seal(context, bytes),
    },
    toolset: {
      ...{ ...common, id: `tls_${id}`, connectionId: `con_${id}`, format: 'mcp' },
      ...{ name: id.replace('_', '-'), title: id, description: null },
      ...{ template: null, sourceDigest: null, leftOut: null },
    },
    note: { cause: 'created', ownerId: null, added: 0, removed: 0, changed: 0 },
  }
}

type How = Parameters<Registry['send']>[1]

async function send({ registry }: Replica, id: string, given: Partial<How> = {}) {
  const body = Buffer.from(JSON.stringify({ method: 'tools/call', params: { name: 'x' } }))
  const how = { stops: new Set<never>(), responseBytesMax: 8e6, deadlineMs: 20_000, ...given }
  const answer = await registry.send({ url: `mcp://${id}/x`, body }, how as How)
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, said: JSON.parse(Buffer.concat(chunks).toString()) }
}

const rowsLeft = async () => {
  const [row] = await test.database.sql<{ calls: number; answers: number }[]>`
    SELECT (SELECT count(*)::int FROM replica_calls) AS calls,
      (SELECT count(*)::int FROM replica_answers) AS answers`
  return [row?.calls, row?.answers]
}

it('runs a program on one replica, answers through each, cleans what is said, and leaves nothing behind', async () => {
  const { id, first, second } = await startWith(['one', 'two'])
  expect([first.live.size, second.live.size]).toEqual([1, 0])
  const long = 'é"\u{1f680}'.repeat(400_000)
  room.ask = async () => ({ token: secret, long })
  const expected = { at: first.name, token: '*', long }
  expect(await send(second, id)).toEqual({ status: 200, said: expected })
  expect((await send(first, id)).said.long).toBe(long)
  expect(await second.registry.secretsOf(id)).toEqual([secret])
  expect(await second.registry.log(id)).toBe(`log of ${first.name}`)
  await vi.waitFor(async () => expect(await rowsLeft()).toEqual([0, 0]))
})

it('passes progress on, and tells the program when nobody waits any more', async () => {
  verifies('S-10')
  const { id, second } = await startWith(['one', 'two'])
  const stops = new Set<(problem: Problem) => void>()
  const heard: number[] = []
  let stopped = false
  room.ask = async ({ onProgress, signal }) => {
    onProgress?.({ progress: 1, total: 2 })
    await sleep(50)
    onProgress?.({ progress: 2, message: 'half' })
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
    stopped = true
    throw signal?.reason
  }
  const asking = send(second, id, { stops, progress: ({ progress }) => heard.push(progress) })
  const ended = expect(asking).rejects.toMatchObject({ type: 'request-stopped' })
  await vi.waitFor(() => expect(heard).toEqual([1, 2]))
  for (const stop of stops) stop(new Problem('request-stopped'))
  await ended
  await vi.waitFor(() => expect(stopped).toBe(true))
  await vi.waitFor(async () => expect(await rowsLeft()).toEqual([0, 0]))
})

it('says what became of a call as it was said, and asks once', async () => {
  const { id, second } = await startWith(['one', 'two'])
  room.ask = async () => {
    throw new Problem('upstream-timeout', 'It took too long.', { next: 'Look first.' })
  }
  await expect(send(second, id)).rejects.toMatchObject({
    ...{ type: 'upstream-timeout', detail: 'It took too long.', next: 'Look first.' },
  })
  expect(room.calls).toBe(1)
})

it('works where two of three notices are lost, each call still once', async () => {
  const { id, second } = await startWith(['one', 'two'], { heardOf: 3 })
  room.ask = async () => ({})
  expect((await send(second, id)).status).toBe(200)
  expect((await send(second, id)).status).toBe(200)
  expect(room.calls).toBe(2)
})

it('carries out no call twice that somebody writes there once more, and none that was written for others', async () => {
  verifies('S-43')
  const { id, first, second } = await startWith(['one', 'two'])
  const { sql } = test.database
  let stolen: Record<string, unknown> = {}
  room.ask = async () => {
    const [row = {}] = await sql`SELECT * FROM replica_calls`
    stolen = { ...row, taken_at: null }
    return {}
  }
  await send(second, id)
  await vi.waitFor(async () => expect(await rowsLeft()).toEqual([0, 0]))
  const plant = async (at: Replica, change: Record<string, unknown>) => {
    await sql`INSERT INTO replica_calls ${sql({ ...stolen, to_replica: at.name, ...change })}`
    at.sharing.follow({ table: '*', id: '*' })
    await vi.waitFor(async () => {
      const [row] = await sql`SELECT taken_at FROM replica_calls`
      expect(row?.taken_at).not.toBeNull()
    })
    await sleep(50)
    await sql`DELETE FROM replica_calls`
  }
  await plant(first, {})
  await plant(first, { id: 'another' })
  await plant(first, { server_id: 'ups_other' })
  await plant(first, { from_replica: 'other' })
  // Nor by another replica, be it the same one after a start.
  const later = createReplica(`later${made}`)
  await later.sharing.start()
  await plant(later, {})
  expect(room.calls).toBe(1)
})

it('gives a claim to one of those that want it at the same time, be it free or run out', async () => {
  made += 1
  const serverId = `ups_${made}`
  const { sql } = test.database
  const servers = createServerStore(test.database)
  const claims = createClaimStore(test.database)
  await servers.insert(await newServer(serverId))
  const names = Array.from({ length: 6 }, (_, at) => `wants${at}`)
  const takeAll = () =>
    Promise.all(names.map((replicaId) => claims.take({ serverId, replicaId, ttlMs: 20_000 })))
  for (let round = 0; round < 5; round += 1) {
    const holders = (await takeAll()).map(({ holderId }) => holderId)
    expect(new Set(holders).size).toBe(1)
    expect(names).toContain(holders[0])
    expect((await claims.renew(holders[0] ?? '', 20_000)).held).toEqual([serverId])
    await sql`UPDATE upstream_claims SET expires_at = now() - interval '1 second'`
    expect(await claims.renew(holders[0] ?? '', 20_000)).toMatchObject({
      ...{ held: [], free: [serverId] },
    })
  }
  await sql`DELETE FROM upstream_claims`
  await sql`UPDATE mcp_servers SET enabled = false`
  expect((await takeAll()).map(({ holderId }) => holderId)).toEqual(names.map(() => undefined))
})

it('hands a program over when its replica stops, and calls that come meanwhile find it', async () => {
  const { id, first, second } = await startWith(['one', 'two'])
  room.ask = async () => ({})
  const closing = first.close()
  room.replicas.splice(room.replicas.indexOf(first), 1)
  expect((await send(second, id)).said).toEqual({ at: second.name })
  await closing
  expect([first.live.size, second.live.size]).toEqual([0, 1])
})

it('connects anew, switches off and lets go through the replica that does not run it', async () => {
  const { id, first, second } = await startWith(['one', 'two'])
  const store = createServerStore(test.database)
  await second.registry.apply(id, { anew: true, waitMs: 10_000 })
  expect([first.opened, second.opened]).toEqual([2, 0])
  const row = await store.find('wsp_1', id)
  if (row === undefined) throw new Error('no server')
  await store.update(row, { set: { enabled: false }, at: new Date() })
  await second.registry.apply(id, { waitMs: 10_000 })
  expect(first.live.size).toBe(0)
  await expect(send(second, id)).rejects.toMatchObject({ type: 'upstream-not-connected' })
  const claims = await test.database.sql`SELECT 1 FROM upstream_claims WHERE server_id = ${id}`
  expect(claims).toHaveLength(0)
})

it('ends what runs at once when its claim is gone, and says that nobody knows what became of a call', async () => {
  const { id, first, second } = await startWith(['one', 'two'])
  room.ask = () => new Promise(() => {})
  const asking = expect(send(second, id)).rejects.toMatchObject({ type: 'upstream-unreachable' })
  await vi.waitFor(() => expect(room.calls).toBe(1))
  first.registry.lose(id, false)
  await vi.waitFor(() => expect(first.live.size).toBe(0))
  await asking
  expect(room.calls).toBe(1)
})
