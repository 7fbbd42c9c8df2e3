export interface LimitClockNeeds {
  /** The database's clock, read once at start: milliseconds since the epoch. */
  readonly databaseNowMs: number
  /** Milliseconds that never go back and that no setting of the wall clock moves: `performance.now()`. */
  readonly monotonicNow: () => number
}

/**
 * Makes the clock of the limits: the database's time at start plus the time that has passed since. All replicas
 * anchor at one database, so they agree; after that no clock that somebody can set is asked again, so setting one
 * forward does not open a limit and setting it back does not either (S-30). While a machine sleeps, this clock may
 * stand still: limits then open later, never earlier.
 */
export function createLimitClock(needs: LimitClockNeeds): () => number {
  const startedAt = needs.monotonicNow()
  return () => needs.databaseNowMs + (needs.monotonicNow() - startedAt)
}
