import {
  dayMs,
  learnedFactorMax,
  peaksMax,
  usualOfHighest,
  usualRank,
  type WindowSpec,
} from './thresholds.ts'

/**
 * Something that is counted over a sliding window, and how much of it there was in the busiest window of each of the last
 * days. Plain data: it is stored as JSON.
 */
export interface Meter {
  /** Number of the newest slot, since the epoch. */
  slot: number
  /** Ring of the window's slots; slot `n` stands at `n % length`. */
  slots: number[]
  /** Number of the day under way, since the epoch, and its busiest window so far. */
  day: number
  peak: number
  /** Busiest windows of days that are over, oldest first. */
  peaks: number[]
  /** What is read off them; null where there are none. */
  usual: number | null
}

/** A meter that has counted nothing. */
export const emptyMeter = ({ slots }: WindowSpec): Meter => ({
  slot: 0,
  slots: Array.from({ length: slots }, () => 0),
  day: 0,
  peak: 0,
  peaks: [],
  usual: null,
})

/**
 * Counts `amount` at a time, in ms since the epoch, and returns what the window holds then. Times that run back a little
 * count in the window they belong to; what is older than the window is left out. `floor`: what a day may always teach.
 */
export function count(
  meter: Meter,
  given: { readonly spec: WindowSpec; readonly atMs: number; readonly amount: number },
  floor: number,
): number {
  const { spec, atMs, amount } = given
  const { length } = meter.slots
  const slot = Math.floor(atMs / spec.slotMs)
  turnTo(meter, slot)
  turnDay(meter, Math.floor(atMs / dayMs), floor)
  if (slot > meter.slot - length) {
    const at = slot % length
    meter.slots[at] = (meter.slots[at] ?? 0) + amount
  }
  let sum = 0
  for (const each of meter.slots) sum += each
  if (sum > meter.peak) meter.peak = sum
  return sum
}

function turnTo(meter: Meter, slot: number): void {
  const { length } = meter.slots
  if (slot <= meter.slot) return
  const from = Math.max(meter.slot + 1, slot - length + 1)
  for (let each = from; each <= slot; each += 1) meter.slots[each % length] = 0
  meter.slot = slot
}

function turnDay(meter: Meter, day: number, floor: number): void {
  if (day <= meter.day) return
  if (meter.peak > 0) {
    const most = meter.usual === null ? meter.peak : learnedFactorMax * meter.usual
    meter.peaks.push(Math.min(meter.peak, Math.max(most, floor)))
    if (meter.peaks.length > peaksMax) meter.peaks.splice(0, meter.peaks.length - peaksMax)
    meter.usual = usualOf(meter.peaks)
  }
  meter.day = day
  meter.peak = 0
}

/** Robust against single days, and against a rhythm of weeks: a high rank, or a share of the highest. */
function usualOf(peaks: readonly number[]): number {
  const sorted = [...peaks].sort((a, b) => a - b)
  const rank = sorted[Math.max(0, Math.ceil(sorted.length * usualRank) - 1)] ?? 0
  return Math.max(rank, (sorted.at(-1) ?? 0) * usualOfHighest)
}
