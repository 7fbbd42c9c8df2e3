import type { Turns } from '../policy/sensitive/turns.ts'
import type { TakeTurn } from './take-turns.ts'

/** How work on an answer shares the event loop. */
export interface Pace {
  readonly takeTurn: TakeTurn
  /** Monotonic clock in ms. */
  readonly elapsed: () => number
  /** When by that clock the work has to be done. */
  readonly endMs: number
}

/** How long work goes on before everything else has its turn. */
const sliceMs = 10

/**
 * Does the work in slices, each in a turn of its own, until it is done or its time is over: then undefined. Work that takes no
 * longer than a slice waits for nobody.
 */
export async function workInTurns<T>(
  work: Turns<T>,
  { takeTurn, elapsed, endMs }: Pace,
): Promise<{ readonly done: T } | undefined> {
  let sinceMs = elapsed()
  for (;;) {
    const step = work.next()
    if (step.done === true) return { done: step.value }
    if (elapsed() - sinceMs < sliceMs) continue
    await takeTurn()
    sinceMs = elapsed()
    if (sinceMs >= endMs) return undefined
  }
}
