import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createCallWatch } from './call-watch.ts'
import { createRunningCalls } from './running-calls.ts'

function createWorld() {
  const world = {
    nowMs: 0,
    isLive: true,
    asked: 0,
    answer: (): Promise<boolean> => Promise.resolve(true),
  }
  const running = createRunningCalls()
  const watch = createCallWatch({
    running,
    isStillGood: () => {
      world.asked += 1
      return world.answer()
    },
    isLive: () => world.isLive,
    now: () => world.nowMs,
  })
  return { world, watch, call: running.begin({ connectionId: 'con_1' }) }
}

describe('the watch over running calls', () => {
  it('asks nobody while changes get through', async () => {
    const { world, watch, call } = createWorld()
    for (; world.nowMs < 60_000; world.nowMs += 250) await watch.look()
    expect([world.asked, call.isEnded()]).toEqual([0, false])
  })

  it('asks about each call while they do not, and ends it on a no', async () => {
    verifies('S-10')
    const { world, watch, call } = createWorld()
    await watch.look()
    world.isLive = false
    for (; world.nowMs < 60_000; world.nowMs += 250) await watch.look()
    expect(call.isEnded()).toBe(false)
    world.answer = () => Promise.resolve(false)
    await watch.look()
    expect(call.isEnded()).toBe(true)
  })

  it('ends a call that nobody could vouch for within three seconds', async () => {
    verifies('S-10', 'S-44')
    for (const answer of [
      () => Promise.reject(new Error('no database')),
      () => new Promise<boolean>(() => {}),
    ]) {
      const { world, watch, call } = createWorld()
      await watch.look()
      world.isLive = false
      world.answer = answer
      for (; world.nowMs < 2_900; world.nowMs += 100) watch.look().catch(() => {})
      await Promise.resolve()
      expect(call.isEnded()).toBe(false)
      world.nowMs = 3_100
      await Promise.race([watch.look(), new Promise((resolve) => setTimeout(resolve, 50))])
      expect(call.isEnded()).toBe(true)
    }
  })

  it('ends no call for a standstill of its own: it asks first', async () => {
    verifies('S-44')
    const { world, watch, call } = createWorld()
    await watch.look()
    world.isLive = false
    world.nowMs = 20_000
    await watch.look()
    expect([world.asked, call.isEnded()]).toEqual([1, false])
    world.answer = () => Promise.resolve(false)
    world.nowMs = 40_000
    await watch.look()
    expect(call.isEnded()).toBe(true)
  })

  it('keeps asking after a change whose meaning could not be found out', async () => {
    verifies('S-10')
    const { world, watch, call } = createWorld()
    await watch.look()
    world.answer = () => Promise.reject(new Error('no database'))
    await expect(watch.follow(undefined)).rejects.toThrow('no database')
    world.answer = () => Promise.resolve(false)
    await watch.look()
    expect(call.isEnded()).toBe(true)
  })
})
