import { digitsOf, hasVerhoeff, isDate, weighted } from '../checksums/digits.ts'
import { createForm, type Form } from '../scan/form.ts'
import { anyOf } from '../scan/vicinity.ts'

type IsRight = (match: RegExpExecArray) => boolean
const digitsIn = (match: RegExpExecArray): number[] => digitsOf(match[0])

// India

/** UIDAI: twelve digits, the first 2 to 9, Verhoeff's check; none reads the same from both ends. */
const isAadhaar: IsRight = (match) => {
  const digits = digitsIn(match)
  const isPalindrome = digits.join('') === digits.toReversed().join('')
  return hasVerhoeff(digits) && !isPalindrome
}
const aadhaarWords = anyOf(
  'aadhaar',
  'aadhar',
  'adhaar',
  'uid',
  'uidai',
  '*आधार*',
  '*ஆதார்*',
  '*আধার*',
)
const aadhaar = { kind: 'in_aadhaar', tokens: ['digits'], isRight: isAadhaar } as const

/** Income Tax Department: the fourth letter says what kind of person it is, and no number is 0000. */
const pan = /[A-Z]{3}[ABCFGHJLPT][A-Z](?!0000)\d{4}[A-Z]/y
const panWords = anyOf('pan', 'permanent account*', 'income tax', 'pan card')

const india = [
  createForm({
    ...aadhaar,
    lengths: [4, 4],
    next: ' -',
    pattern: /[2-9]\d{3}([ -])\d{4}\1\d{4}/y,
    spaced: true,
  }),
  createForm({ ...aadhaar, lengths: [12, 12], pattern: /[2-9]\d{11}/y, words: aadhaarWords }),
  createForm({ kind: 'in_pan', tokens: ['mixed'], lengths: [10, 10], pattern: pan }),
  createForm({
    kind: 'in_pan',
    tokens: ['mixed'],
    lengths: [10, 10],
    pattern: new RegExp(pan.source, 'iy'),
    words: panWords,
  }),
]

// Australia

/** The Tax Office's weights, modulus 11; eight digits in older ones. */
const isTfn: IsRight = (match) => {
  const digits = digitsIn(match)
  const weights = digits.length === 8 ? [10, 7, 8, 4, 6, 3, 5, 1] : [1, 4, 3, 7, 5, 8, 6, 9, 10]
  return weighted(digits, weights) % 11 === 0 && digits.some((digit) => digit !== 0)
}
const tfnWords = anyOf('tfns?', 'tax file*', 'tax(?: no| number)', 'ato')
const tfn = { kind: 'au_tfn', tokens: ['digits'], isRight: isTfn, words: tfnWords } as const

/** One off the first digit, the Business Register's weights, modulus 89. */
const isAbn: IsRight = (match) => {
  const [first = 0, ...rest] = digitsIn(match)
  return weighted([first - 1, ...rest], [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 === 0
}
const abnWords = anyOf('abns?', 'australian business*', 'business(?: no| number)', 'acn')
const abn = { kind: 'au_abn', tokens: ['digits'], isRight: isAbn } as const

const australia = [
  createForm({ ...tfn, lengths: [3, 3], next: ' -', pattern: /\d{3}([ -])\d{3}\1\d{2,3}/y }),
  createForm({ ...tfn, lengths: [8, 9], pattern: /\d{8,9}/y }),
  createForm({
    ...abn,
    lengths: [2, 2],
    next: ' -',
    pattern: /[1-9]\d([ -])\d{3}\1\d{3}\1\d{3}/y,
    spaced: true,
  }),
  createForm({ ...abn, lengths: [11, 11], pattern: /[1-9]\d{10}/y, words: abnWords }),
]

// Thailand

/** Weights 13 to 2, modulus 11, the last digit of what is missing to 11. */
const isThai: IsRight = (match) => {
  const digits = digitsIn(match)
  const sum = weighted(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
  return (11 - (sum % 11)) % 10 === digits[12]
}
const thaiWords = anyOf(
  'thai*',
  'tnin',
  'tin',
  'tax id*',
  'national id*',
  'citizen id*',
  'id card*',
  'identification(?: no| number)',
  '*ประชาชน*',
  '*ผู้เสียภาษี*',
)
const thai = { kind: 'th_tnin', tokens: ['digits'], isRight: isThai } as const

const thailand = [
  createForm({
    ...thai,
    lengths: [1, 1],
    next: '- ',
    pattern: /[1-8]([- ])\d{4}\1\d{5}\1\d{2}\1\d/y,
    spaced: true,
  }),
  createForm({ ...thai, lengths: [13, 13], pattern: /[1-8]\d{12}/y, words: thaiWords }),
]

// South Korea

/** Since October 2020 the last six digits are drawn, so there is no check: the form, the date and the century have to do. */
const isRrn: IsRight = (match) => {
  const number = match[0].replace(/\D/g, '')
  const century = { 9: 1800, 0: 1800, 1: 1900, 2: 1900, 5: 1900, 6: 1900 }[number.charAt(6)] ?? 2000
  const [year, month, day] = [0, 2, 4].map((at) => Number(number.slice(at, at + 2)))
  return isDate(century + (year ?? 0), month ?? 0, day ?? 0)
}
const koreanWords = anyOf(
  'rrns?',
  'resident registration*',
  'alien registration*',
  'foreigner registration*',
  'registration(?: no| number)',
  '*주민*',
  '*등록번호*',
)
const rrn = { kind: 'kr_rrn', tokens: ['digits'], isRight: isRrn } as const

const southKorea = [
  createForm({ ...rrn, lengths: [6, 6], next: '-', pattern: /\d{6}-[1-8]\d{6}/y }),
  createForm({
    ...rrn,
    lengths: [6, 6],
    next: ' ',
    pattern: /\d{6} [1-8]\d{6}/y,
    words: koreanWords,
  }),
  createForm({ ...rrn, lengths: [13, 13], pattern: /\d{6}[0-9]\d{6}/y, words: koreanWords }),
]

// Singapore

const singaporeLetters: Readonly<
  Record<string, { readonly add: number; readonly checks: string }>
> = {
  S: { add: 0, checks: 'JZIHGFEDCBA' },
  T: { add: 4, checks: 'JZIHGFEDCBA' },
  F: { add: 0, checks: 'XWUTRQPNMLK' },
  G: { add: 4, checks: 'XWUTRQPNMLK' },
  // Since 2022; its letters are counted from the other end.
  M: { add: 3, checks: 'XWUTRQPNJLK' },
}

const isNric: IsRight = (match) => {
  const code = match[0].toUpperCase()
  const series = singaporeLetters[code.charAt(0)]
  if (series === undefined) return false
  const sum = series.add + weighted(digitsIn(match), [2, 7, 6, 5, 4, 3, 2])
  return series.checks.charAt(sum % 11) === code.charAt(8)
}
const nricWords = anyOf('nrics?', 'fins?', 'ic(?: no| number)', 'singapore', 'identity card*')
const nric = { kind: 'sg_fin', tokens: ['mixed'], lengths: [9, 9], isRight: isNric } as const

const singapore = [
  createForm({ ...nric, pattern: /[STFGM]\d{7}[A-Z]/y }),
  createForm({ ...nric, pattern: /[STFGM]\d{7}[A-Z]/iy, words: nricWords }),
]

export const asiaPacificForms: readonly Form[] = [
  ...india,
  ...australia,
  ...thailand,
  ...southKorea,
  ...singapore,
]
