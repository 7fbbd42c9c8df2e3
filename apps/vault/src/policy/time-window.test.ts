import type { TimeWindow } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileWindow, findOpening, isOpen, nextOpening } from './time-window.ts'

const everyDay: TimeWindow['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const window = (
  days: TimeWindow['days'],
  hours: `${string}-${string}`,
  timezone = 'Europe/Berlin',
) => {
  const [from = '', to = ''] = hours.split('-')
  return compileWindow({ days, from, to, timezone })
}
const at = (text: string) => Date.parse(text)
const minuteMs = 60_000

describe('time windows', () => {
  it('is open from its first minute to before its last', () => {
    const office = window(['mon'], '09:00-17:30')
    expect(isOpen(office, at('2026-11-23T07:59:59.999Z'))).toBe(false)
    expect(isOpen(office, at('2026-11-23T08:00:00Z'))).toBe(true)
    expect(isOpen(office, at('2026-11-23T16:29:59.999Z'))).toBe(true)
    expect(isOpen(office, at('2026-11-23T16:30:00Z'))).toBe(false)
    expect(isOpen(office, at('2026-11-24T08:00:00Z'))).toBe(false)
  })

  it('crosses midnight on the day it began', () => {
    const night = window(['fri'], '22:00-06:00')
    expect(isOpen(night, at('2026-11-20T21:30:00Z'))).toBe(true)
    expect(isOpen(night, at('2026-11-21T04:59:00Z'))).toBe(true)
    expect(isOpen(night, at('2026-11-21T05:00:00Z'))).toBe(false)
    expect(isOpen(night, at('2026-11-21T21:30:00Z'))).toBe(false)
    expect(isOpen(night, at('2026-11-20T04:00:00Z'))).toBe(false)
    const wholeDay = window(['sat'], '12:00-12:00')
    expect(isOpen(wholeDay, at('2026-11-22T10:59:00Z'))).toBe(true)
    expect(isOpen(wholeDay, at('2026-11-22T11:00:00Z'))).toBe(false)
  })

  it('follows the clock on the wall through both changes of the clocks', () => {
    // Berlin: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
    const small = window(everyDay, '02:15-02:45')
    expect(isOpen(small, at('2026-10-25T00:30:00Z'))).toBe(true)
    expect(isOpen(small, at('2026-10-25T01:30:00Z'))).toBe(true)
    expect(isOpen(small, at('2026-10-25T01:00:00Z'))).toBe(false)
    expect(findOpening(small, at('2026-10-25T00:50:00Z'))).toBe(at('2026-10-25T01:15:00Z'))
    expect(findOpening(small, at('2026-03-29T00:30:00Z'))).toBe(at('2026-03-30T00:15:00Z'))
    const wide = window(everyDay, '02:30-05:00')
    expect(findOpening(wide, at('2026-03-29T00:30:00Z'))).toBe(at('2026-03-29T01:00:00Z'))
    const rare = window(['sun'], '02:15-02:45')
    expect(findOpening(rare, at('2026-03-29T00:30:00Z'))).toBe(at('2026-04-05T00:15:00Z'))
  })

  it('names the next opening in UTC and in its own zone', () => {
    const office = window(['mon'], '09:00-17:30')
    const late = window(['tue'], '09:00-17:30', 'America/New_York')
    expect(nextOpening([late, office], at('2026-11-21T12:00:00Z'))).toEqual({
      at: at('2026-11-23T08:00:00Z'),
      local: 'Mon 2026-11-23 09:00 Europe/Berlin',
    })
  })

  it('finds the same opening as a walk from minute to minute', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'America/Santiago',
    ]
    const clock = fc
      .integer({ min: 0, max: 1439 })
      .map(
        (m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`,
      )
    const around = fc.constantFrom(
      at('2026-03-28T20:00:00Z'),
      at('2026-10-24T20:00:00Z'),
      at('2026-04-04T10:00:00Z'),
      at('2026-09-05T20:00:00Z'),
      at('2026-11-01T02:00:00Z'),
      at('2026-06-15T00:00:00Z'),
    )
    fc.assert(
      fc.property(
        fc.record({
          zone: fc.constantFrom(...zones),
          from: clock,
          to: clock,
          start: around,
          plus: fc.integer({ min: 0, max: 900 }),
        }),
        ({ zone, from, to, start, plus }) => {
          const one = window(everyDay, `${from}-${to}`, zone)
          const now = start + plus * minuteMs + 1234
          fc.pre(!isOpen(one, now))
          let walked = Math.ceil(now / minuteMs) * minuteMs
          while (!isOpen(one, walked)) walked += minuteMs
          expect(findOpening(one, now)).toBe(walked)
        },
      ),
      { numRuns: 60 },
    )
  })
})
