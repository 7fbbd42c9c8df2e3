import type { ReadBody } from './read-body.ts'

/** How a text is written in a body, and where each of its characters stands there. */
export interface Spelling {
  readonly text: string
  /** The place in the body of a place in the text, both in UTF-16 units. */
  readonly offsetOf: (at: number) => number
  /** Writes plain ASCII so that it reads as itself there. */
  readonly write: (ascii: string) => string
}

interface Stretch {
  readonly start: number
  readonly end: number
}

const asItIs = (ascii: string) => ascii

/** Reads once more what stands in a stretch of a body: a JSON string with its quotes, a part of a form, or plain text. */
export function spellingOf(
  body: string,
  { start, end }: Stretch,
  kind: ReadBody['kind'],
): Spelling | undefined {
  if (kind === 'form') return spellPieces(body.slice(start, end), start, formPieces)
  if (kind === 'text') {
    return { text: body.slice(start, end), offsetOf: (at) => start + at, write: asItIs }
  }
  return spellPieces(body.slice(start + 1, end - 1), start + 1, jsonPieces)
}

interface Pieces {
  readonly pattern: RegExp
  readonly decode: (piece: string) => string
  readonly write: (ascii: string) => string
}

const jsonPieces: Pieces = {
  pattern: /\\u[0-9a-f]{4}|\\./gi,
  decode: (piece) => JSON.parse(`"${piece}"`) as string,
  write: asItIs,
}

const formPieces: Pieces = {
  pattern: /\+|(?:%[0-9a-f]{2})+/gi,
  decode: (piece) => (piece === '+' ? ' ' : decodeURIComponent(piece)),
  write: (ascii) => encodeURIComponent(ascii),
}

/** Runs of escapes are cut at their characters, so that what stands beside a finding stays as it was written. */
function spellPieces(raw: string, from: number, { pattern, decode, write }: Pieces): Spelling {
  let text = ''
  const offsets: number[] = []
  let end = 0
  const takePlain = (to: number) => {
    for (let at = end; at < to; at += 1) offsets.push(from + at)
    text += raw.slice(end, to)
  }
  for (const match of raw.matchAll(pattern)) {
    takePlain(match.index)
    let at = match.index
    for (const piece of charactersOf(match[0])) {
      const decoded = decode(piece)
      for (let unit = 0; unit < decoded.length; unit += 1) offsets.push(from + at)
      text += decoded
      at += piece.length
    }
    end = at
  }
  takePlain(raw.length)
  offsets.push(from + raw.length)
  return { text, offsetOf: (at) => offsets[at] ?? from + raw.length, write }
}

/** `%41%C3%A9` is two characters, of one byte and of two (RFC 3629 §3: all but the first of a character are 10xxxxxx). */
const charactersOf = (escapes: string): readonly string[] =>
  escapes.startsWith('%') ? (escapes.match(/%[0-9a-f]{2}(?:%[89ab][0-9a-f])*/gi) ?? []) : [escapes]
