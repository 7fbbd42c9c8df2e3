import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { verifies } from '../../../../../test/verifies.ts'
import { readDocument, readDocuments } from './read-document.ts'

function refusalOf(text: string, limits = {}): string {
  try {
    readDocument(text, limits)
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.type === 'document-refused') return thrown.detail
    throw thrown
  }
  return 'read'
}

describe('reading a document', () => {
  it('refuses what is no JSON and no YAML, with line and column', () => {
    verifies('S-41')
    expect(refusalOf('{\n  "a": 1,\n  "b": tru\n}\n{')).toMatch(/Line 3, column 8/)
    expect(refusalOf('a: 1\nb:\n  - x\n - y\n')).toMatch(/^Line 4, column /)
    expect(refusalOf('a: "x')).toMatch(/^Line 1, column /)
    expect(refusalOf('')).toMatch(/empty/)
    expect(refusalOf('  \n')).toMatch(/empty/)
  })

  it('refuses members that stand twice', () => {
    expect(refusalOf('{"a": 1, "b": 2, "a": 3}')).toMatch(/column 18.*“a” stands twice/)
    expect(refusalOf('{"a": 1, "\\u0061": 3}')).toMatch(/“a” stands twice/)
    expect(refusalOf('a: 1\nb: 2\n"a": 3\n')).toMatch(/Line 3.*“a” stands twice/)
    expect(refusalOf('{"__proto__": 1, "__proto__": 3}')).toMatch(/stands twice/)
  })

  it('takes merge keys: what stands there wins, then what is named first', () => {
    const read = (text: string) => JSON.stringify(readDocument(text).value)
    expect(read('a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n')).toBe(
      '{"a":{"x":1,"y":2},"b":{"y":3,"x":1}}',
    )
    expect(read('a: &a {x: 1}\nb: &b {x: 2, z: 4}\nc: {<<: [*a, *b]}\n')).toBe(
      '{"a":{"x":1},"b":{"x":2,"z":4},"c":{"x":1,"z":4}}',
    )
    expect(read('a: {<<: {x: 1}}\n')).toBe('{"a":{"x":1}}')
    // Quoted, or before a text, it is a name as any other.
    expect(read('{"<<": {"x": 1}}')).toBe('{"<<":{"x":1}}')
    expect(read('a:\n  "<<": {x: 1}\n')).toBe('{"a":{"<<":{"x":1}}}')
    expect(read('<<: text\n')).toBe('{"<<":"text"}')
    expect(refusalOf('a: &a [1]\nb: {<<: *a}\n')).toMatch(/no object/)
    expect(refusalOf('a: {<<: {x: 1}, <<: {y: 1}}\n')).toMatch(/stands twice/)
    expect(refusalOf('a: &a\n  <<: *a\n')).toMatch(/inside what it names/)
  })

  it('counts what merge keys bring in as often as they stand', () => {
    verifies('S-41')
    const levels = Array.from(
      { length: 30 },
      (_, at) => `l${at + 1}: &l${at + 1} {a: {<<: *l${at}}, b: {<<: *l${at}}}`,
    )
    expect(refusalOf(['l0: &l0 {x: 1}', ...levels].join('\n'))).toMatch(/more than \d+/)
  })

  it('refuses tags, other YAML, keys that are no scalars, and several documents', () => {
    expect(refusalOf('a: !!binary aGVsbG8=\n')).toMatch(/Tags/)
    expect(refusalOf('a: !!js/function "x"\n')).toMatch(/Tags/)
    expect(refusalOf('a: !x {}\n')).toMatch(/Tags/)
    expect(refusalOf('%YAML 1.1\n---\na: yes\n')).toMatch(/another version/)
    expect(refusalOf('? [a, b]\n: c\n')).toMatch(/A key/)
    expect(refusalOf('a: 1\n---\nb: 2\n')).toMatch(/2 documents/)
    expect(refusalOf('a: .inf\n')).toMatch(/finite/)
    expect(refusalOf('{"a": 1e999}')).toMatch(/too large/)
  })

  it('refuses text that cannot be kept', () => {
    expect(refusalOf('{"a": "\0"}')).toMatch(/NUL/)
    expect(refusalOf('{"a": "\\u0000"}')).toMatch(/NUL/)
    expect(refusalOf('{"a": "\\ud800"}')).toMatch(/half a character/)
    expect(refusalOf('a: "\\0"\n')).toMatch(/NUL/)
    expect(refusalOf('a: \ud800')).toMatch(/half a character/)
  })

  it('bounds what aliases make of a long text', () => {
    verifies('S-41')
    const text = `a: &a ${'x'.repeat(1000)}\nb: [${Array(50).fill('*a').join(', ')}]\n`
    expect(refusalOf(text, { charsMax: 20_000 })).toMatch(/20000 characters/)
    expect(refusalOf(text, { charsMax: 60_000 })).toBe('read')
  })

  it('bounds bytes, depth and values', () => {
    verifies('S-41')
    expect(refusalOf('"€€"', { bytesMax: 7 })).toMatch(/7 bytes/)
    expect(refusalOf('[[[]]]', { depthMax: 2 })).toMatch(/nested/)
    expect(refusalOf('- - - 1', { depthMax: 2 })).toMatch(/nested/)
    expect(refusalOf('[1,2,3]', { nodesMax: 3 })).toMatch(/values/)
    expect(refusalOf('- 1\n- 2\n- 3', { nodesMax: 3 })).toMatch(/values/)
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['{a: ', '}'],
      ['- ', ''],
      ['? ', ''],
      // Never closed, and line by line: what is open must not be counted only once it is made something of.
      ['[', ''],
      ['[\n', ''],
      ['{a: [\n', ''],
      ['{"a":\n', ''],
    ] as const) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      expect(refusalOf(deep), open).not.toBe('read')
    }
    expect(
      refusalOf(Array.from({ length: 2000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')),
    ).toMatch(/nested/)
  })

  it('refuses bombs of aliases at once, and aliases of what they stand in', () => {
    verifies('S-41')
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let n = 1; n < 12; n += 1) {
      lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`)
    }
    expect(refusalOf(lines.join('\n'))).toMatch(/aliases/)
    expect(refusalOf('a: &a\n  b: *a\n')).toMatch(/inside what it names/)
    expect(refusalOf('a: *b\nb: &b 1\n')).toMatch(/names no anchor/)
    const deep = [
      'a0: &a0 [x]',
      ...Array.from({ length: 300 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`),
    ]
    expect(refusalOf(deep.join('\n'))).toMatch(/nested/)
  })

  it('survives wide documents', () => {
    const wide = Array.from({ length: 15_000 }, (_, n) => `k${n}: 1`).join('\n')
    expect(refusalOf(wide)).toBe('read')
    const aliases = `a: &a x\nl:\n${'  - *a\n'.repeat(5_000)}`
    expect(refusalOf(aliases)).toBe('read')
  })
})

