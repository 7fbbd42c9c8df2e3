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

/**
 * Reads a page's input, asking the store for one row more than the page holds.
 * @throws Problem invalid-input for a cursor that no list ever gave
 */
export function readPage({ limit, cursor }: PageInput): PageAfter {
  if (cursor === undefined) return { limit: limit + 1 }
  const match = /^([0-9]{1,15})\.([\x21-\x7e]{1,64})$/.exec(cursor)
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new Problem('invalid-input', 'The cursor is not one of this list.', {
      next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
      fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
    })
  }
  return { limit: limit + 1, after: { createdAtMs: Number(match[1]), id: match[2] } }
}

/** Splits what the store gave into the page and the cursor of the next one, if there is one. */
export function writePage<Row extends { readonly id: string; readonly createdAt: Date }>(
  rows: readonly Row[],
  { limit }: PageInput,
): { page: readonly Row[]; nextCursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { page }
  return { page, nextCursor: `${last.createdAt.getTime()}.${last.id}` }
}
