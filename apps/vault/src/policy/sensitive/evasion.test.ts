import { type SensitiveKind, sensitiveKinds } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Planted, plantedOf } from '../../../../../test/corpus/planted.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { compileSensitive } from './compile-sensitive.ts'

// Values written so that a reader sees the same and a search for ASCII does not. docs/redaction.md says which ways of writing
// are beyond the finder; these are not.

const finders = new Map(sensitiveKinds.map((kind) => [kind, compileSensitive([kind])]))
const all = compileSensitive(['all'])

const digitsFrom = (zero: number) => (value: string) =>
  value.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
const behindEach = (mark: string) => (value: string) => Array.from(value).join(mark)

const unseen = [
  ...[
    '\u0001',
    '\b',
    '\u007f',
    '\u009f',
    '\u00ad',
    '\u034f',
    '\u180e',
    '\u200b',
    '\u200c',
    '\u200d',
  ],
  ...[
    '\u200e',
    '\u202e',
    '\u2060',
    '\u2063',
    '\u2069',
    '\ufe0f',
    '\ufeff',
    '\ufff9',
    '\ufdd0',
    '\uffff',
  ],
  ...['\u{1d173}', '\u{e0020}', '\u{e007f}', '\u{e0100}'],
]

/** Ways of writing a value that a reader takes for the value itself. */
const disguises: Readonly<Record<string, (value: string) => string>> = {
  'a joiner behind each character': behindEach('\u2060'),
  'a tag behind each character': behindEach('\u{e0061}'),
  'full-width characters': (value) =>
    value.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  'Arabic digits': digitsFrom(0x660),
  'Persian digits': digitsFrom(0x6f0),
  'Devanagari digits': digitsFrom(0x966),
  'Thai digits': digitsFrom(0xe50),
  'bold digits': digitsFrom(0x1d7ce),
  'digits of old computers': digitsFrom(0x1fbf0),
  'digits on keys': (value) => value.replace(/\d/g, '$&\ufe0f\u20e3'),
  'digits that are struck through': (value) => value.replace(/\d/g, '$&\u0336'),
  'bold letters': (value) =>
    value.replace(/[a-z]/g, (one) => String.fromCodePoint(0x1d41a + one.charCodeAt(0) - 97)),
  'sans-serif capitals': (value) =>
    value.replace(/[A-Z]/g, (one) => String.fromCodePoint(0x1d5a0 + one.charCodeAt(0) - 65)),
  'spaces that do not break': (value) => value.replaceAll(' ', '\u00a0'),
  'narrow spaces': (value) => value.replaceAll(' ', '\u202f'),
  'hyphens that do not break': (value) => value.replaceAll('-', '\u2011'),
  dashes: (value) => value.replaceAll('-', '\u2013'),
  'signs for minus': (value) => value.replaceAll('-', '\u2212'),
  'a change of direction around it': (value) => `\u202e${value}\u202c`,
}

const written = ({ text, start, end }: Planted, disguise: (value: string) => string): string =>
  text.slice(0, start) + disguise(text.slice(start, end)) + text.slice(end)

/** Whether of what the value is made of nothing is left. */
function isGone(kind: SensitiveKind, planted: Planted, disguise: (value: string) => string) {
  const value = planted.text.slice(planted.start, planted.end)
  const { text } = (finders.get(kind) ?? all).redact(written(planted, disguise))
  return !text.includes(disguise(value)) && text.includes(`[redacted:${kind}]`)
}

describe('compileSensitive, of what is written to deceive', () => {
  it.each(Object.entries(disguises))('reads %s', (_, disguise) => {
    verifies('S-21')
    for (const kind of sensitiveKinds) {
      const planted = plantedOf(kind, { count: 12, seed: 21 }).filter(({ isRight }) => isRight)
      const missed = planted.filter((one) => !isGone(kind, one, disguise))
      expect(missed.map((one) => JSON.stringify(written(one, disguise)))).toEqual([])
    }
  })

  it('reads over what is not seen, whatever and wherever it is', () => {
    verifies('S-21')
    const values = sensitiveKinds.flatMap((kind) =>
      plantedOf(kind, { count: 6, seed: 22 }).filter(({ isRight }) => isRight),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...values),
        fc.constantFrom(...unseen),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (planted, mark, where) => {
          const place = (value: string) => Math.floor(where * Array.from(value).length)
          const disguise = (value: string) =>
            Array.from(value).toSpliced(place(value), 0, mark).join('')
          expect(isGone(planted.kind, planted, disguise), JSON.stringify(mark)).toBe(true)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('takes no character for a mask that the text itself brings', () => {
    expect(compileSensitive(['us_ssn']).redact('ssn \ufdd0 123456789').count).toBe(1)
    expect(compileSensitive(['email']).redact('\ufdd0jo@example.com\ufdd0').count).toBe(1)
  })

  it('reads Social Security numbers in any grouping beside a word for them', () => {
    const finder = compileSensitive(['us_ssn'])
    for (const number of [
      '123 - 45 - 6789',
      '123/45/6789',
      '123_45_6789',
      '123-45 6789',
      '123.45-6789',
    ]) {
      expect(finder.redact(`SSN: ${number}`).text).toBe('SSN: [redacted:us_ssn]')
      expect(finder.has(number)).toBe(false)
    }
  })
})
