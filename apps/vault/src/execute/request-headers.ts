import { Problem } from '@sallyport/contracts'

/** Header names in lower case, with their values. */
export type HeaderList = readonly (readonly [string, string])[]

/** What an agent may send: count of headers, length of one, and all together. */
const requestHeadersMax = 64
const requestHeaderBytesMax = 8192
const requestHeadersBytesMax = 16_384
const nameBytesMax = 100

const allowed: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'prefer',
  'range',
  'user-agent',
])

/** Never passed on, whatever a connection lists: they carry credentials, frame the message, or speak for others. */
const never: ReadonlySet<string> = new Set([
  // credentials
  'authorization',
  'authentication-info',
  'cookie',
  'cookie2',
  'set-cookie',
  'set-cookie2',
  'www-authenticate',
  // hop by hop and framing (RFC 9110 §7.6.1, RFC 9112)
  'accept-encoding',
  'alt-used',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'max-forwards',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  // who asked, and for what
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-host',
  'x-original-host',
  'x-original-method',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
  // whose trace it belongs to: the vault alone says so, and only to whom its operator listed (W3C Trace Context, Baggage)
  'baggage',
  'traceparent',
  'tracestate',
  // another method than the one that was decided on
  'x-http-method',
  'x-http-method-override',
  'x-method',
  'x-method-override',
])
const neverPrefixes = [
  'proxy-',
  'x-proxy-',
  'x-forwarded',
  'sec-',
  'cf-',
  'x-envoy-',
  'x-sallyport-',
  'sallyport-',
]

/** CGI and its heirs read `_` and `.` as `-`. */
const canonicalName = (name: string) => name.toLowerCase().replaceAll(/[_.]/g, '-')

/** Whether a header of this name is never passed on from an agent, even if a connection lists it. */
export function isForbiddenRequestHeader(name: string): boolean {
  const canonical = canonicalName(name)
  return never.has(canonical) || neverPrefixes.some((prefix) => canonical.startsWith(prefix))
}

function refuse(detail: string): never {
  throw new Problem('invalid-header', detail, {
    next: 'Correct the header and try again.',
    fields: [{ field: 'headers', message: detail }],
  })
}

/**
 * Checks the syntax of an agent's headers (RFC 9110 §5) and writes their names in lower case (S-19).
 * @throws Problem invalid-header for a name that is no token or stands twice, and a value with a control (tab
 * included) or a character outside Latin-1
 */
export function parseRequestHeaders(headers: Readonly<Record<string, string>>): HeaderList {
  const entries = Object.entries(headers)
  if (entries.length > requestHeadersMax)
    refuse(`There are more than ${requestHeadersMax} headers.`)
  const seen = new Set<string>()
  let bytes = 0
  return entries.map(([name, value]): [string, string] => {
    if (name.length > nameBytesMax || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      refuse('A header name is not acceptable: letters, digits and hyphens, at most 100.')
    }
    const lower = name.toLowerCase()
    if (seen.has(lower)) refuse(`The header ${lower} is given twice.`)
    seen.add(lower)
    // Also lets no lone surrogate or emoji through: what is above U+00FF has no byte in a header.
    if (!/^[\x20-\x7e\xa0-\xff]*$/.test(value)) {
      refuse(`The header ${lower} holds a control character or one outside Latin-1.`)
    }
    if (value.length > requestHeaderBytesMax) refuse(`The header ${lower} is too long.`)
    bytes += name.length + value.length
    if (bytes > requestHeadersBytesMax) {
      refuse(`The headers have more than ${requestHeadersBytesMax} bytes together.`)
    }
    return [lower, value.trim()]
  })
}

/**
 * Sorts an agent's headers into those that pass (the allowlist and the connection's `extras`) and the names of those that do
 * not, the names that the credential takes (`injected`) among them (S-18). Dropping is not an error: many clients add
 * headers of their own accord. `own`: what the definition of a tool sends, cookies included, which agents never send.
 */
export function filterRequestHeaders(
  headers: HeaderList,
  {
    extras,
    injected,
    own = [],
  }: {
    extras: readonly string[]
    injected: readonly string[]
    own?: readonly string[] | undefined
  },
): { passed: HeaderList; dropped: readonly string[] } {
  const wanted = new Set(extras.map((name) => name.toLowerCase()))
  const taken = new Set(injected.map(canonicalName))
  const passes = (name: string) =>
    !taken.has(canonicalName(name)) &&
    (isForbiddenRequestHeader(name)
      ? name === 'cookie' && own.includes(name)
      : allowed.has(name) || name.startsWith('if-') || wanted.has(name) || own.includes(name))
  return {
    passed: headers.filter(([name]) => passes(name)),
    dropped: headers.filter(([name]) => !passes(name)).map(([name]) => name),
  }
}

/**
 * Refuses a request that brings a cookie of the credential's own (S-18). Names are compared in any case and however they are
 * quoted or spaced, since servers differ in how they read them.
 */
export function refuseCredentialCookies(headers: HeaderList, names: readonly string[] = []): void {
  if (names.length === 0) return
  const taken = new Set(names.map((name) => name.toLowerCase()))
  const cookies = headers
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(/[;,]/))
  for (const cookie of cookies) {
    const [name = ''] = cookie.split('=')
    if (!taken.has(name.replaceAll('"', '').trim().toLowerCase())) continue
    refuse('The cookies hold the one in which the credential goes.')
  }
}
