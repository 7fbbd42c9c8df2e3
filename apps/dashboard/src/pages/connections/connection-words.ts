import { createCatalog } from '@sallyport/catalog'
import type { Connection, CredentialKind } from '@sallyport/contracts'

/** How a key that is kept is put on. */
export const keyWords: Readonly<Record<CredentialKind, string>> = {
  bearer: 'Bearer token',
  header: 'In a header',
  query: 'In the query',
  basic: 'User name and password',
  path: 'In the path',
}

/** What the catalog calls a service; its id where it knows none. */
export const serviceName = (service: string): string =>
  createCatalog().findService(service)?.name ?? service

/** The hosts of origins, as the parsed URLs have them; plain HTTP is said, since it is unusual. */
export function hostsOf(origins: readonly string[]): string {
  const hosts = origins.map((origin) => {
    const { protocol, host } = new URL(origin)
    return protocol === 'https:' ? host : origin
  })
  return hosts.join(', ')
}

/**
 * What to test a key with: the URL that is kept, or the first thing without a wildcard that the catalog reads of the service, or
 * the address itself.
 */
export function testUrlFor({ testUrl, service, origins }: Connection): string {
  if (testUrl !== undefined) return testUrl
  const reads = createCatalog()
    .findService(service)
    ?.actions.flatMap(({ allow }) => allow)
    .filter(({ methods, origin }) => methods.includes('GET') && origins.includes(origin))
    .flatMap(({ origin, paths }) => paths.map((path) => origin + path))
  return reads?.find((url) => !url.includes('*')) ?? `${origins[0] ?? ''}/`
}
