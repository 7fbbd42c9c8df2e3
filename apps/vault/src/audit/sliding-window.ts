// Counts attempts in a sliding window: never more than the limit in any window, exact for limits up to 60.

/** The limits that count attempts, with the window that each speaks of. */
export const limitWindowsMs = { perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 } as const

export type RateLimitName = keyof typeof limitWindowsMs

/**
 * Attempts that were granted, oldest first, as pairs: a time in whole milliseconds, and how many attempts count as made
 * at that time. None was made later than the time that it counts for.
 */
export type Spent = readonly number[]

/** Pairs that a full window takes, as long as its limit is not changed; never more than twice as many. */
const pairsMax = 60

/** One window of one limit, as of one moment. */
export interface SlidingWindow {
  /** Milliseconds after which one attempt is granted if nobody else takes it; 0 if one is granted now. */
  waitMs(limit: number): number
  /** Counts one attempt. Only where `waitMs(limit)` is 0. */
  spend(limit: number): void
  /** What has to be kept. */
  spent(): Spent
}

interface Span {
  atMs: number
  count: number
}

/**
 * Opens a window at a moment. An attempt counts from its time on for the length of the window. What is kept for a time
 * that is still to come was written before the clock went back: it counts as made now, so it closes the limit for one
 * window at most and never opens it.
 *
 * Under a limit of more than 60, up to a sixtieth of the limit is kept as one pair, at the time of its last: such a group
 * leaves the window as a whole, so fewer may be granted than the limit, by less than a sixtieth, and never more.
 */
export function openWindow(windowMs: number, kept: Spent, nowMs: number): SlidingWindow {
  const atMs = Math.ceil(nowMs)
  let spans = readSpans(kept, atMs).filter((span) => span.atMs + windowMs > nowMs)
  let used = spans.reduce((sum, span) => sum + span.count, 0)
  return {
    waitMs(limit) {
      let excess = used - limit + 1
      for (const span of spans) {
        if (excess <= 0) return 0
        excess -= span.count
        if (excess <= 0) return span.atMs + windowMs - nowMs
      }
      return 0
    },
    spend(limit) {
      const groupMax = Math.ceil(limit / pairsMax)
      const last = spans.at(-1)
      used += 1
      if (last !== undefined && (last.atMs === atMs || last.count < groupMax)) {
        last.atMs = atMs
        last.count += 1
        return
      }
      spans.push({ atMs, count: 1 })
      // Pairs from when the limit was a lower one. What is left has no two neighbours that fit into a group, and so
      // fewer than twice the pairs of a full window.
      if (spans.length >= 2 * pairsMax) spans = mergeNeighbours(spans, groupMax)
    },
    spent: () => spans.flatMap((span) => [span.atMs, span.count]),
  }
}

function readSpans(kept: Spent, latestMs: number): Span[] {
  const spans: Span[] = []
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
function mergeNeighbours(spans: readonly Span[], groupMax: number): Span[] {
  const merged: Span[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last !== undefined && last.count + span.count <= groupMax) {
      last.atMs = span.atMs
      last.count += span.count
    } else merged.push(span)
  }
  return merged
}
