/** Where in a text of JSON one stands. */
export type JsonPosition =
  /** Where a value, a name or a sign may stand. */
  | 'outside'
  /** Inside of quotes. */
  | 'string'
  /** After a backslash, or inside of `\u….`: nothing can be written here. */
  | 'escape'

/** Follows a text of JSON as it is written, and knows what may be written next. */
export interface JsonTextState {
  /** Reads on. */
  feed(text: string): void
  position(): JsonPosition
}

export function createJsonTextState(): JsonTextState {
  let inString = false
  /** Characters that still belong to an escape. */
  let escaped = 0

  const feed = (text: string): void => {
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (escaped > 0) {
        // `u` takes four more; every other escape is over.
        escaped = escaped === 5 ? (code === 0x75 ? 4 : 0) : escaped - 1
      } else if (code === 0x5c && inString) escaped = 5
      else if (code === 0x22) inString = !inString
    }
  }

  return {
    feed,
    position: () => (escaped > 0 ? 'escape' : inString ? 'string' : 'outside'),
  }
}
