/** What became of a call; `open`: no outcome is recorded yet. */
export type CallEnd = 'sent' | 'failed' | 'denied' | 'asked' | 'open'

/** Calls that ended alike, and took about as long as one another. */
export interface CallCount {
  /** null: they are counted elsewhere, and only how long they took is told here. */
  readonly end: CallEnd | null
  /** Number of a bin of durations, see `binsPerUnit`; null where none was recorded. */
  readonly bin: number | null
  readonly count: number
}

/**
 * A duration of `ms` falls into the bin `floor(ln(ms) × binsPerUnit)`: bins can be added up where percentiles cannot, and what
 * is read off them is at most 2 % off, however many calls there are.
 */
export const binsPerUnit = 25
/** Shorter durations count as this, in ms. */
export const durationMsMin = 0.1

/** What is answered of a set of calls. */
export interface TallyView {
  calls: number
  sent: number
  denied: number
  asked: number
  failed: number
  p50Ms?: number
  p95Ms?: number
}

/** Counts calls. */
export interface Tally {
  add(counted: CallCount): void
  calls(): number
  view(): TallyView
}

/** An empty count. */
export function createTally(): Tally {
  const ends: Record<CallEnd, number> = { sent: 0, failed: 0, denied: 0, asked: 0, open: 0 }
  const bins = new Map<number, number>()
  const calls = () => Object.values(ends).reduce((sum, count) => sum + count, 0)
  return {
    add({ end, bin, count }) {
      if (end !== null) ends[end] += count
      if (bin !== null) bins.set(bin, (bins.get(bin) ?? 0) + count)
    },
    calls,
    view() {
      const { sent, denied, asked, failed } = ends
      const sorted = [...bins].sort(([a], [b]) => a - b)
      const p50Ms = percentile(sorted, 0.5)
      const p95Ms = percentile(sorted, 0.95)
      return {
        ...{ calls: calls(), sent, denied, asked, failed },
        ...(p50Ms !== undefined && { p50Ms }),
        ...(p95Ms !== undefined && { p95Ms }),
      }
    },
  }
}

/** The middle of the bin in which the value of that rank lies, in ms (the nearest-rank method). */
function percentile(
  sorted: readonly (readonly [number, number])[],
  share: number,
): number | undefined {
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  let rank = Math.max(1, Math.ceil(total * share))
  for (const [bin, count] of sorted) {
    rank -= count
    if (rank <= 0) return Math.round(Math.exp((bin + 0.5) / binsPerUnit) * 10) / 10
  }
  return undefined
}
