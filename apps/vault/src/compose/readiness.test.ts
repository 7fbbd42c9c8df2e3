import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { Foundation } from './foundation.ts'
import { composeReadiness } from './readiness.ts'

describe('whether a vault is ready', () => {
  it('is asked of the database once for all who ask at the same time, and anew for who asks later', async () => {
    verifies('S-44')
    const state = { asked: 0, isDown: false }
    // Whoever is on the network may ask, as often as they like: agents' requests wait for the same connections.
    const sql = async () => {
      state.asked += 1
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (state.isDown) throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
      return [{ nowMs: 1 }]
    }
    const foundation = { database: { sql }, feed: { isLive: () => true } } as unknown as Foundation
    const ready = composeReadiness(foundation, {
      isDraining: () => false,
      queue: () => undefined,
    })
    const many = await Promise.all(Array.from({ length: 500 }, ready))
    expect([many.length, state.asked]).toEqual([500, 1])
    await ready()
    expect(state.asked).toBe(2)
    state.isDown = true
    for (const one of await Promise.allSettled([ready(), ready()])) {
      expect(one).toMatchObject({ status: 'rejected', reason: { type: 'store-unavailable' } })
    }
    state.isDown = false
    expect((await ready()).status).toBe('ready')
  })
})
