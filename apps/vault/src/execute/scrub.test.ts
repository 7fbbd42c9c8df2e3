import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createScrubber, joinScrubbers, redaction } from './scrub.ts'

const secret = 'sk-Live_4/9+Q"z\\k <&>\'=~%u00e9'

/** Feeds text in chunks cut at `cuts` and joins what comes out. */
function scrubBytes(secrets: readonly string[], bytes: Uint8Array, cuts: readonly number[] = []) {
  const stream = createScrubber(secrets).stream()
  const out: Uint8Array[] = []
  let at = 0
  for (const cut of [...cuts].map((one) => one % (bytes.length + 1)).sort((a, b) => a - b)) {
    out.push(stream.push(bytes.subarray(at, cut)))
    at = cut
  }
  out.push(stream.push(bytes.subarray(at)), stream.end())
  return { bytes: Buffer.concat(out), hits: stream.hits }
}
const scrub = (
  text: string,
  secrets: readonly string[] = [secret],
  cuts: readonly number[] = [],
) => {
  const { bytes, hits } = scrubBytes(secrets, Buffer.from(text, 'utf8'), cuts)
  return { text: bytes.toString('utf8'), hits }
}

const hexOf = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const each = (text: string, write: (character: string, code: number) => string) =>
  [...text].map((character) => write(character, character.charCodeAt(0))).join('')
const mail = (text: string) =>
  each(text, (c, code) => (/[A-Za-z0-9]/.test(c) ? c : `=${hexOf(code, 2).toUpperCase()}`))

