import { revealCharacters } from '@sallyport/contracts'

/** More characters than this are not even looked at. */
const readCharsMax = 4_000
const cutMark = '…'
/** Letters that are written from right to left: Hebrew, Arabic and their relatives. */
const fromRightToLeft =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const firstStrongIsolate = '\u2068'
const popIsolate = '\u2069'

/**
 * One line of a text that somebody else wrote: what cannot be seen, or would change the place of other characters, is named
 * (`⟨U+202E⟩`), ends of lines become spaces, and what is too long ends in `…` (S-28). Text from right to left is kept to itself, so
 * that it does not turn round what stands beside it.
 */
export function plainWords(text: string, charsMax: number): string {
  const words = revealCharacters(text.slice(0, readCharsMax))
    .map((piece) => {
      if (piece.kind === 'text') return piece.source
      return piece.kind === 'line-end' ? ' ' : `⟨${piece.label}⟩`
    })
    .join('')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  const isolates = fromRightToLeft.test(words)
  const bound = isolates ? charsMax - 2 : charsMax
  const cut = cutWords(words, bound)
  return isolates ? `${firstStrongIsolate}${cut}${popIsolate}` : cut
}

/** Cuts at a whole character: half of a pair is no text, and a letter keeps its marks. */
function cutWords(words: string, charsMax: number): string {
  if (words.length <= charsMax) return words
  const kept = words.slice(0, Math.max(0, charsMax - cutMark.length))
  return `${kept.replace(/[\ud800-\udbff]$/, '')}${cutMark}`
}
