import { catalog } from './catalog.ts'

// What the catalog calls things. The build puts the finished values here (build.mjs): a page that shows names need not load
// the catalog, which comes with every schema of policies.

/** What a service is called, and its logo. */
export interface ServiceLook {
  readonly name: string
  /** A slug of simple-icons. */
  readonly icon: string
}

/** By the service's id. */
export const serviceLooks: Readonly<Record<string, ServiceLook>> = Object.fromEntries(
  catalog.services.map(({ id, name, icon }) => [id, { name, icon }]),
)

/** By the action template's id: the service that it belongs to, and what it is called. */
export const actionNames: Readonly<Record<string, readonly [service: string, label: string]>> =
  Object.fromEntries(
    catalog.actions.map(({ service, action }) => [action.id, [service.name, action.label]]),
  )

/** By the provider's id. */
export const providerNames: Readonly<Record<string, string>> = Object.fromEntries(
  catalog.providers.map(({ id, name }) => [id, name]),
)