/** Every way of writing that is promised, written here without the scrubber's own tables. */
const encoders: Record<string, (text: string) => string> = {
  raw: (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  'json in json': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'json in json in json': (text) =>
    JSON.stringify(JSON.stringify(JSON.stringify(text))).slice(7, -7),
  'json with solidus escaped': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'json, all escaped': (text) => each(text, (_, code) => `\\u${hexOf(code, 4)}`),
  'json, all escaped, upper case': (text) =>
    each(text, (_, code) => `\\u${hexOf(code, 4).toUpperCase()}`),
  'json, all escaped, in json': (text) => each(text, (_, code) => `\\\\u${hexOf(code, 4)}`),
  'html-safe json': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[<>&'=+]/g, (c) => `\\u${hexOf(c.charCodeAt(0), 4)}`),
  percent: (text) => encodeURIComponent(text),
  'percent, lower case': (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (found) => found.toLowerCase()),
  'percent, as a path': (text) => encodeURI(text),
  'percent, all': (text) => each(text, (_, code) => `%${hexOf(code, 2)}`),
  'percent, twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent, thrice': (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
  'form in json': (text) => JSON.stringify(new URLSearchParams([['', text]]).toString().slice(1)),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex, upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hex with colons': (text) => [...Buffer.from(text)].map((byte) => hexOf(byte, 2)).join(':'),
  'hex with spaces': (text) => [...Buffer.from(text)].map((byte) => hexOf(byte, 2)).join(' '),
  'backslash x': (text) => each(text, (_, code) => `\\x${hexOf(code, 2)}`),
  'code points': (text) => each(text, (_, code) => `\\u{${hexOf(code, 2)}}`),
  html: (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
  'html, decimal': (text) => each(text, (_, code) => `&#${code};`),
  'html, hexadecimal': (text) => each(text, (_, code) => `&#x${hexOf(code, 2)};`),
  'html, hexadecimal, four digits': (text) =>
    each(text, (_, code) => `&#X${hexOf(code, 4).toUpperCase()};`),
  'quoted-printable': mail,
  'utf-16': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'utf-32': (text) => each(text, (c) => `${c}\0\0\0`),
}

const secrets = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 8,
    maxLength: 40,
  })
  .map((text) => text.trim())
  .filter((text) => text.length >= 8)
const around = fc.string({ unit: 'binary', maxLength: 12 })
const cuts = fc.array(fc.nat(400), { maxLength: 12 })

describe('scrubbing', () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`takes a secret out that is written as ${name}, however it is cut`, () => {
      verifies('S-20')
      expect(scrub(`before ${encode(secret)}\nafter`).text).not.toContain(
        encode(secret).slice(0, -1),
      )
      fc.assert(
        fc.property(secrets, fc.tuple(around, around), cuts, (one, [before, after], at) => {
          const encoded = encode(one)
          const { text, hits } = scrub(before + encoded + after, [one], at)
          expect(text).not.toContain(encoded.replace(/\0+$/, ''))
          expect(hits).toBeGreaterThan(0)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('finds a secret in which every character is written in its own way', () => {
    verifies('S-20')
    const ways: ((c: string, code: number) => string)[] = [
      (c) => c,
      (c) => c,
      (_, code) => `%${hexOf(code, 2)}`,
      (_, code) => `%${hexOf(code, 2).toUpperCase()}`,
      (_, code) => `%25${hexOf(code, 2)}`,
      (_, code) => `\\u${hexOf(code, 4)}`,
      (_, code) => `\\\\u${hexOf(code, 4).toUpperCase()}`,
      (_, code) => `\\x${hexOf(code, 2)}`,
      (_, code) => `&#${code};`,
      (_, code) => `&#x${hexOf(code, 2)};`,
      (_, code) => `=${hexOf(code, 2).toUpperCase()}`,
    ]
    fc.assert(
      fc.property(
        fc.tuple(secrets, fc.infiniteStream(fc.constantFrom(...ways))),
        fc.tuple(around, around),
        cuts,
        ([one, way], [before, after], at) => {
          const encoded = each(one, (c, code) => (way.next().value ?? String)(c, code))
          const { text, hits } = scrub(before + encoded + after, [one], at)
          expect(text).not.toContain(encoded)
          expect(hits).toBeGreaterThan(0)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('leaves nothing of a secret in base64, at any alignment and in either alphabet', () => {
    verifies('S-20')
    const bytes = fc.uint8Array({ maxLength: 20 })
    const alphabet = fc.constantFrom('base64' as const, 'base64url' as const)
    fc.assert(
      fc.property(
        secrets,
        fc.tuple(bytes, bytes),
        fc.tuple(alphabet, cuts, fc.boolean()),
        (one, [before, after], [kind, at, isWrapped]) => {
          const plain = Buffer.concat([before, Buffer.from(one), after]).toString(kind)
          const encoded = isWrapped ? plain.replaceAll(/.{19}/g, '$&\r\n') : plain
          const { text, hits } = scrub(encoded, [one], at)
          expect(hits).toBe(1)
          const kept = text.split(redaction).map((part) => part.replaceAll('\r\n', ''))
          // What is left stands only for the neighbours: their whole groups of six bits.
          const first = Math.floor((before.length * 8) / 6)
          const last = Math.ceil(((before.length + one.length) * 8) / 6)
          expect(kept).toEqual([plain.slice(0, first), plain.slice(last)])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('passes text without a secret unchanged, byte for byte', () => {
    verifies('S-20')
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(
          fc.constantFrom(
            secret.slice(0, -1),
            secret.slice(1),
            Buffer.from(secret.slice(3)).toString('base64').slice(0, 9),
            '\\u0073',
            '%73',
            'sk-L',
            '\\',
            '%',
            '&#',
            '\r\n',
          ),
          { maxLength: 20 },
        )
        .map((parts) => Buffer.from(parts.join('|'))),
    )
    fc.assert(
      fc.property(noise, cuts, (bytes, at) => {
        const out = scrubBytes([secret], bytes, at)
        expect(out.bytes.equals(bytes)).toBe(true)
        expect(out.hits).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('answers the same however the bytes are cut', () => {
    verifies('S-20')
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(...Object.values(encoders).map((encode) => encode(secret))),
        around,
        fc.constant('x'.repeat(200)),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(pieces, cuts, (parts, at) => {
        const text = parts.join('')
        expect(scrub(text, [secret], at)).toEqual(scrub(text))
        const every = Array.from({ length: Buffer.byteLength(text) }, (_, index) => index)
        expect(scrub(text, [secret], every)).toEqual(scrub(text))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps JSON readable, whatever stands before a secret in a string', () => {
    verifies('S-20')
    const one = fc.constantFrom(
      'nine-lives-9',
      '9abcdef01',
      'u00e9abcdef',
      'e9e9e9e9e9',
      'bfnrtu/x"q',
      'ffffffff',
      '/slash/slash/',
    )
    const before = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\n', '\\', '"', '\u00e9', '\b', '\u0001', '\u2028', '/', 'u', '0', 'e'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
      maxLength: 12,
    })
    const write = fc.constantFrom(
      (value: unknown) => JSON.stringify(value),
      (value: unknown) =>
        JSON.stringify(value).replaceAll(
          /[\u0080-\uffff]/g,
          (c) => `\\u${hexOf(c.charCodeAt(0), 4)}`,
        ),
      (value: unknown) => JSON.stringify(JSON.stringify(value)),
    )
    fc.assert(
      fc.property(fc.tuple(one, before), write, cuts, ([key, start], stringify, at) => {
        const json = stringify({ a: start + key, [start + key]: [key + start] })
        const { text } = scrub(json, [key], at)
        expect(() => JSON.parse(text)).not.toThrow()
        expect(text).not.toContain(key)
      }),
      { numRuns: 2000 },
    )
  })

  it('counts hits that overlap once and finds one secret inside another', () => {
    verifies('S-20')
    expect(scrub('x aaaaaaaaaaaa y', ['aaaaaaaa'])).toEqual({ text: `x ${redaction} y`, hits: 1 })
    expect(scrub('a abcdefghijklmnop b', ['efghijkl', 'abcdefghijklmnop']).text).toBe(
      `a ${redaction} b`,
    )
    expect(scrub('a abcdefghijkl b', ['abcdefgh', 'efghijkl'])).toEqual({
      text: `a ${redaction} b`,
      hits: 1,
    })
    expect(scrub('abcdefgh,abcdefgh', ['abcdefgh'])).toEqual({
      text: `${redaction},${redaction}`,
      hits: 2,
    })
  })

  it('holds back only what may be a secret, so that a stream is not delayed', () => {
    const stream = createScrubber([secret]).stream()
    const event = Buffer.from('data: {"a":1}\n\n')
    expect(Buffer.from(stream.push(event)).equals(event)).toBe(true)
    expect(stream.push(Buffer.from(`x${secret.slice(0, 9)}`)).length).toBeLessThan(10)
    expect(Buffer.concat([stream.push(Buffer.from('!!')), stream.end()]).toString()).toContain('!!')
  })

  it('of two together leaves nothing of the secrets of either, however the bytes are cut', () => {
    verifies('S-20')
    const [one, two] = ['first-secret-0123', 'second-secret-45']
    const joined = joinScrubbers(createScrubber([one]), createScrubber([two]))
    const piece = fc.constantFrom(one, two, btoa(one), 'first-', 'plain ', '\\n', encodeURI(two))
    fc.assert(
      fc.property(fc.array(piece), fc.nat(60), (pieces, cut) => {
        const bytes = Buffer.from(pieces.join(''))
        const stream = joined.stream()
        const out = [stream.push(bytes.subarray(0, cut)), stream.push(bytes.subarray(cut))]
        const text = Buffer.concat([...out, stream.end()]).toString()
        expect(text).not.toMatch(/first-secret|second-secret|Zmlyc3Qtc2VjcmV0/)
        expect(text).toBe(joined.text(pieces.join('')))
        expect(stream.hits > 0).toBe(text !== pieces.join(''))
      }),
    )
    expect([joined.isInName(`x-${one}`), joined.isInName(`x-${two}`)]).toEqual([true, true])
    expect(joined.isInName('content-type')).toBe(false)
  })

  it('scrubs short text such as a header', () => {
    verifies('S-20')
    const scrubber = createScrubber([secret])
    expect(scrubber.text(`https://x.example/?key=${encodeURIComponent(secret)}&a=b`)).toBe(
      `https://x.example/?key=${redaction}&a=b`,
    )
    expect(scrubber.text('caf\u00e9')).toBe('caf\u00e9')
    expect(createScrubber([]).text(secret)).toBe(secret)
  })

  it('stays within its memory and its time when a secret is made to confuse it', () => {
    verifies('S-22')
    for (const key of [
      'a'.repeat(300),
      'ab'.repeat(150),
      '%25'.repeat(60),
      '\\'.repeat(64),
      '\\u005c'.repeat(20),
      '&#38;'.repeat(20),
      '0'.repeat(200),
    ]) {
      const half = key.slice(0, key.length / 2)
      const { text } = scrub(`${`${half}|`.repeat(300)}${key}${half.repeat(100)}`, [key])
      expect(text).not.toContain(key)
    }
  })

  it('bounds what a caller can have it do with a credential that is a pattern, and an answer that is made for it', () => {
    verifies('S-22')
    const stepsMax = 1 << 20
    const give = (key: string, text: string) => {
      const stream = createScrubber([key], { stepsMax }).stream()
      stream.push(Buffer.from(text))
      stream.end()
    }
    const size = 4_000
    const mixed = Array.from({ length: size }, (_, at) => ((at * at) % 7 < 3 ? 'a' : '%61')).join(
      '',
    )
    for (const [key, text] of [
      [`${'a'.repeat(size)}b`, `${'a'.repeat(size - 1)}c`.repeat(50)],
      ['a'.repeat(size), 'a'.repeat(200_000)],
      [`${mixed}b`, `${'%61'.repeat(size)}c`.repeat(20)],
    ] as const) {
      expect(() => give(key, text)).toThrow(
        expect.objectContaining({ type: 'upstream-invalid-response' }),
      )
    }
  })

  it('is far from that bound with a credential that is random, however often it comes back', () => {
    const key = randomBytes(6_000).toString('base64')
    for (const write of [encodeURIComponent, encoders.hex, JSON.stringify]) {
      const scrubber = createScrubber([key], { stepsMax: 1 << 22 })
      const stream = scrubber.stream()
      const text = `${write?.(key)}\n`.repeat(5)
      const clean = Buffer.concat([stream.push(Buffer.from(text)), stream.end()]).toString()
      expect(clean.replaceAll('"', '')).toBe(`${redaction}\n`.repeat(5))
    }
  })
})
