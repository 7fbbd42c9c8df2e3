import { digitsOf, hasLuhn } from '../checksums/digits.ts'
import { readGroups } from '../scan/digit-groups.ts'
import { type Form, type Place, standsAlone } from '../scan/form.ts'
import { anyOf, type Span } from '../scan/vicinity.ts'

interface Brand {
  readonly prefix: RegExp
  readonly lengths: readonly number[]
  /** Too much else looks like it: without groups it is one only beside a word for a card. */
  readonly isLoose?: boolean
}

/** Ranges of issuers (ISO/IEC 7812) as the networks publish them, with the lengths in use. */
const brands: readonly Brand[] = [
  { prefix: /^4/, lengths: [16] },
  { prefix: /^4/, lengths: [13, 19], isLoose: true },
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [17, 18, 19], isLoose: true },
  { prefix: /^(?:30[0-5]|3095|36|3[89])/, lengths: [14] },
  { prefix: /^(?:30[0-5]|3095|36|3[89])/, lengths: [16, 17, 18, 19], isLoose: true },
  { prefix: /^35(?:2[89]|[3-8]\d)/, lengths: [16] },
  { prefix: /^35(?:2[89]|[3-8]\d)/, lengths: [17, 18, 19], isLoose: true },
  { prefix: /^62/, lengths: [16] },
  { prefix: /^62/, lengths: [17, 18, 19], isLoose: true },
  { prefix: /^220[0-4]/, lengths: [16] },
  { prefix: /^220[0-4]/, lengths: [17, 18, 19], isLoose: true },
  // Maestro; RuPay; Troy.
  { prefix: /^(?:50|5[6-8]|6[0-9])/, lengths: [12, 13, 14, 15, 16, 17, 18, 19], isLoose: true },
  { prefix: /^(?:60|81|82|508)/, lengths: [16], isLoose: true },
  { prefix: /^9792/, lengths: [16], isLoose: true },
]

const words = anyOf(
  'cards?',
  'card no',
  'card numbers?',
  'visa',
  'master card',
  'amex',
  'american express',
  'discover',
  'maestro',
  'diners',
  'jcb',
  'union pay',
  'rupay',
  'mir',
  'debit',
  'credit',
  'pan',
  'cc',
  'ccn',
  '*karte*',
  'carte',
  'tarjeta',
  'carta',
  'cartão',
  'karta',
)

const separator = / ?- ?| {1,2}|\./y
const groupsMax = 6
/** How the networks print the groups; any of 16 digits may be in other groups too. */
const layouts = /^(?:4 4 4 4(?: [1-3])?|4 6 [45]|4 4 4 [1-3]|4 4 5|6 (?:[6-9]|1[0-3]))$/

function matchCard({ text, start, near }: Place): Span | undefined {
  const { groups, separators, ends } = readGroups(text, start, { separator, groupsMax })
  const first = separators[0]
  const alike = separators.findIndex((one) => one !== first)
  const most = alike < 0 ? groups.length : alike + 1
  // What follows may be the date of its end, or its code: fewer groups are tried too.
  for (let count = most; count > 0; count -= 1) {
    const used = groups.slice(0, count)
    if (count > 1 && first === '.' && !/^(?:\d{4} ){3}\d{4}$/.test(used.join(' '))) continue
    const span = { start, end: ends[count - 1] ?? 0 }
    const fit = brandsOf(used)
    const leavesOff = count > 1 && count < groups.length
    if (fit.length === 0 || !isAlone(text, span, leavesOff)) continue
    const isCertain =
      fit.some(({ isLoose }) => isLoose !== true) || (count > 1 && !isInGrid(text, span))
    if (isCertain || near(words, span)) return span
  }
  return undefined
}

function brandsOf(groups: readonly string[]): readonly Brand[] {
  const length = groups.reduce((sum, group) => sum + group.length, 0)
  if (length < 12 || length > 19 || !isLayout(groups)) return []
  const number = groups.join('')
  const fit = brands.filter(
    ({ prefix, lengths }) => lengths.includes(number.length) && prefix.test(number),
  )
  return fit.length > 0 && hasLuhn(digitsOf(number)) ? fit : []
}

function isLayout(groups: readonly string[]): boolean {
  if (groups.length === 1) return true
  const lengths = groups.map((group) => group.length)
  if (layouts.test(lengths.join(' '))) return true
  return groups.join('').length === 16 && groups.length > 2 && lengths.every((length) => length > 1)
}

/** Whether more groups of four stand beside it: rows of such numbers hold some that pass for a card. */
const isInGrid = (text: string, { start, end }: Span): boolean =>
  /\d{4} $/.test(text.slice(Math.max(0, start - 5), start)) ||
  /^ \d{4}/.test(text.slice(end, end + 5))

/** A group that was left off stands right behind it, and is no part of it. */
function isAlone(text: string, { start, end }: Span, leavesOff: boolean): boolean {
  return leavesOff
    ? standsAlone(text.slice(0, end), { start, end })
    : standsAlone(text, { start, end })
}

/** Numbers of payment cards: an issuer's range, a length in use, Luhn's check. */
export const cardForms: readonly Form[] = [
  { kind: 'credit_card', tokens: ['digits'], lengths: [12, 19], match: matchCard },
  { kind: 'credit_card', tokens: ['digits'], lengths: [2, 11], next: ' -.', match: matchCard },
]
