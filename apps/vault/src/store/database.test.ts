import { createServer } from 'node:net'
import { Problem } from '@sallyport/contracts'
import { sql as raw } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { startDatabaseProxy } from '../../../../test/fixtures/database-proxy.ts'
import { verifies } from '../../../../test/verifies.ts'
import { connect, type Sql } from './connect.ts'
import { brokenUniqueConstraint, type Database, guardStore, openDatabase } from './database.ts'
import { workspaces } from './tables.ts'

describe('database', () => {
  let test: TestDatabase
  let owner: Sql
  const open: Database[] = []
  const openAt = (url: string, maxConnections = 2) => {
    const database = openDatabase({ url, maxConnections, applicationName: 'test' })
    open.push(database)
    return database
  }
  const storeOf = (database: Database, deadlineMs?: number) =>
    guardStore(
      {
        add: (id: string) => database.db.insert(workspaces).values({ id, name: 'a secret name' }),
        read: async () => (await database.sql<{ one: number }[]>`SELECT 1 AS one`)[0]?.one,
        count: async (id: string) =>
          (await database.sql`SELECT 1 FROM workspaces WHERE id = ${id}`).length,
        sleep: async (seconds: number) => database.sql`SELECT pg_sleep(${seconds})`,
        broken: async () => {
          throw new Error('not of the database')
        },
        plain: () => 5,
      },
      deadlineMs,
    )
  const unavailable = { type: 'store-unavailable', retryAfterSeconds: 1 }

  beforeAll(async () => {
    test = await startTestDatabase()
    owner = connect({
      url: test.urls.owner,
      maxConnections: 1,
      applicationName: 'owner',
      silenceMsMax: 60_000,
    })
  })
  afterAll(async () => {
    for (const database of open) await database.close()
    await owner.end()
    await test.stop()
  })

  it('says that the database does not answer when it cannot be reached, and recovers by itself', async () => {
    verifies('S-44')
    const proxy = await startDatabaseProxy(test.urls.app)
    const store = storeOf(openAt(proxy.url))
    expect(await store.read()).toBe(1)
    proxy.set({ kind: 'cut' })
    for (let call = 0; call < 5; call += 1) {
      await expect(store.read()).rejects.toMatchObject(unavailable)
    }
    proxy.set({ kind: 'pass' })
    await vi.waitFor(async () => expect(await store.read()).toBe(1), 3_000)
    await proxy.close()
  })

  it('gives up after its deadline when nothing moves, and recovers by itself', async () => {
    verifies('S-44')
    const proxy = await startDatabaseProxy(test.urls.app)
    const store = storeOf(openAt(proxy.url), 300)
    expect(await store.read()).toBe(1)
    proxy.set({ kind: 'blackhole' })
    await expect(store.read()).rejects.toMatchObject(unavailable)
    proxy.set({ kind: 'pass' })
    await vi.waitFor(async () => expect(await store.read()).toBe(1), 3_000)
    await proxy.close()
  })

  it.each(['polite', 'rude', 'garbage'] as const)(
    'fails, and does not hang or spin, before a server that only closes or talks nonsense (%s)',
    async (manner) => {
      verifies('S-44')
      const seen = { connections: 0 }
      const server = createServer((socket) => {
        seen.connections += 1
        socket.on('error', () => {})
        if (manner === 'polite') socket.end()
        else if (manner === 'rude') socket.resetAndDestroy()
        else socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : 0
      const store = storeOf(openAt(`postgres://a:b@127.0.0.1:${port}/c`))
      await expect(store.read()).rejects.toMatchObject(unavailable)
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(seen.connections).toBeLessThan(20)
      server.close()
    },
  )

  it('rejects a transaction whose connection is lost, runs nothing of it elsewhere, and goes on', async () => {
    verifies('S-43', 'S-44')
    const database = openAt(test.urls.app, 1)
    const kill = async (pid: number) => owner`SELECT pg_terminate_backend(${pid})`
    for (const moment of ['idle', 'busy'] as const) {
      const later: Promise<unknown>[] = []
      const lost = database.transaction(async (tx) => {
        await tx.insert(workspaces).values({ id: `wsp_${moment}`, name: 'before' })
        const [row] = await tx.execute<{ pid: number }>(raw`SELECT pg_backend_pid() AS pid`)
        const busy = moment === 'busy' ? tx.execute(raw`SELECT pg_sleep(5)`) : undefined
        await kill(row?.pid ?? 0)
        if (busy) await busy.catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, 50))
        // The only connection of the pool is somebody else's now.
        await database.sql`SELECT 1`.catch(() => {})
        later.push(
          tx
            .insert(workspaces)
            .values({ id: `wsp_${moment}_2`, name: 'after' })
            .catch((error: unknown) => error),
        )
        expect(await later[0]).toBeInstanceOf(Error)
      })
      await expect(lost).rejects.toThrow()
      const rows = await database.sql`SELECT id FROM workspaces WHERE id LIKE ${`wsp_${moment}%`}`
      expect(rows).toHaveLength(0)
      expect(
        await database.transaction(async (tx) => tx.execute(raw`SELECT 1 AS one`)),
      ).toHaveLength(1)
    }
  })

  it('keeps transactions apart under load and resets, and loses no connection of the pool', async () => {
    verifies('S-44')
    const proxy = await startDatabaseProxy(test.urls.app)
    const database = openAt(proxy.url, 3)
    const big = 'x'.repeat(60_000)
    const work = async (id: string) =>
      database.transaction(async (tx) => {
        await tx.insert(workspaces).values({ id, name: big })
        await tx.execute(raw`SELECT 1`)
        await tx.insert(workspaces).values({ id: `${id}_twin`, name: big })
      })
    const results: PromiseSettledResult<void>[] = []
    for (let round = 0; round < 6; round += 1) {
      const batch = Array.from({ length: 12 }, (_, index) => work(`ldt_${round}_${index}`))
      const reads = Array.from({ length: 12 }, () => database.sql`SELECT 1`.catch(() => []))
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 3))
      if (round % 2 === 1) proxy.cutNow()
      results.push(...(await Promise.allSettled(batch)))
      await Promise.all(reads)
    }
    const rows = await test.database.sql<{ id: string }[]>`
      SELECT id FROM workspaces WHERE id LIKE 'ldt_%'`
    const ids = new Set(rows.map((row) => row.id))
    for (const id of ids)
      expect(ids.has(id.endsWith('_twin') ? id.slice(0, -5) : `${id}_twin`)).toBe(true)
    results.forEach((result, index) => {
      const id = `ldt_${Math.floor(index / 12)}_${index % 12}`
      if (result.status === 'fulfilled') expect(ids.has(id)).toBe(true)
    })
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(30)
    // Three at once, each on its own connection.
    await Promise.all([1, 2, 3].map(() => work(`end_${Math.random()}`)))
    await proxy.close()
  })

  it('ends what waits for a lock', { timeout: 10_000 }, async () => {
    verifies('S-44')
    const store = storeOf(test.database)
    await store.add('wsp_locked')
    const waiting = test.database.transaction(async (tx) => {
      await tx.execute(raw`SELECT 1 FROM workspaces WHERE id = 'wsp_locked' FOR UPDATE`)
      const other = guardStore({
        update: async () =>
          openAt(test.urls.app).sql`UPDATE workspaces SET name = 'b' WHERE id = 'wsp_locked'`,
      })
      await expect(other.update()).rejects.toMatchObject(unavailable)
    })
    await waiting
  })

  it('shows no value of a refused statement, and which constraint it ran against', async () => {
    verifies('S-38')
    const store = storeOf(test.database)
    await store.add('wsp_twice')
    const error = await store.add('wsp_twice').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name: 'DatabaseFault',
      code: '23505',
      constraint: 'workspaces_pkey',
    })
    expect(brokenUniqueConstraint(error)).toBe('workspaces_pkey')
    const shown = [String(error), (error as Error).stack, JSON.stringify(error)]
    expect(shown.join()).not.toMatch(/secret name|wsp_twice/)
    const direct = test.database.db.insert(workspaces).values({ id: 'wsp_twice', name: '' })
    expect(await direct.catch(brokenUniqueConstraint)).toBe('workspaces_pkey')
    expect(brokenUniqueConstraint(new Error('other'))).toBeUndefined()
  })

  it('lets through what is no failure of the database', async () => {
    const store = storeOf(test.database)
    await expect(store.broken()).rejects.toThrow('not of the database')
    expect(store.plain()).toBe(5)
    const problem = new Problem('policy-denied')
    await expect(guardStore({ fail: () => Promise.reject(problem) }).fail()).rejects.toBe(problem)
  })
})
