import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'
import { dueOf } from './due.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const of = (leftMs: number | null, lifeMs: number | null, connectionId = 'con_1') =>
  dueOf({ leftMs, lifeMs, connectionId })

describe('an access token', () => {
  it.each([
    ['without an end', null, null, 'no'],
    ['at its beginning', hourMs, hourMs, 'no'],
    ['of an hour with ten minutes left', 10 * minuteMs, hourMs, 'no'],
    ['of an hour with a minute left', minuteMs, hourMs, 'soon'],
    ['of a day with four minutes left', 3.4 * minuteMs, 24 * hourMs, 'soon'],
    ['of five minutes with two left', 2 * minuteMs, 5 * minuteMs, 'no'],
    ['of five minutes with half a minute left', minuteMs / 2, 5 * minuteMs, 'soon'],
    ['with nine seconds left', 9_000, hourMs, 'now'],
    ['that has ended', 0, hourMs, 'now'],
    ['that ended long ago', -24 * hourMs, hourMs, 'now'],
    ['whose life is not known', minuteMs, null, 'soon'],
    ['whose life makes no sense', hourMs, -5, 'no'],
  ] as const)('%s is due so: %s', (...[, leftMs, lifeMs, due]) => {
    expect(of(leftMs, lifeMs)).toBe(due)
  })

  it('comes due at another moment for each connection, never in its first half', () => {
    const lefts = new Set<number>()
    for (let n = 0; n < 50; n += 1) {
      for (let leftMs = hourMs; leftMs > 0; leftMs -= 1_000) {
        if (of(leftMs, hourMs, `con_${n}`) === 'no') continue
        lefts.add(leftMs)
        expect(leftMs).toBeLessThanOrEqual(5 * minuteMs)
        break
      }
    }
    expect(lefts.size).toBeGreaterThan(20)
  })

  it('is due from some moment on, and stays so', () => {
    const order = ['no', 'soon', 'now']
    const time = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(time, time, time, (a, b, life) => {
        const [more, less] = [Math.max(a, b), Math.min(a, b)]
        expect(order.indexOf(of(less, life))).toBeGreaterThanOrEqual(order.indexOf(of(more, life)))
      }),
    )
  })
})

describe('the wait after a failure', () => {
  it('doubles from five seconds to a quarter of an hour, spread to both sides', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, random) => {
          const middle = Math.min(5_000 * 2 ** Math.min(n - 1, 30), 15 * minuteMs)
          const ms = backoffMs(n, random, undefined)
          expect(ms).toBeGreaterThanOrEqual(middle * 0.8 - 1)
          expect(ms).toBeLessThanOrEqual(middle * 1.2 + 1)
        },
      ),
    )
  })

  it('is no shorter than the provider asks for', () => {
    expect(backoffMs(1, 0, 120)).toBe(120_000)
    expect(backoffMs(1, 0.5, 1)).toBe(5_000)
  })
})
