import type { Connection } from '@sallyport/contracts'
import { catalog } from '../../catalog.ts'

/**
 * What to test a key with: the URL that is kept, or the first thing without a wildcard that the catalog reads of the service, or
 * the address itself.
 */
export function testUrlFor({ testUrl, service, origins }: Connection): string {
  if (testUrl !== undefined) return testUrl
  const reads = catalog
    .findService(service)
    ?.actions.flatMap(({ allow }) => allow)
    .filter(({ methods, origin }) => methods.includes('GET') && origins.includes(origin))
    .flatMap(({ origin, paths }) => paths.map((path) => origin + path))
  return reads?.find((url) => !url.includes('*')) ?? `${origins[0] ?? ''}/`
}
