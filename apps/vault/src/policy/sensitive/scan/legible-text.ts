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
const hidden = new RegExp(`[${unseen}]|${overDigit}`, 'u')
const beyondPlain = /[^\t-\r -~]/

/**
 * Reads a text as its kinds are written: digits of other scripts, full-width and mathematical characters as ASCII, every hyphen as
 * `-`, every space as ` `. Characters that are not seen may stand inside a number or between two words: where there are
 * any, two readings are given, one without them and one with a space for each.
 */
export function readLegibly(original: string): readonly LegibleText[] {
  if (!beyondPlain.test(original) || original.search(strange) < 0) return [asItIs(original)]
  const without = replaceAll(original, '')
  return hidden.test(original) ? [without, replaceAll(original, ' ')] : [without]
}

const asItIs = (text: string): LegibleText => ({
  text,
  originalOf: (start, end) => ({ start, end }),
})

function replaceAll(original: string, forUnseen: string): LegibleText {
  // From each place of `at` on, `gone` units of the original have no counterpart.
  const at: number[] = []
  const gone: number[] = []
  let missing = 0
  let kept = ''
  let from = 0
  for (const { 0: character, index } of original.matchAll(strange)) {
    const plain = replacements.get(character) || forUnseen
    kept += original.slice(from, index) + plain
    from = index + character.length
    if (character.length === plain.length) continue
    missing += character.length - plain.length
    const place = from - missing
    if (at.at(-1) === place) gone[gone.length - 1] = missing
    else {
      at.push(place)
      gone.push(missing)
    }
  }
  kept += original.slice(from)
  const goneAt = (place: number): number => gone[lastUpTo(at, place)] ?? 0
  return {
    text: kept,
    originalOf(start, end) {
      const last = end - 1 + goneAt(end - 1)
      const isPair = (original.charCodeAt(last) & 0xfc00) === 0xd800
      return { start: start + goneAt(start), end: last + (isPair ? 2 : 1) }
    },
  }
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
