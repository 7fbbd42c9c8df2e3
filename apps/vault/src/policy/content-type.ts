// A media type read strictly (RFC 9110 §8.3): whoever reads it otherwise would read another body.

/** A media type: `application/json`, in lower case, and its parameters with their values as written. */
export interface ContentType {
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const essencePattern = new RegExp(`^(${token}/${token})[ \\t]*(?=;|$)`)
const parameterPattern = new RegExp(
  `;[ \\t]*(${token})=(?:(${token})|"([\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e]*)")[ \\t]*(?=;|$)`,
  'y',
)

/** Undefined for what is not well formed, names a parameter twice or escapes something in a value. */
export function parseContentType(text: string): ContentType | undefined {
  const found = essencePattern.exec(text)
  if (found === null) return undefined
  const parameters = new Map<string, string>()
  let at = found[0].length
  while (at < text.length) {
    parameterPattern.lastIndex = at
    const match = parameterPattern.exec(text)
    const name = match?.[1]?.toLowerCase()
    if (match === null || name === undefined || parameters.has(name)) return undefined
    // Written in pieces or with a character set of its own (RFC 2231), which some readers put together and some do not see.
    if (/^(?:boundary|charset)\*/.test(name)) return undefined
    parameters.set(name, match[2] ?? match[3] ?? '')
    at += match[0].length
  }
  return { essence: (found[1] ?? '').toLowerCase(), parameters }
}