describe('what was read', () => {
  it('holds no prototype that a name could reach', () => {
    for (const text of [
      '{"__proto__": {"x": 1}, "constructor": 2}',
      '__proto__:\n  x: 1\nconstructor: 2\n',
    ]) {
      const { value } = readDocument(text)
      expect(Object.getPrototypeOf(value)).toBe(null)
      expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
    }
    expect(({} as Record<string, unknown>).x).toBe(undefined)
  })

  it('keeps keys as they were written and reads scalars by the core schema', () => {
    const { value } = readDocument(
      '200: yes\n1.0: on\nnull: ~\n"q": 0o17\nd: 2020-01-01\nb: true\nf: 1e3\nt: |\n  x\n  y\n',
    )
    expect(JSON.stringify(value)).toBe(
      '{"200":"yes","1.0":"on","null":null,"q":15,"d":"2020-01-01","b":true,"f":1000,"t":"x\\ny\\n"}',
    )
  })

  it('takes a byte order mark, flow YAML in braces, aliases and a stream', () => {
    expect(readDocument('\ufeff{"a":1}').syntax).toBe('json')
    expect(readDocument('{a: 1, # b\n  c: [x,]}')).toMatchObject({ syntax: 'yaml' })
    expect(JSON.stringify(readDocument('a: &a [1]\nb: *a').value)).toBe('{"a":[1],"b":[1]}')
    expect(readDocuments('a: 1\n---\nb: 2\n')).toHaveLength(2)
  })

  it('is what JSON.parse and YAML say it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('\\u0000') && !/\\ud[89a-f]/.test(text) && !text.includes('<<'))
        expect(JSON.stringify(readDocument(text).value)).toBe(JSON.stringify(JSON.parse(text)))
        const yaml = stringify({ value: JSON.parse(text) }, { aliasDuplicateObjects: false })
        expect(JSON.stringify(readDocument(yaml).value)).toBe(
          JSON.stringify({ value: JSON.parse(text) }),
        )
      }),
    )
  })

  it('or a refusal, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]":,\\ -?!&*|>%@#\n\ta1u.e+<'.split('')) }),
        (text) => {
          refusalOf(text)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
