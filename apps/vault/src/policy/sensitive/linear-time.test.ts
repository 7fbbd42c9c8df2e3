import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile-expression.ts'
import { compileSensitive } from './compile-sensitive.ts'

// No text makes the search quadratic: a character of a long text costs what one of a short text costs. Others work on the same
// machine, so the ratio of the two may be four, is measured again where it is more, and the least of each counts. What is
// quadratic has a ratio of eight at least, and of 64 where the text is cheap.

const finder = compileSensitive(['all'])
const shortChars = 2048
const unitsMin = 12
const longer = { least: 8, most: 64, spentMs: 4 }
const ratioMax = 4
const triesMax = 40

/** CPU time, which other processes do not add to. Other test files are threads of this one and do: hence so many tries. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/**
 * What a character costs in a long text, by what it costs in a short one, of which the unit goes several times into each. It is
 * measured until the ratio is as low as `enough`.
 */
function growth(
  unit: string,
  work: (text: string) => unknown,
  { least = longer.least, enough = ratioMax } = {},
): number {
  const text = unit.repeat(Math.max(unitsMin, Math.ceil(shortChars / unit.length)))
  const estimateMs = cpuMs(() => work(text))
  const times = Math.round(Math.min(longer.most, Math.max(least, longer.spentMs / estimateMs)))
  const long = text.repeat(times)
  let shortMs = Number.POSITIVE_INFINITY
  let longMs = Number.POSITIVE_INFINITY
  let ratio = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < triesMax && ratio > enough; tries += 1) {
    // The long one first, so that the short one finds everything compiled.
    longMs = Math.min(
      longMs,
      cpuMs(() => work(long)),
    )
    // As often as it goes into the long one is too often; once is below what the clock tells.
    const turns = Math.ceil(times / 8)
    const shortTurns = () => {
      for (let turn = 0; turn < turns; turn += 1) work(text)
    }
    shortMs = Math.min(shortMs, cpuMs(shortTurns) / turns)
    ratio = longMs / times / shortMs
  }
  return ratio
}

/** Pieces that are repeated: what kinds begin with and never end, what nearly matches, what matches, what hides. */
const units = {
  'letters and digits': ['a', '1', '0', 'a1', '1a', 'é1', '한1', 'x'.repeat(129)],
  separators: [
    ' ',
    '-',
    '.',
    ':',
    '/',
    '(',
    '"',
    '=',
    '_',
    '\n',
    '\\',
    '1-',
    '1 ',
    '1.',
    '1:',
    '(1',
    '12-34-',
  ],
  addresses: [
    '@',
    'a@',
    'a@a',
    'a@b.co ',
    '%40',
    'a%40',
    '://',
    'a://',
    'http://a',
    'http://a@',
    'www.',
    'https://x.co/)',
    ')',
  ],
  hosts: ['::', 'a:', '1::', '00:', 'aa:bb:', '1.2.3.4', '1.2.3.4 ', '2001:db8::'],
  telephones: ['+1', '+1 ', '+49 ', '(1) ', ' 0', '0171 ', 'phone 123 ', 'phone: 1234567 '],
  'cards and accounts': [
    '4',
    '4.',
    '1234 ',
    '4111 1111 1111 1111 ',
    '4111-',
    'DE',
    'DE89',
    'DE89 ',
    'aba 021000021 ',
  ],
  identities: [
    '123-45-6789 ',
    '123-45-6789-',
    'ssn: 123456789 ',
    'AB 12 ',
    'RSSMRA85T10A562S ',
    '900101-1234567 ',
    '12 May ',
    'born 1985-',
    'driver license D123-',
  ],
  wallets: [
    'bc1',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed ',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3 ',
  ],
  secrets: [
    'password="',
    'password="a',
    'password=\'"',
    'password: ',
    'token=',
    'Bearer ',
    'Bearer a1',
    'eyJ',
    'eyJaaaaaaaaa.',
    'eyJ_eyJ',
    'sk-ant-a-',
    'ghp_a',
    'AKIAABCDEFGHIJKLMNOP ',
    'https://a:b@c ',
  ],
  'private keys': [
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nAAAA',
    '-----BEGIN PRIVATE KEY-----[redacted:email]',
  ],
  'what is not seen': [
    '\u200b',
    '1\u200b',
    'a\u200b',
    '\u00a0',
    '1\u00a0',
    '١',
    '𝟙',
    '𝟙 ',
    '４',
    '\ud835',
  ],
  'what was redacted': ['[redacted:', '[redacted:email]', '[redacted:email] 123456789 '],
}

describe('linear time', () => {
  it('is told from the square by what is measured here', () => {
    const square = (text: string) => {
      let sum = 0
      for (let at = 0; at < text.length; at += 1) {
        for (let back = at; back >= 0; back -= 64) sum += text.charCodeAt(back)
      }
      return sum
    }
    // All the tries: one short text that was held up would make the square look like a line.
    expect(growth('a', square, { enough: 0 })).toBeGreaterThan(ratioMax)
  })

  it.each(Object.entries(units))(
    'grows with the text and not with its square: %s',
    (_, pieces) => {
      for (const unit of pieces) {
        const ratio = growth(unit, (text) => finder.redact(text))
        expect(ratio, JSON.stringify(unit)).toBeLessThanOrEqual(ratioMax)
      }
    },
    60_000,
  )

  // What is found has its surroundings looked at again, one by one where they do not touch; none of that may reach to the end.
  it.each([
    '-----BEGIN PRIVATE KEY-----! a@b.co',
    '-----END PRIVATE a@b.co -----BEGIN PRIVATE KEY-----!',
    'http://x a@b.co "password="',
    'a@b.co eyJaaaaaaaaa.',
    '123-45-6789 AKIAABCDEFGHIJKLMNOP',
    'a@b.co 𝟙\u200b',
  ])('grows with the text where findings are far apart: %s', (piece) => {
    const ratio = growth(piece + '-'.repeat(1200), (text) => finder.redact(text), { least: 32 })
    expect(ratio).toBeLessThanOrEqual(ratioMax)
  })

  it.each([
    ['[a-z]+(?:-[0-9]+x)?', 'a'],
    ['[a-z]+(?:-[0-9]+x)?', 'a-1'],
    ['x[a-z]*y|x', 'x'],
    ['(?:a[ab]{0,99}c|b)', 'ab'],
    ['(a?){60}a{60}', 'a'],
    ['(?:[a-z]{1,20} ?){1,10}!', 'abc '],
    ['(?s).*', 'a\n'],
  ])(
    'holds for an owner’s expression too: %s in %s',
    (pattern, unit) => {
      const { find } = compileExpression(pattern)
      expect(growth(unit, find)).toBeLessThanOrEqual(ratioMax)
    },
    60_000,
  )
})
