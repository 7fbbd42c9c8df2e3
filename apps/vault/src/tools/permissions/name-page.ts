import { Problem } from '@sallyport/contracts'

// Lists by name. A cursor names the last row that was seen by its name and id.

interface Place {
  readonly name: string
  readonly id: string
}

const cursorCharsMax = 2_000

/**
 * Reads a page's input, asking for one row more than the page holds.
 * @throws Problem invalid-input for a cursor that no list ever gave
 */
export function readNamePage({
  limit,
  cursor,
}: {
  readonly limit: number
  readonly cursor?: string | undefined
}): { readonly limit: number; readonly after: Place | undefined } {
  if (cursor === undefined) return { limit: limit + 1, after: undefined }
  const after = cursor.length <= cursorCharsMax ? readPlace(cursor) : undefined
  if (after !== undefined) return { limit: limit + 1, after }
  throw new Problem('invalid-input', 'The cursor is not one of this list.', {
    next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
    fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
  })
}

function readPlace(cursor: string): Place | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const [name, id] = Array.isArray(read) ? read : []
    const isPlace = typeof name === 'string' && typeof id === 'string'
    return isPlace && !`${name}${id}`.includes('\0') ? { name, id } : undefined
  } catch {
    return undefined // SyntaxError: no cursor of ours.
  }
}

/** Splits what was found into the page and the cursor of the next one, if there is one. */
export function writeNamePage<Row extends Place>(
  rows: readonly Row[],
  { limit }: { readonly limit: number },
): { page: readonly Row[]; nextCursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { page }
  const place = JSON.stringify([last.name, last.id])
  return { page, nextCursor: Buffer.from(place).toString('base64url') }
}
