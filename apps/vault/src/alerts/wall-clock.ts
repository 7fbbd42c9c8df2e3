import type { LocalTime } from './hours.ts'
import { dayMs, hourMs } from './thresholds.ts'

const minuteMs = 60_000
/** No time zone moves its offset within such a time, nor has an offset that is finer. */
const stepMs = 15 * minuteMs

/** Reads a wall clock. */
export type WallClock = (atMs: number) => LocalTime

/** Whether the name is one of a time zone that is known here. */
export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Builds the clock of a time zone; of one that is not known here, UTC's. It remembers the last quarter of an hour. */
export function createWallClock(zone: string): WallClock {
  const format = isTimeZone(zone) ? formatOf(zone) : formatOf('UTC')
  let step = Number.NaN
  let offsetMs = 0
  return (atMs) => {
    const atStep = Math.floor(atMs / stepMs)
    if (atStep !== step) {
      step = atStep
      offsetMs = readOffset(format, atStep * stepMs)
    }
    const localMs = atMs + offsetMs
    const day = Math.floor(localMs / dayMs)
    const hour = Math.floor(localMs / hourMs)
    // The epoch began on a Thursday.
    const dayOfWeek = (((day + 4) % 7) + 7) % 7
    return { day, hour, hourOfDay: hour - day * 24, isWeekend: dayOfWeek === 0 || dayOfWeek === 6 }
  }
}

const formatOf = (zone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })

function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) - atMs
}
