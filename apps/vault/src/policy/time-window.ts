import { type TimeWindow, weekdays } from '@sallyport/contracts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Every window opens within a week; once more, for the one that a change of the clocks swallows whole. */
const horizonDays = 16

/** A time window whose zone has been looked up. */
export interface CompiledWindow {
  readonly timezone: string
  readonly format: Intl.DateTimeFormat
  /** Days on which it begins: 0 is Sunday, as in Date. */
  readonly days: ReadonlySet<number>
  readonly fromMinute: number
  readonly toMinute: number
}

/** When a window opens: the instant, and the same in the words of the window's own clock. */
export interface Opening {
  readonly at: number
  readonly local: string
}

function toMinute(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
}

/** Compiles a window. Making the formatter is the dear part, so it is done once per policy. */
export function compileWindow(window: TimeWindow): CompiledWindow {
  return {
    timezone: window.timezone,
    format: new Intl.DateTimeFormat('en-US', {
      timeZone: window.timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    }),
    days: new Set(window.days.map((day) => (weekdays.indexOf(day) + 1) % 7)),
    fromMinute: toMinute(window.from),
    toMinute: toMinute(window.to),
  }
}

/** What the clock on the wall shows at an instant, as if it were UTC, in ms, to the minute. */
function wallMs(window: CompiledWindow, at: number): number {
  const part: Record<string, number> = {}
  for (const { type, value } of window.format.formatToParts(at)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute)
}

function offsetMs(window: CompiledWindow, at: number): number {
  return wallMs(window, at) - Math.floor(at / minuteMs) * minuteMs
}

/**
 * Whether a window is open at an instant. It is a matter of what the clock on the wall shows: an hour that the clocks
 * repeat is open twice, one that they skip is not. `from` is in, `to` is out. A window whose `to` is not after its
 * `from` ends on the next day and belongs to the day on which it began.
 */
export function isOpen(window: CompiledWindow, at: number): boolean {
  const wall = new Date(wallMs(window, at))
  const day = wall.getUTCDay()
  const minute = wall.getUTCHours() * 60 + wall.getUTCMinutes()
  const { days, fromMinute, toMinute } = window
  if (fromMinute < toMinute) return days.has(day) && minute >= fromMinute && minute < toMinute
  return (days.has(day) && minute >= fromMinute) || (days.has((day + 6) % 7) && minute < toMinute)
}

/** The instants after `from` at which the zone's offset changes, to the minute, with `from` itself first. */
function offsetChanges(window: CompiledWindow, from: number): number[] {
  const changes = [from]
  const fromMinuteMs = Math.floor(from / minuteMs) * minuteMs
  for (let day = 0; day < horizonDays; day++) {
    let before = fromMinuteMs + day * dayMs
    let after = before + dayMs
    const offset = offsetMs(window, before)
    if (offsetMs(window, after) === offset) continue
    while (after - before > minuteMs) {
      const between = Math.floor((before + after) / 2 / minuteMs) * minuteMs
      if (offsetMs(window, between) === offset) before = between
      else after = between
    }
    changes.push(after)
  }
  return changes
}

/**
 * The first instant after `now` at which a closed window is open, or undefined where it never is. Windows open when
 * the wall clock reaches `from`, or when a change of the clocks carries it past; both kinds of instant are tried.
 */
export function findOpening(window: CompiledWindow, now: number): number | undefined {
  const changes = offsetChanges(window, now)
  for (const [at, start] of changes.entries()) {
    const end = changes[at + 1] ?? now + horizonDays * dayMs
    if (start > now && isOpen(window, start)) return start
    const offset = offsetMs(window, start)
    const firstDay = Math.floor((start + offset) / dayMs)
    for (let day = firstDay; ; day++) {
      const opening = day * dayMs + window.fromMinute * minuteMs - offset
      if (opening >= end) break
      if (opening > now && opening >= start && isOpen(window, opening)) return opening
    }
  }
  return undefined
}

/** The earliest opening of several closed windows, with its local time ("Mon 2026-11-23 09:00 Europe/Berlin"). */
export function nextOpening(windows: readonly CompiledWindow[], now: number): Opening | undefined {
  let first: Opening | undefined
  for (const window of windows) {
    const at = findOpening(window, now)
    if (at === undefined || (first !== undefined && first.at <= at)) continue
    const wall = new Date(wallMs(window, at))
    const day = weekdays[(wall.getUTCDay() + 6) % 7] ?? ''
    const text = wall.toISOString()
    first = {
      at,
      local: `${day.slice(0, 1).toUpperCase()}${day.slice(1)} ${text.slice(0, 10)} ${text.slice(11, 16)} ${window.timezone}`,
    }
  }
  return first
}
