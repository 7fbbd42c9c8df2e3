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

/** Characters that are not seen: soft hyphen, joiners, marks of direction, selectors of variants. */
const unseen =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0'

const lookAlikes: Readonly<Record<string, string>> = {
  ' ': '\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000',
  '-': '\\u2010-\\u2015\\u2043\\u2212\\ufe58\\ufe63',
  '.': '\\u2024\\ufe52',
  '/': '\\u2044\\u2215',
  '@': '\\ufe6b',
  '"': '\\u201c-\\u201f',
  "'": '\\u2018-\\u201b',
}

const fullWidth = '\\uff01-\\uff5e'

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
  ...charactersOf(unseen).map((character): [string, string] => [character, '']),
])

const strange = new RegExp(`[${[...replacements.keys()].map(escapeUnit).join('')}]`, 'gu')
const hidden = new RegExp(`[${unseen}]`, 'u')
const beyondAscii = /[^\0-\x7f]/

/**
 * Reads a text as its kinds are written: digits of other scripts and full-width characters as ASCII, every hyphen as
 * `-`, every space as ` `. Characters that are not seen may stand inside a number or between two words: where there are
 * any, two readings are given, one without them and one with a space for each.
 */
export function readLegibly(original: string): readonly LegibleText[] {
  if (!beyondAscii.test(original) || original.search(strange) < 0) return [asItIs(original)]
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
    /\\u([0-9a-f]{4})(?:-\\u([0-9a-f]{4}))?/g,
  )) {
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code += 1) {
      found.push(String.fromCharCode(code))
    }
  }
  return found
}

function escapeUnit(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
