import { type Catalog, nearestNames, type Service } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'

/** More than any provider has; a connection is asked for what it was asked for before, and so on. */
const scopesMax = 200

/** What scopes an account is asked for. */
export interface ScopeWish {
  /** Action templates whose scopes are asked for. */
  readonly actions?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  /** Those of the provider that are asked for in any case. */
  readonly baseScopes: readonly string[]
  /** Those that the connection was asked for before. */
  readonly before?: readonly string[]
}

/**
 * The scopes to ask for, each once: what the provider and the service want in any case, what was asked for before, what the
 * actions need, and what the owner adds.
 * @throws Problem unknown-action-template for an action that the service has not; invalid-input for too many
 */
export function chooseScopes(
  catalog: Pick<Catalog, 'findAction'>,
  service: Service,
  wish: ScopeWish,
): string[] {
  const slot = service.credentials.find(({ kind }) => kind === 'oauth2')
  const ofActions = (wish.actions ?? []).flatMap((id) => {
    const entry = catalog.findAction(id)
    if (entry?.service.id !== service.id) throw unknownAction(service, id)
    return entry.action.scopes ?? []
  })
  const scopes = [
    ...new Set([
      ...wish.baseScopes,
      ...(slot?.kind === 'oauth2' ? slot.scopes : []),
      ...(wish.before ?? []),
      ...ofActions,
      ...(wish.scopes ?? []),
    ]),
  ]
  if (scopes.length <= scopesMax) return scopes
  throw new Problem('invalid-input', `An account can be asked for ${scopesMax} scopes.`, {
    next: 'Ask for fewer, or connect the account anew.',
    fields: [{ field: 'scopes', message: `must be ${scopesMax} in all at most` }],
  })
}

function unknownAction({ name, actions }: Service, id: string): Problem {
  const ids = actions.map((action) => action.id)
  const suggestions = nearestNames(id, ids)
  const shown = id.replace(/[^\x20-\x7e]/g, '?')
  return new Problem('unknown-action-template', `${name} has no action "${shown}".`, {
    next:
      suggestions.length > 0
        ? `Did you mean ${suggestions.join(' or ')}?`
        : 'Name actions of this service, or the scopes themselves.',
    fields: [{ field: 'actions', message: 'must be actions of the service' }],
    extra: { suggestions },
  })
}
