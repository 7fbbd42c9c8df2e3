import type { Provider } from '@sallyport/catalog'
import { catalog } from '../../catalog.ts'
import { scopesOf } from '../../components/connect/scope-words.ts'

/** All that connections to a provider's services may come to ask for. */
export function scopesOfProvider({ id, oauth }: Provider): string[] {
  const services = catalog.services.filter(({ provider }) => provider === id)
  const scopes = services.flatMap((service) =>
    scopesOf(
      service,
      service.actions.map((action) => action.id),
    ),
  )
  return [...new Set([...(oauth?.baseScopes ?? []), ...scopes])]
}
