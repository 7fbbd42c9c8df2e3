import type { Turns } from '../turns.ts'
import { gatherText } from './gather-text.ts'

/** A text as the kinds read it: look-alikes of digits, hyphens and spaces replaced, and a way back to what stood there. */
export interface LegibleText {
  readonly text: string
  /** Where a stretch of `text` stands in the original. */
  originalOf(start: number, end: number): { readonly start: number; readonly end: number }
}

/** Of each script the digit zero; nine more follow it. (Unicode 16, general category Nd, without ASCII.) */
const zeros = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
  0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
  0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
  0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
  0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50,
  0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
  0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
]

/** Characters that are not seen: controls, soft hyphen, joiners, marks of direction, selectors of variants, tags, noncharacters. */
const unseen = [
  '\\u{0}-\\u{8}\\u{e}-\\u{1f}\\u{7f}-\\u{84}\\u{86}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}',
  '\\u{180b}-\\u{180f}\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}\\u{2060}-\\u{206f}\\u{3164}\\u{fdd1}-\\u{fdef}',
  '\\u{fe00}-\\u{fe0f}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{fffe}\\u{ffff}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}',
  '\\u{e0000}-\\u{e007f}\\u{e0100}-\\u{e01ef}',
].join('')
/** What is drawn over a digit or around it, as in `1\u20e3`. */
const overDigit = '(?<=\\d\\ufe0f?)[\\u0300-\\u036f\\u20d0-\\u20f0]+'

const lookAlikes: Readonly<Record<string, string>> = {
  ' ': '\\u{00a0}\\u{1680}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{3000}',
  '-': '\\u{2010}-\\u{2015}\\u{2043}\\u{2212}\\u{fe58}\\u{fe63}',
  '.': '\\u{2024}\\u{fe52}',
  '/': '\\u{2044}\\u{2215}',
  '@': '\\u{fe6b}',
  '"': '\\u{201c}-\\u{201f}',
  "'": '\\u{2018}-\\u{201b}',
}

const fullWidth = '\\u{ff01}-\\u{ff5e}'

/** Letters that mathematics writes bold, slanted or otherwise: thirteen alphabets, one after another. */
const mathLetters = '\\u{1d400}-\\u{1d6a3}'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What one character becomes; an empty string where it is not seen. */
const replacements: ReadonlyMap<string, string> = new Map([
  ...zeros.flatMap((zero) =>
    Array.from({ length: 10 }, (_, digit): [string, string] => [
      String.fromCodePoint(zero + digit),
      String(digit),
    ]),
  ),
  ...Object.entries(lookAlikes).flatMap(([plain, those]) =>
    charactersOf(those).map((character): [string, string] => [character, plain]),
  ),
  ...charactersOf(fullWidth).map((character): [string, string] => [
    character,
    String.fromCodePoint((character.codePointAt(0) ?? 0) - 0xfee0),
  ]),
  ...charactersOf(mathLetters).map((character, place): [string, string] => [
    character,
    alphabet.charAt(place % alphabet.length),
  ]),
  ...charactersOf(unseen).map((character): [string, string] => [character, '']),
])

const strange = new RegExp(
  `[${[...replacements.keys()].map(escapeUnit).join('')}]|${overDigit}`,
  'gu',
)
const beyondPlain = /[^\t-\r -~]/

/**
 * Reads a text as its kinds are written: digits of other scripts, full-width and mathematical characters as ASCII, every hyphen as
 * `-`, every space as ` `. Characters that are not seen may stand inside a number or between two words: where there are
 * any, two readings are given, one without them and one with a space for each.
 */
export function* readLegibly(original: string): Turns<readonly LegibleText[]> {
  if (!beyondPlain.test(original)) return [asItIs(original)]
  const { strangers, unseen: unseenCount, reading } = yield* replaceAll(original, '')
  if (strangers === 0) return [asItIs(original)]
  return unseenCount === 0 ? [reading] : [reading, (yield* replaceAll(original, ' ')).reading]
}

const asItIs = (text: string): LegibleText => ({
  text,
  originalOf: (start, end) => ({ start, end }),
})

interface Replaced {
  readonly reading: LegibleText
  /** How many were replaced, and how many of them are not seen. */
  readonly strangers: number
  readonly unseen: number
}

function* replaceAll(original: string, forUnseen: string): Turns<Replaced> {
  // From each place of `at` on, `gone` units of the original have no counterpart.
  const at: number[] = []
  const gone: number[] = []
  let missing = 0
  let strangers = 0
  let unseenCount = 0
  let from = 0
  const kept = gatherText()
  const replace = ({ start, end }: { readonly start: number; readonly end: number }) => {
    const meant = replacements.get(original.slice(start, end))
    const plain = meant || forUnseen
    strangers += 1
    if (!meant) unseenCount += 1
    kept.add(original.slice(from, start))
    kept.add(plain)
    from = end
    if (end - start === plain.length) return
    missing += end - start - plain.length
    const place = from - missing
    if (at.at(-1) === place) gone[gone.length - 1] = missing
    else {
      at.push(place)
      gone.push(missing)
    }
  }
  for (let start = 0; start < original.length; start += charsATurn) {
    for (const span of strangersIn(original, Math.max(start, from), start + charsATurn))
      replace(span)
    yield
  }
  kept.add(original.slice(from))
  const goneAt = (place: number): number => gone[lastUpTo(at, place)] ?? 0
  const reading: LegibleText = {
    text: kept.text(),
    originalOf(start, end) {
      const last = end - 1 + goneAt(end - 1)
      const isPair = (original.charCodeAt(last) & 0xfc00) === 0xd800
      return { start: start + goneAt(start), end: last + (isPair ? 2 : 1) }
    },
  }
  return { reading, strangers, unseen: unseenCount }
}

const charsATurn = 4096
/** As far back as what is drawn over a digit sees, and as long as a character is. */
const contextChars = 2

/** What is to be replaced and begins between two places. */
function strangersIn(
  text: string,
  from: number,
  to: number,
): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = []
  const first = Math.max(0, from - contextChars)
  const seen = text.slice(first, to + contextChars)
  strange.lastIndex = from - first
  for (let match = strange.exec(seen); match !== null; match = strange.exec(seen)) {
    const start = first + match.index
    if (start >= to) break
    let end = first + strange.lastIndex
    if (strange.lastIndex === seen.length && end < text.length) {
      // It may go on behind what is seen.
      strange.lastIndex = start
      end = start + (strange.exec(text)?.[0].length ?? 0)
      found.push({ start, end })
      break
    }
    found.push({ start, end })
  }
  return found
}

/** The index of the last value that is not above `limit`; -1 where all are. Bounded by the length's binary logarithm. */
function lastUpTo(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low - 1
}

function charactersOf(ranges: string): string[] {
  const found: string[] = []
  for (const [, first = '', last = first] of ranges.matchAll(
    /\\u\{([0-9a-f]+)\}(?:-\\u\{([0-9a-f]+)\})?/g,
  )) {
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code += 1) {
      found.push(String.fromCodePoint(code))
    }
  }
  return found
}

function escapeUnit(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
