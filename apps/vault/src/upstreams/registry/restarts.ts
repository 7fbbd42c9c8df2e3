const firstMs = 500
const mostMs = 5 * 60_000
const spreadShare = 0.2
const doublingsMax = 12
const startsMax = 10
const windowMs = 10 * 60_000
/** What stood no longer than this may have been there only to be gone again. */
const stoodMsMin = 60_000

/** When a server that failed is tried again. */
export interface Restarts {
  /** Milliseconds until the next attempt; undefined where there have been too many. `random` is between 0 and 1. */
  next(nowMs: number, random: number): number | undefined
  /** It works: once it has for a minute the next failure is the first again. How often it was started lately still counts. */
  worked(nowMs: number): void
  /** Somebody wants it to be tried: nothing counts any more. */
  reset(): void
}

/**
 * Counts the failures of one server: half a second, doubled each time up to five minutes, spread so that many do not come back at
 * once. A program is started ten times within ten minutes at the most.
 */
export function createRestarts({ isProgram }: { readonly isProgram: boolean }): Restarts {
  let failures = 0
  let starts: number[] = []
  let workedAt: number | undefined
  return {
    next(nowMs, random) {
      if (workedAt !== undefined && nowMs - workedAt >= stoodMsMin) failures = 0
      workedAt = undefined
      starts = [...starts.filter((at) => at > nowMs - windowMs), nowMs]
      if (isProgram && starts.length > startsMax) return undefined
      const base = Math.min(firstMs * 2 ** Math.min(failures, doublingsMax), mostMs)
      failures += 1
      return Math.round(base * (1 - spreadShare + 2 * spreadShare * random))
    },
    worked(nowMs) {
      workedAt = nowMs
    },
    reset() {
      failures = 0
      workedAt = undefined
      starts = []
    },
  }
}
