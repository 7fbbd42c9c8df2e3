import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import {
  type ActivityMoment,
  type ActivityNeeds,
  type CallQuery,
  createActivity,
} from './activity.ts'
import { binsPerUnit, createTally, durationMsMin } from './tally.ts'

const owner = { workspaceId: 'wsp_1' } as AuthenticatedOwner
const from = '2026-11-01T00:00:00Z'
const at = (ms: number) => new Date(Date.parse(from) + ms).toISOString()
const dayMs = 86_400_000

type Fake = Partial<ActivityMoment & Pick<ActivityNeeds['store'], 'namesOf'>>

function room(store: Fake = {}, now = () => 0) {
  const queries: CallQuery[] = []
  const moment: ActivityMoment = {
    async countCalls(query) {
      queries.push(query)
      return (await store.countCalls?.(query)) ?? []
    },
    keptFromMs: store.keptFromMs ?? (async () => undefined),
    countKept: store.countKept ?? (async () => []),
    durationsKept: store.durationsKept ?? (async () => []),
  }
  const countActivity = createActivity({
    now,
    store: {
      atOneMoment: (work) => work(moment),
      namesOf: store.namesOf ?? (async () => ({ agents: new Map(), connections: new Map() })),
    },
  })
  return { queries, ask: (input: object) => countActivity(owner, input as never) }
}

describe('activity', () => {
  it.each([
    ['to', { from, to: from, bucketMinutes: 1 }],
    ['to', { from, to: at(-1), bucketMinutes: 1 }],
    ['from', { from, to: at(31 * dayMs + 1), bucketMinutes: 1440 }],
    ['bucketMinutes', { from, to: at(200 * 60_000 + 1), bucketMinutes: 1 }],
  ])('names %s where it is wrong, and counts nothing', async (field, input) => {
    const { ask, queries } = room()
    await expect(ask(input)).rejects.toMatchObject({ type: 'invalid-input', fields: [{ field }] })
    expect(queries).toEqual([])
  })

  it('counts each part of the time once, without a gap, however long the parts take', async () => {
    let nowMs = 0
    const { ask, queries } = room(
      {
        async countCalls({ toMs }) {
          nowMs += (toMs / 1000) % 700
          return []
        },
      },
      () => nowMs,
    )
    await ask({ from, to: at(10 * dayMs), bucketMinutes: 1440 })
    expect(queries[0]?.fromMs).toBe(Date.parse(from))
    expect(queries.at(-1)?.toMs).toBe(Date.parse(from) + 10 * dayMs)
    for (const [index, query] of queries.entries()) {
      expect(query.toMs).toBeGreaterThan(query.fromMs)
      if (index > 0) expect(query.fromMs).toBe(queries[index - 1]?.toMs)
    }
  })

  it('answers every bucket, the empty ones too, and adds up what was counted apart', async () => {
    const { ask } = room({
      async countCalls({ fromMs }) {
        if (fromMs !== Date.parse(from)) return []
        return [
          { by: 'bucket', key: 0, end: 'sent', bin: 50, count: 3 },
          { by: 'bucket', key: 2, end: 'denied', bin: null, count: 2 },
          { by: 'agent', key: 'agt_1', end: 'sent', bin: 50, count: 3 },
          { by: 'agent', key: 'agt_2', end: 'denied', bin: null, count: 2 },
          { by: 'connection', key: null, end: 'denied', bin: null, count: 2 },
          { by: 'connection', key: 'con_1', end: 'sent', bin: 50, count: 3 },
        ]
      },
      namesOf: async () => ({ agents: new Map([['agt_1', 'One']]), connections: new Map() }),
    })
    const answer = await ask({ from, to: at(2.5 * 3_600_000), bucketMinutes: 60 })
    expect(answer.total).toMatchObject({ calls: 5, sent: 3, denied: 2, asked: 0, failed: 0 })
    expect(answer.buckets.map(({ calls }) => calls)).toEqual([3, 0, 2])
    expect(answer.buckets.map((bucket) => bucket.at)).toEqual([at(0), at(3_600_000), at(7_200_000)])
    expect(answer.agents).toMatchObject([{ agentId: 'agt_1', name: 'One' }, { agentId: 'agt_2' }])
    expect(answer.connections).toMatchObject([{ connectionId: 'con_1', calls: 3 }])
  })

  it('names the hundred busiest', async () => {
    const { ask } = room({
      countCalls: async ({ fromMs }) =>
        fromMs === Date.parse(from)
          ? Array.from({ length: 300 }, (_, i) => ({
              ...{ by: 'agent' as const, key: `agt_${i}`, end: 'sent' as const, bin: 1 },
              count: i,
            }))
          : [],
    })
    const { agents } = await ask({ from, to: at(dayMs), bucketMinutes: 1440 })
    expect(agents).toHaveLength(100)
    expect(agents[0]?.agentId).toBe('agt_299')
  })

  it('counts for one at a time, refuses a crowd, and serves again afterwards', async () => {
    let running = 0
    let most = 0
    const { ask } = room({
      async countCalls() {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setTimeout(resolve, 5))
        running -= 1
        return []
      },
    })
    const input = { from, to: at(3_600_000), bucketMinutes: 60 }
    const all = await Promise.allSettled(Array.from({ length: 30 }, () => ask(input)))
    expect(most).toBe(1)
    const refused = all.filter((one) => one.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) expect(reason).toMatchObject({ type: 'overloaded' })
    await expect(ask(input)).resolves.toBeDefined()
  })

  it('gives an answer again for ten times as long as it took, to the same question alone', async () => {
    let nowMs = 0
    const { ask, queries } = room(
      {
        async countCalls() {
          nowMs += 1_000
          return []
        },
      },
      () => nowMs,
    )
    const input = { from, to: at(3_600_000), bucketMinutes: 60 }
    await ask(input)
    nowMs += 9_000
    await ask(input)
    expect(queries).toHaveLength(1)
    await ask({ ...input, agentId: 'agt_1' })
    expect(queries).toHaveLength(2)
    nowMs += 9_000
    await ask(input)
    expect(queries).toHaveLength(3)
  })

  it('gives up what takes too long', async () => {
    let nowMs = 0
    const slow = async () => {
      nowMs += 4_000
      return []
    }
    const { ask } = room({ countCalls: slow }, () => nowMs)
    await expect(ask({ from, to: at(31 * dayMs), bucketMinutes: 1440 })).rejects.toMatchObject({
      type: 'overloaded',
    })
  })
})

describe('a tally', () => {
  it('tells percentiles that are at most 2 % off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 3, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (durations) => {
          const tally = createTally()
          for (const ms of durations) {
            const bin = Math.floor(Math.log(Math.max(ms, durationMsMin)) * binsPerUnit)
            tally.add({ end: 'sent', bin, count: 1 })
          }
          const sorted = durations.toSorted((a, b) => a - b)
          const { p50Ms = 0, p95Ms = 0 } = tally.view()
          for (const [share, told] of [
            [0.5, p50Ms],
            [0.95, p95Ms],
          ] as const) {
            const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0
            expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * 0.0205 + 0.06)
          }
        },
      ),
    )
  })

  it('tells no percentile where nothing took any time', () => {
    const tally = createTally()
    tally.add({ end: 'denied', bin: null, count: 4 })
    expect(tally.view()).toEqual({ calls: 4, sent: 0, denied: 4, asked: 0, failed: 0 })
  })
})
