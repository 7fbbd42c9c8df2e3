const firstMs = 5_000
const mostMs = 15 * 60_000
/** Waits are spread by this much to either side, so that many connections do not come back at once. */
const spreadShare = 0.2
const doublingsMax = 10

/**
 * How long after its `failures`-th failure in a row a renewal is tried again, in ms: 5 s, doubled each time up to 15 min, and
 * no less than the provider asked for. `random` is between 0 and 1.
 */
export function backoffMs(
  failures: number,
  random: number,
  retryAfterSeconds: number | undefined,
): number {
  const doublings = Math.min(Math.max(failures - 1, 0), doublingsMax)
  const base = Math.min(firstMs * 2 ** doublings, mostMs)
  const spread = base * (1 - spreadShare + 2 * spreadShare * random)
  return Math.max(spread, (retryAfterSeconds ?? 0) * 1000)
}
