import { hasMod97 } from '../checksums/digits.ts'
import { type Form, type Place, standsAlone } from '../scan/form.ts'
import type { Span } from '../scan/vicinity.ts'
import { isWordAt } from '../scan/word-class.ts'

/** The length of an IBAN by country, from SWIFT's registry of ISO 13616 and the countries that use it without being in it. */
const lengths: ReadonlyMap<string, number> = new Map(
  [
    { length: 15, of: 'NO' },
    { length: 16, of: 'BE' },
    { length: 18, of: 'DK FI FK FO GL NL SD' },
    { length: 19, of: 'MK SI' },
    { length: 20, of: 'AT BA EE KZ LT LU MN XK' },
    { length: 21, of: 'CH HR LI LV' },
    { length: 22, of: 'BG BH CR DE GB GE IE ME RS VA' },
    { length: 23, of: 'AE GI IL IQ OM SO TL' },
    { length: 24, of: 'AD CZ ES MD PK RO SA SE SK TN VG' },
    { length: 25, of: 'AO CV GW LY MZ PT ST' },
    { length: 26, of: 'DZ IR IS TR' },
    { length: 27, of: 'BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD' },
    { length: 28, of: 'AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG' },
    { length: 29, of: 'BR EG PS QA UA' },
    { length: 30, of: 'JO KW MU YE' },
    { length: 31, of: 'MT SC' },
    { length: 32, of: 'LC' },
    { length: 33, of: 'RU' },
  ].flatMap(({ length, of }) =>
    of.split(' ').map((country): [string, number] => [country, length]),
  ),
)

/** Reads on over single spaces or hyphens until the country's length is reached. */
function matchIban({ text, start }: Place): Span | undefined {
  const length = lengths.get(text.slice(start, start + 2).toUpperCase())
  if (length === undefined) return undefined
  let account = ''
  let at = start
  const separator = firstSeparator(text, start)
  while (account.length < length) {
    const character = text.charAt(at)
    if (/[0-9A-Za-z]/.test(character)) account += character
    else if (character === '' || character !== separator || !isWordAt(text, at + 1))
      return undefined
    at += 1
  }
  const span = { start, end: at }
  const isForm =
    /^[A-Z]{2}(?!0[01]|99)\d\d/i.test(account) &&
    isGrouped(text.slice(start, at)) &&
    standsAlone(text, span)
  return isForm && hasMod97(account.toUpperCase()) ? span : undefined
}

/** Groups of four, as ISO 13616 prints it; or the country, or that with the check, apart from the rest. */
const isGrouped = (written: string): boolean =>
  /^(?:[^ -]{4}[ -]){3,8}[^ -]{1,4}$|^(?:[^ -]{2}[ -]|[^ -]{4}[ -])?[^ -]{11,34}$/.test(written)

/** What stands behind the first group, where that may be one of an IBAN's separators. */
function firstSeparator(text: string, start: number): string | undefined {
  const groups = /^[0-9A-Za-z]{2,34}([ -])/.exec(text.slice(start, start + 35))
  return groups?.[1]
}

/** International bank account numbers: ISO 13616, the country's length, MOD 97-10. */
export const ibanForms: readonly Form[] = [
  { kind: 'iban', tokens: ['mixed'], lengths: [15, 34], match: matchIban },
  { kind: 'iban', tokens: ['mixed'], lengths: [4, 14], next: ' -', match: matchIban },
  { kind: 'iban', tokens: ['letters'], lengths: [2, 2], next: ' -', match: matchIban },
]
