import type { Provider, Service } from './schema.ts'
import { faultsOfAction } from './validate-action.ts'
import { faultsOfOverlaps } from './validate-overlaps.ts'
import { faultsOfProvider } from './validate-provider.ts'
import { faultsOfService } from './validate-service.ts'

export interface CatalogData {
  readonly providers: readonly Provider[]
  readonly services: readonly Service[]
}

/**
 * What is wrong with a catalog: one sentence for each fault, which names the service, the action and the field; none where
 * all is well. What it holds the data to:
 *
 * - ids are given once; an action's id begins with the short name of its service (`gmail-read` of `google-gmail`);
 * - a host belongs to the services of one provider, patterns of hosts included. Services of one provider may share a host
 *   (Drive and Calendar do), but then no method and path is allowed by actions of both, neither for writing nor for
 *   reading: which service a request belongs to is never in doubt;
 * - every link is there and is https; every probe lies within the origins;
 * - every scope that an action, a slot or the provider's base names is one of the provider's, and each of those is named;
 * - every action can be reached: a credential slot gives the scopes it needs, its origins are the service's own, and its
 *   paths are such that a request can fit them;
 * - what a template says agrees with itself: nothing is changed without being asked about but by POST (searches), and
 *   nothing is asked about that the mode would never ask.
 */
export function validateCatalog({ providers, services }: CatalogData): string[] {
  const providerById = new Map(providers.map((provider) => [provider.id, provider]))
  const actions = services.flatMap((service) => service.actions)
  return [
    ...faultsOfRepeats('provider', providers),
    ...faultsOfRepeats('service', services),
    ...faultsOfRepeats('action', actions),
    ...providers.flatMap((provider) =>
      faultsOfProvider(
        provider,
        services.filter((service) => service.provider === provider.id),
      ),
    ),
    ...services.flatMap((service) => {
      const provider = providerById.get(service.provider)
      if (provider === undefined)
        return [`${service.id}: there is no provider ${service.provider}.`]
      return [
        ...faultsOfService(service, provider),
        ...service.actions.flatMap((action) => faultsOfAction(action, { service, provider })),
      ]
    }),
    ...faultsOfNames(services),
    ...faultsOfOverlaps(services),
  ]
}

function faultsOfRepeats(what: string, things: readonly { readonly id: string }[]): string[] {
  const seen = new Set<string>()
  return things.flatMap(({ id }) => {
    if (seen.has(id)) return [`${id}: two ${what}s have this id.`]
    seen.add(id)
    return []
  })
}

/** What the ids of a service's actions begin with: its own id without the provider's. */
const shortName = ({ id, provider }: Service): string =>
  id.startsWith(`${provider}-`) ? id.slice(provider.length + 1) : id

function faultsOfNames(services: readonly Service[]): string[] {
  const byName = new Map<string, Service>()
  const faults: string[] = []
  for (const service of services) {
    const name = shortName(service)
    const other = byName.get(name)
    if (other !== undefined && other.id !== service.id) {
      faults.push(
        `${service.id}: its actions would begin with ${name}-, as those of ${other.id} do.`,
      )
    }
    byName.set(name, service)
  }
  const longestFirst = [...byName.keys()].toSorted((a, b) => b.length - a.length)
  for (const service of services) {
    const wanted = shortName(service)
    for (const { id } of service.actions) {
      if (longestFirst.find((name) => id.startsWith(`${name}-`)) === wanted) continue
      faults.push(`${id}: an action of ${service.id} has an id that begins with ${wanted}-.`)
    }
  }
  return faults
}
