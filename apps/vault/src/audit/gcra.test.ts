import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { limitWindowsMs, rateOf, takeOne, toMicros, toMs } from './gcra.ts'

const limit = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }))
const windowMs = fc.constantFrom(...Object.values(limitWindowsMs))
const startMs = 1_800_000_000_000

/** Asks at each time, in ms after the start, and says when it was granted. */
function grantedAt(max: number, window: number, timesMs: readonly number[]): number[] {
  const rate = rateOf(max, window)
  let arrival = 0
  return timesMs.filter((ms) => {
    const answer = takeOne(rate, arrival, toMicros(startMs + ms))
    if (answer.granted) arrival = toMicros(toMs(answer.arrivalMicros))
    return answer.granted
  })
}

describe('rate limit', () => {
  it('grants exactly the limit at once, from rest', () => {
    verifies('S-29')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), windowMs, (max, window) => {
        expect(grantedAt(max, window, new Array(max + 5).fill(0))).toHaveLength(max)
      }),
    )
  })

  it('never grants more between two moments than the limit and what has flowed in since', () => {
    verifies('S-29')
    const times = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), windowMs, times, (max, window, gaps) => {
        let ms = 0
        const granted = grantedAt(
          max,
          window,
          gaps.map((gap) => (ms += gap)),
        )
        granted.forEach((from, i) => {
          granted.slice(i).forEach((to, j) => {
            expect(j + 1).toBeLessThanOrEqual(max + Math.floor(((to - from) * max) / window))
          })
        })
      }),
    )
  })

  it('grants again after the time that a refusal names, and not a second before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), windowMs, (max, window) => {
        const rate = rateOf(max, window)
        const now = toMicros(startMs)
        let arrival = 0
        for (;;) {
          const answer = takeOne(rate, arrival, now)
          if (!answer.granted) {
            const seconds = answer.retryAfterSeconds
            expect(seconds).toBeGreaterThanOrEqual(1)
            expect(takeOne(rate, arrival, now + seconds * 1e6).granted).toBe(true)
            expect(takeOne(rate, arrival, now + (seconds - 1) * 1e6).granted).toBe(false)
            return
          }
          arrival = answer.arrivalMicros
        }
      }),
    )
  })

  it('stays closed for one window at most when the clock went back, and never opens', () => {
    verifies('S-30')
    fc.assert(
      fc.property(limit, windowMs, fc.integer({ min: 0, max: 1e9 }), (max, window, backMs) => {
        const rate = rateOf(max, window)
        const full = toMicros(startMs) + rate.burstMicros
        const now = toMicros(startMs - backMs)
        const answer = takeOne(rate, full, now)
        expect(answer.granted).toBe(false)
        if (answer.granted) return
        expect(answer.retryAfterSeconds * 1000).toBeLessThanOrEqual(window + 1_000)
      }),
    )
  })

  it('keeps its state exactly through the database’s double', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (micros) => {
        expect(toMicros(toMs(micros))).toBe(micros)
      }),
    )
  })
})
