import { Problem } from '@sallyport/contracts'

/** Decoded names and values, in the order in which they are sent. */
export type QueryParameters = readonly (readonly [string, string])[]

/** What an agent hands over beside the URL's own query. */
export type QueryMap = Readonly<Record<string, string | number | boolean>>

const nameBytesMax = 512

function refuse(detail: string, next = 'Correct the query and try again.'): never {
  throw new Problem('invalid-query', detail, {
    next,
    fields: [{ field: 'query', message: detail }],
  })
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return refuse('The query holds a malformed percent escape.') // URIError: also not UTF-8, or overlong
  }
}

/** Cuts the raw query of a URL. Throws Problem invalid-query for escapes that are malformed and for NUL. */
export function parseQuery(raw: string): QueryParameters {
  const parameters: [string, string][] = []
  for (const piece of raw.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decodePart(equals < 0 ? piece : piece.slice(0, equals))
    parameters.push([
      checkName(name),
      checkValue(equals < 0 ? '' : decodePart(piece.slice(equals + 1))),
    ])
  }
  return parameters
}

function checkName(name: string): string {
  if (/\p{Cc}/u.test(name)) refuse('A query name holds a control character.')
  return name
}

function checkValue(value: string): string {
  if (value.includes('\0')) refuse('A query value holds NUL.')
  return value
}

/** Every character but the unreserved ones of RFC 3986 as an escape, so that one text has one encoding. */
function encode(text: string): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch {
    return refuse('The query holds half a character.') // URIError: a lone surrogate
  }
}

/** Encodes the `query` map in its order. */
export function encodeQuery(map: QueryMap): { raw: string; parameters: QueryParameters } {
  const parameters = Object.entries(map).map(([name, value]): [string, string] => {
    if (name === '') refuse('A query name is empty.')
    if (name.length > nameBytesMax) refuse(`A query name has more than ${nameBytesMax} characters.`)
    return [checkName(name), checkValue(String(value))]
  })
  return {
    raw: parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'),
    parameters,
  }
}

/**
 * Refuses a name that stands both in the URL and in the map: which of the two counts would be the upstream's guess.
 * Names are compared decoded; a plus counts as a space and as itself.
 */
export function refuseNamesInBoth(url: QueryParameters, map: QueryParameters): void {
  const same = (name: string) => name.replaceAll('+', ' ')
  const taken = new Set(url.map(([name]) => same(name)))
  const both = map.find(([name]) => taken.has(same(name)))
  if (both !== undefined) {
    refuse('A query name stands both in the URL and in query.', 'Give it in one place only.')
  }
}

/**
 * Refuses a query in which the agent itself gives the credential's parameter, however it is encoded or cased; some
 * servers also cut at a semicolon.
 */
export function refuseCredentialName(parameters: QueryParameters, credentialName: string): void {
  const wanted = credentialName.toLowerCase()
  const isIt = (text: string) => text.replaceAll('+', ' ').trim().toLowerCase() === wanted
  for (const [name, value] of parameters) {
    const names = [name, ...name.split(';'), ...value.split(';').slice(1)]
    if (names.some((one) => isIt(one.split('=')[0] ?? ''))) {
      refuse(
        `The query gives ${credentialName}, which is where the credential goes.`,
        'Leave it out: the vault puts the credential on by itself.',
      )
    }
  }
}

/** Google, Salesforce, Rails and OData read another method from them, or headers that never pass. */
const overriding: ReadonlySet<string> = new Set([
  ...['$httpmethod', '$httpheaders', '_httpmethod', '_method', '_http_method'],
  ...['x-http-method', 'x-http-method-override', 'x-method-override', 'x_http_method_override'],
])

/** Whether some servers read another method, or headers, from a parameter or a field of this name. */
export const isOverrideName = (name: string): boolean =>
  overriding.has(name.replaceAll('+', ' ').trim().toLowerCase())

/** Refuses what makes another request of it than the one that is decided on (S-14, S-18), also behind a semicolon. */
export function refuseOverrides(parameters: QueryParameters): void {
  for (const [name, value] of parameters) {
    const names = [name, ...name.split(';'), ...value.split(';').slice(1)]
    if (names.some((one) => isOverrideName(one.split('=')[0] ?? ''))) {
      refuse(
        'The query asks for another method, or for headers.',
        'Give the method as method and headers in headers.',
      )
    }
  }
}
