const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** After each failed attempt, until there is none left: nearly eight hours in all. */
const waitsMs = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
]
/** The other side may ask for more patience, but not for ever. */
const askedMsMax = 4 * hour
/** What failed together does not come back together. */
const jitterShare = 0.2

/**
 * How long to wait after the attempt of this number (from 1), in ms; undefined where it was the last. A `Retry-After` is
 * honoured where it asks for more. `random` is in [0, 1).
 */
export function waitAfter(
  attempts: number,
  { retryAfterSeconds, random }: { readonly retryAfterSeconds?: number; readonly random: number },
): number | undefined {
  const planned = waitsMs[attempts - 1]
  if (planned === undefined) return undefined
  const asked = Math.min(Math.max(0, retryAfterSeconds ?? 0) * second, askedMsMax)
  return Math.round(Math.max(planned * (1 + jitterShare * random), asked))
}
