import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromLocal, toLocal } from './local-time.ts'

describe('a point in time that a person sets', () => {
  it('is the same after it was shown, to the minute', () => {
    const range = { min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), (date) => {
        const minute = new Date(Math.floor(date.getTime() / 60_000) * 60_000)
        const shown = toLocal(minute.toISOString())
        expect(toLocal(fromLocal(shown))).toBe(shown)
      }),
    )
  })

  it('is none where nothing, or nonsense, stands', () => {
    expect(fromLocal('')).toBeUndefined()
    expect(fromLocal('soon')).toBeUndefined()
    expect(toLocal(undefined)).toBe('')
    expect(toLocal('soon')).toBe('')
  })
})
