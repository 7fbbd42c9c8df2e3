import type { TokenDescription } from './access-token.ts'
import type { RenewableConnection } from './renewable-connection.ts'

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

/**
 * The tokens of a connection, and the connection, as one statement read them. Times are milliseconds from then, by the
 * database's clock alone, so that no replica's clock makes a token end or live on.
 */
export interface StoredTokens {
  readonly connection: RenewableConnection
  readonly sealed: Uint8Array
  readonly version: number
  readonly hasRefreshToken: boolean
  /** Until the access token ends; null where the provider names no end. */
  readonly leftMs: number | null
  /** From its beginning to its end. */
  readonly lifeMs: number | null
  /** Since it was got. */
  readonly ageMs: number
  readonly leasedBy: string | null
  /** Until the lease runs out; null without one. */
  readonly leaseLeftMs: number | null
  readonly failures: number
  /** The slug of the problem of the last attempt, and its sentence. */
  readonly failure: string | null
  readonly failureMessage: string | null
  /** Until the next attempt may be made; null: at any time. */
  readonly attemptInMs: number | null
}

/** Which tokens of a connection are meant, and who renews them. */
export interface LeaseAt {
  readonly connectionId: string
  readonly version: number
  readonly leaseId: string
}

/** Tokens that were got. Times count from when they are written, by the database's clock. */
export interface RenewedTokens {
  readonly sealed: Uint8Array
  readonly version: number
  readonly hasRefreshToken: boolean
  readonly lifeMs: number | null
  readonly keepAliveMs: number | null
}

/** What the keeper of tokens needs of the store. */
export interface TokenStore {
  find(connectionId: string): Promise<StoredTokens | undefined>
  /**
   * The write-ahead mark: from now on nobody else renews these tokens for `leaseMs`. False where they have another version,
   * somebody has the lease, an attempt may not be made yet, or the connection is not healthy. `wasLeft`: the last lease
   * ran out, or was kept after an answer that got lost, so that the provider may have renewed already.
   */
  lease(at: LeaseAt & { readonly leaseMs: number }): Promise<false | { readonly wasLeft: boolean }>
  /**
   * Puts what was got in the place of the version that it was got with, whoever has the lease by now, and ends this lease. A
   * connection that somebody found dead meanwhile is healthy again. False where there is another version, or none.
   */
  save(at: LeaseAt, renewed: RenewedTokens): Promise<boolean>
  /** Notes a failure and ends the lease; `keepsMark` leaves it behind as one that ran out. Nothing where it is not ours. */
  fail(
    at: LeaseAt,
    failure: {
      readonly problem: string
      readonly message: string
      readonly retryMs: number
      readonly keepsMark: boolean
    },
  ): Promise<void>
  /** The connection needs its owner. False where it has other tokens by now, somebody else's lease, or was not healthy. */
  end(
    at: Omit<LeaseAt, 'leaseId'> & { readonly leaseId?: string; readonly reason: string },
  ): Promise<boolean>
  /** Of healthy connections, the most overdue first. */
  listToKeepAlive(
    limit: number,
  ): Promise<{ readonly connectionId: string; readonly version: number }[]>
  /** By connection id. */
  describe(connectionIds: readonly string[]): Promise<ReadonlyMap<string, TokenDescription>>
  /** Attempts with this OAuth client may be made at once: somebody mended it. */
  forgetFailures(oauthAppId: string): Promise<void>
  /** Makes all leases ones that ran out, for a vault that knows itself alone. */
  expireLeases(): Promise<void>
}
