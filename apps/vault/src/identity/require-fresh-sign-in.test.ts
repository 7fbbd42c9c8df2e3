import { Problem, toProblemBody } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'

const nowMs = 1_800_000_000_000
const owner: AuthenticatedOwner = {
  ownerId: 'own_1',
  workspaceId: 'wsp_1',
  email: 'ada@example.com',
  role: 'owner',
  scopes: new Set(),
  via: 'session',
  expiresAtMs: nowMs + 1e6,
}

function refusal(person: AuthenticatedOwner): Problem | undefined {
  try {
    requireFreshSignIn(person, nowMs)
    return undefined
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown
    throw thrown
  }
}

describe('a fresh sign-in', () => {
  it('is at most five minutes old, and never one that is yet to come', () => {
    verifies('S-42')
    const minute = 60_000
    for (const [ageMs, type] of [
      [0, undefined],
      [5 * minute - 1, undefined],
      [-10_000, undefined],
      [5 * minute, 'fresh-sign-in-required'],
      [12 * 60 * minute, 'fresh-sign-in-required'],
      [-10_001, 'fresh-sign-in-required'],
      [Number.NaN, 'fresh-sign-in-required'],
    ] as const) {
      expect([ageMs, refusal({ ...owner, authenticatedAtMs: nowMs - ageMs })?.type]).toEqual([
        ageMs,
        type,
      ])
    }
    expect(refusal(owner)?.type).toBe('fresh-sign-in-required')
  })

  it('is never a token’s, and says how a session comes by one', () => {
    const token = { ...owner, via: 'token', authenticatedAtMs: nowMs } as const
    expect(refusal(token)?.type).toBe('session-required')
    const problem = refusal(owner)
    expect(problem && toProblemBody(problem).next).toContain('/api/v1/session/reauthenticate')
  })
})
