import type { JsonSchema } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { convertArguments } from './convert-arguments.ts'

const schema: JsonSchema = {
  type: 'object',
  properties: {
    symbol: { type: 'string' },
    limit: { type: 'integer' },
    ratio: { type: ['number', 'null'] },
    all: { type: 'boolean' },
    tag: { type: 'array', items: { type: 'string' } },
    n: { type: 'array', items: { type: 'integer' } },
    filter: { $ref: '#/$defs/filter' },
    mixed: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    'a.b': { type: 'integer' },
    body: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        count: { type: 'integer' },
        deep: { type: 'object' },
      },
    },
  },
  $defs: { filter: { type: 'object', properties: { from: { type: 'integer' } } } },
}
const convert = (...words: string[]) => convertArguments(words, schema)

describe('words of a command line', () => {
  it('become what the schema has in their place', () => {
    expect(convert('symbol=000001.SH', 'limit=10', 'ratio=0.5', 'all=true')).toEqual({
      ...{ symbol: '000001.SH', limit: 10, ratio: 0.5, all: true },
    })
    expect(convert('tag=a', 'tag=b', 'n=1', 'n=2')).toEqual({ tag: ['a', 'b'], n: [1, 2] })
    expect(convert('n=[3,4]', 'ratio=null', 'mixed=7', 'a.b=5')).toEqual({
      ...{ n: [3, 4], ratio: null, mixed: 7, 'a.b': 5 },
    })
    expect(convert('symbol=a=b', 'symbol2=x')).toEqual({ symbol: 'a=b', symbol2: 'x' })
  })

  it('reach inside objects, and into the body by the names that only it has', () => {
    expect(convert('filter.from=3', 'name=x', 'count=2', 'body.deep={"a":[1]}')).toEqual({
      filter: { from: 3 },
      body: { name: 'x', count: 2, deep: { a: [1] } },
    })
  })

  it('are JSON after :=, and go before what a document said', () => {
    expect(convert('symbol:={"a":1}')).toEqual({ symbol: { a: 1 } })
    expect(convertArguments(['tag=z'], schema, { tag: ['a'], limit: 1 })).toEqual({
      ...{ tag: ['z'], limit: 1 },
    })
  })

  it.each([['limit=ten'], ['all=yes'], ['filter={'], ['symbol:=x'], ['nothing'], ['=x']])(
    'are refused where they are none: %s',
    (word) => {
      expect(() => convert(word)).toThrow(expect.objectContaining({ name: 'CommandError' }))
    },
  )

  it('stay text where text is asked for, whatever they look like, and touch no prototype', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(convert(`symbol=${text}`)).toEqual({ symbol: text })
      }),
    )
    const args = convert('__proto__.polluted=1')
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype)
    expect(Object(Object.prototype).polluted).toBeUndefined()
  })
})
