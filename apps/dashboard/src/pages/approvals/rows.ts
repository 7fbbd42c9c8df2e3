import type { JsonLine } from '@sallyport/contracts'

// Cuts what is long into rows short enough to be put into the page, so that only those in sight have to be.

/** One row of a body. */
export interface Row {
  readonly text: string
  /** The number of the line that it begins; absent where it goes on with the one before. */
  readonly line?: number
  readonly depth: number
  readonly path?: string
}

/** Each hidden character of a row becomes an element, so a row is kept short. */
const rowCharsMax = 200

/** No more is made of a body at once; its bytes can be read to the end. */
const rowsMax = 200_000

export interface Rows {
  readonly rows: readonly Row[]
  /** There is more than these. */
  readonly isCut: boolean
}

/** Text in rows, a line each and long lines in several. Joined, with a line feed before each numbered row but the first, they are the text. */
export function textRows(text: string): Rows {
  const rows: Row[] = []
  let line = 0
  let from = 0
  while (from <= text.length && rows.length < rowsMax) {
    const end = text.indexOf('\n', from)
    const to = end === -1 ? text.length : end
    line += 1
    addPieces(rows, cut(text.slice(from, to), false), { depth: 0, line })
    from = to + 1
  }
  return { rows, isCut: from <= text.length }
}

/** Laid out JSON in rows. An escaped line's end in a string ends a row too, so that a letter reads like one. */
export function jsonRows(lines: readonly JsonLine[]): Rows {
  const rows: Row[] = []
  let line = 0
  for (const { text, ...place } of lines) {
    if (rows.length >= rowsMax) return { rows, isCut: true }
    line += 1
    addPieces(rows, cut(text, true), { ...place, line })
  }
  return { rows, isCut: false }
}

function addPieces(rows: Row[], pieces: readonly string[], first: Omit<Row, 'text'>): void {
  const { line, ...following } = first
  pieces.forEach((text, index) => {
    rows.push(index === 0 ? { ...first, text } : { ...following, text })
  })
}

/** Pieces of about as many characters as a row takes; none ends within a character, or within an escape of JSON. */
function cut(text: string, hasEscapes: boolean): string[] {
  if (text.length <= rowCharsMax && !(hasEscapes && text.includes('\\n'))) return [text]
  const pieces: string[] = []
  let from = 0
  let at = 0
  while (at < text.length) {
    const length =
      hasEscapes && text[at] === '\\' ? escapeLength(text[at + 1]) : characterLength(text, at)
    const isLineEnd = length === 2 && text[at] === '\\' && text[at + 1] === 'n'
    at += length
    const isFull = at - from >= rowCharsMax
    // A closing quotation mark stays with its string.
    if (isFull || (hasEscapes && isLineEnd && text[at] !== '"')) {
      pieces.push(text.slice(from, at))
      from = at
    }
  }
  if (from < text.length || pieces.length === 0) pieces.push(text.slice(from))
  return pieces
}

const escapeLength = (kind: string | undefined) => (kind === 'u' ? 6 : 2)
const characterLength = (text: string, at: number) => (isHighSurrogate(text.charCodeAt(at)) ? 2 : 1)
const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff

/** One row of bytes: where it begins, the bytes in hex, and those of them that are printable ASCII. */
export interface HexRow {
  readonly offset: string
  readonly hex: string
  readonly ascii: string
}

/** How many rows the bytes take. */
export const hexRowCount = (length: number, bytesPerRow: number) => Math.ceil(length / bytesPerRow)

/** The row at an index, made when it comes into sight. */
export function hexRow(bytes: Uint8Array, index: number, bytesPerRow: number): HexRow {
  const from = index * bytesPerRow
  const part = [...bytes.subarray(from, from + bytesPerRow)]
  return {
    offset: from.toString(16).padStart(8, '0'),
    hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    ascii: part
      .map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '·'))
      .join(''),
  }
}
