import type { Catalog, OAuthProvider } from '@sallyport/catalog'
import { type ClientAuthentication, Problem } from '@sallyport/contracts'
import { placeOf } from './place-of.ts'
import type { SealedApp, UpstreamOfApp } from './sealed-app.ts'

/** An OAuth client with everything that is known of its provider. Holds secrets: never log it. */
export interface OAuthClient {
  readonly provider: string
  readonly clientId: string
  /** See `placeOf`. */
  readonly place: string
  readonly authentication: ClientAuthentication
  readonly clientSecret?: string
  readonly privateKey?: string
  readonly keyId?: string
  readonly issuer?: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
  readonly scopeSeparator: ' ' | ','
  readonly pkce: boolean
  readonly authorizationParameters: Readonly<Record<string, string>>
  /** Asked for in any case. */
  readonly baseScopes: readonly string[]
  /** Offline access has to be asked for with `prompt=consent` (OpenID Connect Core §11). */
  readonly asksConsent: boolean
  /** Revoking one token ends all that the account granted to the client. */
  readonly revokesWholeAccount: boolean
  /** It says that it names its issuer in every authorization response (RFC 9207). */
  readonly sendsIssuer: boolean
  /** The algorithms that it signs id tokens with, where it says. */
  readonly idTokenAlgorithms?: readonly string[]
  /** What every token is asked for (RFC 8707). */
  readonly resource?: string
  /** The MCP server that it signs in to, and nothing else. */
  readonly upstream?: UpstreamOfApp
}

/** Where a provider is. */
export type Endpoints = Pick<
  OAuthClient,
  | 'issuer'
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
  | 'revocationEndpoint'
  | 'deviceAuthorizationEndpoint'
>

/**
 * The client that was sealed, with the endpoints that were sealed with it or that the catalog knows.
 * @throws Problem oauth-app-missing where the catalog does not know the provider any more
 */
export function resolveClient(app: SealedApp, catalog: Pick<Catalog, 'findProvider'>): OAuthClient {
  const { own, parameters, provider, clientId, authentication } = app
  const place = placeOf(app)
  const client = { provider, clientId, place, authentication, ...given(app, secretNames) }
  if (own !== undefined) {
    const { authorizationEndpoint, tokenEndpoint, sendsIssuer, baseScopes } = own.server
    return {
      ...client,
      ...{ authorizationEndpoint, tokenEndpoint, sendsIssuer, baseScopes },
      ...given(own.server, optionalNames),
      ...{ scopeSeparator: ' ', pkce: true, authorizationParameters: {}, asksConsent: true },
      revokesWholeAccount: false,
      ...(app.upstream !== undefined && {
        upstream: app.upstream,
        resource: app.upstream.resource,
      }),
    }
  }
  const oauth = catalog.findProvider(app.provider)?.oauth
  if (oauth === undefined) {
    throw new Problem(
      'oauth-app-missing',
      `The catalog does not say any more how accounts of ${app.provider} are connected.`,
      {
        next: 'An owner keeps an OAuth app with the endpoints of the provider under another name.',
      },
    )
  }
  return {
    ...client,
    ...endpointsOf(oauth, parameters),
    scopeSeparator: oauth.scopeSeparator,
    pkce: oauth.pkce,
    authorizationParameters: oauth.authorizationParameters,
    baseScopes: oauth.baseScopes,
    revokesWholeAccount: oauth.revokesWholeAccount,
    ...{ asksConsent: false, sendsIssuer: false },
  }
}

/** A provider's endpoints with its parameters in them. What is missing is a fault of `faultOfParameters`. */
export function endpointsOf(
  oauth: OAuthProvider,
  given: Readonly<Record<string, string>>,
): Endpoints {
  const values = new Map(
    oauth.parameters.map(({ name, fallback }) => [name, given[name] ?? fallback ?? '']),
  )
  const fill = (template: string) =>
    template.replaceAll(/\{([A-Za-z0-9]+)\}/g, (_all, name: string) => values.get(name) ?? '')
  const { issuer, revocationEndpoint, deviceAuthorizationEndpoint } = oauth
  return {
    ...(issuer !== undefined && { issuer: fill(issuer) }),
    authorizationEndpoint: fill(oauth.authorizationEndpoint),
    tokenEndpoint: fill(oauth.tokenEndpoint),
    ...(revocationEndpoint !== undefined && { revocationEndpoint: fill(revocationEndpoint) }),
    ...(deviceAuthorizationEndpoint !== undefined && {
      deviceAuthorizationEndpoint: fill(deviceAuthorizationEndpoint),
    }),
  }
}

const secretNames = ['clientSecret', 'privateKey', 'keyId'] as const
const optionalNames = [
  'issuer',
  'revocationEndpoint',
  'deviceAuthorizationEndpoint',
  'idTokenAlgorithms',
] as const

/** Of the members that may be missing those that are there. */
function given<T, Name extends keyof T>(
  from: T,
  names: readonly Name[],
): { [key in Name]?: Exclude<T[key], undefined> } {
  return Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  ) as { [key in Name]?: Exclude<T[key], undefined> }
}
