// The generic cell rate algorithm, in whole microseconds: of an agent is kept only when its next request is due at the latest.

/** How many requests at once, and how long until one more may be made. */
export interface Rate {
  readonly intervalUs: number
  readonly burst: number
}

/** What was found of some requests, made together. */
export interface Verdict {
  readonly isAllowed: boolean
  /** How long until as many may be made; 0 where they are allowed. */
  readonly waitUs: number
}

const secondUs = 1_000_000

/** Of one of so many who share a limit. All together never let through more than the whole, but each at least one at once. */
export function shareOf(
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  sharers: number,
): Rate {
  return {
    intervalUs: Math.ceil((secondUs * sharers) / perSecond),
    burst: Math.max(1, Math.floor(burst / sharers)),
  }
}

/**
 * Takes `count` requests at `nowUs`, of an agent whose next request is due at `dueUs` at the latest. What is due later than it
 * can be, after a clock was set back, counts as a burst that is used up and no more.
 */
export function takeFrom(
  { intervalUs, burst }: Rate,
  {
    dueUs,
    nowUs,
    count,
  }: { readonly dueUs: number; readonly nowUs: number; readonly count: number },
): Verdict & { readonly dueUs: number } {
  const fullUs = burst * intervalUs
  const fromUs = Math.min(Math.max(dueUs, nowUs), nowUs + fullUs)
  const nextUs = fromUs + count * intervalUs
  if (nextUs > nowUs + fullUs) {
    return { isAllowed: false, waitUs: nextUs - nowUs - fullUs, dueUs: fromUs }
  }
  return { isAllowed: true, waitUs: 0, dueUs: nextUs }
}
