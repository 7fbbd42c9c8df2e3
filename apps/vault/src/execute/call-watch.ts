import type { CallSelector, RunningCall, RunningCalls } from './running-calls.ts'

// Ends calls on their way that nobody can vouch for any more (S-10): what another replica took away, also while this
// one does not hear of it.

/** How often running calls are looked at. */
export const watchEveryMs = 250
/**
 * A call that could not be vouched for is ended after this long. S-10 promises five seconds from an owner's word to the
 * end; one of them may pass before it is noticed that changes are not heard of.
 */
const unvouchedMsMax = 3_000
/**
 * The time between two looks counts as this at most. A process that stands still, or gets on slowly over large answers,
 * hears of no change and waits for what it asked: it ends no call for its own slowness.
 */
const lookGapMsMax = watchEveryMs

export interface CallWatch {
  /** Asks about the selected calls, or all, because something changed. Rejects where it could not be said of one. */
  follow(selector: CallSelector | undefined): Promise<void>
  /** Looks at all calls; for a timer. Nobody has to wait for it: it resolves when every question is answered. */
  look(): Promise<void>
}

/** Builds the watch. `isStillGood` asks the database where changes are not heard of. `now` is monotonic, in ms. */
export function createCallWatch(needs: {
  readonly running: Pick<RunningCalls, 'recheck'>
  readonly isStillGood: (call: RunningCall) => Promise<boolean>
  /** Do changes get through? */
  readonly isLive: () => boolean
  readonly now: () => number
}): CallWatch {
  const { running, isLive, now } = needs
  const vouchedMs = new WeakMap<RunningCall, number>()
  /** Something changed, and it has not been said yet that the call may go on. */
  const doubted = new WeakSet<RunningCall>()
  const asked = new WeakSet<RunningCall>()
  const watched = { clockMs: 0, readMs: now() }

  function watchedMs(): number {
    const atMs = now()
    watched.clockMs += Math.min(atMs - watched.readMs, lookGapMsMax)
    watched.readMs = atMs
    return watched.clockMs
  }

  async function vouch(call: RunningCall): Promise<boolean> {
    const askedMs = watchedMs()
    const isGood = await needs.isStillGood(call)
    vouchedMs.set(call, askedMs)
    doubted.delete(call)
    return isGood
  }

  async function mayGoOn(call: RunningCall): Promise<boolean> {
    const nowMs = watchedMs()
    const lastMs = vouchedMs.get(call)
    if (lastMs === undefined || (isLive() && !doubted.has(call))) {
      vouchedMs.set(call, nowMs)
      return true
    }
    if (nowMs - lastMs >= unvouchedMsMax) return false
    if (asked.has(call)) return true
    asked.add(call)
    try {
      return await vouch(call) // Until it is answered, the looks that come after this one count the time.
    } catch {
      return true // Nobody could say: the next look asks again, for as long as there is time.
    } finally {
      asked.delete(call)
    }
  }

  return {
    follow: (selector) =>
      running.recheck((call) => {
        doubted.add(call)
        return vouch(call)
      }, selector),
    look: () => running.recheck(mayGoOn),
  }
}
