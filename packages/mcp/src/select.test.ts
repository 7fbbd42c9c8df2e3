import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSelect, selectPart } from './select.ts'

const mail = {
  next: 'p2',
  'odd.name': 1,
  items: [
    { id: 'a', tags: ['x', 'y'], from: { name: 'A' } },
    { id: 'b', tags: [] },
  ],
}
const take = (path: string, value: unknown = mail) => selectPart(value, parseSelect(path))

describe('select', () => {
  it.each([
    ['next', 'p2'],
    ['$.next', 'p2'],
    ['.next', 'p2'],
    ['items[0].id', 'a'],
    ['items[].id', ['a', 'b']],
    ['items[*].id', ['a', 'b']],
    ['$.items[].tags[]', [['x', 'y'], []]],
    ['items[].from.name', ['A', null]],
    ['["odd.name"]', 1],
    ["['odd.name']", 1],
    ['$["items"][1].id', 'b'],
    ['$', mail],
    ['', mail],
  ])('takes %s', (path, value) => {
    expect(take(path)).toEqual({ value })
  })

  it('takes parts of a list', () => {
    expect(take('[].id', mail.items)).toEqual({ value: ['a', 'b'] })
    expect(take('$[1].id', mail.items)).toEqual({ value: 'b' })
  })

  it.each([
    ['item[].id', /an object with next, odd\.name, items\[2\]/],
    ['items.id', /an array of 2, the first an object with id, tags\[2\], from/],
    ['items[7]', /an array of 2/],
    ['next[]', /a string/],
    ['next.length', /a string/],
    ['constructor.name', /an object with/],
    ['__proto__', /an object with/],
    ['items.length', /an array/],
  ])('says for %s what there is instead', (path, missing) => {
    expect(take(path)).toEqual({ missing: expect.stringMatching(missing) })
  })

  it.each([
    'items[',
    'items[-1]',
    'items..id',
    'items[0]id',
    'a[b]',
    ']',
    `a${'.a'.repeat(40)}`,
    'a'.repeat(501),
  ])('refuses the path %s', (path) => {
    expect(() => parseSelect(path)).toThrow(Problem)
  })

  it('finds any member by its quoted name', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('"'))
    fc.assert(
      fc.property(name, fc.integer(), (member, value) => {
        const holder = Object.fromEntries([[member, value]])
        expect(take(`["${member}"]`, holder)).toEqual({ value })
      }),
    )
  })
})
