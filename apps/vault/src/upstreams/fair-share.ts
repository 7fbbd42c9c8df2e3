// Keeps what one server sends from taking all of the vault's time: whoever gives it much to do is read more slowly.
import { performance } from 'node:perf_hooks'

/** For each millisecond of work as many are left to everybody else. */
const leftToOthers = 4
/** What is owed up to this is not waited for, in ms. */
const owedMsFree = 40
const pauseMsMax = 2_000

/** Does work for a server, and says how long nothing more is to be done for it: 0 for what costs next to nothing. */
interface FairShare {
  /** Work that is over when it returns. Milliseconds. */
  spend(work: () => void): number
  /** Work that has taken so long, in ms, up to now. Milliseconds. */
  spent(tookMs: number): number
}

/** Builds the account of one server, which owes nothing yet. What it owes it pays off by being quiet. */
export function createFairShare(): FairShare {
  let owedMs = 0
  let at = performance.now()
  function spent(tookMs: number): number {
    const nowMs = performance.now()
    const quietMs = Math.max(0, nowMs - at - tookMs)
    owedMs = Math.min(Math.max(0, owedMs - quietMs) + tookMs * leftToOthers, pauseMsMax)
    at = nowMs
    return owedMs <= owedMsFree ? 0 : owedMs
  }
  return {
    spent,
    spend(work) {
      const from = performance.now()
      work()
      return spent(performance.now() - from)
    },
  }
}
