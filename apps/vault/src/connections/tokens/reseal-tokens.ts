import type { StoredConnection, TokensChange } from '../connection-store.ts'
import type { Sealer } from '../credential-opener.ts'
import { openTokens, sealTokens } from './sealed-tokens.ts'
import type { TokenStore } from './token-store.ts'

/**
 * Builds what seals a connection's tokens for other origins, for the next version of their row: to be written in the
 * transaction that changes the origins. Undefined where there are none. Problem `credential-unreadable`.
 */
export function createTokenResealing({
  store,
  keyring,
}: {
  readonly store: Pick<TokenStore, 'find'>
  readonly keyring: Sealer
}) {
  return async (
    connection: StoredConnection,
    origins: readonly string[],
  ): Promise<TokensChange | undefined> => {
    const stored = await store.find(connection.id)
    if (stored === undefined) return undefined
    // Opened for the origins that the caller saw: where they have changed since, so has the version that it compares.
    const tokens = await openTokens(keyring, { ...stored, connection })
    const at = { connection: { ...connection, origins }, version: stored.version + 1 }
    return { reseal: await sealTokens(keyring, at, tokens), before: stored.version }
  }
}
