// Points in time as people set them (their own clock, to the minute) and as the contracts write them (RFC 3339, UTC).

const two = (value: number) => String(value).padStart(2, '0')

/** What an `<input type="datetime-local">` shows for a point in time; empty for none. */
export function toLocal(timestamp: string | undefined): string {
  if (timestamp === undefined || Number.isNaN(Date.parse(timestamp))) return ''
  const at = new Date(timestamp)
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** The point in time that such an input holds; undefined for none. */
export function fromLocal(local: string): string | undefined {
  const atMs = Date.parse(local)
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString()
}

/** The time zone of this browser, as IANA names it. */
export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
