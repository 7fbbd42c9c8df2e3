import type { ClientAuthentication } from '@sallyport/contracts'
import type { CustomFetchOptions } from 'openid-client'

/** A `fetch` that keeps to the address rules; see `egress/fetch.ts`. */
export type OAuthFetch = (url: string, options: CustomFetchOptions) => Promise<Response>

/** A client at its provider, with everything that is sent and where to. Holds secrets: never log it. */
export interface TokenClient {
  /** How the provider is called in sentences and known in the catalog. */
  readonly provider: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  readonly clientSecret?: string
  /** PKCS #8 in PEM, or a JWK as JSON. */
  readonly privateKey?: string
  readonly keyId?: string
  readonly issuer?: string
  readonly authorizationEndpoint?: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
  readonly scopeSeparator?: ' ' | ','
}

/** What a token endpoint answered. Holds secrets: never log it. */
export interface TokenAnswer {
  readonly accessToken: string
  /** Absent: there is none, or the one that was used stays good (RFC 6749 §6). */
  readonly refreshToken?: string
  /** Absent where the provider names no end. Positive. */
  readonly expiresInSeconds?: number
  /** Absent: those that were asked for (RFC 6749 §5.1). */
  readonly scopes?: readonly string[]
  /** Whose account it is, for people, and the provider's lasting name for it. */
  readonly account?: string
  readonly subject?: string
}

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
