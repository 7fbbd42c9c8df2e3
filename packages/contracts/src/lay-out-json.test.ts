import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOutJson } from './lay-out-json.ts'

const joined = (text: string) =>
  layOutJson(text)
    ?.lines.map((line) => line.text)
    .join('')

describe('JSON in lines', () => {
  it('lays members out, one a line, and says where each is', () => {
    const { lines } = layOutJson('{"to":["a","b"],"n":{"deep":1},"none":{},"empty":[]}') ?? {}
    expect(lines?.map(({ depth, text, path }) => [depth, text, path])).toEqual([
      [0, '{', 'body'],
      [1, '"to": [', 'body.to'],
      [2, '"a",', 'body.to[0]'],
      [2, '"b"', 'body.to[1]'],
      [1, '],', undefined],
      [1, '"n": {', 'body.n'],
      [2, '"deep": 1', 'body.n.deep'],
      [1, '},', undefined],
      [1, '"none": {},', 'body.none'],
      [1, '"empty": []', 'body.empty'],
      [0, '}', undefined],
    ])
  })

  it('keeps what reading into values would lose: names that stand twice, long numbers', () => {
    const text = '{"to":"friend","to":"thief","n":123456789012345678901,"m":1e999}'
    expect(joined(text)).toBe(
      '{"to": "friend","to": "thief","n": 123456789012345678901,"m": 1e999}',
    )
    expect(layOutJson(text)?.duplicates).toEqual(['body.to'])
    expect(layOutJson('[{"a":1},{"a":1}]')?.duplicates).toEqual([])
  })

  it('finds a name that stands twice though its escapes differ', () => {
    expect(layOutJson('{"to":1,"\\u0074o":2}')?.duplicates).toEqual(['body.to'])
  })

  it('reads escapes that hide a letter, and keeps those of quotes and line ends', () => {
    expect(joined('"\\u0061\\"b\\n"')).toBe('"a\\"b\\n"')
  })

  it.each(['', '{', '{"a":1,}', 'nothing', "{'a':1}", '1 2', '[1]x'])(
    'takes %j for no JSON',
    (text) => {
      expect(layOutJson(text)).toBeUndefined()
    },
  )

  it('says the same as the text, whatever the text is and however it is spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        expect(JSON.parse(joined(JSON.stringify(value, null, space)) ?? '')).toEqual(
          JSON.parse(JSON.stringify(value)),
        )
      }),
    )
  })

  it('takes any depth and any length in its stride', () => {
    const deep = '['.repeat(90_000) + ']'.repeat(90_000)
    expect(layOutJson(deep)?.lines.length).toBe(179_999)
    const long = layOutJson(`[${'1,'.repeat(1_000_000)}1]`)
    expect(long?.isCut).toBe(true)
    expect(long?.lines.length).toBeLessThanOrEqual(200_001)
  })
})
