import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'

/** Characters of a cursor that are read: those of many servers, each of some length. */
const cursorCharsMax = 32_768

/** Writes where each server's list goes on, as one cursor. */
export const writeListCursor = (cursors: readonly (readonly [string, string])[]): string =>
  Buffer.from(JSON.stringify(Object.fromEntries(cursors))).toString('base64url')

/**
 * Reads it again: the servers' cursors by their names.
 * @throws Problem `invalid-input` for what is no such cursor
 */
export function readListCursor(cursor: string): ReadonlyMap<string, string> {
  try {
    if (cursor.length > cursorCharsMax) throw new SyntaxError('too long')
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof read !== 'object' || read === null) throw new SyntaxError('no object')
    return new Map(
      Object.entries(read).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    )
  } catch (cause) {
    throw invalidCursor(cause)
  }
}

/** No list ever answered it. */
export const invalidCursor = (cause?: unknown) =>
  new Problem('invalid-input', 'The cursor is not one of this list.', {
    next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
    cause,
  })
