import type { AllowEntry, Limits } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { entryScope, listWindows, planLimits } from './plan-limits.ts'

const entry: AllowEntry = {
  origin: 'https://api.example',
  methods: ['GET', 'POST'],
  paths: ['/b/**', '/a'],
}
const plan = (limits: Limits, allow: AllowEntry[] = [entry]) => planLimits({ limits, allow })
const day = 86_400_000

describe('the plan of a policy’s limits', () => {
  it('has nothing to count where the policy bounds nothing but sizes', () => {
    expect(plan({}).isNone).toBe(true)
    expect(plan({ requestBytesMax: 1, responseBytesMax: 1 }).isNone).toBe(true)
    for (const limits of [
      { perMinute: 1 },
      { concurrent: 1 },
      { requestBytesPerDay: 1 },
      { responseBytesPerDay: 1 },
      { perMethod: { GET: { perDay: 1 } } },
      { budget: { usdPerDay: 1 } },
    ]) {
      expect(plan(limits).isNone).toBe(false)
    }
    expect(plan({}, [{ ...entry, limits: { perDay: 1 } }]).isNone).toBe(false)
  })

  it('names every limit once, with what it counts and for how long', () => {
    const planned = plan(
      {
        perMinute: 1,
        perHour: 2,
        perDay: 3,
        perMethod: { POST: { perDay: 4 } },
        requestBytesPerDay: 5,
        responseBytesPerDay: 6,
        budget: { tokensPerDay: 7, tokensPerMonth: 8, usdPerDay: 0.5, usdPerMonth: 20 },
      },
      [
        { ...entry, limits: { perHour: 9 } },
        { ...entry, paths: ['/a', '/b/**'], limits: { perHour: 9 } },
      ],
    )
    expect(
      listWindows(planned).map(({ name, limit, windowMs, unit }) => [name, limit, windowMs, unit]),
    ).toEqual([
      ['perMinute', 1, 60_000, 'requests'],
      ['perHour', 2, 3_600_000, 'requests'],
      ['perDay', 3, day, 'requests'],
      ['perDay:POST', 4, day, 'requests'],
      [`${entryScope(entry)}:perHour`, 9, 3_600_000, 'requests'],
      ['requestBytesPerDay', 5, day, 'bytes'],
      ['responseBytesPerDay', 6, day, 'bytes'],
      ['tokensPerDay', 7, day, 'tokens'],
      ['tokensPerMonth', 8, 30 * day, 'tokens'],
      ['usdPerDay', 500_000, day, 'usd'],
      ['usdPerMonth', 20_000_000, 30 * day, 'usd'],
    ])
  })

  it('names an entry by what it allows, in whatever order, and by nothing else', () => {
    const same = { ...entry, methods: ['POST' as const, 'GET' as const], paths: ['/a', '/b/**'] }
    expect(entryScope({ ...same, approval: 'always', limits: { perDay: 1 } })).toBe(
      entryScope(entry),
    )
    expect(entryScope({ ...entry, paths: ['/a'] })).not.toBe(entryScope(entry))
    expect(entryScope({ ...entry, origin: 'https://api.example:8443' })).not.toBe(entryScope(entry))
    expect(entryScope(entry)).toMatch(/^entry:[0-9a-f]{16}$/)
  })
})
