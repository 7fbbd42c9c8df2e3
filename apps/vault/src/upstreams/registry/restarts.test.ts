import { expect, it } from 'vitest'
import { createRestarts } from './restarts.ts'

it('waits longer with each failure, and from the beginning again once it worked', () => {
  const restarts = createRestarts({ isProgram: false })
  const waits = Array.from({ length: 14 }, () => restarts.next(0, 0.5))
  expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000])
  expect(waits.at(-1)).toBe(300_000)
  restarts.worked()
  expect([restarts.next(0, 0), restarts.next(0, 1)]).toEqual([400, 1200])
})

it('starts a program ten times within ten minutes at the most, unless somebody asks', () => {
  const restarts = createRestarts({ isProgram: true })
  for (let start = 0; start < 10; start += 1) {
    expect(restarts.next(start, 0.5)).toBeDefined()
    restarts.worked()
  }
  expect(restarts.next(10, 0.5)).toBeUndefined()
  expect(restarts.next(11 * 60_000, 0.5)).toBeDefined()
  for (let start = 0; start < 20; start += 1) restarts.next(12 * 60_000, 0.5)
  restarts.reset()
  expect(restarts.next(12 * 60_000, 0.5)).toBe(500)
})
