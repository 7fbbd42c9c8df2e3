import type { ActionTemplate } from '@sallyport/contracts'
import { customProvider, customService } from './custom.ts'
import { parseVendors } from './parse-vendors.ts'
import type { Provider, Service, Vendor } from './schema.ts'
import { validateCatalog } from './validate.ts'
import { vendors } from './vendors.ts'

/** An action template with the service that it belongs to. */
export interface CatalogAction {
  readonly service: Service
  readonly action: ActionTemplate
}

/** The catalog: providers, services and action templates, looked up by id. */
export interface Catalog {
  readonly providers: readonly Provider[]
  readonly services: readonly Service[]
  readonly actions: readonly CatalogAction[]
  findProvider(id: string): Provider | undefined
  findService(id: string): Service | undefined
  findAction(id: string): CatalogAction | undefined
}

/**
 * Builds the catalog from its data and adds `custom`. Throws an Error that says all that is wrong where data that is given
 * contradicts itself. Of its own a test has seen that it does not: it is read when it is first asked for, and no start waits.
 */
export function createCatalog(data?: readonly Vendor[]): Catalog {
  if (data === undefined) return createOwnCatalog()
  const known = parseVendors(data)
  const faults = validateCatalog(known)
  if (faults.length > 0) throw new Error(`The catalog contradicts itself. ${faults.join(' ')}`)
  return toCatalog(known)
}

function createOwnCatalog(): Catalog {
  let read: Catalog | undefined
  const own = () => {
    read ??= toCatalog(parseVendors(vendors))
    return read
  }
  return {
    get providers() {
      return own().providers
    },
    get services() {
      return own().services
    },
    get actions() {
      return own().actions
    },
    findProvider: (id) => own().findProvider(id),
    findService: (id) => own().findService(id),
    findAction: (id) => own().findAction(id),
  }
}

function toCatalog(known: ReturnType<typeof parseVendors>): Catalog {
  const providers = [...known.providers, customProvider]
  const services = [...known.services, customService]
  const actions = services.flatMap((service) =>
    service.actions.map((action) => ({ service, action })),
  )
  const providerById = new Map(providers.map((provider) => [provider.id, provider]))
  const serviceById = new Map(services.map((service) => [service.id, service]))
  const actionById = new Map(actions.map((entry) => [entry.action.id, entry]))
  return {
    providers,
    services,
    actions,
    findProvider: (id) => providerById.get(id),
    findService: (id) => serviceById.get(id),
    findAction: (id) => actionById.get(id),
  }
}
