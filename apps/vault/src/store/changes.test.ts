import { performance } from 'node:perf_hooks'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { startDatabaseProxy } from '../../../../test/fixtures/database-proxy.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createCache } from './cache.ts'
import { type Change, type ChangeFeed, createChangeFeed } from './changes.ts'

const log = { warn: () => {}, info: () => {} }
const monotonicMs = () => performance.now()

describe('change feed', () => {
  let test: TestDatabase
  const feeds: ChangeFeed[] = []
  const open = (url: string) => {
    const feed = createChangeFeed({ url, log, monotonicMs })
    const seen: Change[] = []
    feed.subscribe((change) => seen.push(change))
    feeds.push(feed)
    return { feed, seen }
  }
  const live = (feed: ChangeFeed) => vi.waitFor(() => expect(feed.isLive()).toBe(true), 5_000)
  const dead = (feed: ChangeFeed) => vi.waitFor(() => expect(feed.isLive()).toBe(false), 5_000)

  beforeAll(async () => {
    test = await startTestDatabase()
    const { sql } = test.database
    await sql`INSERT INTO workspaces (id, name) VALUES ('wsp_1', 'one')`
  })
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.close()
  })
  afterAll(() => test.stop())

  it('tells of every change of agents, tokens, connections and policies, with what caches need', async () => {
    verifies('S-10')
    const { sql } = test.database
    const { feed, seen } = open(test.urls.app)
    await live(feed)
    seen.length = 0
    const told = async (work: Promise<unknown>) => {
      await work
      await vi.waitFor(() => expect(seen).not.toHaveLength(0), 2_000)
      return seen.splice(0)
    }
    const agent = { table: 'agents', id: 'agt_1', workspaceId: 'wsp_1' }
    const connection = { table: 'connections', id: 'con_1', workspaceId: 'wsp_1' }
    const policy = {
      table: 'policies',
      id: 'pol_1',
      workspaceId: 'wsp_1',
      agentId: 'agt_1',
      connectionId: 'con_1',
    }
    expect(
      await told(
        sql`INSERT INTO agents (id, workspace_id, name, status) VALUES ('agt_1', 'wsp_1', 'a', 'active')`,
      ),
    ).toEqual([agent])
    expect(await told(sql`UPDATE agents SET status = 'disabled', last_seen_at = now()`)).toEqual([
      agent,
    ])
    expect(
      await told(sql`
        INSERT INTO connections (id, workspace_id, provider, service, label, status, singleton, granted_scopes, origins,
          request_headers, response_headers, allow_encoded_slash, credential_kind, credential_hint, version)
        VALUES ('con_1', 'wsp_1', 'p', 's', 'l', 'healthy', false, '{}', '{}', '{}', '{}', false, 'bearer', '', 1)`),
    ).toEqual([connection])
    expect(await told(sql`UPDATE connections SET status = 'revoked', sealed = NULL`)).toEqual([
      connection,
    ])
    expect(
      await told(sql`
        INSERT INTO policies (id, workspace_id, agent_id, connection_id, document, version)
        VALUES ('pol_1', 'wsp_1', 'agt_1', 'con_1', '{}', 1)`),
    ).toEqual([policy])
    expect(await told(sql`UPDATE policies SET version = 2`)).toEqual([policy])
    await sql`INSERT INTO agent_tokens (hash, agent_id, expires_at) VALUES ('\\xdeadbeef', 'agt_1', now())`
    expect(await told(sql`UPDATE agent_tokens SET expires_at = now()`)).toEqual([
      { table: 'agent_tokens', id: 'deadbeef', agentId: 'agt_1' },
    ])
    const cascade = await told(sql`DELETE FROM agents`)
    await vi.waitFor(() => expect(seen.concat(cascade)).toHaveLength(3))
    expect(
      seen
        .concat(cascade)
        .map((change) => change.table)
        .sort(),
    ).toEqual(['agent_tokens', 'agents', 'policies'])
    seen.length = 0
    expect(await told(sql`DELETE FROM connections`)).toEqual([connection])
  })

  it('says nothing when an agent was merely seen, or a token made', async () => {
    const { sql } = test.database
    await sql`INSERT INTO agents (id, workspace_id, name, status) VALUES ('agt_2', 'wsp_1', 'a', 'active')`
    const { feed, seen } = open(test.urls.app)
    await live(feed)
    seen.length = 0
    await sql`UPDATE agents SET last_seen_at = now()`
    await sql`INSERT INTO agent_tokens (hash, agent_id, expires_at) VALUES ('\\x00', 'agt_2', now())`
    await sql`UPDATE agents SET name = 'b'`
    await vi.waitFor(() => expect(seen).not.toHaveLength(0))
    expect(seen).toEqual([{ table: 'agents', id: 'agt_2', workspaceId: 'wsp_1' }])
  })

  it('tells of a key that was changed under both names', async () => {
    const { sql } = test.database
    await sql`INSERT INTO agents (id, workspace_id, name, status) VALUES ('agt_old', 'wsp_1', 'a', 'active')`
    const { feed, seen } = open(test.urls.app)
    await live(feed)
    seen.length = 0
    await sql`UPDATE agents SET id = 'agt_new' WHERE id = 'agt_old'`
    await vi.waitFor(() => expect(seen).toHaveLength(2))
    expect(seen.map((change) => change.id)).toEqual(['agt_old', 'agt_new'])
  })

  it('says nothing of what was rolled back', async () => {
    const { feed, seen } = open(test.urls.app)
    await live(feed)
    seen.length = 0
    const work = test.database.transaction(async (tx) => {
      await tx.execute(`UPDATE agents SET name = 'never'`)
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    await test.database.sql`SELECT pg_notify('sallyport_changes', 'garbage')`
    await vi.waitFor(() => expect(seen).not.toHaveLength(0))
    // And what cannot be read may have meant anything.
    expect(seen).toEqual([{ table: '*', id: '*' }])
  })

  it.each(['cut', 'blackhole'] as const)(
    'empties caches and reads through within a second when the listener is lost (%s), and recovers by itself',
    async (kind) => {
      verifies('S-10', 'S-44')
      const proxy = await startDatabaseProxy(test.urls.app)
      const { feed, seen } = open(proxy.url)
      await live(feed)
      const loads: string[] = []
      const cache = createCache({
        load: async (key) => {
          loads.push(key)
          return `value ${loads.length}`
        },
        isLive: feed.isLive,
        ttlMs: 60_000,
        entriesMax: 10,
        now: monotonicMs,
      })
      feed.subscribe((change) => (change.table === '*' ? cache.clear() : cache.delete(change.id)))
      await cache.get('a')
      expect(cache.peek('a')).toBe('value 1')
      seen.length = 0
      proxy.set({ kind })
      await dead(feed)
      expect(cache.peek('a')).toBeUndefined()
      expect(await cache.get('a')).toBe('value 2')
      expect(await cache.get('a')).toBe('value 3')
      await vi.waitFor(() => expect(seen).toContainEqual({ table: '*', id: '*' }), 5_000)
      // A change that nobody told of.
      await test.database.sql`UPDATE agents SET name = 'unheard'`
      seen.length = 0
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      await live(feed)
      expect(seen).toContainEqual({ table: '*', id: '*' })
      seen.length = 0
      await test.database.sql`UPDATE agents SET name = 'heard'`
      await vi.waitFor(() => expect(seen.map((change) => change.table)).toContain('agents'))
      await feed.close()
      await proxy.close()
    },
  )

  it('is not live, and closes all the same, when there was never a database', async () => {
    verifies('S-44')
    const { feed } = open('postgres://nobody:none@127.0.0.1:1/none')
    expect(feed.isLive()).toBe(false)
    await feed.close()
  })

  it('tells local listeners at once, and each of them whatever another one does', () => {
    const { feed, seen } = open('postgres://nobody:none@127.0.0.1:1/none')
    const late: Change[] = []
    feed.subscribe(() => {
      throw new Error('broken listener')
    })
    const end = feed.subscribe((change) => late.push(change))
    const change: Change = { table: 'agents', id: 'agt_1' }
    feed.publishLocal(change)
    end()
    feed.publishLocal(change)
    expect(seen).toEqual([change, change])
    expect(late).toEqual([change])
  })
})
