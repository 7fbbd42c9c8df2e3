import type { OAuthProvider, Provider, Service } from './schema.ts'
import { faultsOfLink } from './validate-links.ts'

/** What the vault says in an authorization request itself. */
const ownParameters = new Set([
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
])

/** What is wrong with a provider, in the light of all its services. */
export function faultsOfProvider(provider: Provider, services: readonly Service[]): string[] {
  const { id, oauth } = provider
  const faults = faultsOfLink(id, 'documentation', provider.documentation)
  if (services.length === 0) faults.push(`${id}: a provider without a service.`)
  if (oauth === undefined) return faults
  const hasAccounts = services.some(({ credentials }) =>
    credentials.some(({ kind }) => kind === 'oauth2'),
  )
  if (!hasAccounts) faults.push(`${id}: oauth is described, and no service has a slot oauth2.`)
  return [
    ...faults,
    ...faultsOfLink(id, 'oauth.documentation', oauth.documentation),
    ...faultsOfLink(id, 'oauth.registration.url', oauth.registration.url),
    ...faultsOfEndpoints(id, oauth),
    ...faultsOfTokens(id, oauth),
    ...faultsOfScopes(id, oauth, services),
  ]
}

const endpointNames = [
  'authorizationEndpoint',
  'tokenEndpoint',
  'revocationEndpoint',
  'deviceAuthorizationEndpoint',
] as const

/** The parameters that an endpoint names. */
export const parametersOf = (endpoint: string): string[] =>
  [...endpoint.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)

function faultsOfEndpoints(id: string, oauth: OAuthProvider): string[] {
  const declared = new Map(oauth.parameters.map(({ name, example }) => [name, example]))
  const named = new Set<string>()
  const faults = oauth.issuer === undefined ? [] : faultsOfLink(id, 'oauth.issuer', oauth.issuer)
  for (const field of endpointNames) {
    const endpoint = oauth[field]
    if (endpoint === undefined) continue
    const names = parametersOf(endpoint)
    for (const name of names) {
      named.add(name)
      if (!declared.has(name)) {
        faults.push(`${id}: oauth.${field} names {${name}}, which is no parameter.`)
      }
    }
    const filled = endpoint.replaceAll(/\{([^{}]*)\}/g, (_, name) => declared.get(name) ?? 'x')
    faults.push(...faultsOfLink(id, `oauth.${field}`, filled))
  }
  for (const { name, example, fallback } of oauth.parameters) {
    if (!named.has(name)) faults.push(`${id}: no endpoint names the parameter {${name}}.`)
    for (const value of [example, fallback ?? example]) {
      if (/^[A-Za-z0-9._-]+$/.test(value)) continue
      faults.push(`${id}: ${value} cannot stand for the parameter {${name}}.`)
    }
  }
  return faults
}

function faultsOfTokens(id: string, oauth: OAuthProvider): string[] {
  const faults: string[] = []
  if (oauth.refreshTokens === 'none' && oauth.idleDays !== undefined) {
    faults.push(`${id}: oauth.idleDays is given though there are no refresh tokens.`)
  }
  if (oauth.clientAuthentication === 'none' && !oauth.pkce) {
    faults.push(`${id}: oauth: a public client without PKCE would give its codes away.`)
  }
  for (const name of Object.keys(oauth.authorizationParameters)) {
    if (!ownParameters.has(name)) continue
    faults.push(`${id}: oauth.authorizationParameters must leave ${name} to the vault.`)
  }
  return faults
}

function faultsOfScopes(id: string, oauth: OAuthProvider, services: readonly Service[]): string[] {
  const used = new Set(oauth.baseScopes)
  for (const { actions, credentials } of services) {
    for (const { scopes = [] } of actions) for (const scope of scopes) used.add(scope)
    for (const slot of credentials) {
      if ('scopes' in slot) for (const scope of slot.scopes) used.add(scope)
    }
  }
  const faults = oauth.baseScopes
    .filter((scope) => !Object.hasOwn(oauth.scopes, scope))
    .map(
      (scope) => `${id}: oauth.baseScopes names the scope ${scope}, which is not in oauth.scopes.`,
    )
  for (const [wide, narrow] of Object.entries(oauth.scopeIncludes)) {
    for (const scope of [wide, ...narrow]) {
      if (Object.hasOwn(oauth.scopes, scope)) continue
      faults.push(
        `${id}: oauth.scopeIncludes names the scope ${scope}, which is not in oauth.scopes.`,
      )
    }
  }
  for (const [scope, words] of Object.entries(oauth.scopes)) {
    if (!used.has(scope)) faults.push(`${id}: oauth.scopes: nothing asks for ${scope}.`)
    if (scope.includes(oauth.scopeSeparator)) {
      faults.push(`${id}: oauth.scopes: ${scope} holds what separates scopes.`)
    }
    // They follow "may".
    if (!/^\p{Ll}/u.test(words) || words.endsWith('.')) {
      faults.push(`${id}: oauth.scopes: the words of ${scope} begin small and have no full stop.`)
    }
  }
  return faults
}
