const idTime = /_([0-7][0-9a-hjkmnp-tv-z]{9})[0-9a-hjkmnp-tv-z]{16}$/
const idDigits = '0123456789abcdefghjkmnpqrstvwxyz'

/** When an id was made, in ms since 1970: its first ten characters hold it (as ULID); 0 for what is no id. */
export function timeOfId(id: string): number {
  const [, time = ''] = idTime.exec(id) ?? []
  return [...time].reduce((ms, digit) => ms * idDigits.length + idDigits.indexOf(digit), 0)
}
