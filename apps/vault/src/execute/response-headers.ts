import type { HeaderList } from './request-headers.ts'

const allowed: ReadonlySet<string> = new Set([
  'content-type',
  'content-disposition',
  'etag',
  'last-modified',
  'retry-after',
  'link',
  'location',
])
const allowedPrefixes = ['ratelimit-', 'x-ratelimit-']

/** Never handed on, whatever a connection lists: they set or ask for credentials, or belong to one hop. */
const never: ReadonlySet<string> = new Set([
  'alt-svc',
  'authentication-info',
  'authorization',
  'clear-site-data',
  'connection',
  'content-encoding',
  'content-length',
  'cookie',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
])

/** Whether a header of this name is never handed on to an agent, even if a connection lists it. */
export const isForbiddenResponseHeader = (name: string): boolean => never.has(name.toLowerCase())

/** What is kept of the upstream's headers: how many, and how long one is. */
const responseHeadersMax = 64
const responseHeaderBytesMax = 8192

/**
 * The upstream's headers that an agent gets: the allowlist and the connection's extras, in lower case; repeated ones are
 * joined as RFC 9110 §5.3 says. What is malformed or beyond the bounds is left out. Values still have to be scrubbed.
 */
export function filterResponseHeaders(headers: HeaderList, extras: readonly string[]): HeaderList {
  const wanted = new Set(extras.map((name) => name.toLowerCase()))
  const kept = new Map<string, string>()
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const passes =
      !never.has(lower) &&
      (allowed.has(lower) ||
        lower === 'ratelimit' ||
        allowedPrefixes.some((prefix) => lower.startsWith(prefix)) ||
        wanted.has(lower))
    if (!passes || /[^\x20-\x7e\xa0-\xff\t]/.test(value)) continue
    const before = kept.get(lower)
    const joined = before === undefined ? value : `${before}, ${value}`
    if (joined.length > responseHeaderBytesMax) continue
    if (before !== undefined || kept.size < responseHeadersMax) kept.set(lower, joined)
  }
  return [...kept]
}
