import { isDate } from '../checksums/digits.ts'
import { createForm, type Form } from '../scan/form.ts'
import { anyOf } from '../scan/vicinity.ts'

const words = anyOf(
  'dobs?',
  'd o b',
  'births?',
  'births? ?days?',
  'births? ?dates?',
  'date of births?',
  'born',
  'bday',
  'geb',
  'geboren*',
  'geburt*',
  'geboortedatum',
  'née?',
  'naissance',
  'nacimiento',
  'nacid[oa]',
  'nascita',
  'nat[oa]',
  'nascimento',
  'urodzen*',
  'ur',
  'syntynyt',
  'syntymä*',
  'född',
  'født',
  'fødselsdato',
  '*出生*',
  '*生年月日*',
  '*生日*',
  '*생년월일*',
  '*생일*',
  '*เกิด*',
  '*जन्म*',
)

/** The first letters of the months in English, German, French, Spanish, Italian, Dutch, Polish and Portuguese. */
const months = [
  /^(?:jan|jän|gen|ene|sty)/,
  /^(?:f[eé][bv]|lut)/,
  /^(?:mar|mär|mrz|maa|mrt)/,
  /^(?:apr|avr|abr|kwi)/,
  /^(?:may|mai|mag|mei|maj)/,
  /^(?:jun|juin|giu|cze)/,
  /^(?:jul|juil|lug|lip)/,
  /^(?:aug|aoû|ago|sie)/,
  /^(?:se[pt]|wrz)/,
  /^(?:o[ck]t|out|ott|paź)/,
  /^(?:nov|lis)/,
  /^(?:d[eéi][czm]|dic|gru)/,
]

const years = { first: 1880, last: 2099 }

/** A year of four digits, or of two, in whichever order a country writes it. */
function isBirth(year: string, month: string, day: string): boolean {
  if (year.length === 2) return isDate(1900 + Number(year), Number(month), Number(day))
  const written = Number(year)
  return (
    written >= years.first && written <= years.last && isDate(written, Number(month), Number(day))
  )
}

const isEitherOrder = (year: string, one: string, other: string): boolean =>
  isBirth(year, one, other) || isBirth(year, other, one)

function hasMonth(name: string, year: string, day: string): boolean {
  const month = months.findIndex((start) => start.test(name.toLowerCase())) + 1
  return month > 0 && isBirth(year, String(month), day)
}

const born = { kind: 'date_of_birth', words } as const
const digits = { ...born, tokens: ['digits'] } as const
const name = '(\\p{L}{3,12})\\.?'

/** Dates, only beside a word for birth. */
export const birthForms: readonly Form[] = [
  createForm({
    ...digits,
    lengths: [4, 4],
    next: '-/.',
    pattern:
      /(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?/y,
    isRight: ([, year = '', , month = '', day = '']) => isBirth(year, month, day),
  }),
  createForm({
    ...digits,
    lengths: [1, 2],
    next: '-/. ',
    pattern: /(\d{1,2})([-/]|\. ?| )(\d{1,2})\2(\d{4}|\d{2})/y,
    isRight: ([, one = '', , other = '', year = '']) => isEitherOrder(year, one, other),
  }),
  createForm({
    ...digits,
    lengths: [8, 8],
    pattern: /(\d{4})(\d{2})(\d{2})/y,
    isRight: ([, year = '', month = '', day = '']) => isBirth(year, month, day),
  }),
  createForm({
    ...digits,
    lengths: [4, 4],
    pattern: /(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일]/y,
    isRight: ([, year = '', month = '', day = '']) => isBirth(year, month, day),
  }),
  createForm({
    ...born,
    tokens: ['digits', 'mixed'],
    lengths: [1, 4],
    pattern: new RegExp(
      `(\\d{1,2})(?:st|nd|rd|th|er|º|\\.)?(?: de | of |[ -])${name}(?: de |,? |-)(\\d{4})`,
      'uy',
    ),
    isRight: ([, day = '', month = '', year = '']) => hasMonth(month, year, day),
  }),
  createForm({
    ...born,
    tokens: ['letters'],
    lengths: [3, 9],
    next: ' .',
    pattern: new RegExp(`${name} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})`, 'uy'),
    isRight: ([, month = '', day = '', year = '']) => hasMonth(month, year, day),
  }),
]
