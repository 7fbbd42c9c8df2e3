import type { Connection, CredentialKind } from '@sallyport/contracts'

/** What is known of a connection whose credential becomes access tokens. */
export interface RenewableConnection {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly origins: readonly string[]
  readonly version: number
  /** Null once revoked. */
  readonly sealed: Uint8Array | null
  readonly status: Connection['status']
  readonly credentialKind: CredentialKind
}
