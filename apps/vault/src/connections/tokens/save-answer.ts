import type { Sealer } from '../credential-opener.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { Outcome } from './renewal-needs.ts'
import { sealTokens, type Tokens } from './sealed-tokens.ts'
import type { TokenSource } from './token-source.ts'
import type { LeaseAt, StoredTokens, TokenStore } from './token-store.ts'

export interface AnswerSavingNeeds {
  readonly store: Pick<TokenStore, 'find' | 'save'>
  readonly keyring: Pick<Sealer, 'seal'>
  readonly source: Pick<TokenSource, 'revoke' | 'revokesWholeAccount' | 'keepAliveMs'>
  readonly onTokensChanged: (connection: {
    readonly id: string
    readonly workspaceId: string
  }) => void
  readonly monotonicMs: () => number
  readonly onFailure: (what: string, error: unknown) => void
}

/** What a provider gave, for the refresh token that was sent. */
interface Got {
  readonly answer: TokenAnswer
  readonly refreshToken: string | undefined
}

/** For so long an answer is kept in memory, to be written down as soon as the database is there again. */
const keptMs = 10 * 60_000
const pauseMsMin = 50
const pauseMsMax = 2_000
/** Rows that change under every try are no honest rows. */
const triesMax = 1_000

/** Builds what writes down the answers of providers: the old refresh token may be used up, and then there is nothing else. */
export function createAnswerSaving(needs: AnswerSavingNeeds) {
  const { store, monotonicMs } = needs

  async function write(current: StoredTokens, at: LeaseAt, got: Got & { sinceMs: number }) {
    const { connection } = current
    const tokens = toTokens(got)
    const version = current.version + 1
    const sealed = await sealTokens(needs.keyring, { connection, version }, tokens)
    const { expiresInSeconds } = got.answer
    const passedMs = monotonicMs() - got.sinceMs
    const hasRefreshToken = tokens.refreshToken !== undefined
    return store.save(
      { ...at, version: current.version },
      {
        sealed,
        version,
        hasRefreshToken,
        lifeMs: expiresInSeconds === undefined ? null : expiresInSeconds * 1000 - passedMs,
        keepAliveMs: (hasRefreshToken ? needs.source.keepAliveMs(connection) : undefined) ?? null,
      },
    )
  }

  /** One try: an outcome, or the row as it is now where it was changed meanwhile and the lease is still ours. */
  async function tryOnce(
    current: StoredTokens,
    at: LeaseAt,
    got: Got & { sinceMs: number },
  ): Promise<Outcome | StoredTokens> {
    if (await write(current, at, got)) return { kind: 'renewed' }
    const now = await store.find(at.connectionId)
    if (now === undefined || now.connection.status === 'revoked') return { kind: 'gone' }
    // Without our lease these are others' tokens: the account was connected anew, or our own write did happen after all.
    return now.leasedBy === at.leaseId ? now : { kind: 'renewed' }
  }

  /** A connection that was revoked while it was renewed: nobody else knows of these tokens, and nobody is to use them. */
  function discard({ connection }: StoredTokens, got: Got): void {
    // There the end of one token is the end of all that the account granted: whoever revoked the connection saw to that, where
    // nothing else lives on it.
    if (needs.source.revokesWholeAccount(connection)) return
    needs.source.revoke(connection, toTokens(got)).catch((error: unknown) => {
      needs.onFailure('the tokens of a revoked connection could not be revoked', error)
    })
  }

  return {
    /**
     * Resolves when the answer is durable, or is not wanted any more. While the database is away it is tried again and again,
     * for ten minutes at most; for other origins than it was sealed for it is sealed anew.
     */
    async save(at: LeaseAt, stored: StoredTokens, got: Got): Promise<Outcome> {
      const kept = { ...got, sinceMs: monotonicMs() }
      let current = stored
      let failed: unknown
      for (let tries = 0; tries < triesMax; tries += 1) {
        try {
          const outcome = await tryOnce(current, at, kept)
          if ('kind' in outcome) {
            if (outcome.kind === 'gone') discard(stored, got)
            needs.onTokensChanged(stored.connection)
            return outcome
          }
          current = outcome
        } catch (error) {
          if (failed === undefined) needs.onFailure('new tokens could not be kept yet', error)
          failed = error
          if (monotonicMs() - kept.sinceMs > keptMs) break
          await pause(Math.min(pauseMsMin * 2 ** Math.min(tries, 10), pauseMsMax))
        }
      }
      throw failed ?? new Error('the row of the tokens changed under every try')
    },
  }
}

/** The old refresh token stays good where the provider gives no other (RFC 6749 §6). */
export function toTokens({ answer, refreshToken }: Got): Tokens {
  const { accessToken, scopes } = answer
  const kept = answer.refreshToken ?? refreshToken
  return {
    accessToken,
    ...(kept !== undefined && { refreshToken: kept }),
    ...(scopes !== undefined && { scopes: [...scopes] }),
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
