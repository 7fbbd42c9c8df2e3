import { type DigitGroups, readGroups } from '../scan/digit-groups.ts'
import { type Form, type Place, standsAlone } from '../scan/form.ts'
import { anyOf, type Span } from '../scan/vicinity.ts'
import { isDigitAt, isWordAt } from '../scan/word-class.ts'

/** Country codes of ITU-T E.164, by their digits. */
const countryCode =
  /^(?:1[2-9]|7|2(?:[07]|[1-689]\d)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)|6(?:[0-6]|[789]\d)|8(?:[1246]|[0578]\d)|9(?:[0-58]|[679]\d))/
const digitsMin = 7
const digitsMax = 15
const americanDigits = 11

const separator = / ?\(0\) ?|\)[ -]?| ?[-/] ?| ?\(|[ .]/y
const groupsMax = 8

/** The groups from a place on; a bracket opens before the second of an international number and nowhere else. */
function readNumber(text: string, start: number, isInternational: boolean): DigitGroups {
  const { groups, separators, ends } = readGroups(text, start, { separator, groupsMax })
  const opens = separators.findIndex(
    (one, place) => one.endsWith('(') && !(isInternational && place === 0),
  )
  const count = opens < 0 ? groups.length : opens + 1
  return {
    groups: groups.slice(0, count),
    separators: separators.slice(0, count - 1),
    ends: ends.slice(0, count),
  }
}

/** Words that say that a number is dialled. What else is told of a phone is not its number. */
const words = anyOf(
  'phones?(?! ?(?:id|sid|verified|count|type|model|os|version|code|at|call))',
  'phone(?: no| nr| numbers?)',
  'telephone',
  'tel',
  'mobile',
  'cell',
  'cellphone',
  'fax',
  'whatsapp',
  'sms',
  'call me at',
  'dial',
  'msisdn',
  'telefon*',
  'handy*',
  'mobil*',
  'rufnummer*',
  'téléphone',
  'teléfono',
  'telefono',
  'telefone',
  'cellulare',
  'celular',
  'móvil',
  'portable',
  'puhelin*',
  'komórk*',
  '*電話*',
  '*电话*',
  '*手机*',
  '*전화*',
  '*휴대폰*',
  '*โทร*',
  '*फ़ोन*',
  '*फोन*',
)

/** ITU-T E.164 behind a plus, in whatever groups it is written. */
function matchInternational({ text, start, near }: Place): Span | undefined {
  const plus = text.charAt(start - 1) === '(' ? start - 2 : start - 1
  if (text.charAt(plus) !== '+' || isWordAt(text, plus - 1)) return undefined
  const read = readNumber(text, start, true)
  const isAmerican = read.groups.join('').startsWith('1')
  for (let count = read.groups.length; count > 0; count -= 1) {
    const digits = read.groups.slice(0, count).join('')
    if (digits.length > (isAmerican ? americanDigits : digitsMax)) continue
    if (digits.length < (isAmerican ? americanDigits : digitsMin)) return undefined
    if (!countryCode.test(digits)) return undefined
    const span = { start: plus, end: read.ends[count - 1] ?? 0 }
    if (isWordAt(text, span.end)) return undefined
    // A sign and one point are a decimal number (`+48.858222`), and few digits behind a sign are a number too.
    const used = read.separators.slice(0, count - 1)
    const isPlain = used.length === 0 ? digits.length < 9 : digits.length < 8
    return (isPlain || isDecimal(used)) && !near(words, span) ? undefined : span
  }
  return undefined
}

/** One point, or points among other signs: a decimal number, or a pair of coordinates. */
const isDecimal = (separators: readonly string[]): boolean =>
  separators.includes('.') && (separators.length === 1 || separators.some((one) => one !== '.'))

/** `(415) 555-2671`, `415.555.2671`, `1-800-555-0199`: the North American plan. */
const american = /(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}/y
/** `(11) 91234-5678` */
const brazilian = /\([1-9][1-9]\) ?9?\d{4}[- ]\d{4}/y
/** `01 23 45 67 89` */
const french = /0[1-9]([ .-])\d{2}\1\d{2}\1\d{2}\1\d{2}/y
const date = /^(?:\d{1,2}([-/. ])\d{1,2}\1\d{2,4}|(?:19|20)\d{2}([-/.])\d{1,2}\2\d{1,2})(?!\d)/

function matchPattern(pattern: RegExp, { text, start, end }: Place): Span | undefined {
  const isOpen = text.charAt(start - 1) === '(' && text.charAt(end) === ')'
  const from = isOpen ? start - 1 : start
  pattern.lastIndex = from
  const match = pattern.exec(text)
  return match === null ? undefined : alone(text, { start: from, end: from + match[0].length })
}

/** The same where no more digits go before or after it. */
function alone(text: string, span: Span): Span | undefined {
  const goesOnBefore = /[ /+]/.test(text.charAt(span.start - 1)) && isDigitAt(text, span.start - 2)
  const goesOnAfter = /[ /]/.test(text.charAt(span.end)) && isDigitAt(text, span.end + 1)
  return standsAlone(text, span) && !goesOnBefore && !goesOnAfter ? span : undefined
}

/** `0171 2345678`, `(030) 123456`, `020 7946 0958`, `0049 30 123456`: a trunk prefix, then groups of two digits and more. */
function matchTrunk(place: Place): Span | undefined {
  const { text, start } = place
  if (!/^0(?:[1-9]|0[1-9])/.test(text.slice(start, start + 3))) return undefined
  const asFrench = matchPattern(french, place)
  if (asFrench !== undefined) return asFrench
  const { groups, separators, ends } = readNumber(text, start, false)
  const digits = groups.join('')
  const isAbroad = digits.startsWith('00')
  if (isAbroad && !countryCode.test(digits.slice(2))) return undefined
  const [least, most] = isAbroad ? [11, digitsMax + 2] : [9, 12]
  const isGrouped =
    groups.length > 1 &&
    groups.slice(1).every((group) => group.length > 1) &&
    !separators.includes('.') &&
    digits.length >= least &&
    digits.length <= most
  // Three, two and four digits are a Social Security number.
  const isTaxpayer = groups.map((group) => group.length).join(' ') === '3 2 4'
  if (!isGrouped || isTaxpayer || date.test(text.slice(start, start + 12))) return undefined
  const isOpen = text.charAt(start - 1) === '(' && separators[0]?.startsWith(')') === true
  const from = isOpen ? start - 1 : start
  return alone(text, { start: from, end: ends.at(-1) ?? 0 })
}

/** Any digits of the right number beside a word that says what they are. */
function matchWorded({ text, start, near }: Place): Span | undefined {
  const { groups, separators, ends } = readNumber(text, start, false)
  const digits = groups.join('').length
  if (digits < digitsMin || digits > digitsMax || isDecimal(separators)) return undefined
  if (date.test(text.slice(start, start + 12))) return undefined
  const span = { start, end: ends.at(-1) ?? 0 }
  return standsAlone(text, span) && near(words, span) ? span : undefined
}

const digits = { kind: 'phone', tokens: ['digits'] } as const

/** Telephone numbers: international ones, national ones with enough structure, and others beside a word for them. */
export const phoneForms: readonly Form[] = [
  { ...digits, lengths: [1, digitsMax], match: matchInternational },
  {
    ...digits,
    lengths: [1, 3],
    next: ' .-)',
    match: (place) => matchPattern(american, place) ?? matchPattern(brazilian, place),
  },
  { ...digits, lengths: [2, 6], next: ' -/).', match: matchTrunk },
  { ...digits, lengths: [2, digitsMax], match: matchWorded },
]
