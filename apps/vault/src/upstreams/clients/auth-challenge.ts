// Reads what a server says when it wants a sign-in: `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1).

/** What a server wants, as it said so. Nothing of it is trusted. */
export interface AuthChallenge {
  readonly status: 401 | 403
  /** Where it says what it is (RFC 9728), as written. */
  readonly resourceMetadata?: string | undefined
  /** What it wants to be granted, each well-formed (RFC 6749 §3.3). */
  readonly scopes?: readonly string[] | undefined
  /** RFC 6750 §3.1: `invalid_token`, `insufficient_scope`. */
  readonly error?: string | undefined
  /** It names the scheme Bearer. */
  readonly isBearer: boolean
}

const headerCharsMax = 8_192
const scopesMax = 100
const urlCharsMax = 2_000
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

/** Undefined for an answer that wants nothing: any but a 401, and a 403 for a lack of scopes. */
export function readChallenge(
  response: Pick<Response, 'status' | 'headers'>,
): AuthChallenge | undefined {
  const { status } = response
  if (status !== 401 && status !== 403) return undefined
  const header = response.headers.get('www-authenticate') ?? ''
  const parameters = bearerParameters(header.slice(0, headerCharsMax))
  const error = parameters?.get('error')
  if (status === 403 && error !== 'insufficient_scope') return undefined
  const scopes = readScopes(parameters?.get('scope'))
  const resourceMetadata = parameters?.get('resource_metadata')
  return {
    ...{ status, isBearer: parameters !== undefined },
    ...(error !== undefined && /^[\x21-\x7e]{1,64}$/.test(error) && { error }),
    ...(scopes.length > 0 && { scopes }),
    ...(resourceMetadata !== undefined &&
      resourceMetadata.length <= urlCharsMax && { resourceMetadata }),
  }
}

const readScopes = (text = ''): string[] =>
  [...new Set(text.split(' ').filter((one) => scopeToken.test(one)))].slice(0, scopesMax)

/** A scheme that begins a challenge, or a parameter of the one that goes on. Each matches where the last one ended. */
const pieces =
  /[\s,]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))|([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?=[\s,]|$))/y

/** The parameters of the first Bearer challenge, by name in small letters; the first of a name counts. */
function bearerParameters(header: string): ReadonlyMap<string, string> | undefined {
  let found: Map<string, string> | undefined
  let isOfBearer = false
  pieces.lastIndex = 0
  for (let match = pieces.exec(header); match !== null; match = pieces.exec(header)) {
    const [, name, quoted, plain, scheme] = match
    if (scheme !== undefined) {
      if (found !== undefined) return found
      isOfBearer = scheme.toLowerCase() === 'bearer'
      if (isOfBearer) found = new Map()
    } else if (name !== undefined && isOfBearer && found?.has(name.toLowerCase()) === false) {
      found.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '')
    }
  }
  return found
}
