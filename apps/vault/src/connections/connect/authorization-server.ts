import { Problem } from '@sallyport/contracts'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  genericGrantRequest,
  initiateDeviceAuthorization,
  ResponseBodyError,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client'
import { type ConfigurationNeeds, toConfiguration } from '../oauth/client-configuration.ts'
import { toProviderProblem } from '../oauth/oauth-problem.ts'
import { readTokenAnswer, tolerateTokenAnswers } from '../oauth/token-answer.ts'
import type { OAuthFetch, TokenAnswer } from '../oauth/token-endpoint.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { accountOf, readUnnamedIdToken } from './id-token-claims.ts'
import { type DeviceCode, readDeviceCode } from './read-device-code.ts'

/** An authorization request (RFC 6749 §4.1.1). */
export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string
  readonly verifier?: string | undefined
  readonly nonce?: string | undefined
  /** Whose account is wanted (OpenID Connect Core §3.1.2.1). */
  readonly loginHint?: string | undefined
}

/** What came back, and what proves that it was asked for here. */
export interface CodeExchange extends Omit<AuthorizationRequest, 'scopes' | 'loginHint'> {
  readonly code: string
  readonly iss?: string | undefined
}

/**
 * The authorization servers of providers. Everything is asked once, within 12 s.
 * @throws Problem provider-refused, provider-unavailable, origin-not-allowed. Never a secret in any of them.
 */
export interface AuthorizationServer {
  /** Where the browser goes. PKCE is S256 and nothing else (RFC 7636 §4.2). */
  authorizationUrl(client: OAuthClient, request: AuthorizationRequest): Promise<string>
  /**
   * Exchanges a code (RFC 6749 §4.1.3). An id token has to be of this client, issuer and nonce (OpenID Connect Core
   * §3.1.3.7); where the issuer is not known it has to be of this client and nonce.
   */
  exchangeCode(client: OAuthClient, exchange: CodeExchange): Promise<TokenAnswer>
  /** RFC 8628 §3.1. */
  startDevice(client: OAuthClient, scopes: readonly string[]): Promise<DeviceCode>
  /** RFC 8628 §3.4. `authorization-refused` where the person said no or the code has ended. */
  askDevice(client: OAuthClient, deviceCode: string): Promise<TokenAnswer | 'pending' | 'slow-down'>
}

const askMs = 12_000
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

type Answer = TokenEndpointResponse & TokenEndpointResponseHelpers

