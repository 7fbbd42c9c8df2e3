import { type Problem, SensitiveName } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decideAsItIs, decideRequest } from './decide-request.ts'
import { freezeRequest } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'

const origin = 'https://api.example.com'

function callUnder(then: 'deny' | 'redact', kinds: readonly SensitiveName[] = ['us_ssn']) {
  const call: Partial<ResolvedCall> = {
    workspace: { isFrozen: false },
    connection: { status: 'healthy', origins: [origin] } as unknown as ResolvedCall['connection'],
    policy: {
      ...{ id: 'pol_1', version: 1, limits: {} as ResolvedCall['policy']['limits'] },
      compiled: compilePolicy({
        ...{ id: 'pol_1', version: 1 },
        document: {
          allow: [{ origin, methods: ['POST'], paths: ['/**'] }],
          rules: [{ id: 'r', when: { sensitive: { kinds: [...kinds] } }, then }],
          ...{ approval: 'never', limits: {}, windows: [] },
        },
      }),
    },
    searched: new WeakMap(),
  }
  return call as ResolvedCall
}

const posting = (text: string) =>
  freezeRequest(
    { method: 'POST', url: `${origin}/v1/a`, body: { text } },
    { allowEncodedSlash: false, extraHeaders: [], slot: { headerNames: ['authorization'] } },
  )

/** A clock by which each look at it takes `stepMs`. */
function needsAt(stepMs: number) {
  let nowMs = 0
  let turns = 0
  return {
    now: () => Date.parse('2026-11-21T12:00:00Z'),
    elapsed: () => {
      nowMs += stepMs
      return nowMs
    },
    takeTurn: async () => {
      turns += 1
    },
    turns: () => turns,
  }
}

const long = `${'1-2 '.repeat(20_000)} my SSN is 123-45-6789`

describe('deciding a request', () => {
  it('looks through a small body at once', () => {
    const needs = needsAt(1)
    const settled = decideRequest(needs, callUnder('deny'), posting('SSN 123-45-6789'))
    expect(settled).not.toBeInstanceOf(Promise)
    expect(settled).toMatchObject({ decision: { outcome: 'deny', ruleId: 'r' } })
    expect(needs.turns()).toBe(0)
  })

  it('looks through a large one in turns, to the same end', async () => {
    verifies('S-14', 'S-22')
    const needs = needsAt(1)
    const settled = await decideRequest(needs, callUnder('deny'), posting(long))
    expect(settled.decision).toMatchObject({ outcome: 'deny', ruleId: 'r' })
    expect(needs.turns()).toBeGreaterThan(2)
  })

  it('looks through what is left after redaction too, and never again for the same call', async () => {
    verifies('S-14', 'S-21')
    const needs = needsAt(1)
    const call = callUnder('redact', SensitiveName.options)
    const { frozen, decision } = await decideRequest(needs, call, posting(long))
    expect(decision).toMatchObject({ outcome: 'allow', redacted: { ruleIds: ['r'], count: 1 } })
    expect(new TextDecoder().decode(frozen.body)).toContain('[redacted:us_ssn]')
    expect(call.searched?.get(frozen)?.size).toBe(1)
    expect(decideAsItIs(call, frozen, needs.now()).outcome).toBe('allow')
  })

  it('ends where looking takes too long, and says so', async () => {
    verifies('S-22')
    const work = decideRequest(needsAt(5_000), callUnder('deny'), posting(long))
    const problem = await Promise.resolve(work).catch((thrown: unknown) => thrown as Problem)
    expect(problem).toMatchObject({ type: 'request-too-large' })
  })
})
