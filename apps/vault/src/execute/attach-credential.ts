import type { PermittedRequest } from './permit.ts'

/** What an opened credential puts on a request. */
export interface OpenedCredential {
  /** Names in lower case. */
  readonly headers: readonly (readonly [string, string])[]
  /** Not percent-encoded yet. */
  readonly query: readonly (readonly [string, string])[]
  /** Names and values as they are sent. */
  readonly cookies?: readonly (readonly [string, string])[] | undefined
  readonly path?: { readonly placeholder: string; readonly value: string }
}

/** The request as it goes out, credential and all. It is never logged, stored or answered. */
export interface ArmedRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
}

/**
 * Puts the credential on. Takes a PermittedRequest, so that nothing can be armed that was not decided, reserved and
 * recorded. Injected headers win over the agent's and appear once (S-18); injected cookies go into one header with the
 * request's own (RFC 6265 §5.4), of which freezing saw to it that none has a name of theirs.
 */
export function attachCredential(
  { frozen }: PermittedRequest,
  credential: OpenedCredential,
): ArmedRequest {
  const injected = credential.headers
  const names = new Set(injected.map(([name]) => name.toLowerCase()))
  const kept = frozen.headers.filter(([name]) => !names.has(name.toLowerCase()))
  return {
    method: frozen.method,
    url: withPath(withQuery(frozen.url, credential.query), credential.path),
    headers: withCookies([...kept, ...injected], credential.cookies),
    ...(frozen.body !== undefined && { body: frozen.body }),
  }
}

function withCookies(
  headers: ArmedRequest['headers'],
  cookies: OpenedCredential['cookies'] = [],
): ArmedRequest['headers'] {
  if (cookies.length === 0) return headers
  const own = headers.filter(([name]) => name === 'cookie').map(([, value]) => value)
  const pairs = [...own, ...cookies.map(([name, value]) => `${name}=${value}`)]
  return [...headers.filter(([name]) => name !== 'cookie'), ['cookie', pairs.join('; ')]]
}

function withQuery(url: string, query: OpenedCredential['query']): string {
  return query.reduce((sofar, [name, value]) => {
    const pair = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
    return `${sofar}${sofar.includes('?') ? '&' : '?'}${pair}`
  }, url)
}

/** The placeholder stands at most once, in the path: freezing saw to it. */
function withPath(url: string, path: OpenedCredential['path']): string {
  return path === undefined ? url : url.replace(`{${path.placeholder}}`, () => path.value)
}
