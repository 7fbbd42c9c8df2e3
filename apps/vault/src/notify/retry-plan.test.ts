import fc from 'fast-check'
import { expect, it } from 'vitest'
import { waitAfter } from './retry-plan.ts'

const hourMs = 3_600_000

it('waits longer after each attempt, and ends after the ninth', () => {
  const waits = Array.from({ length: 8 }, (_, i) => waitAfter(i + 1, { random: 0 }))
  expect(waits).toEqual([
    ...[5_000, 30_000, 120_000, 600_000, 1_800_000],
    ...[hourMs, 2 * hourMs, 4 * hourMs],
  ])
  expect(waitAfter(9, { random: 0 })).toBeUndefined()
  expect(waitAfter(9, { random: 0, retryAfterSeconds: 5 })).toBeUndefined()
})

it('waits no shorter than it is asked to, and never for ever', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.integer({ min: 0, max: 1e9 }),
      (attempts, random, retryAfterSeconds) => {
        const planned = waitAfter(attempts, { random: 0 }) ?? 0
        const waits = waitAfter(attempts, { random, retryAfterSeconds }) ?? 0
        expect(waits).toBeGreaterThanOrEqual(planned)
        expect(waits).toBeGreaterThanOrEqual(Math.min(retryAfterSeconds * 1000, 4 * hourMs))
        expect(waits).toBeLessThanOrEqual(1.2 * 4 * hourMs)
      },
    ),
  )
})
