import { hoursLearned, usualHour } from './thresholds.ts'

// The hours of the day at which an agent is at work, on weekdays and at weekends.

const hoursOfDay = 24
/** A day counts at most so often: enough to know, and a bound. */
const daysMax = 60

/** Plain data: it is stored as JSON. */
export interface Hours {
  /** An IANA name: what is known holds for this time zone alone. */
  zone: string
  /** Number of the local day on which it began. */
  since: number
  /** Weekdays' hours, then weekends': on how many days the agent was at work in it, and the number of the last. */
  bins: [days: number, last: number][]
  /** Number of the local hour under way, and attempts in it. */
  hour: number
  attempts: number
}

/** A moment as a clock on the wall shows it. */
export interface LocalTime {
  /** Numbers since the epoch, counted in local time. */
  readonly day: number
  readonly hour: number
  readonly hourOfDay: number
  readonly isWeekend: boolean
}

/** Knows nothing yet. */
export const emptyHours = (zone: string, day: number): Hours => ({
  zone,
  since: day,
  bins: Array.from({ length: 2 * hoursOfDay }, () => [0, 0]),
  hour: 0,
  attempts: 0,
})

/**
 * Whether the agent was never at work at this time before, nor within so many hours of it; undefined while too little is
 * known to say. `activeDays`: days on which it was at work at all.
 */
export function isUnusualHour(
  hours: Hours,
  local: LocalTime,
  given: { readonly activeDays: number; readonly withinHours: number },
): boolean | undefined {
  const known = local.day - hours.since
  const needed = local.isWeekend ? hoursLearned.weekendAfterDays : hoursLearned.afterDays
  if (known < needed || given.activeDays < hoursLearned.activeDays) return undefined
  const isUsual = (isWeekend: boolean) => {
    for (let by = -given.withinHours; by <= given.withinHours; by += 1) {
      const bin = hours.bins[binOf(isWeekend, local.hourOfDay + by)]
      if (bin !== undefined && isUsualBin(bin, local.day)) return true
    }
    return false
  }
  if (isUsual(local.isWeekend)) return false
  // Who works at some weekends does so at any of the usual hours.
  const weekendDays = new Set(
    hours.bins.slice(hoursOfDay).flatMap(([days, last]) => (days > 0 ? [last] : [])),
  )
  weekendDays.delete(local.day)
  const worksAtWeekends = weekendDays.size >= usualHour.days
  return !(local.isWeekend && worksAtWeekends && isUsual(false))
}

/** Counts an attempt; returns how many there were in this hour. What is late counts in the hour under way. */
export function countHour(hours: Hours, local: LocalTime): number {
  if (local.hour > hours.hour) {
    hours.hour = local.hour
    hours.attempts = 0
  }
  hours.attempts += 1
  const bin = hours.bins[binOf(local.isWeekend, local.hourOfDay)]
  if (bin !== undefined && bin[1] < local.day) {
    bin[0] = Math.min(daysMax, bin[0] + 1)
    bin[1] = local.day
  }
  return hours.attempts
}

const binOf = (isWeekend: boolean, hour: number): number =>
  (isWeekend ? hoursOfDay : 0) + ((hour + hoursOfDay) % hoursOfDay)

/** A day that is under way does not make its own hours usual. */
function isUsualBin([days, last]: Hours['bins'][number], day: number): boolean {
  const before = last === day ? days - 1 : days
  return before >= usualHour.days && day - last <= usualHour.forgottenAfterDays
}
