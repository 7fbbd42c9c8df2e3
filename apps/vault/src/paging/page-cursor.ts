import { Problem } from '@sallyport/contracts'

// Lists run newest first. A cursor names the last row that was seen by its time and id, so that rows which come and
// go between two pages are neither skipped nor shown twice.

/** What a store needs to go on after a row. Times in ms since the epoch. */
export interface PageAfter {
  readonly limit: number
  readonly after?: { readonly createdAtMs: number; readonly id: string }
}

/** A page of a list as it is asked for. */
export interface PageInput {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What places a row in its list. */
interface PagePoint {
  readonly id: string
  readonly createdAt: Date
}

/** 13 digits reach the year 2286: no cursor names a time that the database lacks. */
const cursorPattern = /^(\d{1,13})\.([\x21-\x7e]{1,64})$/

/**
 * Reads a page's input, asking the store for one row more than the page holds.
 * @throws Problem invalid-input for a cursor that no list ever gave
 */
export function readPage({ limit, cursor }: PageInput): PageAfter {
  if (cursor === undefined) return { limit: limit + 1 }
  const [, milliseconds, id] = cursorPattern.exec(cursor) ?? []
  if (milliseconds === undefined || id === undefined) {
    throw new Problem('invalid-input', 'The cursor is not one of this list.', {
      next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
      fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
    })
  }
  return { limit: limit + 1, after: { createdAtMs: Number(milliseconds), id } }
}

/** Splits what the store gave into the page and the cursor of the next one, if there is one. */
export function writePage<Row extends PagePoint>(
  rows: readonly Row[],
  page: PageInput,
): { page: readonly Row[]; nextCursor?: string } {
  return writePageBy(rows, page, (row) => row)
}

/** The same for rows that hold their place in a part of themselves. */
export function writePageBy<Row>(
  rows: readonly Row[],
  { limit }: PageInput,
  pointOf: (row: Row) => PagePoint,
): { page: readonly Row[]; nextCursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { page }
  const { createdAt, id } = pointOf(last)
  return { page, nextCursor: `${createdAt.getTime()}.${id}` }
}
