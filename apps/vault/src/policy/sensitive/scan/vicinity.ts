import { mask } from './mask.ts'
import { isWordAt } from './word-class.ts'

/** A stretch of text, in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Tells whether one of some words stands near: no further than 64 characters before, or 24 after. */
export type Near = (words: RegExp, span: Span) => boolean

const beforeCharsMax = 64
const afterCharsMax = 24

/** A name right before a value, as in `"order": "` or `order=`. What stands before the name's clause speaks of another. */
const labelled = /(?:^|[,;{}|&?\n\r])[^,;{}|&?\n\r]*[:=]["'\s([]{0,4}$/
/** Where what follows a value begins to speak of something else. */
const elsewhere = /["<>{}|,;:=.\n\r]/

/** Looks around in one text. What it prepared for the last place it keeps, because several kinds ask for the same. */
export function createVicinity(text: string): Near {
  let prepared = { start: -1, end: -1, before: '', after: '' }
  return (words, { start, end }) => {
    if (prepared.start !== start || prepared.end !== end) {
      prepared = { start, end, before: wordsBefore(text, start), after: wordsAfter(text, end) }
    }
    return words.test(prepared.before) || words.test(prepared.after)
  }
}

function wordsBefore(text: string, start: number): string {
  const from = Math.max(0, start - beforeCharsMax)
  // A word that is cut may end like another.
  const whole = text
    .slice(from, start)
    .slice(isWordAt(text, from - 1) ? partAtStart(text, from) : 0)
  const before = whole.slice(whole.lastIndexOf(mask) + 1)
  return asWords(labelled.exec(before)?.[0] ?? before)
}

const partAtStart = (text: string, from: number): number => {
  let length = 0
  while (length < beforeCharsMax && isWordAt(text, from + length)) length += 1
  return length
}

function wordsAfter(text: string, end: number): string {
  let last = Math.min(text.length, end + afterCharsMax)
  if (isWordAt(text, last)) while (last > end && isWordAt(text, last - 1)) last -= 1
  const after = text.slice(end, last)
  const stop = after.search(elsewhere)
  const masked = after.indexOf(mask)
  const cut = Math.min(stop < 0 ? after.length : stop, masked < 0 ? after.length : masked)
  return asWords(after.slice(0, cut))
}

/** Twenty and more characters of base 64 hold any short word by chance. */
const blob = /[A-Za-z0-9+/]{20,}/g
const isBlob = (run: string): boolean => /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)

/** Stands where two words are written as one, `dateOfBirth`. */
const hump = '~'

/** `dateOfBirth`, `date_of_birth` and `Date  of birth` as the same words. */
function asWords(text: string): string {
  return text
    .replace(blob, (run) => (isBlob(run) ? ' ' : run))
    .replace(/([a-z0-9])([A-Z])/g, `$1${hump}$2`)
    .replace(/[\s_.\-/’']+/g, ' ')
    .toLowerCase()
}

/** Two letters stand by chance between the capitals of anything random. */
const chanceLettersMax = 2

/**
 * An expression for these words in the form that `asWords` gives. A space may be missing; a `*` at an end lets the word
 * go on there, as in languages that write words together.
 */
export function anyOf(...words: readonly string[]): RegExp {
  const alternatives = words.map((word) => {
    const edge = word.length > chanceLettersMax ? '\\p{L}' : `[\\p{L}${hump}]`
    const before = word.startsWith('*') ? '' : `(?<!${edge})`
    const after = word.endsWith('*') ? '' : `(?!${edge})`
    return before + word.replaceAll('*', '').replaceAll(' ', `[ ${hump}]?`) + after
  })
  return new RegExp(alternatives.join('|'), 'u')
}
