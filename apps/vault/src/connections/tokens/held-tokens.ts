import { Problem } from '@sallyport/contracts'
import type { Sealer } from '../credential-opener.ts'
import { type Due, dueOf } from './due.ts'
import type { RenewableConnection } from './renewable-connection.ts'
import { openTokens, type Tokens } from './sealed-tokens.ts'
import type { StoredTokens, TokenStore } from './token-store.ts'

/** The tokens of a connection as they were read and opened. Never log it. */
export interface HeldTokens {
  readonly stored: StoredTokens
  readonly tokens: Tokens
  /** By the monotonic clock: before they were read. */
  readonly readAtMs: number
}

/** Keeps what is read for as long as every change is sure to be heard of; see `store/cache.ts`. */
export interface TokenCache<V> {
  get(id: string): Promise<V | undefined>
  delete(id: string): void
  clear(): void
}

/** Reads tokens, and keeps them opened in memory. */
export interface TokenShelf {
  /**
   * The tokens for exactly this version of the connection.
   * @throws Problem connection-revoked, request-stopped where the connection is another by now or has no tokens any more,
   * credential-unreadable, store-unavailable
   */
  get(connection: RenewableConnection): Promise<HeldTokens>
  /** Of one connection, or of all. */
  forget(connectionId: string | undefined): void
}

export interface TokenShelfNeeds {
  readonly store: Pick<TokenStore, 'find'>
  readonly keyring: Pick<Sealer, 'open'>
  readonly createCache: <V>(load: (id: string) => Promise<V | undefined>) => TokenCache<V>
  /** Milliseconds of a clock that is never put back. */
  readonly monotonicMs: () => number
}

/** Builds the shelf. */
export function createTokenShelf(needs: TokenShelfNeeds): TokenShelf {
  const { store, keyring, monotonicMs } = needs
  const cache = needs.createCache(async (id): Promise<HeldTokens | undefined> => {
    const readAtMs = monotonicMs()
    const stored = await store.find(id)
    return stored && { stored, tokens: await openTokens(keyring, stored), readAtMs }
  })

  return {
    async get(connection) {
      const held = await cache.get(connection.id)
      if (held?.stored.connection.version === connection.version) return held
      // One of the two is older: a change was made between the reading of the one and of the other.
      cache.delete(connection.id)
      const again = await cache.get(connection.id)
      if (again?.stored.connection.version === connection.version) return again
      throw noneFor(again)
    },
    forget(connectionId) {
      if (connectionId === undefined) cache.clear()
      else cache.delete(connectionId)
    },
  }
}

/** What is left of a time that was read, in ms. */
export function leftOf(held: HeldTokens, ms: number | null, monotonicMs: number): number | null {
  return ms === null ? null : ms - (monotonicMs - held.readAtMs)
}

/** Whether its access token is due. */
export function dueOfHeld(held: HeldTokens, monotonicMs: number): Due {
  const { leftMs, lifeMs, connection } = held.stored
  return dueOf({
    leftMs: leftOf(held, leftMs, monotonicMs),
    lifeMs,
    connectionId: connection.id,
  })
}

function noneFor(held: HeldTokens | undefined): Problem {
  if (held?.stored.connection.status === 'revoked') return new Problem('connection-revoked')
  return new Problem('request-stopped', 'The connection was revoked or changed meanwhile.', {
    next: 'List the connections to see what is left.',
  })
}
