import { lackingScopes, type Provider, type Service } from '@sallyport/catalog'

/** Scopes of OpenID Connect Core §5.4 and §11: they say who somebody is, and keep the account connected. */
const ofOpenId: ReadonlyMap<string, string> = new Map([
  ['openid', 'know which account it is'],
  ['email', 'see the account’s address'],
  ['profile', 'see the account’s name and picture'],
  ['offline_access', 'stay connected while nobody is there'],
])

type OAuth = NonNullable<Provider['oauth']>
interface ProviderScopes {
  readonly oauth?:
    | Pick<OAuth, 'scopes' | 'baseScopes' | 'scopePrefix' | 'scopeIncludes'>
    | undefined
}

/** What a scope lets somebody do, in words that follow "may"; undefined where neither the catalog nor the standard says. */
export function scopeWords(scope: string, provider: ProviderScopes | undefined) {
  const words = provider?.oauth?.scopes ?? {}
  const prefix = provider?.oauth?.scopePrefix ?? ''
  const plain = scope.startsWith(prefix) ? scope.slice(prefix.length) : scope
  return Object.hasOwn(words, plain) ? words[plain] : ofOpenId.get(plain)
}

interface Scopes {
  readonly requestedScopes: readonly string[]
  readonly grantedScopes: readonly string[]
}

/**
 * What was asked for and not given. What only says whose account it is does not count: providers leave it out of what they
 * say was granted, or name it otherwise.
 */
export function refusedScopes(
  { requestedScopes, grantedScopes }: Scopes,
  provider: ProviderScopes | undefined,
): string[] {
  const base = provider?.oauth?.baseScopes ?? []
  return lackingScopes(requestedScopes, grantedScopes, provider?.oauth).filter(
    (scope) => !base.includes(scope) && !ofOpenId.has(scope),
  )
}

/** The scopes of these actions of a service, and what its accounts are asked for in any case; each once. */
export function scopesOf(
  service: Pick<Service, 'credentials' | 'actions'>,
  actions: readonly string[],
): string[] {
  const slot = service.credentials.find(({ kind }) => kind === 'oauth2')
  const ofActions = service.actions
    .filter(({ id }) => actions.includes(id))
    .flatMap(({ scopes = [] }) => scopes)
  return [...new Set([...(slot?.kind === 'oauth2' ? slot.scopes : []), ...ofActions])]
}

/** The actions of a service for which an account has given everything. */
export function coveredActions(
  { actions }: Pick<Service, 'actions'>,
  granted: readonly string[],
  provider: ProviderScopes | undefined,
): string[] {
  return actions
    .filter(({ scopes = [] }) => lackingScopes(scopes, granted, provider?.oauth).length === 0)
    .map(({ id }) => id)
}
