import { describe, expect, it } from 'vitest'
import { crossesMidnight, midnightSentence } from './window-words.ts'

describe('a time window', () => {
  it.each([
    ['09:00', '17:00', false],
    ['22:00', '06:00', true],
    ['09:00', '09:00', true],
    ['', '06:00', false],
  ])('from %s to %s crosses midnight: %s', (from, to, crosses) => {
    expect(crossesMidnight({ from, to })).toBe(crosses)
  })

  it('says by the example of its first day until when it is open, over the end of the week too', () => {
    const night = { from: '22:00', to: '06:00' }
    expect(midnightSentence({ ...night, days: ['fri', 'mon'] })).toContain(
      'from Monday 22:00 to Tuesday 06:00',
    )
    expect(midnightSentence({ ...night, days: ['sun'] })).toContain('to Monday 06:00')
    expect(midnightSentence({ ...night, days: [] })).toBeUndefined()
    expect(midnightSentence({ days: ['mon'], from: '09:00', to: '17:00' })).toBeUndefined()
  })
})
