import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createOneByOne } from './one-by-one.ts'

describe('one by one', () => {
  it('runs in the order of coming under each key, at once under different ones, failures included', async () => {
    const oneByOne = createOneByOne({ atOnceMax: 10 })
    const seen: string[] = []
    const running = new Set<string>()
    const work = (key: string, name: string) =>
      oneByOne(key, async () => {
        expect(running.has(key)).toBe(false)
        running.add(key)
        seen.push(name)
        await turn()
        running.delete(key)
        if (name === 'a2') throw new Error(name)
        return name
      })
    const all = await Promise.allSettled([
      work('a', 'a1'),
      work('a', 'a2'),
      work('b', 'b1'),
      work('a', 'a3'),
    ])
    expect(all.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(seen.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
    expect(seen.indexOf('b1')).toBeLessThan(seen.indexOf('a2'))
  })

  it('turns away what is too much, and takes more once there is room', async () => {
    const oneByOne = createOneByOne({ atOnceMax: 2 })
    let done = 0
    const work = () =>
      oneByOne('a', async () => {
        await turn()
        done += 1
        return done
      })
    const all = await Promise.all([work(), work(), work()])
    expect(all).toEqual([1, 2, undefined])
    expect(await work()).toBe(3)
  })
})
