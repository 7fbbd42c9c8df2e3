import { describe, expect, it } from 'vitest'
import { jsoncLimits, readJsonc } from './read-jsonc.ts'

const plain = (text: string): unknown => JSON.parse(JSON.stringify(readJsonc(text)))

describe('JSON with comments', () => {
  it('is read with both kinds of comments, trailing commas and a mark of byte order', () => {
    const text =
      '\ufeff// one\n{ /* two */ "a": [1, 2, /* three */], "b": {"c": "x // no comment",}, } // end'
    expect(plain(text)).toEqual({ a: [1, 2], b: { c: 'x // no comment' } })
  })

  it('reads plain JSON as JSON.parse does', () => {
    const text = '{"a":[-1.5e3,0,true,false,null,""],"\\u00e9\\n":{"\\"":"\\\\"}}'
    expect(plain(text)).toEqual(JSON.parse(text))
  })

  it('says where a fault is, and no word of what stands there', () => {
    for (const [text, said] of [
      ['{"a": 1 "token": "sk-secret-value"}', /^Line 1, column 9: A comma or } was expected/],
      ['{\n  "key": sk-secret}', /^Line 2, column 10: A value was expected here/],
      ['{"a": "sk-secret', /The end of a string was expected here, and the text ends/],
      ['{"a": 1} x', /The end of the text was expected/],
      ['{"a": 1, "a": 2}', /column 10: The same member stands twice/],
      ['{"a": "\\ud800"}', /half a character/],
      ['{"a": 1 /* never', /A comment has no end/],
      ['', /A value was expected here, and the text ends/],
    ] as const) {
      expect(() => readJsonc(text)).toThrow(
        expect.objectContaining({ type: 'document-refused', detail: expect.stringMatching(said) }),
      )
      expect(() => readJsonc(text)).not.toThrow(/secret/)
    }
  })

  it('gives objects no prototype, whatever their members are called', () => {
    const read = readJsonc('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}')
    expect(Object.getPrototypeOf(read)).toBeNull()
    expect(Object.keys(read as object)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuses what is nested too deep, too long, or of too many values, and does so soon', () => {
    const began = performance.now()
    const deep = '['.repeat(1_000_000)
    expect(() => readJsonc(deep)).toThrow(/nested more than 64 levels/)
    expect(() => readJsonc(' '.repeat(jsoncLimits.charsMax + 1))).toThrow(/more than 8388608 char/)
    expect(() => readJsonc(`[${'1,'.repeat(jsoncLimits.valuesMax + 1)}]`)).toThrow(/values/)
    expect(() => readJsonc(`${'/**/'.repeat(1_000_000)}[`)).toThrow(/the text ends/)
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
