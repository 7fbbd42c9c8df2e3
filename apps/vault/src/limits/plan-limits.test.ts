import type { AllowEntry, Limits } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { entryScope, listWindows, planLimits, toolWindows } from './plan-limits.ts'
import { takeOf } from './tally.ts'

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

describe('limits of tools', () => {
  const planned = planLimits({
    limits: {},
    allow: [],
    tools: [
      { toolsetId: 'tls_1', allowed: true, limits: { perMinute: 2, perDay: 9 } },
      { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true, limits: { perHour: 3 } },
      { toolsetId: 'tls_2', allowed: true },
    ],
  })

  it('count each tool by itself, under a grant of its own and under its toolset’s', () => {
    const names = (grantAt: number, toolId: string) =>
      toolWindows(planned, { grantAt, toolId }).map(({ name, limit }) => [name, limit])
    expect(names(0, 'tol_2')).toEqual([
      ['tool:tol_2:perMinute', 2],
      ['tool:tol_2:perDay', 9],
    ])
    expect(names(0, 'tol_3')).not.toEqual(names(0, 'tol_2'))
    expect(names(1, 'tol_1')).toEqual([['tool:tol_1:perHour', 3]])
    expect(names(2, 'tol_4')).toEqual([])
    expect(names(7, 'tol_4')).toEqual([])
  })

  it('make a policy one that counts, and are listed where their tool is known', () => {
    expect(planned.isNone).toBe(false)
    expect(listWindows(planned).map(({ name }) => name)).toEqual(['tool:tol_1:perHour'])
    expect(planLimits({ limits: {}, allow: [], tools: [] }).isNone).toBe(true)
  })

  it('are taken by a call of the tool, and not by a request of the agent’s own', () => {
    const request = { policyId: 'pol_1', method: 'GET', bodyBytes: 0, entryAt: undefined }
    const tool = { toolId: 'tol_2', grantAt: 0 }
    expect(takeOf(planned, { ...request, tool }, undefined)?.windows).toMatchObject([
      { name: 'tool:tol_2:perMinute', limit: 2 },
      { name: 'tool:tol_2:perDay', limit: 9 },
    ])
    expect(takeOf(planned, request, undefined)?.windows).toEqual([])
  })
})
