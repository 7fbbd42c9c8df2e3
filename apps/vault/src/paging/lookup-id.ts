/**
 * Whether a text could be an id. PostgreSQL cannot hold NUL in a text, and a query with one fails: what has not the
 * form of an id is answered like an id that nobody has, without asking the database.
 */
export function isLookupId(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text)
}
