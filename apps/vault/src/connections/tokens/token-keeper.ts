// Keeps access tokens fresh; of all of the vault, this alone touches refresh tokens.

import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { AccessToken, TokenDescription } from './access-token.ts'
import { createTokenShelf, type TokenShelfNeeds } from './held-tokens.ts'
import type { RenewableConnection } from './renewable-connection.ts'
import { createRenewal } from './renewal.ts'
import type { RenewalNeeds } from './renewal-needs.ts'
import { createRenewals } from './renewals.ts'
import { toTokens } from './save-answer.ts'
import { sealTokens } from './sealed-tokens.ts'
import { createTokenOpening } from './token-opening.ts'
import type { NewTokenRow, TokenStore } from './token-store.ts'

export type { AccessToken, TokenDescription } from './access-token.ts'
export type { RenewableConnection } from './renewable-connection.ts'

/** Tokens are sealed for a connection before it has a row. */
type SealedFor = Pick<
  RenewableConnection,
  'id' | 'workspaceId' | 'provider' | 'origins' | 'credentialKind'
>

/**
 * Keeps the access tokens of connections fresh: renewed when due or refused by an upstream, one renewal per connection at a
 * time over all replicas, what comes back durable before it is used (S-32). A refresh token never leaves it.
 */
export interface TokenKeeper {
  /**
   * The access token to send. One that is about to end is renewed beside it; one that has ended is waited for, 15 s at most.
   * @throws Problem connection-needs-reauth, connection-revoked, token-refresh-failed (with `retryAfterSeconds`),
   * credential-unreadable, store-unavailable, request-stopped where the connection changed meanwhile
   */
  open(connection: RenewableConnection): Promise<AccessToken>
  /**
   * After an upstream's 401 for the token of `version`: a newer one. Each version is renewed so once at most. The same one
   * comes back where it cannot be renewed, or was renewed a moment ago and has not ended: the upstream refuses something else.
   * Throws as `open`.
   */
  renewRefused(connection: RenewableConnection, version: number): Promise<AccessToken>
  /**
   * Seals the first tokens of a connection, or those of an account that was connected anew (`version`: one more than that of
   * the tokens before), for the store to write in the transaction that writes the connection. `nowMs`: when they came.
   */
  sealFirst(
    connection: SealedFor,
    answer: TokenAnswer,
    at: { readonly nowMs: number; readonly version?: number },
  ): Promise<NewTokenRow>
  /** By connection id; those without tokens are left out. */
  describe(connectionIds: readonly string[]): Promise<ReadonlyMap<string, TokenDescription>>
  /** Uses the refresh tokens that nobody used for so long that they would end. For a timer. */
  keepAlive(): Promise<void>
  /** Told of every change of a connection or its tokens; undefined: of any. */
  noticed(connectionId: string | undefined): void
  /** Resolves when no answer of a provider waits to be kept any more, after 10 s at the latest. */
  close(): Promise<void>
}

export interface TokenKeeperNeeds extends TokenShelfNeeds, RenewalNeeds {
  readonly store: TokenStore
  readonly keyring: RenewalNeeds['keyring']
}

/** Taken at one turn of the timer, and asked for at once. */
const keepAliveMax = 20
const keepAliveAtOnce = 4

/** Builds the keeper. */
export function createTokenKeeper(needs: TokenKeeperNeeds): TokenKeeper {
  const { store, keyring, source, monotonicMs } = needs
  const shelf = createTokenShelf(needs)
  const onTokensChanged: RenewalNeeds['onTokensChanged'] = (connection) => {
    shelf.forget(connection.id)
    needs.onTokensChanged(connection)
  }
  const renewal = createRenewal({ ...needs, onTokensChanged })
  const renewals = createRenewals({ ...needs, attempt: renewal.attempt })

  const { open, renewRefused } = createTokenOpening({
    ...{ shelf, renewals, source, monotonicMs },
    end: renewal.end,
  })

  return {
    open,
    renewRefused,

    async sealFirst(connection, answer, { nowMs, version = 1 }) {
      const tokens = toTokens({ answer, refreshToken: undefined })
      const hasRefreshToken = tokens.refreshToken !== undefined
      const { expiresInSeconds } = answer
      const keepAliveMs = hasRefreshToken ? source.keepAliveMs(connection) : undefined
      return {
        connectionId: connection.id,
        workspaceId: connection.workspaceId,
        sealed: await sealTokens(keyring, { connection, version }, tokens),
        version,
        hasRefreshToken,
        accessExpiresAt:
          expiresInSeconds === undefined ? null : new Date(nowMs + expiresInSeconds * 1000),
        renewedAt: new Date(nowMs),
        keepAliveAt: keepAliveMs === undefined ? null : new Date(nowMs + keepAliveMs),
      }
    },

    describe: store.describe,

    async keepAlive() {
      const due = await store.listToKeepAlive(keepAliveMax)
      for (let at = 0; at < due.length; at += keepAliveAtOnce) {
        const some = due.slice(at, at + keepAliveAtOnce)
        await Promise.all(some.map((one) => renewals.run(one.connectionId, one.version)))
      }
    },

    noticed(connectionId) {
      shelf.forget(connectionId)
      renewals.noticed(connectionId)
    },

    close: renewals.close,
  }
}
