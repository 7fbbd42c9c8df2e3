import type { TokenState } from '@sallyport/contracts'

/** What goes on a request, and which of a connection's tokens it is. Never log it. */
export interface AccessToken {
  readonly accessToken: string
  /** Raised with each renewal. */
  readonly version: number
}

/** What is known of a connection's tokens; none of it is secret. */
export type TokenDescription = Omit<TokenState, 'oauthAppId' | 'account'>
