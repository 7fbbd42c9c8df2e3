import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createCache } from './cache.ts'

/** A store whose answers are given when the test says so. */
function setUp(
  options: { entriesMax?: number; ttlMs?: number; weigh?: (value: string) => number } = {},
) {
  const pending: { key: string; answer: (value: string | undefined) => void; fail: () => void }[] =
    []
  const state = { live: true, nowMs: 0 }
  const cache = createCache<string>({
    load: (key) =>
      new Promise((resolve, reject) => {
        pending.push({ key, answer: resolve, fail: () => reject(new Error('gone')) })
      }),
    isLive: () => state.live,
    ttlMs: options.ttlMs ?? 1000,
    entriesMax: options.entriesMax ?? 10,
    ...(options.weigh !== undefined && { weigh: options.weigh }),
    now: () => state.nowMs,
  })
  const filled = async (key: string, value: string) => {
    const got = cache.get(key)
    pending.pop()?.answer(value)
    await got
  }
  return { cache, pending, state, filled }
}

describe('cache', () => {
  it('keeps what it loaded', async () => {
    const { cache, filled, pending } = setUp()
    await filled('a', 'one')
    expect(cache.peek('a')).toBe('one')
    expect(await cache.get('a')).toBe('one')
    expect(pending).toHaveLength(0)
  })

  it('loads a key once for all who wait for it', async () => {
    const { cache, pending } = setUp()
    const both = Promise.all([cache.get('a'), cache.get('a')])
    expect(pending).toHaveLength(1)
    pending[0]?.answer('one')
    expect(await both).toEqual(['one', 'one'])
  })

  it.each(['delete', 'clear'] as const)(
    'does not keep a value that a change overtook (%s)',
    async (means) => {
      verifies('S-10')
      const { cache, pending } = setUp()
      const got = cache.get('a')
      cache[means]('a')
      pending[0]?.answer('old')
      expect(await got).toBe('old')
      expect(cache.peek('a')).toBeUndefined()
    },
  )

  it('does not let a call after a change join a load from before it', async () => {
    verifies('S-10')
    const { cache, pending } = setUp()
    const before = cache.get('a')
    cache.delete('a')
    const after = cache.get('a')
    expect(pending).toHaveLength(2)
    pending[1]?.answer('new')
    pending[0]?.answer('old')
    expect(await before).toBe('old')
    expect(await after).toBe('new')
    expect(cache.peek('a')).toBe('new')
  })

  it('uses and keeps nothing while changes may be missed', async () => {
    verifies('S-10')
    const { cache, filled, pending, state } = setUp()
    await filled('a', 'old')
    state.live = false
    expect(cache.peek('a')).toBeUndefined()
    const got = cache.get('a')
    pending[0]?.answer('new')
    expect(await got).toBe('new')
    cache.clear()
    state.live = true
    expect(cache.peek('a')).toBeUndefined()
  })

  it('does not keep a value that was loaded while the feed was lost', async () => {
    const { cache, pending, state } = setUp()
    const got = cache.get('a')
    state.live = false
    pending[0]?.answer('one')
    await got
    state.live = true
    expect(cache.peek('a')).toBeUndefined()
  })

  it('forgets after its time', async () => {
    const { cache, filled, state } = setUp({ ttlMs: 100 })
    await filled('a', 'one')
    state.nowMs = 99
    expect(cache.peek('a')).toBe('one')
    state.nowMs = 100
    expect(cache.peek('a')).toBeUndefined()
  })

  it('keeps neither a failure nor what does not exist', async () => {
    const { cache, pending } = setUp()
    const failed = cache.get('a')
    pending.shift()?.fail()
    await expect(failed).rejects.toThrow('gone')
    const missing = cache.get('a')
    pending.shift()?.answer(undefined)
    expect(await missing).toBeUndefined()
    void cache.get('a')
    expect(pending).toHaveLength(1)
  })

  it('drops what was not used for longest when it is full', async () => {
    const { cache, filled } = setUp({ entriesMax: 2 })
    await filled('a', '1')
    await filled('b', '2')
    cache.peek('a')
    await filled('c', '3')
    expect([cache.peek('a'), cache.peek('b'), cache.peek('c')]).toEqual(['1', undefined, '3'])
  })

  it('keeps fewer where they are heavy, and the last one in any case', async () => {
    verifies('S-22')
    const { cache, filled } = setUp({ entriesMax: 10, weigh: (value) => value.length })
    const left = () => ['a', 'b', 'c'].filter((key) => cache.peek(key) !== undefined)
    await filled('a', 'xxxx')
    await filled('b', 'xxxx')
    cache.peek('a')
    await filled('c', 'xxxx')
    expect(left()).toEqual(['a', 'c'])
    cache.delete('a')
    await filled('b', 'xxxxxx')
    expect(left()).toEqual(['b', 'c'])
    await filled('a', 'x'.repeat(50))
    expect(left()).toEqual(['a'])
    cache.clear()
    await filled('b', 'xxxxxxxxxx')
    expect(left()).toEqual(['b'])
  })

  it('never holds more than it may, nor a value from before the last change of its key', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      does: fc.constantFrom('get', 'change', 'clear', 'answer'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const truth = new Map<string, number>()
        const { cache, pending } = setUp({ entriesMax: 3 })
        const read: { answer: () => void }[] = []
        for (const { key, does } of steps) {
          if (does === 'get') {
            const before = pending.length
            void cache.get(key)
            const load = pending[before]
            const seen = `${truth.get(key) ?? 0}`
            if (load) read.push({ answer: () => load.answer(seen) })
          } else if (does === 'answer') read.shift()?.answer()
          else if (does === 'clear') cache.clear()
          else {
            truth.set(key, (truth.get(key) ?? 0) + 1)
            cache.delete(key)
          }
          await Promise.resolve().then(() => Promise.resolve())
          const kept = ['a', 'b', 'c', 'd'].map((name) => [name, cache.peek(name)] as const)
          expect(kept.filter(([, value]) => value !== undefined).length).toBeLessThanOrEqual(3)
          for (const [name, value] of kept) {
            if (value !== undefined) expect(value).toBe(`${truth.get(name) ?? 0}`)
          }
        }
      }),
    )
  })
})
