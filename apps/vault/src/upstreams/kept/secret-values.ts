// Says which of the values that a server is given are taken out of everything that it says.

/** Shorter ones would be found by chance. */
const secretCharsMin = 8

/** Settings that programs are commonly given: no secret stands in a variable of such a name. */
const plainNames =
  /^(?:PATH|HOME|SHELL|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|PWD|NODE_ENV|LOG_LEVEL|LOGLEVEL|DEBUG|PORT|HOST|HOSTNAME|NO_COLOR|FORCE_COLOR|CI)$/i
const plainHeaders = /^(?:accept|accept-language|user-agent|cache-control|origin|referer)$/i

/** Where something is says nothing of how to get in: a directory, or an address without a user and a query. */
const place = /^(?:\/[^\s$]*|\.{1,2}\/[^\s$]*|https?:\/\/[^\s@?#]+)$/

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
    plainNames.test(name) || place.test(value) ? [] : [value],
  )
  const found = [...variables, ...ofHeaders, ...ofEnv]
  return [...new Set(found)].filter((value) => value.length >= secretCharsMin)
}

/** `Bearer abc` is secret as a whole, and so is `abc`; `Basic` tells user and password in another form. */
function partsOf(value: string): string[] {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9-]*) +(\S.*)$/.exec(value) ?? []
  if (scheme === undefined || rest === undefined) return [value]
  if (scheme.toLowerCase() !== 'basic') return [value, rest]
  const decoded = Buffer.from(rest, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? [value, rest] : [value, rest, decoded, decoded.slice(colon + 1)]
}
