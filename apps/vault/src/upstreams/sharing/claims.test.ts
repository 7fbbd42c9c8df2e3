import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { type Claims, createClaims } from './claims.ts'
import type { ClaimStore } from './sharing-store.ts'

// Claims of two replicas on a store in memory, with a clock that stands still until it is told to go on.

let open: Claims[] = []
beforeEach(() => {
  vi.useFakeTimers()
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((claims) => claims.close()))
  vi.useRealTimers()
})

/** What the database keeps, by its own clock. */
function createDatabase() {
  const rows = new Map<string, { replicaId: string; untilMs: number }>()
  const valid = (serverId: string) => {
    const row = rows.get(serverId)
    return row !== undefined && row.untilMs >= Date.now() ? row : undefined
  }
  const told: string[] = []
  const store: ClaimStore = {
    async take({ serverId, replicaId, ttlMs }) {
      const holderId = valid(serverId)?.replicaId ?? replicaId
      if (holderId === replicaId) rows.set(serverId, { replicaId, untilMs: Date.now() + ttlMs })
      return { holderId, databaseNowMs: Date.now() }
    },
    holderOf: async (serverId) => ({
      holderId: valid(serverId)?.replicaId,
      databaseNowMs: Date.now(),
    }),
    async renew(replicaId, ttlMs) {
      const held = [...rows.keys()].filter((id) => valid(id)?.replicaId === replicaId)
      for (const id of held) rows.set(id, { replicaId, untilMs: Date.now() + ttlMs })
      const free = ['ups_1', 'ups_2'].filter((id) => valid(id) === undefined)
      return { held, free, databaseNowMs: Date.now() }
    },
    async release(_replicaId, serverId) {
      rows.delete(serverId)
    },
    async releaseAll(replicaId) {
      for (const [id, row] of rows) {
        if (row.replicaId !== replicaId) continue
        rows.delete(id)
        told.push(id)
      }
    },
  }
  return { rows, store, told }
}

function createReplica(store: ClaimStore, replicaId: string) {
  const seen = { lost: [] as string[], free: [] as string[], isCut: false, failures: 0 }
  const cut =
    <In extends unknown[], Out>(method: (...input: In) => Promise<Out>) =>
    async (...input: In) => {
      if (seen.isCut) throw new Error('no database')
      return method(...input)
    }
  const claims = createClaims({
    store: {
      ...{ take: cut(store.take), renew: cut(store.renew), release: cut(store.release) },
      holderOf: cut(store.holderOf),
      releaseAll: cut(store.releaseAll),
    },
    replicaId,
    monotonicMs: () => performance.now(),
    onLost: (serverId, isKnown) => seen.lost.push(`${serverId} ${isKnown}`),
    onFree: (serverIds) => {
      seen.free = [...serverIds]
    },
    onFailure: () => {
      seen.failures += 1
    },
  })
  open.push(claims)
  return { claims, seen }
}

it('are held by one replica at a time, for as long as that one renews them', async () => {
  const { store } = createDatabase()
  const one = createReplica(store, 'one')
  const two = createReplica(store, 'two')
  await Promise.all([one.claims.start(), two.claims.start()])
  expect(await one.claims.take('ups_1', true)).toEqual({ isMine: true })
  for (let rounds = 0; rounds < 10; rounds += 1) {
    await vi.advanceTimersByTimeAsync(6_000)
    expect(await two.claims.take('ups_1', true)).toEqual({ isMine: false, replicaId: 'one' })
    expect([one.claims.isMine('ups_1'), two.claims.isMine('ups_1')]).toEqual([true, false])
  }
  expect(one.seen.lost).toEqual([])
  expect(two.seen.free).toEqual(['ups_2'])
})

it('are given up by who cannot renew them, long before another one can take them', async () => {
  verifies('S-44')
  const { store } = createDatabase()
  const one = createReplica(store, 'one')
  const two = createReplica(store, 'two')
  await Promise.all([one.claims.start(), two.claims.start()])
  await one.claims.take('ups_1', true)
  await vi.advanceTimersByTimeAsync(7_000)
  one.seen.isCut = true
  const cutMs = Date.now()
  let lostMs = 0
  let takenMs = 0
  while (takenMs === 0 && Date.now() < cutMs + 60_000) {
    await vi.advanceTimersByTimeAsync(100)
    if (lostMs === 0 && one.seen.lost.length > 0) lostMs = Date.now()
    // Nobody may run it by the time that somebody else may.
    if ((await two.claims.take('ups_1', true)).isMine) takenMs = Date.now()
    expect(one.claims.isMine('ups_1') && takenMs > 0).toBe(false)
  }
  expect(one.seen.lost).toEqual(['ups_1 false'])
  // A program that is told to end has two seconds for it, and a busy machine some more.
  expect(takenMs - lostMs).toBeGreaterThan(5_000)
  expect(takenMs - cutMs).toBeLessThanOrEqual(20_100)
  one.seen.isCut = false
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await one.claims.take('ups_1', true)).toEqual({ isMine: false, replicaId: 'two' })
})

it('that somebody took away are noticed with the next renewal, and one that was let go of is no loss', async () => {
  const { rows, store } = createDatabase()
  const { claims, seen } = createReplica(store, 'one')
  await claims.start()
  await claims.take('ups_1', true)
  await claims.take('ups_2', true)
  await claims.release('ups_2')
  rows.set('ups_1', { replicaId: 'other', untilMs: Date.now() + 60_000 })
  await vi.advanceTimersByTimeAsync(5_100)
  expect(seen.lost).toEqual(['ups_1 true'])
  expect(claims.isMine('ups_1')).toBe(false)
})

it('are left to the others at the end, who are told', async () => {
  const { rows, store, told } = createDatabase()
  const { claims } = createReplica(store, 'one')
  await claims.start()
  await claims.take('ups_1', true)
  await claims.close()
  expect([rows.size, told]).toEqual([0, ['ups_1']])
  const other = createReplica(store, 'two')
  expect(await other.claims.take('ups_1', true)).toEqual({ isMine: true })
})

it('are left for a while to others by a replica that cannot run the program, and not for ever', async () => {
  const { store } = createDatabase()
  const unable = createReplica(store, 'unable')
  const able = createReplica(store, 'able')
  await Promise.all([unable.claims.start(), able.claims.start()])
  const nobody = { isMine: false, replicaId: undefined }
  expect(await unable.claims.take('ups_1', false)).toEqual(nobody)
  await able.claims.take('ups_1', true)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await unable.claims.take('ups_1', false)).toEqual({ isMine: false, replicaId: 'able' })
  expect(await unable.claims.take('ups_2', false)).toEqual(nobody)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(await unable.claims.take('ups_2', false)).toEqual(nobody)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await unable.claims.take('ups_2', false)).toEqual({ isMine: true })
})
