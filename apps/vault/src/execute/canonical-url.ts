import { Problem } from '@sallyport/contracts'

/** The longest URL that is taken, and the longest that is sent once the query is merged in. */
export const urlBytesMax = 8192
const hostBytesMax = 253

/** A URL that reads the same to every parser. `path` and `query` are its raw text. */
interface CanonicalUrl {
  readonly origin: string
  /** Host and port, as WHATWG writes them. */
  readonly host: string
  readonly path: string
  /** What stands behind the `?`; undefined where there is none. */
  readonly query: string | undefined
}

interface CanonicalUrlOptions {
  readonly schemes: readonly ('https' | 'http')[]
  readonly allowEncodedSlash: boolean
  /**
   * A segment may begin with a plain semicolon, as the parameters of OpenAPI's style `matrix` do: `/users/;id=5`. Only where no
   * agent writes the path: some servers read it as `/users/`.
   */
  readonly allowParameterSegments?: boolean | undefined
  /** The name of a path credential: `{name}` has to stand in the path exactly once. */
  readonly placeholder: string | undefined
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const plainHost = new RegExp(`^${label}(?:\\.${label})*$`)

const rewrite = 'Write the URL plainly, as it should be sent.'

function refuse(detail: string, next = rewrite): never {
  throw new Problem('invalid-url', detail, { next, fields: [{ field: 'url', message: detail }] })
}

/**
 * Takes a URL apart only if there is nothing in it that two programs could read differently (S-11, S-12): what is
 * decided on must be what the upstream understands. Nothing is repaired.
 * @throws Problem invalid-url
 */
export function parseCanonicalUrl(raw: string, options: CanonicalUrlOptions): CanonicalUrl {
  if (raw.length > urlBytesMax) refuse(`The URL has more than ${urlBytesMax} bytes.`)
  if (!/^[\x21-\x7e]+$/.test(raw)) refuse('The URL holds something other than printable ASCII.')
  if (raw.includes('#')) refuse('The URL has a fragment, which is never sent.', 'Leave out the #.')
  const pathStart = findPathStart(raw, options.schemes)
  const queryMark = raw.indexOf('?', pathStart)
  const pathEnd = queryMark < 0 ? raw.length : queryMark
  // WHATWG reads https://host as https://host/; that one difference is forgiven.
  const path = raw.slice(pathStart, pathEnd) || '/'
  const query = queryMark < 0 ? undefined : raw.slice(queryMark + 1)
  const plainPath = withoutMarker(path, query, options.placeholder)
  const origin = raw.slice(0, pathStart)
  const host = checkSerialisation(origin, `${plainPath}${query === undefined ? '' : `?${query}`}`)
  checkPath(plainPath, options)
  return { origin, host, path, query }
}

function findPathStart(raw: string, schemes: CanonicalUrlOptions['schemes']): number {
  const scheme = schemes.find((one) => raw.startsWith(`${one}://`))
  if (scheme === undefined) {
    refuse(`The URL does not begin with ${schemes.map((one) => `${one}://`).join(' or ')}.`)
  }
  const hostStart = scheme.length + 3
  const end = raw.slice(hostStart).search(/[/?]/)
  return end < 0 ? raw.length : hostStart + end
}

/** The path with a harmless word where the credential's marker stands. It begins with no hex digit, so `%4{x}` fails. */
function withoutMarker(path: string, query: string | undefined, name: string | undefined): string {
  if (name === undefined) return path
  const marker = `{${name}}`
  const parts = path.split(marker)
  if (parts.length !== 2 || query?.includes(marker) === true) {
    refuse(
      `The path has to hold ${marker} exactly once, and the rest of the URL not at all.`,
      `Write ${marker} in the path where the credential goes.`,
    )
  }
  return parts.join('x')
}

function checkSerialisation(origin: string, rest: string): string {
  if (!URL.canParse(origin + rest)) refuse('The URL cannot be parsed.')
  const url = new URL(origin + rest)
  if (url.username !== '' || url.password !== '') {
    refuse(
      'The URL holds a user name or a password.',
      'The vault puts the credential on by itself.',
    )
  }
  if (url.href !== origin + rest || url.origin !== origin) {
    refuse(
      'The URL differs from its own canonical form.',
      `Its canonical form is not what was sent. ${rewrite}`,
    )
  }
  if (url.port === '0') refuse('The URL names port 0.')
  checkHost(url.hostname)
  return url.host
}

/** WHATWG takes hosts with a trailing dot, empty labels and characters such as * or $; resolvers differ on them. */
function checkHost(hostname: string): void {
  if (hostname.startsWith('[')) return
  if (hostname.length > hostBytesMax || !plainHost.test(hostname)) {
    refuse('The host of the URL is not a plain host name.')
  }
}

/** The bans of S-11, on the path as it stands. */
function checkPath(
  path: string,
  { allowEncodedSlash, allowParameterSegments = false }: CanonicalUrlOptions,
): void {
  if (path.includes('\\')) refuse('The path holds a backslash.')
  if (/%(?![0-9a-f]{2})/i.test(path)) refuse('The path holds a malformed percent escape.')
  if (/%25/.test(path)) refuse('The path holds an encoded percent sign.')
  if (/%5c/i.test(path)) refuse('The path holds an encoded backslash.')
  if (!allowEncodedSlash && /%2f/i.test(path)) {
    refuse('The path holds an encoded slash.', 'An owner can allow %2F for this connection.')
  }
  const segments = path.slice(1).split(/\/|%2f/i)
  for (const [at, segment] of segments.entries()) {
    const rest = allowParameterSegments && /^;[^;]/.test(segment) ? segment.slice(1) : segment
    checkSegment(rest, at === segments.length - 1)
  }
}

function checkSegment(segment: string, isLast: boolean): void {
  if (segment === '') {
    if (!isLast) refuse('The path holds an empty segment.')
    return
  }
  const text = decodeSegment(segment)
  if (/\p{Cc}/u.test(text)) refuse('The path holds an encoded control character.')
  // Java servers cut ";…" off a segment before they resolve dots: /a/..;/b is /b to them.
  const [name = ''] = text.split(';')
  if (name === '.' || name === '..') refuse('The path holds a dot segment.')
  if (name === '') refuse('The path holds an empty segment.')
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return refuse('The path holds escapes that are not UTF-8.') // URIError; overlong forms too
  }
}
