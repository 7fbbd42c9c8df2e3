import type { AlertKind } from '@sallyport/contracts'

// Every number by which something counts as unusual. docs/alerts.md says how each was measured.

const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000
const megabyte = 1_000_000

/** How strictly is watched. */
export type Strictness = 'low' | 'normal' | 'high'

/** A window that slides in slots: `slotMs` long each, `slots` of them. */
export interface WindowSpec {
  readonly slotMs: number
  readonly slots: number
}

/** What is counted, and over how long. */
export const windows = {
  calls: { slotMs: minuteMs, slots: 5 },
  denials: { slotMs: minuteMs, slots: 15 },
  bytes: { slotMs: 5 * minuteMs, slots: 12 },
} as const satisfies Record<string, WindowSpec>

/** `factor` times what is usual, and never less than `floor`. */
interface Excess {
  readonly factor: number
  readonly floor: number
}

export const burst: Readonly<Record<Strictness, Excess & { readonly unlearned: number }>> = {
  low: { factor: 6, floor: 200, unlearned: 1_500 },
  normal: { factor: 3, floor: 60, unlearned: 600 },
  high: { factor: 2, floor: 30, unlearned: 300 },
}
export const manyDenials: Readonly<Record<Strictness, Excess>> = {
  low: { factor: 4, floor: 60 },
  normal: { factor: 2, floor: 20 },
  high: { factor: 1.5, floor: 8 },
}
export const volume: Readonly<Record<Strictness, Excess>> = {
  low: { factor: 8, floor: 100 * megabyte },
  normal: { factor: 4, floor: 20 * megabyte },
  high: { factor: 2.5, floor: 5 * megabyte },
}
/** So many attempts in one hour, when the agent was never at work within so many hours of it. */
export const unusualHours: Readonly<
  Record<Strictness, { readonly attempts: number; readonly withinHours: number }>
> = {
  low: { attempts: 30, withinHours: 3 },
  normal: { attempts: 10, withinHours: 2 },
  high: { attempts: 3, withinHours: 1 },
}

/** What an agent usually does is known once it has both, or once it has been there for very long. */
export const learned = {
  afterMs: 7 * dayMs,
  attempts: 200,
  orAfterMs: 28 * dayMs,
  orAttempts: 20,
} as const
/** Hours are known later: a week shows each hour of it once. Weekends need three of them. */
export const hoursLearned = { afterDays: 14, weekendAfterDays: 21, activeDays: 10 } as const
/** An hour is usual when the agent was at work in it on so many days, the last of them not too long ago. */
export const usualHour = { days: 2, forgottenAfterDays: 60 } as const
/** Days whose busiest time is remembered; days without use are none. */
export const peaksMax = 28
/** Of those, this share is not above what is usual; nor is usual less than this share of the highest. */
export const usualRank = 0.9
export const usualOfHighest = 0.5
/** One day teaches no more than so many times what was usual before it: an attack must not become usual at once. */
export const learnedFactorMax = 4
/** Hosts of a connection that is new to the agent are learnt and not told of. */
export const newConnectionMs = 24 * hourMs
/** An agent that met new hosts on so many of its last days meets new hosts usually. */
export const roamingDays = { met: 4, ofDays: 28 } as const

export const hostsMax = 128
export const connectionsMax = 64

/** What happens again within so long of the last time is the same alert, even when somebody has looked at it. */
export const sameAlertMs: Readonly<Record<Exclude<AlertKind, 'limit_reached'>, number>> = {
  burst: hourMs,
  many_denials: hourMs,
  volume: 2 * hourMs,
  unusual_hours: 12 * hourMs,
  new_host: 7 * dayMs,
}
