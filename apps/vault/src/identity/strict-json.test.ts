import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { asInteger, asObject, type JsonValue, parseStrictJson } from './strict-json.ts'

const parse = (text: string) => parseStrictJson(new TextEncoder().encode(text))

/** The value as JSON.parse would have given it. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) {
    const members: [string, unknown][] = [...value].map(([name, member]) => [name, plain(member)])
    return Object.fromEntries(members)
  }
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object' && 'literal' in value)
    return JSON.parse(value.literal)
  return value
}

describe('parseStrictJson', () => {
  it('refuses a member twice at any depth, however its name is escaped', () => {
    verifies('S-05')
    expect(parse('{"sub":"a","sub":"b"}')).toBeUndefined()
    expect(parse('{"sub":"a","\\u0073ub":"a"}')).toBeUndefined()
    expect(parse('{"x":{"y":1,"y":1}}')).toBeUndefined()
    expect(parse('{"x":[{"y":1,"\\u0079":2}]}')).toBeUndefined()
    expect(parse('{"__proto__":1,"__proto__":2}')).toBeUndefined()
  })

  it('takes the same member in different objects', () => {
    expect(parse('{"x":{"y":1},"y":[{"y":1},{"y":2}]}')).toBeDefined()
  })

  it.each([
    '',
    ' ',
    '{',
    '}',
    '[',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a" 1}',
    '{"a":}',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '-',
    'NaN',
    'Infinity',
    'undefined',
    'tru',
    '"\u0000"',
    '"\n"',
    '"\\x41"',
    '"\\u12"',
    '"',
    '1 2',
    '{}{}',
    '\uFEFF{}',
    '"\\ud800"',
    '{"\\udfff":1}',
    '/**/{}',
    '\u00a0{}',
    `${'['.repeat(9)}${']'.repeat(9)}`,
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
  ])('refuses %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined()
    expect(parseStrictJson(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22))).toBeUndefined()
    expect(parseStrictJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBeUndefined()
  })

  it('reads what JSON.stringify writes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }), (value) => {
        const text = JSON.stringify(value)
        const parsed = parse(text)
        expect(parsed).toBeDefined()
        expect(plain(parsed ?? null)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('accepts no text that JSON.parse refuses, and never throws', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"\\u0061"',
      '1',
      '-',
      '0',
      '.5',
      'e9',
      'true',
      'null',
      ' ',
      '\t',
      '\\',
      '\u0001',
      '\u007f',
      '\ud83d\ude00',
      '\ufeff',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('')
        const parsed = parse(text)
        if (parsed === undefined) return
        expect(plain(parsed)).toEqual(JSON.parse(text))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('asInteger', () => {
  it.each([
    '1.0',
    '1e3',
    '1E0',
    '-0',
    '1.5',
    '9007199254740993',
    '1e400',
    '"1"',
    'true',
    'null',
    '[1]',
    '{}',
  ])('refuses %s', (text) => {
    verifies('S-05')
    expect(asInteger(parse(text))).toBeUndefined()
  })
  it.each([
    ['0', 0],
    ['-7', -7],
    ['1700000000', 1_700_000_000],
  ])('takes %s', (text, value) => {
    expect(asInteger(parse(text))).toBe(value)
  })
})

describe('asObject', () => {
  it.each(['[]', '"x"', '1', 'null', 'true'])('refuses %s', (text) => {
    expect(asObject(parse(text))).toBeUndefined()
  })
})
