/** Tokens as they are written first. Times count from when they are written, by the database's clock. */
export interface NewTokenRow {
  readonly connectionId: string
  readonly workspaceId: string
  readonly sealed: Uint8Array
  readonly version: number
  readonly hasRefreshToken: boolean
  /** Null where the provider names no end. */
  readonly lifeMs: number | null
  /** After how long a refresh token that nobody used has to be used; null where it needs not. */
  readonly keepAliveMs: number | null
}
