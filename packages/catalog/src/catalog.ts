import type { ActionTemplate } from '@sallyport/contracts'
import { parseService, type Service } from './schema.ts'
import { developerServices } from './services/developer.ts'
import { googleServices } from './services/google.ts'
import { messagingServices } from './services/messaging.ts'
import { microsoftServices } from './services/microsoft.ts'

/** An action template with the service that it belongs to. */
export interface CatalogAction {
  readonly service: Service
  readonly action: ActionTemplate
}

/** The catalog: providers, services and action templates, looked up by id. */
export interface Catalog {
  readonly services: readonly Service[]
  findService(id: string): Service | undefined
  findAction(id: string): CatalogAction | undefined
  readonly actions: readonly CatalogAction[]
}

/** What no entry of the catalog describes: the owner names the origins, and there are no action templates. */
export const customService: Service = {
  id: 'custom',
  name: 'Custom API',
  provider: 'custom',
  icon: 'custom',
  singleton: false,
  origins: [],
  documentation: 'https://developer.mozilla.org/docs/Web/HTTP',
  actions: [],
}

const sources = [
  ...googleServices,
  ...microsoftServices,
  ...developerServices,
  ...messagingServices,
]

/** Builds the catalog from its data; throws where the data contradicts itself. */
export function createCatalog(): Catalog {
  const services = [...sources.map(parseService), customService]
  const byId = new Map(services.map((service) => [service.id, service]))
  const actions = services.flatMap((service) =>
    service.actions.map((action) => ({ service, action })),
  )
  const actionById = new Map(actions.map((entry) => [entry.action.id, entry]))
  if (byId.size !== services.length) throw new Error('two services of the catalog share an id')
  if (actionById.size !== actions.length) throw new Error('two actions of the catalog share an id')
  return {
    services,
    actions,
    findService: (id) => byId.get(id),
    findAction: (id) => actionById.get(id),
  }
}
