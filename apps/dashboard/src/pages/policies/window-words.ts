import { type TimeWindow, weekdays } from '@sallyport/contracts'

export type Weekday = TimeWindow['days'][number]

export const dayNames: Readonly<Record<Weekday, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
}

/** Whether a window ends on the day after it begins. */
export const crossesMidnight = ({ from, to }: Pick<TimeWindow, 'from' | 'to'>): boolean =>
  from !== '' && to !== '' && to <= from

/** When a window that crosses midnight is open, by the example of its first day; undefined for any other. */
export function midnightSentence(
  window: Pick<TimeWindow, 'days' | 'from' | 'to'>,
): string | undefined {
  const first = weekdays.find((day) => window.days.includes(day))
  if (first === undefined || !crossesMidnight(window)) return undefined
  const next = weekdays[(weekdays.indexOf(first) + 1) % weekdays.length] ?? first
  const { from, to } = window
  return `It crosses midnight: ${dayNames[first]} means from ${dayNames[first]} ${from} to ${dayNames[next]} ${to}.`
}
