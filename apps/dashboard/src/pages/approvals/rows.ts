import type { JsonLine } from './json-lines.ts'

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

/** Text in rows, a line each and long lines in several. Joined, with a line feed before each numbered row but the first, they are the text. */
export function textRows(text: string): Row[] {
  const rows: Row[] = []
  let line = 0
  for (const content of text.split('\n')) {
    line += 1
    addPieces(rows, cut(content), { depth: 0, line })
  }
  return rows
}

/** Laid out JSON in rows. A line's end that is escaped in a string also ends a row, so that a letter reads like one. */
export function jsonRows(lines: readonly JsonLine[]): Row[] {
  const rows: Row[] = []
  let line = 0
  for (const { text, ...place } of lines) {
    line += 1
    addPieces(rows, text.split(/(?<=(?<!\\)(?:\\\\)*\\n)(?!")/).flatMap(cut), { ...place, line })
  }
  return rows
}

function addPieces(rows: Row[], pieces: readonly string[], first: Omit<Row, 'text'>): void {
  const { line, ...following } = first
  pieces.forEach((text, index) => {
    rows.push(index === 0 ? { ...first, text } : { ...following, text })
  })
}

/** Pieces of at most so many characters; none ends within a surrogate pair. */
function cut(text: string): string[] {
  if (text.length <= rowCharsMax) return [text]
  const pieces: string[] = []
  let from = 0
  while (from < text.length) {
    let to = Math.min(from + rowCharsMax, text.length)
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to += 1
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

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
