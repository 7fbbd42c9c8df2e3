// Finds what a reader of a text would not see, or would see as something else (promise S-28).

/** A piece of a text: characters that look like what they are, a line's end, or characters that have to be named. */
export type Piece =
  | { readonly kind: 'text'; readonly source: string }
  | { readonly kind: 'line-end'; readonly source: string }
  | {
      readonly kind: 'hidden'
      readonly source: string
      /** What is shown in its place: `U+202E`, `U+200B ×900`, or how many marks were stacked. */
      readonly label: string
      /** What it is, in words. */
      readonly name: string
    }

/** Marks above and below one letter; scripts that people write need three, a flood covers the lines around it. */
const marksMax = 3

const names: Readonly<Record<number, string>> = {
  0: 'null',
  9: 'tab',
  10: 'line feed',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  160: 'no-break space',
  173: 'soft hyphen',
  847: 'combining grapheme joiner',
  1564: 'Arabic letter mark',
  4447: 'Hangul filler',
  4448: 'Hangul filler',
  6158: 'Mongolian vowel separator',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8239: 'narrow no-break space',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  10240: 'blank Braille pattern',
  12288: 'ideographic space',
  12644: 'Hangul filler',
  65279: 'byte order mark',
  65440: 'Hangul filler',
  65532: 'object replacement',
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/\p{Cc}/u, 'control character'],
  [/[\u{e0000}-\u{e007f}]/u, 'tag character'],
  [/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u180b-\u180d\u180f]/u, 'variation selector'],
  [/\p{Zs}/u, 'unusual space'],
  [/\p{Cs}/u, 'half of a character'],
  [/\p{Co}/u, 'private use character'],
  [/\p{Cn}/u, 'unassigned character'],
  [/\p{M}/u, 'combining mark'],
]

/** `\p{C}`: controls, formats, surrogates, private and unassigned. The rest is blank, or covers its neighbours. */
const hidden =
  /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Me}\u2800\ufffc\u{1d159}]|(?! )\p{Zs}/u
const mark = /\p{M}/u

/** More of the same hidden character in a row are named once, with their number: a flood must not push the rest away. */
const runMax = 3

const codeOf = (character: string) => character.codePointAt(0) ?? 0

/** `U+202E`. */
const labelOf = (character: string): string =>
  `U+${codeOf(character).toString(16).toUpperCase().padStart(4, '0')}`

const nameOf = (character: string): string =>
  names[codeOf(character)] ??
  kinds.find(([pattern]) => pattern.test(character))?.[1] ??
  'invisible character'

/**
 * Cuts a text into pieces. Joined, their sources are the text. No piece of kind `text` holds a character that cannot be
 * seen, that changes the direction or place of others, or more than three marks on one letter.
 */
export function revealCharacters(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let seen = ''
  let marks = 0
  let flood = ''
  const endText = () => {
    if (seen !== '') pieces.push({ kind: 'text', source: seen })
    seen = ''
  }
  const endFlood = () => {
    if (flood !== '') pieces.push(floodOf(flood))
    flood = ''
  }
  for (const character of text) {
    const isMark = mark.test(character)
    if (isMark && !hidden.test(character)) {
      // A mark without a letter would sit on whatever stands before the text.
      if (seen !== '' && !/\s$/.test(seen) && flood === '' && marks < marksMax) {
        seen += character
        marks += 1
      } else {
        endText()
        flood += character
      }
      continue
    }
    endFlood()
    marks = 0
    if (character === '\n') {
      endText()
      pieces.push({ kind: 'line-end', source: character })
    } else if (hidden.test(character)) {
      endText()
      pieces.push({
        kind: 'hidden',
        source: character,
        label: labelOf(character),
        name: nameOf(character),
      })
    } else {
      seen += character
    }
  }
  endText()
  endFlood()
  return joinRuns(pieces)
}

function joinRuns(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = []
  let from = 0
  while (from < pieces.length) {
    const first = pieces[from]
    if (first === undefined) break
    let to = from + 1
    while (first.kind === 'hidden' && pieces[to]?.source === first.source) to += 1
    const count = to - from
    if (first.kind === 'hidden' && count > runMax) {
      joined.push({
        ...first,
        source: first.source.repeat(count),
        label: `${first.label} ×${count}`,
        name: `${count} times ${first.name}`,
      })
    } else {
      joined.push(...pieces.slice(from, to))
    }
    from = to
  }
  return joined
}

function floodOf(source: string): Piece {
  const count = [...source].length
  if (count === 1) {
    return { kind: 'hidden', source, label: labelOf(source), name: nameOf(source) }
  }
  return { kind: 'hidden', source, label: `${count} marks`, name: 'combining marks' }
}
