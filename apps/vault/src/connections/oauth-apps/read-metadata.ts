import { EndpointUrl, Problem } from '@sallyport/contracts'
import { allowInsecureRequests, customFetch, discovery, None } from 'openid-client'
import type { MayUseOrigin } from '../check-connection.ts'
import { toProviderProblem } from '../oauth/oauth-problem.ts'
import type { OAuthFetch } from '../oauth/token-endpoint.ts'
import type { GivenEndpoints, OwnServer } from './sealed-app.ts'

/** What a server says of itself, and what an owner says of it instead. */
export interface ReadServer {
  readonly server: OwnServer
  /** The ways in which clients may prove themselves at its token endpoint, where it says. */
  readonly clientAuthentications?: readonly string[]
}

export interface ReadMetadataNeeds {
  readonly fetch: OAuthFetch
  readonly mayUseOrigin: MayUseOrigin
}

/** What makes a provider say whose account it is, and give a refresh token (OpenID Connect Core §11). */
const usefulScopes = ['openid', 'email', 'offline_access']
const algorithmsMax = 30

/**
 * Reads the metadata of an authorization server (OpenID Connect Discovery §4, or RFC 8414): what the owner gave beside the
 * issuer wins.
 * @throws Problem provider-refused where there is none, or not of this issuer; provider-unavailable
 */
export async function readMetadata(
  needs: ReadMetadataNeeds,
  given: GivenEndpoints & { readonly issuer: string },
): Promise<ReadServer> {
  const found = await discover(needs, given.issuer)
  // openid-client lets Microsoft's `{tenantid}` pass; who the issuer is has to be known to hold an answer against it.
  if (!URL.canParse(found.issuer) || new URL(found.issuer).href !== new URL(given.issuer).href) {
    throw new Problem(
      'provider-refused',
      `The metadata at ${given.issuer} are of another issuer.`,
      {
        next: 'An owner gives the issuer as the provider writes it, at Microsoft the one of the directory (its id).',
      },
    )
  }
  const authorizationEndpoint = given.authorizationEndpoint ?? found.authorization_endpoint
  const tokenEndpoint = given.tokenEndpoint ?? found.token_endpoint
  const revocationEndpoint = given.revocationEndpoint ?? found.revocation_endpoint
  const deviceAuthorizationEndpoint =
    given.deviceAuthorizationEndpoint ?? found.device_authorization_endpoint
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) {
    throw new Problem('provider-refused', `The metadata of ${given.issuer} lack endpoints.`, {
      next: 'An owner gives authorizationEndpoint and tokenEndpoint along with the issuer.',
    })
  }
  const server: OwnServer = {
    issuer: found.issuer,
    authorizationEndpoint,
    tokenEndpoint,
    ...(revocationEndpoint !== undefined && { revocationEndpoint }),
    ...(deviceAuthorizationEndpoint !== undefined && { deviceAuthorizationEndpoint }),
    sendsIssuer: found.authorization_response_iss_parameter_supported === true,
    ...texts('idTokenAlgorithms', found.id_token_signing_alg_values_supported),
    baseScopes: usefulScopes.filter((scope) => found.scopes_supported?.includes(scope)),
  }
  requireEndpoints(server)
  return {
    server,
    ...texts('clientAuthentications', found.token_endpoint_auth_methods_supported),
  }
}

async function discover(needs: ReadMetadataNeeds, issuer: string) {
  try {
    return await read(needs, issuer, 'oidc')
  } catch (error) {
    const problem = toProviderProblem(error, issuer)
    if (problem.type !== 'provider-refused') throw problem
    // RFC 8414 §3 puts the metadata of servers that know OAuth alone elsewhere.
    return await read(needs, issuer, 'oauth2').catch(() => {
      throw problem
    })
  }
}

async function read(
  { fetch, mayUseOrigin }: ReadMetadataNeeds,
  issuer: string,
  algorithm: 'oidc' | 'oauth2',
) {
  const url = new URL(issuer)
  const isPlain = url.protocol === 'http:' && mayUseOrigin(url.origin) === true
  // The client's name matters to no metadata.
  const configuration = await discovery(url, 'sallyport', undefined, None(), {
    algorithm,
    [customFetch]: fetch,
    ...(isPlain && { execute: [allowInsecureRequests] }),
  })
  return configuration.serverMetadata()
}

/** What a server says is not to be trusted more than what a person types in. */
function requireEndpoints(server: OwnServer): void {
  const { issuer, authorizationEndpoint, tokenEndpoint } = server
  const { revocationEndpoint, deviceAuthorizationEndpoint } = server
  for (const url of [
    ...(issuer === undefined ? [] : [issuer]),
    authorizationEndpoint,
    tokenEndpoint,
    ...(revocationEndpoint === undefined ? [] : [revocationEndpoint]),
    ...(deviceAuthorizationEndpoint === undefined ? [] : [deviceAuthorizationEndpoint]),
  ]) {
    if (EndpointUrl.safeParse(url).success) continue
    throw new Problem('provider-refused', 'The provider’s metadata name what is no endpoint.', {
      next: 'An owner gives the endpoints along with the issuer.',
    })
  }
}

/** A member with a list of short texts, where the server gave one. */
function texts<Name extends string>(name: Name, list: unknown): { [key in Name]?: string[] } {
  if (!Array.isArray(list)) return {}
  const found = list.filter((one): one is string => typeof one === 'string' && one.length < 100)
  return { [name]: found.slice(0, algorithmsMax) } as { [key in Name]?: string[] }
}
