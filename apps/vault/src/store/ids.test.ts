import { randomBytes } from 'node:crypto'
import { idPrefixes } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIds } from './ids.ts'

describe('ids', () => {
  it('are a prefix and 26 lower-case characters of Crockford’s base 32', () => {
    const newId = createIds({ now: Date.now, randomBytes })
    for (const kind of Object.keys(idPrefixes) as (keyof typeof idPrefixes)[]) {
      expect(newId(kind)).toMatch(new RegExp(`^${idPrefixes[kind]}_[0-9a-hjkmnp-tv-z]{26}$`))
    }
  })

  it('increase whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 48 - 100 }), { minLength: 2 }),
        (times) => {
          const clock = [...times]
          const newId = createIds({ now: () => clock.shift() ?? 0, randomBytes })
          const ids = times.map(() => newId('audit'))
          expect([...ids].sort()).toEqual(ids)
          expect(new Set(ids).size).toBe(ids.length)
        },
      ),
    )
  })

  it('say the time in their first ten characters', () => {
    const newId = createIds({ now: () => 1_469_918_176_385, randomBytes })
    // The example of the ULID specification.
    expect(newId('audit').slice(4, 14)).toBe('01aryz6s41')
  })

  it('go on in the next millisecond when the random part is used up', () => {
    const newId = createIds({ now: () => 1, randomBytes: (size) => new Uint8Array(size).fill(255) })
    const first = newId('audit')
    const second = newId('audit')
    expect(first).toBe('aud_0000000001fzzzzzzzzzzzzzzz')
    expect(second).toBe('aud_0000000001g000000000000000')
  })

  it('cannot be guessed from those of another millisecond', () => {
    let clock = 0
    const newId = createIds({
      now: () => {
        clock += 1
        return clock
      },
      randomBytes,
    })
    const ids = new Set(Array.from({ length: 1000 }, () => newId('agent').slice(14)))
    expect(ids.size).toBe(1000)
  })
})
