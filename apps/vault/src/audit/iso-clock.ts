/**
 * Makes the clock that entries are stamped with: RFC 3339 in UTC with milliseconds. Many entries fall into one
 * millisecond, and writing the date costs as much as hashing an entry, so it is written once for each.
 */
export function createIsoClock(now: () => number): () => string {
  let writtenMs: number | undefined
  let text = ''
  return () => {
    const ms = now()
    if (ms !== writtenMs) {
      text = new Date(ms).toISOString()
      writtenMs = ms
    }
    return text
  }
}
