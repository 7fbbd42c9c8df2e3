import { expect, it } from 'vitest'
import { createRestarts } from './restarts.ts'

it('waits longer with each failure, and from the beginning again once it worked for a while', () => {
  const restarts = createRestarts({ isProgram: false })
  const waits = Array.from({ length: 14 }, () => restarts.next(0, 0.5))
  expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000])
  expect(waits.at(-1)).toBe(300_000)
  restarts.worked(0)
  expect([restarts.next(60_000, 0), restarts.next(60_000, 1)]).toEqual([400, 1200])
})

it('waits longer also for one that is there again and again only to be gone', () => {
  const restarts = createRestarts({ isProgram: false })
  const waits = Array.from({ length: 4 }, (_, at) => {
    restarts.worked(at * 30_000)
    return restarts.next(at * 30_000 + 20_000, 0.5)
  })
  expect(waits).toEqual([500, 1000, 2000, 4000])
})

it('starts a program ten times within ten minutes at the most, unless somebody asks', () => {
  const restarts = createRestarts({ isProgram: true })
  for (let start = 0; start < 10; start += 1) {
    expect(restarts.next(start, 0.5)).toBeDefined()
    restarts.worked(start)
  }
  expect(restarts.next(10, 0.5)).toBeUndefined()
  expect(restarts.next(11 * 60_000, 0.5)).toBeDefined()
  for (let start = 0; start < 20; start += 1) restarts.next(12 * 60_000, 0.5)
  restarts.reset()
  expect(restarts.next(12 * 60_000, 0.5)).toBe(500)
})
