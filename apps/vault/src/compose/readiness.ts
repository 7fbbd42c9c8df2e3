import { type OutputOf, type operations, Problem } from '@sallyport/contracts'

type Ready = OutputOf<typeof operations.getReadiness>

/** Says whether requests can be served. The root key was proved at the start, before anything listened. */
export function createReadiness(needs: {
  readonly ping: () => Promise<unknown>
  readonly isFeedLive: () => boolean
  /** The vault is told to stop. */
  readonly isDraining: () => boolean
}) {
  return async (): Promise<Ready> => {
    if (needs.isDraining()) {
      throw new Problem('draining', 'The vault is draining: it stops soon.', {
        next: 'Send new requests to another replica; those under way are still answered.',
        retryAfterSeconds: 1,
      })
    }
    await needs.ping()
    if (!needs.isFeedLive()) {
      throw new Problem('store-unavailable', 'Changes in the database are not heard of.', {
        next: 'The vault listens again by itself; try again shortly.',
        retryAfterSeconds: 1,
      })
    }
    return { status: 'ready', checks: { database: 'ok', changes: 'ok', rootKey: 'ok' } }
  }
}
