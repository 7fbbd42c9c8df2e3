/** A time; `toMs` is exclusive. Milliseconds since the epoch. */
export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** Counts are kept for times of this length. */
export const quarterMs = 15 * 60_000
/** By agent and by connection, they are kept for days of UTC, too. */
export const dayMs = 86_400_000

export const floorTo = (ms: number, stepMs: number): number => Math.floor(ms / stepMs) * stepMs
export const ceilTo = (ms: number, stepMs: number): number => Math.ceil(ms / stepMs) * stepMs

/** What is asked for: a time, cut into buckets from its beginning. */
interface CutTime extends TimeSpan {
  readonly bucketMs: number
}

/**
 * Says what of a time can be read off kept counts, and what has to be counted in the log: kept are quarters of an hour from
 * `keptFromMs` on that lie in the time and in one bucket as a whole. Both lists are in order, and together they are the time.
 */
export function splitTime(
  { fromMs, toMs, bucketMs }: CutTime,
  keptFromMs: number | undefined,
): { kept: TimeSpan[]; counted: TimeSpan[] } {
  if (keptFromMs === undefined) return { kept: [], counted: [{ fromMs, toMs }] }
  const kept: TimeSpan[] = []
  const counted: TimeSpan[] = []
  for (let atMs = fromMs; atMs < toMs; atMs += bucketMs) {
    const endMs = Math.min(toMs, atMs + bucketMs)
    const whole = {
      fromMs: Math.max(ceilTo(atMs, quarterMs), keptFromMs),
      toMs: floorTo(endMs, quarterMs),
    }
    if (whole.fromMs < whole.toMs) {
      append(counted, { fromMs: atMs, toMs: whole.fromMs })
      append(kept, whole)
      append(counted, { fromMs: whole.toMs, toMs: endMs })
    } else append(counted, { fromMs: atMs, toMs: endMs })
  }
  return { kept, counted }
}

/** The whole days in times, and what is left of them. */
export function splitDays(spans: readonly TimeSpan[]): { days: TimeSpan[]; quarters: TimeSpan[] } {
  const days: TimeSpan[] = []
  const quarters: TimeSpan[] = []
  for (const span of spans) {
    const whole = { fromMs: ceilTo(span.fromMs, dayMs), toMs: floorTo(span.toMs, dayMs) }
    if (whole.fromMs < whole.toMs) {
      append(quarters, { fromMs: span.fromMs, toMs: whole.fromMs })
      append(days, whole)
      append(quarters, { fromMs: whole.toMs, toMs: span.toMs })
    } else append(quarters, span)
  }
  return { days, quarters }
}

/** Joins what follows without a gap. */
function append(spans: TimeSpan[], { fromMs, toMs }: TimeSpan): void {
  if (fromMs >= toMs) return
  const last = spans.at(-1)
  if (last?.toMs === fromMs) spans[spans.length - 1] = { fromMs: last.fromMs, toMs }
  else spans.push({ fromMs, toMs })
}
