import { beforeEach, describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createLimitClock, type LimitClock } from './limit-clock.ts'

const minuteMs = 60_000
const epochMs = 1_790_000_000_000

describe('the clock of the limits', () => {
  let passedMs: number
  let wallMs: number
  let databaseMs: number
  let clock: LimitClock
  /** What everybody lives through alike. */
  const live = (ms: number) => {
    passedMs += ms
    wallMs += ms
    databaseMs += ms
  }
  const look = () => clock.notice(databaseMs)
  const isBehindMs = () => databaseMs - clock.now()
  beforeEach(() => {
    passedMs = 5_000
    wallMs = epochMs + 3_000
    databaseMs = epochMs
    const [monotonicNow, wallNow] = [() => passedMs, () => wallMs]
    clock = createLimitClock({ databaseNowMs: databaseMs, monotonicNow, wallNow })
  })
  /** The machine stands still, and is told the time when it wakes. */
  const sleep = (ms: number) => {
    wallMs += ms
    databaseMs += ms
  }

  it('goes with the database’s, whatever time it was here', () => {
    live(minuteMs)
    look()
    expect(isBehindMs()).toBe(0)
  })

  it('goes forward to it after the machine has slept', () => {
    look()
    sleep(7 * minuteMs)
    expect(isBehindMs()).toBe(7 * minuteMs)
    look()
    expect(isBehindMs()).toBe(0)
    live(minuteMs)
    look()
    expect(isBehindMs()).toBe(0)
  })

  it('goes forward once the machine has been told the time, where it was told late', () => {
    databaseMs += 7 * minuteMs
    live(minuteMs)
    look()
    expect(isBehindMs()).toBe(7 * minuteMs)
    wallMs += 7 * minuteMs
    look()
    expect(isBehindMs()).toBe(0)
  })

  it('believes neither the database’s clock nor this machine’s by itself', () => {
    verifies('S-30')
    const before = clock.now()
    databaseMs += 60 * minuteMs
    look()
    expect(clock.now()).toBe(before)
    databaseMs -= 60 * minuteMs
    wallMs += 60 * minuteMs
    look()
    expect(clock.now()).toBe(before)
    // It was set long ago: that is no word for what another says now.
    live(minuteMs)
    databaseMs += 60 * minuteMs
    look()
    expect(clock.now()).toBe(before + minuteMs)
  })

  it('goes forward by the less of what the two say, and never back', () => {
    verifies('S-30')
    databaseMs += 60 * minuteMs
    wallMs += 10 * minuteMs
    const before = clock.now()
    look()
    expect(clock.now() - before).toBe(10 * minuteMs)
    databaseMs -= 600 * minuteMs
    wallMs -= 600 * minuteMs
    look()
    expect(clock.now() - before).toBe(10 * minuteMs)
  })
})
