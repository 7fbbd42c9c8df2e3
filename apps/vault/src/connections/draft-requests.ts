import { type Catalog, nearestNames, type Service } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { compileOriginPattern, matchesOrigin } from '../policy/origin-pattern.ts'
import {
  checkExtraHeaders,
  checkOrigins,
  checkTestUrl,
  invalidField,
  type MayUseOrigin,
} from './check-connection.ts'

/** Where a connection's credential goes, and how its requests look. */
export interface WayOfRequests {
  readonly origins: string[]
  readonly requestHeaders: string[]
  readonly responseHeaders: string[]
  readonly allowEncodedSlash: boolean
  readonly testUrl: string | null
}

/** What an owner says of it. */
type GivenWay = {
  readonly [key in keyof WayOfRequests]?: NonNullable<WayOfRequests[key]> | undefined
}

/**
 * The way of a new connection's requests: as the owner says, and as the catalog knows the service where they say nothing.
 * @throws Problem invalid-input, invalid-url, origin-not-allowed
 */
export function draftRequests(
  { mayUseOrigin }: { readonly mayUseOrigin: MayUseOrigin },
  service: Service,
  given: GivenWay,
): WayOfRequests {
  const origins = checkOrigins(given.origins ?? service.origins, mayUseOrigin)
  checkKnownHosts(service, origins)
  return {
    origins,
    requestHeaders: checkExtraHeaders(
      'requestHeaders',
      given.requestHeaders ?? service.requestHeaders,
    ),
    responseHeaders: checkExtraHeaders(
      'responseHeaders',
      given.responseHeaders ?? service.responseHeaders,
    ),
    allowEncodedSlash: given.allowEncodedSlash ?? service.allowEncodedSlash,
    testUrl:
      given.testUrl === undefined
        ? probeOf(service, origins)
        : checkTestUrl(given.testUrl, origins),
  }
}

/** Where each customer has a host of their own, the owner names it; it has to look like one. */
export function checkKnownHosts(service: Service, origins: readonly string[]): void {
  const { name, originPattern } = service
  const example = originPattern?.example ?? 'https://api.example.com'
  if (origins.length === 0) {
    throw invalidField({
      field: 'origins',
      message: `must be given: where ${name} is, such as ${example}`,
    })
  }
  if (originPattern === undefined) return
  const pattern = compileOriginPattern(originPattern.pattern)
  for (const [index, origin] of origins.entries()) {
    if (service.origins.includes(origin) || matchesOrigin(pattern, origin)) continue
    throw invalidField({
      field: `origins[${index}]`,
      message: `must be an origin of ${name}, such as ${example}`,
    })
  }
}

function probeOf({ probe }: Service, origins: readonly string[]): string | null {
  const origin = probe?.origin ?? origins[0]
  if (probe === undefined || origin === undefined || !origins.includes(origin)) return null
  return checkTestUrl(`${origin}${probe.path}`, origins)
}

/** The service of the catalog; Problem `invalid-input` with the nearest names for one that it does not have. */
export function findService(
  catalog: Pick<Catalog, 'services' | 'findService'>,
  id: string,
): Service {
  const service = catalog.findService(id)
  if (service !== undefined) return service
  const suggestions = nearestNames(
    id,
    catalog.services.map((known) => known.id),
  )
  const shown = id.replace(/[^\x20-\x7e]/g, '?')
  throw new Problem('invalid-input', `The catalog has no service "${shown}".`, {
    next:
      suggestions.length > 0
        ? `Did you mean ${suggestions.join(' or ')}? For an API of your own leave service out.`
        : 'For an API of your own leave service out, or write custom.',
    fields: [{ field: 'service', message: 'must be a service of the catalog, or custom' }],
    extra: { suggestions },
  })
}

/** A singleton service has a connection that is not revoked. */
export function alreadyConnected(service: string): Problem {
  return new Problem(
    'connection-exists',
    `${service} is connected already, and agents may call it by that name, so there can be only one.`,
    { next: 'Change the credential of the connection that is there, or revoke that one first.' },
  )
}
