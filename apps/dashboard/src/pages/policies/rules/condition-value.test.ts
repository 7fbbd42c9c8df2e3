import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineFault, linesOf, readingOf, readLines, valueFor } from './condition-value.ts'

const scalar = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
)

describe('what a condition compares with', () => {
  it('is the same after it was shown and read again', () => {
    const lists = fc.array(scalar, { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(fc.oneof(scalar, lists), (value) => {
        const reading = readingOf(value)
        expect(readLines(linesOf(value, reading), reading, 'eq')).toEqual(value)
      }),
    )
  })

  it('is one value or a list, as the operator and the lines want it', () => {
    expect(readLines('a\n b \n\n', 'text', 'eq')).toEqual(['a', 'b'])
    expect(readLines('a', 'text', 'eq')).toBe('a')
    expect(readLines('a', 'text', 'not_in')).toEqual(['a'])
    expect(readLines('5\ntrue\n"5"\nnull', 'json', 'in')).toEqual([5, true, '5', null])
    expect(readLines(' \n', 'text', 'eq')).toBeUndefined()
  })

  it('says which line is not the JSON that it should be', () => {
    expect(lineFault('5\nfive', 'json')).toBe(2)
    expect(lineFault('five', 'text')).toBeUndefined()
    expect(lineFault('5\n"x"', 'json')).toBeUndefined()
  })

  it('is kept when another operator is chosen that can take it, and else dropped', () => {
    expect(valueFor('in', 'a')).toEqual(['a'])
    expect(valueFor('exists', 'a')).toBeUndefined()
    expect(valueFor('gt', 'a')).toBeUndefined()
    expect(valueFor('gt', 5)).toBe(5)
    expect(valueFor('matches', ['a'])).toBe('a')
  })
})
