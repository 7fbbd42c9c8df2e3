import { digitsOf, hasLuhn, isDate, weighted } from '../checksums/digits.ts'
import { createForm, type Form } from '../scan/form.ts'
import { anyOf } from '../scan/vicinity.ts'

type IsRight = (match: RegExpExecArray) => boolean
const plain = (match: RegExpExecArray): string =>
  match[0].replace(/[^0-9A-Za-z]/g, '').toUpperCase()

// United Kingdom

/** NHS Data Dictionary: weights 10 to 2, modulus 11; a check of 10 is given to nobody. */
const isNhs: IsRight = (match) => {
  const digits = digitsOf(plain(match))
  const check = (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return check === digits[9] && !/^(\d)\1{9}$/.test(plain(match))
}

const nhsWords = anyOf(
  'nhs',
  'national health',
  'patients?(?: id*| no| number)?',
  'health service',
  'chi(?: no| number)?',
)
const nhs = { kind: 'uk_nhs', tokens: ['digits'], isRight: isNhs } as const

/** HMRC, NIM39110: no D, F, I, Q, U or V in the prefix, no O second, and not these pairs; the suffix is A to D. */
const nino =
  /(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]/y
const anyNino = new RegExp(nino.source, 'iy')
const ninoWords = anyOf(
  'ninos?',
  'ni(?: no| number)?',
  'national insurance*',
  'insurance(?: no| number)',
)
const mixed = ['mixed', 'letters'] as const

const unitedKingdom = [
  createForm({ ...nhs, lengths: [3, 3], next: ' ', pattern: /\d{3} \d{3} \d{4}/y, spaced: true }),
  createForm({
    ...nhs,
    lengths: [3, 3],
    next: '-',
    pattern: /\d{3}-\d{3}-\d{4}/y,
    words: nhsWords,
  }),
  createForm({ ...nhs, lengths: [10, 10], pattern: /\d{10}/y, words: nhsWords }),
  createForm({ kind: 'uk_nino', tokens: mixed, lengths: [2, 9], pattern: nino }),
  createForm({
    kind: 'uk_nino',
    tokens: mixed,
    lengths: [2, 9],
    pattern: anyNino,
    words: ninoWords,
  }),
]

// Italy

/** What each character counts in an odd place (Decreto ministeriale of 23 December 1976): digits, then A to Z. */
const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
]
/** Letters that stand for digits where two people would have the same code. */
const omocodia = 'LMNPQRSTUV'

const isFiscalCode: IsRight = (match) => {
  const code = plain(match)
  const sum = Array.from(code.slice(0, 15)).reduce((total, character, place) => {
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65
    return total + (place % 2 === 0 ? (oddValues[value] ?? 0) : value)
  }, 0)
  const digit = (place: number) => {
    const character = code.charAt(place)
    return /\d/.test(character) ? character : String(omocodia.indexOf(character))
  }
  const day = Number(digit(9) + digit(10)) % 40
  return day >= 1 && day <= 31 && code.charCodeAt(15) === 65 + (sum % 26)
}

const orDigit = '[\\dLMNP-V]'
const fiscalCode = new RegExp(
  `[A-Z]{3} ?[A-Z]{3} ?${orDigit}{2}[A-EHLMPRST]${orDigit}{2} ?[A-Z]${orDigit}{3}[A-Z]`,
  'iy',
)

/** Luhn's check over eleven digits; the office (eighth to tenth) is a province's, or one of four others. */
const isItalianVat: IsRight = (match) => {
  const digits = plain(match).replace(/\D/g, '')
  const office = Number(digits.slice(7, 10))
  const isOffice = (office >= 1 && office <= 100) || [120, 121, 888, 999].includes(office)
  return isOffice && hasLuhn(digitsOf(digits)) && !digits.startsWith('0000000')
}
const italianVatWords = anyOf('p iva', 'piva', 'partita iva', 'iva', 'vat*', 'codice fiscale', 'cf')

const italy = [
  createForm({
    kind: 'it_fiscal_code',
    tokens: mixed,
    lengths: [16, 16],
    pattern: fiscalCode,
    isRight: isFiscalCode,
  }),
  createForm({
    kind: 'it_fiscal_code',
    tokens: mixed,
    lengths: [3, 6],
    next: ' ',
    pattern: fiscalCode,
    isRight: isFiscalCode,
  }),
  createForm({
    kind: 'it_vat',
    tokens: mixed,
    lengths: [2, 13],
    pattern: /IT[ -]?\d{11}/y,
    isRight: isItalianVat,
  }),
  createForm({
    kind: 'it_vat',
    tokens: ['digits'],
    lengths: [11, 11],
    pattern: /\d{11}/y,
    isRight: isItalianVat,
    words: italianVatWords,
  }),
]

