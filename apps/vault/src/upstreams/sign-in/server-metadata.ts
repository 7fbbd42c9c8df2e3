import { EndpointUrl, Problem } from '@sallyport/contracts'
import type { MayUseOrigin } from '../../connections/check-connection.ts'
import type { OwnServer } from '../../connections/oauth-apps/sealed-app.ts'
import { requirePlace } from './read-json.ts'
import { readScopes, readTexts } from './texts.ts'

/** What an authorization server says of itself, as far as it counts here. */
export interface ServerMetadata {
  readonly server: OwnServer & { readonly issuer: string }
  readonly registrationEndpoint?: string | undefined
  /** Draft OAuth Client ID Metadata Document §5. */
  readonly takesDocuments: boolean
  /** It says that it knows PKCE with S256; without that no code is asked for (MCP, Authorization Code Protection). */
  readonly knowsS256: boolean
  /** The ways in which clients may prove themselves, where it says. */
  readonly clientAuthentications?: readonly string[] | undefined
  /** It has a scope for refresh tokens. */
  readonly takesOfflineAccess: boolean
}

const methodsMax = 30

/**
 * Reads metadata (RFC 8414 §2), which have to be of this issuer, and whose addresses the operator’s rules have to allow.
 * @throws Problem provider-refused, origin-not-allowed
 */
export function readServerMetadata(
  mayUseOrigin: MayUseOrigin,
  issuer: string,
  body: Readonly<Record<string, unknown>>,
): ServerMetadata {
  const named = body.issuer
  // RFC 8414 §3.3, against a server that passes itself off as another one (mix-up).
  if (typeof named !== 'string' || !isSameIssuer(named, issuer)) {
    throw refused('The metadata of the authorization server are of another issuer.')
  }
  const endpoint = (name: string) => readEndpoint(mayUseOrigin, name, body[name])
  const authorizationEndpoint = endpoint('authorization_endpoint')
  const tokenEndpoint = endpoint('token_endpoint')
  if (tokenEndpoint === undefined) throw refused('The authorization server has no token endpoint.')
  const revocationEndpoint = endpoint('revocation_endpoint')
  const registrationEndpoint = endpoint('registration_endpoint')
  const methods = readTexts(body.token_endpoint_auth_methods_supported, methodsMax)
  const algorithms = readTexts(body.id_token_signing_alg_values_supported, methodsMax)
  return {
    server: {
      issuer: named,
      // Where there is none, nobody can be sent anywhere: a client may still sign in for itself.
      authorizationEndpoint: authorizationEndpoint ?? tokenEndpoint,
      tokenEndpoint,
      ...(revocationEndpoint !== undefined && { revocationEndpoint }),
      sendsIssuer: body.authorization_response_iss_parameter_supported === true,
      ...(algorithms.length > 0 && { idTokenAlgorithms: algorithms }),
      baseScopes: [],
    },
    registrationEndpoint,
    takesDocuments: body.client_id_metadata_document_supported === true,
    knowsS256:
      authorizationEndpoint !== undefined &&
      readTexts(body.code_challenge_methods_supported, methodsMax).includes('S256'),
    ...(methods.length > 0 && { clientAuthentications: methods }),
    takesOfflineAccess: readScopes(body.scopes_supported).includes('offline_access'),
  }
}

/** As it was named, but for a slash alone after the host. */
const isSameIssuer = (named: string, issuer: string): boolean =>
  named === issuer ||
  (EndpointUrl.safeParse(named).success && new URL(named).href === new URL(issuer).href)

function readEndpoint(
  mayUseOrigin: MayUseOrigin,
  name: string,
  value: unknown,
): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || !EndpointUrl.safeParse(value).success) {
    throw refused(`The authorization server’s ${name} is no endpoint.`)
  }
  requirePlace(mayUseOrigin, value)
  return value
}

const refused = (detail: string) =>
  new Problem('provider-refused', detail, {
    next: 'Nothing secret was sent. Whoever runs the authorization server puts it right.',
  })
