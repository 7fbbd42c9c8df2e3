import { isKeyName, looksLikeKey } from '@sallyport/catalog'

// Says which of the values that a server is given are taken out of everything that it says.

/** Shorter ones would be found by chance. */
const secretCharsMin = 8

/** Settings that programs are commonly given: no secret stands in a variable of such a name. */
const plainNames =
  /^(?:PATH|HOME|SHELL|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|PWD|NODE_ENV|LOG_LEVEL|LOGLEVEL|DEBUG|PORT|HOST|HOSTNAME|NO_COLOR|FORCE_COLOR|CI)$/i
const plainHeaders = /^(?:accept|accept-language|user-agent|cache-control|origin|referer)$/i

/** A directory, or an address without a user and a query. */
const place = /^(?:\/[^\s$]*|\.{1,2}\/[^\s$]*|https?:\/\/[^\s@?#]+)$/

/** Keys and webhooks have parts that no directory of a person’s is called. */
const keyPart = /(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{20,}/

/** Where something is says nothing of how to get in, where neither its name nor a part of it says that it does. */
const isPlace = (name: string, value: string) =>
  place.test(value) && !isKeyName(name) && !keyPart.test(value)

/** The values of a server, by what they are called, and the variables that were put into them. */
interface GivenValues {
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** What variables stand for: secret, whatever they look like. */
  readonly variables: Iterable<string>
}

/** What is scrubbed from the answers of a server: whole values, and what follows a scheme such as `Bearer`. */
export function secretsIn({ headers, env, variables }: GivenValues): string[] {
  const ofHeaders = Object.entries(headers).flatMap(([name, value]) =>
    plainHeaders.test(name) ? [] : partsOf(value),
  )
  const ofEnv = Object.entries(env).flatMap(([name, value]) =>
    plainNames.test(name) || isPlace(name, value) ? [] : partsOf(value),
  )
  const found = [...[...variables].flatMap(partsOf), ...ofHeaders, ...ofEnv]
  return [...new Set(found)].filter((value) => value.length >= secretCharsMin)
}

/** A value is secret as a whole, and so is what it is made of: programs take it apart, and say a part of it. */
function partsOf(value: string): string[] {
  return [value, ...ofScheme(value), ...ofLine(value), ...ofAddress(value), ...ofJson(value)]
}

/** `Bearer abc`; `Basic` tells user and password in another form. */
function ofScheme(value: string): string[] {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9-]*) +(\S.*)$/.exec(value) ?? []
  if (scheme === undefined || rest === undefined) return []
  if (scheme.toLowerCase() !== 'basic') return [rest]
  const decoded = Buffer.from(rest, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? [rest] : [rest, decoded, decoded.slice(colon + 1)]
}

/** `Authorization: Bearer abc`, as programs take a header in their environment. */
function ofLine(value: string): string[] {
  const [, rest] = /^[A-Za-z][\w-]* *: *(?!\/\/)(\S.*)$/.exec(value) ?? []
  return rest === undefined ? [] : [rest, ...ofScheme(rest)]
}

/** The password of `postgres://user:password@host`. */
function ofAddress(value: string): string[] {
  const [, password] = /:\/\/[^\s/@:]*:([^\s/@]+)@/.exec(value) ?? []
  if (password === undefined) return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

/** The keys in `{"Authorization":"Bearer abc"}`, as programs take headers and settings in their environment. */
function ofJson(value: string): string[] {
  if (!/^\s*\{/.test(value)) return []
  try {
    const members = Object.entries(JSON.parse(value) as object)
    return members.flatMap(([name, member]) =>
      typeof member === 'string' && (isKeyName(name) || looksLikeKey(member))
        ? [member, ...ofScheme(member)]
        : [],
    )
  } catch {
    return []
  }
}
