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
  /** What tokens are asked for (RFC 8707). */
  readonly resource?: string
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
