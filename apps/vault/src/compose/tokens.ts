import { createTokenKeeper } from '../connections/tokens/token-keeper.ts'
import type { TokenSource } from '../connections/tokens/token-source.ts'
import { createCache } from '../store/cache.ts'
import { createTokenStore } from '../store/connection-tokens.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { observeRenewals } from './observe-rooms.ts'

/** As for everything that requests read: in memory while the change feed is live. */
const ttlMs = 60_000
const entriesMax = 10_000

/** Builds the keeper of access tokens; what changes there is heard of through the change feed. */
export function composeTokens(
  { randomBytes }: Pick<ComposeNeeds, 'randomBytes'>,
  { database, feed, keyring, audit, newId, monotonicMs, onFailure, telemetry }: Foundation,
  asked: TokenSource,
) {
  const source = observeRenewals(telemetry.metrics?.observers, asked)
  const store = createTokenStore(database)
  const tokens = createTokenKeeper({
    ...{ store, keyring, source, audit, newId, randomBytes, monotonicMs, onFailure },
    createCache: (load) =>
      createCache({ load, isLive: feed.isLive, ttlMs, entriesMax, now: monotonicMs }),
    onTokensChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connection_tokens', id, workspaceId }),
    onConnectionChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
  })
  feed.subscribe(({ table, id }) => {
    if (table === '*') tokens.noticed(undefined)
    if (table === 'connection_tokens' || table === 'connections') tokens.noticed(id)
    if (table === 'oauth_apps') {
      // Whoever mended it does not want to wait until the next attempt would be due.
      store.forgetFailures(id).catch((error: unknown) => {
        onFailure('failures of an OAuth app that was changed still count', error)
      })
    }
  })
  return { ...tokens, expireLeases: store.expireLeases }
}
