import { activityBucketsMax } from '@sallyport/contracts'
import { expect, it } from 'vitest'
import { rangeOf, ranges, spanOf } from './ranges.ts'

it('asks for no more points than the vault gives, and ends after now', () => {
  const nowMs = Date.parse('2026-11-21T10:07:30.000Z')
  for (const range of ranges) {
    const { from, to } = spanOf(range, nowMs)
    expect(range.minutes / range.bucketMinutes).toBeLessThanOrEqual(activityBucketsMax)
    expect(Date.parse(to) - Date.parse(from)).toBe(range.minutes * 60_000)
    expect(Date.parse(to)).toBeGreaterThan(nowMs)
  }
})

it('asks for the same time within a step, so that the answer can be kept', () => {
  const range = rangeOf('24h')
  const at = (time: string) => spanOf(range, Date.parse(`2026-11-21T${time}Z`))
  expect(at('10:01:00.000')).toEqual(at('10:14:59.000'))
  expect(at('10:01:00.000')).not.toEqual(at('10:15:01.000'))
})

it('shows a day where the address names no range that there is', () => {
  expect(rangeOf('century').id).toBe('24h')
  expect(rangeOf(undefined).id).toBe('24h')
})
