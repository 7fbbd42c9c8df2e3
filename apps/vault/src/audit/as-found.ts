// Reads what was found in the database or in a file; nothing of it is believed.

// Nothing here is secret: a verifier has all that it compares, so constant time is not needed.
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one.buffer, one.byteOffset, one.length).equals(other)
}

/** Parses the text of a record; undefined when it is not a JSON object. */
export function parseEntry(entry: string): Partial<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(entry)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined // SyntaxError: the text is no JSON.
  }
}