export interface AuthorizationServerNeeds extends ConfigurationNeeds {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Builds it on openid-client. */
export function createAuthorizationServer(needs: AuthorizationServerNeeds): AuthorizationServer {
  return {
    async authorizationUrl(client, request) {
      try {
        return (await buildUrl(needs, client, request)).href
      } catch (error) {
        throw toProviderProblem(error, client.provider)
      }
    },

    exchangeCode: (client, { code, iss, state, redirectUri, verifier, nonce }) =>
      ask(needs, { client, nonce, secrets: [code, verifier] }, (configuration) => {
        const answered = new URL(redirectUri)
        answered.searchParams.set('code', code)
        answered.searchParams.set('state', state)
        // Where no issuer is known there is nothing to compare with.
        if (iss !== undefined && client.issuer !== undefined) {
          answered.searchParams.set('iss', iss)
        }
        const checks = {
          expectedState: state,
          ...(verifier !== undefined && { pkceCodeVerifier: verifier }),
          ...(client.issuer !== undefined && nonce !== undefined && { expectedNonce: nonce }),
        }
        return authorizationCodeGrant(configuration, answered, checks, resourceOf(client))
      }),

    async startDevice(client, scopes) {
      try {
        const configuration = await configure(needs, client)
        const answer = await initiateDeviceAuthorization(configuration, scopeOf(client, scopes))
        return readDeviceCode(answer, client.provider)
      } catch (error) {
        throw toProviderProblem(error, client.provider, { secrets: secretsOf(client) })
      }
    },

    async askDevice(client, deviceCode) {
      try {
        return await ask(needs, { client, secrets: [deviceCode] }, (configuration) =>
          genericGrantRequest(configuration, deviceGrant, { device_code: deviceCode }),
        )
      } catch (error) {
        if (error instanceof DeviceNotReady) return error.turn
        throw error
      }
    },
  }
}

async function buildUrl(
  needs: AuthorizationServerNeeds,
  client: OAuthClient,
  { redirectUri, scopes, state, verifier, nonce, loginHint }: AuthorizationRequest,
): Promise<URL> {
  const url = buildAuthorizationUrl(await configure(needs, client), {
    ...client.authorizationParameters,
    // OpenID Connect Core §11: without this a request for offline access is passed over.
    ...(client.asksConsent && scopes.includes('offline_access') && { prompt: 'consent' }),
    ...scopeOf(client, scopes),
    ...resourceOf(client),
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    state,
    ...(verifier !== undefined && {
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
    ...(nonce !== undefined && { nonce }),
    ...(nonce !== undefined && loginHint !== undefined && { login_hint: loginHint }),
  })
  // An endpoint that brings one of these of its own would send it twice, and which of the two counts nobody knows.
  const names = [...url.searchParams.keys()]
  if (new Set(names).size === names.length) return url
  throw new Problem('provider-refused', 'The authorization endpoint has parameters of its own.', {
    next: 'An owner writes it without response_type, client_id, redirect_uri, scope and state.',
  })
}

/** RFC 8707 §2. */
const resourceOf = ({ resource }: OAuthClient): Record<string, string> =>
  resource === undefined ? {} : { resource }

const scopeOf = ({ scopeSeparator }: OAuthClient, scopes: readonly string[]) =>
  scopes.length === 0 ? {} : { scope: scopes.join(scopeSeparator) }

/** What is asked of a token endpoint. */
interface Asking {
  readonly client: OAuthClient
  /** The nonce that an id token has to hold, where one was sent. */
  readonly nonce?: string | undefined
  readonly secrets: readonly (string | undefined)[]
}

async function ask(
  needs: AuthorizationServerNeeds,
  { client, nonce, secrets }: Asking,
  work: (configuration: Configuration) => Promise<Answer>,
): Promise<TokenAnswer> {
  const { provider, issuer, clientId } = client
  const unnamed = { idToken: undefined as string | undefined }
  const fetch = tolerateTokenAnswers(
    issuer === undefined ? takeIdToken(needs.fetch, unnamed) : needs.fetch,
    { provider, keepIdToken: issuer !== undefined, now: needs.now },
  )
  try {
    const answer = await work(await configure({ ...needs, fetch }, client))
    const claims =
      answer.claims() ??
      (unnamed.idToken === undefined
        ? undefined
        : readUnnamedIdToken(unnamed.idToken, { clientId, nonce, nowMs: needs.now(), provider }))
    return { ...readTokenAnswer(answer), ...accountOf(claims) }
  } catch (error) {
    throw readDeviceError(error) ?? problemOf(error, client, secrets)
  }
}

/** `invalid_grant` is the word for a code that is not taken as well. */
function problemOf(
  error: unknown,
  client: OAuthClient,
  secrets: readonly (string | undefined)[],
): Problem {
  const sent = [...secrets, ...secretsOf(client)].filter((one) => one !== undefined)
  const problem = toProviderProblem(error, client.provider, { secrets: sent })
  if (problem.type !== 'connection-needs-reauth') return problem
  return new Problem(
    'provider-refused',
    `${client.provider} does not take the code (invalid_grant): it was used, has ended, or is of another attempt.`,
    { next: 'Begin again.', cause: problem.cause },
  )
}

const configure = (needs: ConfigurationNeeds, client: OAuthClient) =>
  toConfiguration(needs, client, {
    timeoutMs: askMs,
    metadata: {
      authorization_response_iss_parameter_supported: client.sendsIssuer,
      ...(client.idTokenAlgorithms !== undefined && {
        id_token_signing_alg_values_supported: [...client.idTokenAlgorithms],
      }),
    },
  })

const secretsOf = ({ clientSecret, privateKey }: OAuthClient): string[] =>
  [clientSecret, privateKey].filter((secret) => secret !== undefined)

/** The person has not answered yet. */
class DeviceNotReady extends Error {
  readonly turn: 'pending' | 'slow-down'
  constructor(turn: 'pending' | 'slow-down') {
    super(turn)
    this.turn = turn
  }
}

/** RFC 8628 §3.5. */
function readDeviceError(error: unknown): Error | undefined {
  if (!(error instanceof ResponseBodyError)) return undefined
  if (error.error === 'authorization_pending') return new DeviceNotReady('pending')
  if (error.error === 'slow_down') return new DeviceNotReady('slow-down')
  if (error.error === 'access_denied') {
    return new Problem('authorization-refused', 'Access was not granted at the provider.', {
      next: 'Begin again and confirm there.',
    })
  }
  if (error.error !== 'expired_token') return undefined
  return new Problem('authorization-refused', 'The code was not confirmed in time.', {
    next: 'Begin again and confirm the new code.',
  })
}

/** Where the issuer is not known openid-client cannot check an id token: it is read apart, from the same answer. */
function takeIdToken(fetch: OAuthFetch, taken: { idToken: string | undefined }): OAuthFetch {
  return async (url, options) => {
    const response = await fetch(url, options)
    const text = await response.clone().text()
    try {
      const read: unknown = JSON.parse(text)
      const idToken = typeof read === 'object' && read !== null && Reflect.get(read, 'id_token')
      if (typeof idToken === 'string') taken.idToken = idToken
    } catch {
      // What is no JSON is refused by whoever reads it next.
    }
    return response
  }
}
