import { describe, expect, it } from 'vitest'
import { createPlaces } from './take-places.ts'

/** Work that ends when it is told to. */
function held() {
  const state = { working: 0, most: 0, ends: [] as (() => void)[] }
  const work = async () => {
    state.working += 1
    state.most = Math.max(state.most, state.working)
    await new Promise<void>((resolve) => void state.ends.push(resolve))
    state.working -= 1
    return 'done'
  }
  return { state, work }
}

const settle = () => new Promise((resolve) => void setImmediate(resolve))

describe('the places of long work', () => {
  it('are two for a workspace; a few more wait for one, and the others are told to come again', async () => {
    const take = createPlaces()
    const { state, work } = held()
    const taken = Array.from({ length: 7 }, () => take('wsp_1', work).catch((error) => error.type))
    await settle()
    expect(await taken[6]).toBe('overloaded')
    expect(state.working).toBe(2)
    for (let at = 0; at < 6; at++) {
      state.ends.shift()?.()
      await settle()
    }
    expect(await Promise.all(taken.slice(0, 6))).toEqual(Array(6).fill('done'))
    expect(state.most).toBe(2)
    // None is lost by what failed.
    await expect(take('wsp_1', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await take('wsp_1', async () => 'again')).toBe('again')
  })

  it('are four over all workspaces, and one that waits keeps no other workspace from its own', async () => {
    const take = createPlaces()
    const { state, work } = held()
    const taken = ['a', 'b', 'c', 'd', 'e'].map((name) => take(`wsp_${name}`, work))
    await settle()
    expect(state.working).toBe(4)
    for (let at = 0; at < 5; at++) {
      state.ends.shift()?.()
      await settle()
    }
    expect(await Promise.all(taken)).toEqual(Array(5).fill('done'))
    expect(state.most).toBe(4)
  })
})
