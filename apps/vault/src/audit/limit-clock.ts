export interface LimitClockNeeds {
  /** The database's clock, read once at start: milliseconds since the epoch. */
  readonly databaseNowMs: number
  /** Milliseconds that never go back and that no setting of the wall clock moves: `performance.now()`. */
  readonly monotonicNow: () => number
  /** This machine's own clock, which somebody may set. */
  readonly wallNow: () => number
}

/** The clock of the limits, in milliseconds since the epoch. It never goes back. */
export interface LimitClock {
  readonly now: () => number
  /** What the database's clock said just now, for the case that this machine slept. */
  readonly notice: (databaseNowMs: number) => void
}

/** Less is no sleep: clocks drift, and answers take their time. */
const sleptMsMin = 1_000

/**
 * Makes the clock of the limits: the database's time at start plus the time that has passed since. All replicas
 * anchor at one database, so they agree; after that no clock that somebody can set is believed by itself, so setting one
 * forward does not open a limit and setting it back does not either (S-30). While a machine sleeps, or is stopped as a
 * virtual one, the time that passes stands still: it goes on behind the others until both the database's clock and this
 * machine's own say that it slept, and then forward by what the more cautious of them says.
 */
export function createLimitClock({
  databaseNowMs,
  monotonicNow,
  wallNow,
}: LimitClockNeeds): LimitClock {
  const startedMs = monotonicNow()
  const state = { aheadMs: databaseNowMs - startedMs, wallAheadMs: wallNow() - startedMs }
  return {
    now: () => monotonicNow() + state.aheadMs,
    notice(databaseNow) {
      const passedMs = monotonicNow()
      const wallAheadMs = wallNow() - passedMs
      const sleptMs = Math.min(
        databaseNow - passedMs - state.aheadMs,
        // Since the last look alone: a clock that was set forward long ago vouches for nothing.
        wallAheadMs - state.wallAheadMs,
      )
      state.wallAheadMs = wallAheadMs
      if (sleptMs >= sleptMsMin) state.aheadMs += sleptMs
    },
  }
}
