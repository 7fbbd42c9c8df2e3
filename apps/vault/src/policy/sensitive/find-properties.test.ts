import { sensitiveKinds } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plantedOf } from '../../../../../test/corpus/planted.ts'
import { compileSensitive } from './compile-sensitive.ts'

// What holds for every kind and any text. Text is made of what the kinds are made of, so that numbers touch, overlap and hide
// each other.

const finders = new Map(sensitiveKinds.map((kind) => [kind, compileSensitive([kind])]))
const all = compileSensitive(['all'])

const scraps = [
  ...[
    ' ',
    '-',
    '.',
    '/',
    ':',
    ', ',
    '\n',
    '(',
    ')',
    '"',
    '=',
    '_',
    '+',
    '@',
    '[',
    ']',
    '://',
    '::',
  ],
  ...[
    '\u200b',
    '\u00a0',
    '\u2011',
    '\u2212',
    '\u00ad',
    '４',
    '١',
    '𝟜',
    'é',
    '한',
    '字',
    '💩',
    '\ud800',
  ],
  ...['1', '12', '123', '1234', '00', '123456789', 'a', 'A1', 'DE89', 'x'.repeat(40)],
  ...[
    'ssn ',
    'passport: ',
    'phone ',
    'dob=',
    'password=',
    'token: "',
    'npi',
    'driver license ',
    'TFN ',
  ],
  ...[
    '[redacted:us_ssn]',
    '[redacted:email]',
    '[redacted:',
    'https://',
    'www.',
    '-----BEGIN PRIVATE KEY-----',
  ],
]
const values = sensitiveKinds.flatMap((kind) =>
  plantedOf(kind, { count: 6, seed: 11 }).map(({ text, start, end }) => text.slice(start, end)),
)
const scrap = fc.oneof(
  fc.constantFrom(...scraps),
  fc.constantFrom(...values),
  fc.string({ maxLength: 4 }),
)
/** Of any code points, lone surrogates too. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 8 })
  .map((codes) => String.fromCodePoint(...codes))
const texts = fc.array(scrap, { maxLength: 12 }).map((parts) => parts.join(''))
const besides = fc.option(fc.constantFrom('ssn', 'dateOfBirth', 'password', 'note', 'phone'), {
  nil: undefined,
})
const runs = { numRuns: 100 }

describe('compileSensitive, for any text', () => {
  it.each(sensitiveKinds)('finds no more %s in what it has redacted', (kind) => {
    const finder = finders.get(kind) ?? all
    const own = plantedOf(kind, { count: 12, seed: 12 }).map(({ text, start, end }) =>
      text.slice(start, end),
    )
    const parts = fc.oneof(scrap, fc.constantFrom(...own))
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 10 }), besides, (pieces, beside) => {
        const once = finder.redact(pieces.join(''), beside)
        const twice = finder.redact(once.text, beside)
        expect(twice).toEqual({ text: once.text, count: 0 })
      }),
      runs,
    )
  })

  it('finds in order, without overlap, within the text and never an empty stretch', () => {
    fc.assert(
      fc.property(texts, besides, (text, beside) => {
        let at = 0
        for (const { start, end } of all.find(text, beside)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(end).toBeGreaterThan(start)
          at = end
        }
        expect(at).toBeLessThanOrEqual(text.length)
      }),
      runs,
    )
  })

  it('redacts as often as it finds, leaves the rest as it was, and has what it finds', () => {
    fc.assert(
      fc.property(texts, besides, (text, beside) => {
        const found = all.find(text, beside)
        const redacted = all.redact(text, beside)
        expect(redacted.count).toBe(found.length)
        expect(all.has(text, beside)).toBe(found.length > 0)
        if (found.length === 0) expect(redacted.text).toBe(text)
        const rest = found.reduceRight(
          (kept, { start, end }) => kept.slice(0, start) + kept.slice(end),
          text,
        )
        const labels = found.map(({ kind }) => `[redacted:${kind}]`)
        const left = labels.reduce((kept, label) => kept.replace(label, ''), redacted.text)
        if (!text.includes('[redacted:')) expect(left).toBe(rest)
      }),
      runs,
    )
  })

  it.each(sensitiveKinds)('finds a right %s between whatever is no word', (kind) => {
    const finder = finders.get(kind) ?? all
    const planted = plantedOf(kind, { count: 60, seed: 13 }).filter(({ isRight }) => isRight)
    const around = fc.array(
      fc.constantFrom(' ', '\n', '\t', '"', '(', ')', ';', '|', '。', '한', '💩', '!', '<', '>'),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...planted),
        around,
        around,
        ({ text, start, end }, before, after) => {
          const lead = `${before.join('')} `
          const found = finder.find(`${lead}${text} ${after.join('')}`)
          const isCovered = found.some(
            (one) => one.start <= lead.length + start && one.end >= lead.length + end,
          )
          expect(isCovered, text).toBe(true)
        },
      ),
      runs,
    )
  })

  it('finds no number in a text without digits, and no address in one without an at sign', () => {
    const finder = compileSensitive([
      'credit_card',
      'iban',
      'identity',
      'phone',
      'us_bank_routing',
      'ip_address',
      'email',
    ])
    fc.assert(
      fc.property(fc.array(fc.oneof(scrap, anyText), { maxLength: 12 }), (parts) => {
        const text = parts.join('').replace(/\p{Nd}|[@\uff20\ufe6b]/gu, '')
        expect(finder.find(text)).toEqual([])
      }),
      runs,
    )
  })
})
