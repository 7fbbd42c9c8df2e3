/** People paste a whole URL of their API's documentation; where the key may go is its origin. */
export function toOrigin(value: unknown): unknown {
  if (typeof value !== 'string' || !URL.canParse(value)) return value
  const { origin } = new URL(value)
  return origin === 'null' ? value : origin
}
