// Counts what is spent in a sliding window: never more than the limit in any window, exact for limits up to 60.

/**
 * What was granted, oldest first, as pairs: a time in whole milliseconds, and how much counts as spent at that time. Nothing
 * was spent later than the time that it counts for.
 */
export type Spent = readonly number[]

/** An amount that counts from a time on. */
export interface Span {
  readonly atMs: number
  readonly count: number
}

/** Pairs that a full window takes, as long as its limit is not changed; never more than twice as many. */
const pairsMax = 60

/** What one pair can count: more than any limit, so it closes each; and so little that the sum of all pairs is exact. */
const countMax = 1e13

/** One window of one limit, as of one moment. */
export interface SlidingWindow {
  /** What counts now. */
  used(): number
  /** When the last of what counts now has left, in ms; undefined where nothing counts. */
  emptyAtMs(): number | undefined
  /**
   * Milliseconds after which `weight` is granted if nobody else takes it; 0 if it is granted now, Infinity if it is more than
   * the limit itself. `held` counts beside what was spent, in any order.
   */
  waitMs(limit: number, weight?: number, held?: readonly Span[]): number
  /** Counts `weight`, granted or not: what turned out to be more than was reserved counts as well. */
  spend(limit: number, weight?: number): void
  /** What has to be kept. */
  spent(): Spent
}

interface OpenSpan {
  atMs: number
  count: number
}

const nothingHeld: readonly Span[] = []

/**
 * Opens a window at a moment. What is spent counts from its time on for the length of the window. What is kept for a time
 * that is still to come was written before the clock went back: it counts as spent now, so it closes the limit for one
 * window at most and never opens it.
 *
 * Under a limit of more than 60, up to a sixtieth of the limit is kept as one pair, at the time of its last: such a group
 * leaves the window as a whole, so fewer may be granted than the limit, by less than a sixtieth, and never more.
 */
export function openWindow(windowMs: number, kept: Spent, nowMs: number): SlidingWindow {
  const atMs = Math.ceil(nowMs)
  let spans = readSpans(kept, atMs).filter((span) => span.atMs + windowMs > nowMs)
  let used = sum(spans)
  return {
    used: () => used,
    emptyAtMs() {
      const last = spans.at(-1)
      return last === undefined ? undefined : last.atMs + windowMs
    },
    waitMs(limit, weight = 1, held = nothingHeld) {
      if (weight > limit) return Number.POSITIVE_INFINITY
      const counted = held.length === 0 ? spans : withHeld(spans, held, { atMs, windowMs, nowMs })
      let excess = (held.length === 0 ? used : sum(counted)) + weight - limit
      for (const span of counted) {
        if (excess <= 0) return 0
        excess -= span.count
        if (excess <= 0) return span.atMs + windowMs - nowMs
      }
      return 0
    },
    spend(limit, spent = 1) {
      if (spent <= 0) return
      const weight = Math.min(spent, countMax)
      const groupMax = Math.ceil(limit / pairsMax)
      const last = spans.at(-1)
      if (last !== undefined && (last.atMs === atMs || last.count + weight <= groupMax)) {
        last.atMs = atMs
        used -= last.count
        last.count = Math.min(last.count + weight, countMax)
        used += last.count
        return
      }
      used += weight
      spans.push({ atMs, count: weight })
      // Pairs from when the limit was a lower one, or of more than the limit. What is left has no two neighbours that fit
      // into a group.
      for (let fitting = groupMax; spans.length >= 2 * pairsMax; fitting *= 2) {
        spans = mergeNeighbours(spans, fitting)
      }
    },
    spent: () => spans.flatMap((span) => [span.atMs, span.count]),
  }
}

const sum = (spans: readonly Span[]): number => spans.reduce((total, { count }) => total + count, 0)

/** What is held among what was spent, oldest first. A time that is still to come counts as now here too. */
function withHeld(
  spans: readonly Span[],
  held: readonly Span[],
  { atMs, windowMs, nowMs }: { atMs: number; windowMs: number; nowMs: number },
): readonly Span[] {
  const counted = held
    .map((span) => ({ atMs: Math.min(Math.ceil(span.atMs), atMs), count: span.count }))
    .filter((span) => span.atMs + windowMs > nowMs)
  return [...spans, ...counted].sort((a, b) => a.atMs - b.atMs)
}

function readSpans(kept: Spent, latestMs: number): OpenSpan[] {
  const spans: OpenSpan[] = []
  for (let at = 0; at < kept.length; at += 2) {
    const atMs = Math.min(kept[at] ?? latestMs, latestMs)
    const count = kept[at + 1] ?? 0
    const last = spans.at(-1)
    if (last?.atMs === atMs) last.count += count
    else spans.push({ atMs, count })
  }
  return spans
}

/** Joins neighbours as long as they fit into one group, each at the later time. */
function mergeNeighbours(spans: readonly OpenSpan[], groupMax: number): OpenSpan[] {
  const merged: OpenSpan[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last !== undefined && last.count + span.count <= groupMax) {
      last.atMs = span.atMs
      last.count += span.count
    } else merged.push(span)
  }
  return merged
}
