import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { openWindow, type Spent } from './sliding-window.ts'

const windowMs = 60_000
const startMs = 1_800_000_000_000
const pairsMax = 60

/** Some attempts at once, some time after the ones before, under a limit. */
interface Step {
  readonly afterMs: number
  readonly attempts: number
  readonly limit: number
}

interface Answer {
  readonly atMs: number
  readonly limit: number
  readonly waitMs: number
}

/** Asks step by step, keeping between the steps what a database would keep; also the most pairs that were kept. */
function ask(steps: readonly Step[]): { answers: Answer[]; pairs: number } {
  const answers: Answer[] = []
  let kept: Spent = []
  let pairs = 0
  let atMs = startMs
  for (const { afterMs, attempts, limit } of steps) {
    atMs += afterMs
    const window = openWindow(windowMs, kept, atMs)
    for (let i = 0; i < attempts; i += 1) {
      const waitMs = window.waitMs(limit)
      if (waitMs === 0) window.spend(limit)
      answers.push({ atMs, limit, waitMs })
    }
    kept = window.spent()
    pairs = Math.max(pairs, kept.length / 2)
  }
  return { answers, pairs }
}

const times = (answers: readonly Answer[]) =>
  answers.filter((answer) => answer.waitMs === 0).map((answer) => answer.atMs)

/** How many of the times lie in the window that ends with `atMs`. */
const within = (granted: readonly number[], atMs: number) =>
  granted.filter((ms) => ms > atMs - windowMs && ms <= atMs).length

/** How many of the times, in their order, lie in any one window at most. */
function mostWithin(granted: readonly number[]): number {
  let most = 0
  let first = 0
  for (const [at, atMs] of granted.entries()) {
    while ((granted[first] ?? atMs) <= atMs - windowMs) first += 1
    most = Math.max(most, at - first + 1)
  }
  return most
}

const afterMs = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 2 * windowMs }),
  fc.double({ min: 0, max: 5_000, noNaN: true }),
  fc.constantFrom(windowMs - 1, windowMs, windowMs + 1),
)
const limits = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 700 }))
const attempts = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 }))
/** Floods, and one attempt after the other, which fill a window evenly. */
const stepsOf = (limit: fc.Arbitrary<number>) =>
  fc.oneof(
    fc.array(fc.record({ afterMs, attempts, limit }), { minLength: 1, maxLength: 60 }),
    limit.chain((most) =>
      fc.array(
        fc.record({
          afterMs: fc.integer({ min: 0, max: Math.ceil((1.5 * windowMs) / most) }),
          attempts: fc.constant(1),
          limit,
        }),
        { minLength: Math.min(2 * most, 300), maxLength: Math.min(4 * most, 600) },
      ),
    ),
  )

