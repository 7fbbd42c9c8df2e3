import { mask } from './mask.ts'

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
  const whole = text.slice(Math.max(0, start - beforeCharsMax), start)
  const before = whole.slice(whole.lastIndexOf(mask) + 1)
  return asWords(labelled.exec(before)?.[0] ?? before)
}

function wordsAfter(text: string, end: number): string {
  const after = text.slice(end, end + afterCharsMax)
  const stop = after.search(elsewhere)
  const masked = after.indexOf(mask)
  const cut = Math.min(stop < 0 ? after.length : stop, masked < 0 ? after.length : masked)
  return asWords(after.slice(0, cut))
}

/** `dateOfBirth`, `date_of_birth` and `Date  of birth` as the same words. */
function asWords(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[\s_.\-/’']+/g, ' ')
    .toLowerCase()
}

/**
 * An expression for these words in the form that `asWords` gives. A space may be missing; a `*` at an end lets the word
 * go on there, as in languages that write words together.
 */
export function anyOf(...words: readonly string[]): RegExp {
  const alternatives = words.map((word) => {
    const before = word.startsWith('*') ? '' : '(?<!\\p{L})'
    const after = word.endsWith('*') ? '' : '(?!\\p{L})'
    return before + word.replaceAll('*', '').replaceAll(' ', ' ?') + after
  })
  return new RegExp(alternatives.join('|'), 'u')
}
