import type { CredentialKind } from '@sallyport/contracts'
import { ownerOf } from '../../components/tools/call-target.ts'

/** How a key that is kept is put on. */
export const keyWords: Readonly<Record<CredentialKind, string>> = {
  bearer: 'Bearer token',
  header: 'In a header',
  query: 'In the query',
  basic: 'User name and password',
  path: 'In the path',
  cookie: 'In a cookie',
  several: 'Several keys together',
  none: 'None: the API is open',
  caller: 'None: each caller sends its own',
  oauth2: 'An account that was signed in to',
  'oauth2-client-credentials': 'Client credentials',
  'jwt-service-account': 'Service account',
  'aws-sigv4': 'AWS access key',
  upstream: 'What its MCP server is given',
}

/** The hosts of origins, as the parsed URLs have them; plain HTTP is said, since it is unusual. Of no API: what it is of. */
export function hostsOf(origins: readonly string[]): string {
  const owner = ownerOf(origins)
  if (owner !== undefined) return owner.kind === 'mcp' ? 'Its MCP server' : 'Its database'
  const hosts = origins.map((origin) => {
    const { protocol, host } = new URL(origin)
    return protocol === 'https:' ? host : origin
  })
  return hosts.join(', ')
}
