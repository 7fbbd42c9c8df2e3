/**
 * Is this resource (RFC 8707, RFC 9728) the server at this URL? The same origin, and the same path or one above it, by whole
 * segments: a server may name itself, or all of its host.
 */
export function coversUrl(resource: string, url: string): boolean {
  if (!URL.canParse(resource) || !URL.canParse(url)) return false
  const [named, real] = [new URL(resource), new URL(url)]
  if (named.username !== '' || named.password !== '' || resource.includes('#')) return false
  if (named.origin !== real.origin || named.origin === 'null') return false
  if (named.search !== '' && named.search !== real.search) return false
  const path = withSlash(named.pathname)
  return withSlash(real.pathname).startsWith(path)
}

const withSlash = (path: string) => (path.endsWith('/') ? path : `${path}/`)