describe('sliding window', () => {
  it('grants exactly the limit from rest, and no more in the same window however the attempts fall', () => {
    verifies('S-29')
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 30 })), (limit, gaps) => {
        const flood = Array.from({ length: 2 * limit + 5 }, (_, i) => ({
          afterMs: gaps[i] ?? 0,
          attempts: 1,
          limit,
        }))
        const { answers } = ask(flood)
        fc.pre((answers.at(-1)?.atMs ?? 0) < startMs + windowMs)
        expect(times(answers)).toHaveLength(limit)
      }),
    )
  })

  it('never grants more than the limit in any window', () => {
    verifies('S-29')
    fc.assert(
      fc.property(
        limits.chain((limit) => stepsOf(fc.constant(limit))),
        (steps) => {
          const granted = times(ask(steps).answers)
          expect(mostWithin(granted)).toBeLessThanOrEqual(steps[0]?.limit ?? 0)
        },
      ),
    )
  })

  it('obeys a limit that was just raised or lowered, at once', () => {
    verifies('S-29')
    fc.assert(
      fc.property(stepsOf(limits), (steps) => {
        const { answers } = ask(steps)
        answers.forEach(({ atMs, limit, waitMs }, i) => {
          const before = within(times(answers.slice(0, i)), atMs)
          if (waitMs === 0) expect(before).toBeLessThan(limit)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('refuses nothing that an exact count would grant while the limit is 60 or less', () => {
    fc.assert(
      fc.property(
        stepsOf(fc.integer({ min: 1, max: 60 })),
        // Whole milliseconds: the fraction is rounded up, so a window may close up to a millisecond later.
        (steps) => {
          const { answers } = ask(
            steps.map((step) => ({ ...step, afterMs: Math.ceil(step.afterMs) })),
          )
          answers.forEach(({ atMs, limit, waitMs }, i) => {
            const before = within(times(answers.slice(0, i)), atMs)
            expect(waitMs === 0).toBe(before < limit)
          })
        },
      ),
      { numRuns: 40 },
    )
  })

  it('refuses under a higher limit only when all but a sixtieth of it is used up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 61, max: 700 }).chain((limit) => stepsOf(fc.constant(limit))),
        (steps) => {
          const { answers } = ask(
            steps.map((step) => ({ ...step, afterMs: Math.ceil(step.afterMs) })),
          )
          answers.forEach(({ atMs, limit, waitMs }, i) => {
            if (waitMs === 0) return
            const before = within(times(answers.slice(0, i)), atMs)
            expect(before).toBeGreaterThan(limit - Math.ceil(limit / pairsMax))
          })
        },
      ),
      { numRuns: 20 },
    )
  })

  it('grants one after the wait that a refusal names, and none before', () => {
    fc.assert(
      fc.property(stepsOf(limits), limits, (steps, limit) => {
        let atMs = startMs
        let kept: Spent = []
        for (const step of steps) {
          atMs += step.afterMs
          const window = openWindow(windowMs, kept, atMs)
          for (let i = 0; i < step.attempts; i += 1) {
            if (window.waitMs(step.limit) === 0) window.spend(step.limit)
          }
          kept = window.spent()
        }
        const waitMs = openWindow(windowMs, kept, atMs).waitMs(limit)
        fc.pre(waitMs > 1)
        expect(waitMs).toBeLessThanOrEqual(windowMs + 1)
        expect(openWindow(windowMs, kept, atMs + waitMs).waitMs(limit)).toBe(0)
        expect(openWindow(windowMs, kept, atMs + waitMs - 1).waitMs(limit)).toBeGreaterThan(0)
      }),
    )
  })

  it('keeps a bounded number of pairs and grants no more than the limit, however the limit rises', () => {
    verifies('S-29')
    const rises = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 8, maxLength: 12 })
    fc.assert(
      fc.property(rises, fc.integer({ min: 1, max: 20 }), (gains, gapMs) => {
        let limit = 0
        const fill = gains.flatMap((gain) => {
          limit += gain
          return Array.from({ length: gain + 1 }, () => ({ afterMs: gapMs, attempts: 1, limit }))
        })
        const filledMs = fill.length * gapMs
        const again = Array.from({ length: 2 * fill.length }, (_, i) => ({
          afterMs: i === 0 ? windowMs - filledMs + gapMs : Math.ceil(gapMs / 2),
          attempts: 1,
          limit,
        }))
        const { answers, pairs } = ask([...fill, ...again])
        expect(pairs).toBeLessThan(2 * pairsMax)
        const granted = times(answers)
        expect(mostWithin(granted)).toBeLessThanOrEqual(limit)
      }),
      { numRuns: 20 },
    )
  })

  it('is not opened by a clock that goes back, and stays closed for one window at most', () => {
    verifies('S-30')
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 1e10 }), (limit, backMs) => {
        const full = openWindow(windowMs, [], startMs)
        for (let i = 0; i < limit; i += 1) full.spend(limit)
        const nowMs = startMs - backMs
        const after = openWindow(windowMs, full.spent(), nowMs)
        expect(after.waitMs(limit)).toBe(windowMs)
        // Whoever goes on from what it found opens it in time; whoever reads the database again later stays closed.
        expect(openWindow(windowMs, after.spent(), nowMs + windowMs).waitMs(limit)).toBe(0)
        expect(openWindow(windowMs, full.spent(), startMs).waitMs(limit)).toBe(windowMs)
      }),
    )
  })

  it('never grants more than the limit in any window of real time while the clock goes back again and again', () => {
    verifies('S-30')
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: windowMs }),
      backMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * windowMs })),
      attempts: fc.integer({ min: 1, max: 20 }),
    })
    const steps = fc.array(step, { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), steps, (limit, all) => {
        const granted: number[] = []
        let [realMs, backMs] = [startMs, 0]
        let kept: Spent = []
        for (const step of all) {
          realMs += step.afterMs
          backMs += step.backMs
          const window = openWindow(windowMs, kept, realMs - backMs)
          for (let i = 0; i < step.attempts && window.waitMs(limit) === 0; i += 1) {
            window.spend(limit)
            granted.push(realMs)
          }
          kept = window.spent()
        }
        expect(mostWithin(granted)).toBeLessThanOrEqual(limit)
      }),
    )
  })

  it('stays within what can be counted with, whatever is said to have been spent', () => {
    const window = openWindow(windowMs, [], startMs)
    for (let i = 0; i < 20; i += 1) window.spend(10, Number.MAX_SAFE_INTEGER)
    const [, count = 0] = window.spent()
    expect(count).toBeGreaterThan(2 ** 40)
    expect(window.used()).toBe(count)
    const later = openWindow(windowMs, window.spent(), startMs + 1)
    for (let i = 0; i < 20; i += 1) later.spend(10, 1e308)
    expect(Number.isSafeInteger(later.used())).toBe(true)
    expect(later.waitMs(2 ** 40)).toBe(windowMs)
  })
})
