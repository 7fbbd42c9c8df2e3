import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dayMs, quarterMs, splitDays, splitTime } from './kept-time.ts'

const aTime = fc.record({
  fromMs: fc.integer({ min: 1, max: 90 * dayMs }),
  /** Of what may be asked for at most. */
  share: fc.double({ min: 0.001, max: 1, noNaN: true }),
  bucketMinutes: fc.constantFrom(7, 15, 60, 240, 1440),
  keptFrom: fc.integer({ min: 0, max: 100 * 96 }),
})

it('a time is what is kept and what is counted, without a gap; kept are whole quarters in one bucket', () => {
  fc.assert(
    fc.property(aTime, ({ fromMs, share, bucketMinutes, keptFrom }) => {
      const bucketMs = bucketMinutes * 60_000
      const toMs = fromMs + Math.ceil(share * Math.min(31 * dayMs, 200 * bucketMs))
      const { kept, counted } = splitTime({ fromMs, toMs, bucketMs }, keptFrom * quarterMs)
      const all = [...kept, ...counted].sort((a, b) => a.fromMs - b.fromMs)
      expect(all[0]?.fromMs).toBe(fromMs)
      expect(all.at(-1)?.toMs).toBe(toMs)
      for (const [nth, span] of all.entries()) {
        expect(span.toMs).toBeGreaterThan(span.fromMs)
        if (nth > 0) expect(span.fromMs).toBe(all[nth - 1]?.toMs)
      }
      const bucketOf = (ms: number) => Math.floor((ms - fromMs) / bucketMs)
      for (const span of kept) {
        expect([span.fromMs % quarterMs, span.toMs % quarterMs]).toEqual([0, 0])
        expect(span.fromMs).toBeGreaterThanOrEqual(keptFrom * quarterMs)
        for (let atMs = span.fromMs; atMs < span.toMs; atMs += quarterMs) {
          if (bucketOf(atMs) !== bucketOf(atMs + quarterMs - 1)) throw new Error('of two buckets')
        }
      }
    }),
    { numRuns: 50 },
  )
})

it('whole days are taken out of a time, and the rest is left', () => {
  const span = { fromMs: dayMs - quarterMs, toMs: 3 * dayMs + quarterMs }
  expect(splitDays([span])).toEqual({
    days: [{ fromMs: dayMs, toMs: 3 * dayMs }],
    quarters: [
      { fromMs: dayMs - quarterMs, toMs: dayMs },
      { fromMs: 3 * dayMs, toMs: 3 * dayMs + quarterMs },
    ],
  })
  const short = { fromMs: 5 * quarterMs, toMs: 9 * quarterMs }
  expect(splitDays([short])).toEqual({ days: [], quarters: [short] })
})
