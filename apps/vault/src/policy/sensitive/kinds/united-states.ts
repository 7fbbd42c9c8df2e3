import { digitsOf, hasLuhn, weighted } from '../checksums/digits.ts'
import { createForm, type Form } from '../scan/form.ts'
import { anyOf } from '../scan/vicinity.ts'

const ssnWords = anyOf(
  'ssns?',
  'social security',
  'social sec',
  'soc sec',
  'social',
  'ss(?: no| number|#)',
  'itin',
  'tin',
  'taxpayer id*',
  'tax id*',
  'seguro social',
)

/** Printed on cards in wallets and in advertisements, and given out to nobody since. */
const printed = /^(?:078051120|219099999)$/

/** The Social Security Administration's rules: no area 000, 666 or 900 and above, no group 00, no serial 0000. */
function isSsn(match: RegExpExecArray): boolean {
  const number = match[0].replace(/\D/g, '')
  const isGiven = /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(number)
  return isGiven && !printed.test(number) && !/^(\d)\1{8}$/.test(number)
}

/** IRS: begins with 9; the fourth and fifth digits are 50 to 65, 70 to 88, 90 to 92 or 94 to 99. */
const isItin = (match: RegExpExecArray): boolean =>
  /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}$/.test(match[0].replace(/\D/g, ''))

const grouped = /\d{3}-\d{2}-\d{4}/y
const spaced = /\d{3} \d{2} \d{4}/y
/** In whatever way people and forms part the groups. */
const parted = /\d{3}(?: ?[-._/] ?| {1,2})\d{2}(?: ?[-._/] ?| {1,2})\d{4}/y
const nine = /\d{9}/y
const digits = ['digits'] as const
const three = { tokens: digits, lengths: [3, 3] } as const
const bare = { tokens: digits, lengths: [9, 9], pattern: nine } as const

const taxpayerForms = (
  [
    ['us_ssn', isSsn],
    ['us_itin', isItin],
  ] as const
).flatMap(([kind, isRight]) => [
  createForm({ ...three, kind, isRight, next: '-', pattern: grouped }),
  createForm({ ...three, kind, isRight, next: ' ', pattern: spaced, spaced: true }),
  createForm({ ...three, kind, isRight, next: '-._/ ', pattern: parted, words: ssnWords }),
  createForm({ ...bare, kind, isRight, words: ssnWords }),
])

const passportWords = anyOf(
  'passport*',
  'pass(?: no| nr| number)',
  'pasaporte',
  'passeport',
  'reisepass*',
  'passaporto',
  'travel document',
)

/** Of the number's own form says little: nine digits, or a letter and eight (since 2021). */
const passportForms = [
  createForm({ ...bare, kind: 'us_passport', words: passportWords }),
  createForm({
    kind: 'us_passport',
    tokens: ['mixed'],
    lengths: [9, 9],
    pattern: /[A-Za-z]\d{8}/y,
    apart: true,
    words: passportWords,
  }),
]

const licenceWords = anyOf(
  'driver s? licen[cs]e*',
  'drivers? licen[cs]e*',
  'driving licen[cs]e*',
  'driver s? lic',
  'drivers? lic',
  'operator licen[cs]e*',
  'driver permit',
  'dl',
  'dl(?: no| number|#)',
  'dln',
  'dmv',
  'licencia de conducir',
)

/** No two states write it alike; all have four digits at least. */
const hasFourDigits = (match: RegExpExecArray): boolean => /(?:\d\D{0,3}){4}/.test(match[0])
const licence = {
  kind: 'us_driver_license',
  isRight: hasFourDigits,
  words: licenceWords,
  apart: true,
} as const

const licenceForms = [
  // Illinois, Florida, Wisconsin, Michigan, New Jersey, Kansas: groups behind a letter.
  createForm({
    ...licence,
    tokens: ['mixed', 'letters'],
    lengths: [1, 5],
    next: ' -',
    pattern: /[A-Za-z](?:\d{2,4}|[ -]\d{3})(?:[ -]\d{2,5}){2,4}(?:-\d)?/y,
  }),
  createForm({ ...licence, tokens: ['mixed'], lengths: [6, 14], pattern: /[A-Za-z0-9]{6,14}/y }),
  createForm({ ...licence, tokens: ['digits'], lengths: [6, 12], pattern: /\d{6,12}/y }),
  createForm({
    ...licence,
    tokens: ['digits'],
    lengths: [2, 3],
    next: ' -',
    pattern: /\d{2,3}([ -])\d{2,3}\1\d{3,4}/y,
  }),
]

/** The check of the American Bankers Association, and the districts of the Federal Reserve. */
function isRouting(match: RegExpExecArray): boolean {
  const number = match[0].replace(/\D/g, '')
  const isDistrict = /^(?:0[1-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(number)
  return isDistrict && weighted(digitsOf(number), [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0
}

const routingWords = anyOf(
  'routing*',
  'aba',
  'rtn',
  'transit number',
  'transit no',
  'ach',
  'wires?',
  'bank code',
  'fedwire',
)

/** The Luhn check of the number behind 80840, the prefix of health in the United States (45 CFR 162.406). */
const isNpi = (match: RegExpExecArray): boolean =>
  hasLuhn(digitsOf(`80840${match[0].replace(/\D/g, '')}`))

const npiWords = anyOf(
  'npis?',
  'national provider*',
  'providers?(?: id*| no| number)?',
  'prescribers?',
  'physicians?',
  'practitioners?',
  'clinician',
)

export const unitedStatesForms: readonly Form[] = [
  ...taxpayerForms,
  ...passportForms,
  ...licenceForms,
  createForm({ ...bare, kind: 'us_bank_routing', isRight: isRouting, words: routingWords }),
  createForm({
    kind: 'us_bank_routing',
    tokens: digits,
    lengths: [4, 4],
    next: '- ',
    pattern: /\d{4}([- ])\d{4}\1\d/y,
    isRight: isRouting,
    words: routingWords,
  }),
  createForm({
    kind: 'us_npi',
    tokens: digits,
    lengths: [10, 10],
    pattern: /[12]\d{9}/y,
    isRight: isNpi,
    words: npiWords,
  }),
  createForm({
    kind: 'us_npi',
    tokens: digits,
    lengths: [3, 4],
    next: '- ',
    pattern: /[12]\d{2}([- ])\d{3}\1\d{4}|[12]\d{3}([- ])\d{3}\2\d{3}/y,
    isRight: isNpi,
    words: npiWords,
  }),
]
