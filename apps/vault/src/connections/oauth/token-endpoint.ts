import {
  type ClientAuth,
  type Configuration,
  clientCredentialsGrant,
  genericGrantRequest,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client'
import { type ConfigurationNeeds, toConfiguration } from './client-configuration.ts'
import { toProviderProblem } from './oauth-problem.ts'
import { readTokenAnswer, tolerateRevocationAnswers, tolerateTokenAnswers } from './token-answer.ts'
import type { TokenAnswer, TokenClient } from './token-client.ts'

export type { OAuthFetch, TokenAnswer, TokenClient } from './token-client.ts'

/** Which token is revoked, for servers that look faster with a hint (RFC 7009 §2.1). */
export type TokenTypeHint = 'refresh_token' | 'access_token'

/**
 * The token endpoints of providers. Everything is asked once, within 12 s (revocation: 8 s).
 * @throws Problem connection-needs-reauth for `invalid_grant` alone; provider-refused; provider-unavailable, with
 * `retryAfterSeconds`; origin-not-allowed for an endpoint that the operator's rules exclude. Never a secret in any of them.
 */
export interface TokenEndpoint {
  /** RFC 6749 §6. */
  refresh(client: TokenClient, refreshToken: string): Promise<TokenAnswer>
  /** RFC 6749 §4.4. `invalid_grant` is `provider-refused` here: there is no grant. */
  clientCredentials(
    client: TokenClient,
    options: {
      readonly scopes: readonly string[]
      readonly audience?: string | undefined
      /** RFC 8707. */
      readonly resource?: string | undefined
    },
  ): Promise<TokenAnswer>
  /** RFC 7523 §2.1. `invalid_grant` is `provider-refused`: the assertion, or the key that signed it, is not taken. */
  jwtBearer(request: {
    /** How the provider is called in sentences. */
    readonly provider: string
    readonly tokenEndpoint: string
    readonly assertion: string
  }): Promise<TokenAnswer>
  /** RFC 7009. A token that the provider does not know any more is revoked. */
  revoke(
    client: TokenClient,
    token: string,
    hint?: TokenTypeHint,
  ): Promise<'revoked' | 'not-offered'>
}

/** A provider that takes longer is one that does not answer. */
const askMs = 12_000
const revokeMs = 8_000
const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** What this needs of others; `mayUseOrigin` also says where plain http is possible. */
export interface TokenEndpointNeeds extends ConfigurationNeeds {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Builds the token endpoints on openid-client: each client is sent exactly what its provider needs, once. */
export function createTokenEndpoint(needs: TokenEndpointNeeds): TokenEndpoint {
  const { now } = needs

  async function ask(
    client: TokenClient,
    work: (configuration: Configuration) => Promise<TokenEndpointResponse>,
    about: {
      readonly secrets: readonly string[]
      readonly isRefresh?: boolean
      readonly proof?: ClientAuth
    },
  ): Promise<TokenAnswer> {
    try {
      const fetch = tolerateTokenAnswers(needs.fetch, { provider: client.provider, now })
      const configuration = await toConfiguration({ ...needs, fetch }, client, {
        timeoutMs: askMs,
        ...(about.proof && { proof: about.proof }),
      })
      return readTokenAnswer(await work(configuration))
    } catch (error) {
      const secrets = [...about.secrets, ...secretsOf(client)]
      throw toProviderProblem(error, client.provider, { ...about, secrets })
    }
  }

  return {
    refresh: (client, refreshToken) =>
      ask(
        client,
        (configuration) => refreshTokenGrant(configuration, refreshToken, resourceOf(client)),
        { secrets: [refreshToken], isRefresh: true },
      ),

    clientCredentials(client, { scopes, audience, resource }) {
      const parameters = new URLSearchParams()
      if (scopes.length > 0) parameters.set('scope', scopes.join(client.scopeSeparator ?? ' '))
      if (audience !== undefined) parameters.set('audience', audience)
      if (resource !== undefined) parameters.set('resource', resource)
      return ask(client, (configuration) => clientCredentialsGrant(configuration, parameters), {
        secrets: [],
      })
    },

    jwtBearer({ provider, tokenEndpoint, assertion }) {
      // The assertion says who asks: no client is named beside it.
      const client = { provider, tokenEndpoint, clientId: 'none', authentication: 'none' } as const
      return ask(
        client,
        (configuration) => genericGrantRequest(configuration, jwtBearerGrant, { assertion }),
        { secrets: [assertion], proof: () => {} },
      )
    },

    async revoke(client, token, hint) {
      if (client.revocationEndpoint === undefined) return 'not-offered'
      try {
        const fetch = tolerateRevocationAnswers(needs.fetch, { provider: client.provider, now })
        const options = { timeoutMs: revokeMs }
        const configuration = await toConfiguration({ ...needs, fetch }, client, options)
        await tokenRevocation(configuration, token, hint && { token_type_hint: hint })
        return 'revoked'
      } catch (error) {
        return readRevocationError(error, client, token)
      }
    },
  }
}

function readRevocationError(error: unknown, client: TokenClient, token: string) {
  if (error instanceof ResponseBodyError) {
    // RFC 7009 §2.2: what is not valid needs no revoking. Google says so with an error.
    if (error.error === 'invalid_token') return 'revoked'
    if (error.error === 'unsupported_token_type') return 'not-offered'
  }
  const secrets = [token, ...secretsOf(client)]
  throw toProviderProblem(error, client.provider, { secrets })
}

/** RFC 8707 §2.2. */
const resourceOf = ({ resource }: TokenClient): Record<string, string> =>
  resource === undefined ? {} : { resource }

const secretsOf = ({ clientSecret }: TokenClient) =>
  clientSecret === undefined ? [] : [clientSecret]