// Spain

const spanishLetters = 'TRWAGMYFPDXBNJZSQVHLCKE'

/** Real Decreto 1553/2005: the letter is that of the number modulo 23; X, Y and Z stand for 0, 1 and 2, K, L and M for nothing. */
const hasSpanishLetter: IsRight = (match) => {
  const code = plain(match)
  const number = code
    .slice(0, -1)
    .replace(/^[KLM]/, '')
    .replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)))
  return spanishLetters.charAt(Number(number) % 23) === code.slice(-1) && !/^0+$/.test(number)
}
const spanishWords = anyOf(
  'nif',
  'dni',
  'nie',
  'd n i',
  'n i f',
  'n i e',
  'documento',
  'identidad',
  'identificación',
  'identificacion',
)
const nif = { kind: 'es_nif', isRight: hasSpanishLetter } as const
const nie = { kind: 'es_nie', isRight: hasSpanishLetter } as const

const spain = [
  createForm({
    ...nif,
    tokens: ['mixed'],
    lengths: [9, 9],
    pattern: /\d{8}[A-Z]|[KLM]\d{7}[A-Z]/y,
  }),
  createForm({ ...nif, tokens: ['digits'], lengths: [8, 8], next: '-', pattern: /\d{8}-[A-Z]/y }),
  createForm({
    ...nif,
    tokens: ['digits'],
    lengths: [2, 2],
    next: '.',
    pattern: /\d{2}\.\d{3}\.\d{3}[- ]?[A-Z]/y,
  }),
  createForm({
    ...nif,
    tokens: ['digits', 'mixed'],
    lengths: [8, 9],
    pattern: /\d{8}[- ]?[A-Z]|[KLM]-?\d{7}-?[A-Z]/iy,
    words: spanishWords,
  }),
  createForm({
    ...nie,
    tokens: mixed,
    lengths: [1, 9],
    pattern: /[XYZ]-?\d{7}-?[A-Z]/y,
  }),
  createForm({
    ...nie,
    tokens: mixed,
    lengths: [1, 9],
    pattern: /[XYZ][- ]?\d{7}[- ]?[A-Z]|[XYZ]-?\d\.\d{3}\.\d{3}-?[A-Z]/iy,
    words: spanishWords,
  }),
]

// Poland and Finland

/** The month says the century too (living people: 1900 and 2000); weights 1, 3, 7, 9, modulus 10. */
const isPesel: IsRight = (match) => {
  const digits = digitsOf(match[0])
  const month = Number(match[0].slice(2, 4))
  const century = month > 20 ? 2000 : 1900
  const year = century + Number(match[0].slice(0, 2))
  const sum = weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1])
  return sum % 10 === 0 && isDate(year, month % 20, Number(match[0].slice(4, 6)))
}

const finnishChecks = '0123456789ABCDEFHJKLMNPRSTUVWXY'
/** The sign of the century: since 2023 each has several (Decree 128/2010 as amended). */
const finnishCenturies: Readonly<Record<string, number>> = {
  '+': 1800,
  ...Object.fromEntries(Array.from('-YXWVU', (sign) => [sign, 1900])),
  ...Object.fromEntries(Array.from('ABCDEF', (sign) => [sign, 2000])),
}
const isHetu: IsRight = ([
  ,
  day = '',
  month = '',
  year = '',
  sign = '',
  serial = '',
  check = '',
]) => {
  const century = finnishCenturies[sign.toUpperCase()] ?? 0
  const isBorn = isDate(century + Number(year), Number(month), Number(day))
  const rest = Number(day + month + year + serial) % 31
  return isBorn && Number(serial) >= 2 && finnishChecks.charAt(rest) === check.toUpperCase()
}
const hetu = {
  kind: 'fi_pic',
  pattern: /(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([0-9A-Y])/iy,
  isRight: isHetu,
} as const

const poland = [
  createForm({
    kind: 'pl_pesel',
    tokens: ['digits'],
    lengths: [11, 11],
    pattern: /\d{11}/y,
    isRight: isPesel,
  }),
]
const finland = [
  createForm({ ...hetu, tokens: ['mixed'], lengths: [11, 11] }),
  createForm({ ...hetu, tokens: ['digits'], lengths: [6, 6], next: '-+' }),
]

export const europeanForms: readonly Form[] = [
  ...unitedKingdom,
  ...italy,
  ...spain,
  ...poland,
  ...finland,
]
