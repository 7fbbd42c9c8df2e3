import { Problem } from '@sallyport/contracts'

/** Where in a document: counted from 1, as editors do. */
export interface DocumentPosition {
  readonly line: number
  readonly column: number
}

/** The longest sentence about a document: it may quote names that stand in it. */
const sentenceCharsMax = 500

/**
 * The one way in which a document is refused (S-41): a sentence, the place where there is one, and what to do.
 * @throws Problem `document-refused`, always
 */
export function refuseDocument(
  sentence: string,
  { at, next }: { at?: DocumentPosition | undefined; next?: string | undefined } = {},
): never {
  // A parser's own words end without a stop.
  const ended = /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`
  const said =
    at === undefined ? ended : `Line ${at.line}, column ${at.column} of the document: ${ended}`
  const detail = said.length > sentenceCharsMax ? `${said.slice(0, sentenceCharsMax - 1)}…` : said
  throw new Problem('document-refused', detail, {
    next: next ?? 'Mend the document and import it again.',
    fields: [{ field: 'document', message: detail }],
  })
}

/** Turns an offset in a text into a line and a column. */
export function positionAt(text: string, offset: number): DocumentPosition {
  const before = text.slice(0, offset)
  const lines = before.split(/\r\n|\r|\n/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

/** A name of a document as a sentence may quote it: short, on one line. */
export function quoteName(name: string): string {
  // A name may be as long as its document, and be quoted for each operation.
  const plain = name.slice(0, 200).replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
  return `“${plain.length > 80 ? `${plain.slice(0, 79)}…` : plain}”`
}
