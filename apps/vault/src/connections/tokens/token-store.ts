/** The tokens of a connection as they are written first. */
export interface NewTokenRow {
  readonly connectionId: string
  readonly workspaceId: string
  readonly sealed: Uint8Array
  readonly version: number
  readonly hasRefreshToken: boolean
  /** Null where the provider names no end. */
  readonly accessExpiresAt: Date | null
  readonly renewedAt: Date
  /** When a refresh token that nobody used has to be used; null where it needs not. */
  readonly keepAliveAt: Date | null
}
