import { Problem } from '@sallyport/contracts'

/** A place in a list that is ordered by time and then by id. */
export interface PagePoint {
  readonly createdAt: Date
  readonly id: string
}

/** Milliseconds of 13 digits at most reach the year 2286, and no cursor can name a time that the database lacks. */
const pattern = /^(\d{1,13})\.([0-9A-Za-z_-]{1,64})$/

/** Writes a place as the opaque text that a client sends back. */
export function encodeCursor({ createdAt, id }: PagePoint): string {
  return `${createdAt.getTime()}.${id}`
}

/** Reads what `encodeCursor` wrote; undefined stays undefined. Problem `invalid-input` for anything else. */
export function decodeCursor(cursor: string | undefined): PagePoint | undefined {
  if (cursor === undefined) return undefined
  const [, milliseconds, id] = pattern.exec(cursor) ?? []
  if (milliseconds === undefined || id === undefined) {
    throw new Problem('invalid-input', 'The cursor is not one that a list has answered.', {
      next: 'Send nextCursor of the page before as it was, or leave cursor out to begin again.',
      fields: [{ field: 'cursor', message: 'must be a nextCursor' }],
    })
  }
  return { createdAt: new Date(Number(milliseconds)), id }
}
