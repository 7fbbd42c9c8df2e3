// The generic cell rate algorithm, in whole microseconds so that no rounding ever grants one request too many.

/** The limits that count attempts, with the window that each speaks of. */
export const limitWindowsMs = { perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 } as const

export type RateLimitName = keyof typeof limitWindowsMs

const microsPerMs = 1000
const microsPerSecond = 1_000_000

/** A rate: how far one attempt moves the arrival time, and how far ahead of now the arrival time may be. */
export interface Rate {
  readonly intervalMicros: number
  readonly burstMicros: number
}

/** The rate of `limit` attempts in a window, all of which may come at once. The interval is rounded up: never more. */
export function rateOf(limit: number, windowMs: number): Rate {
  const intervalMicros = Math.ceil((windowMs * microsPerMs) / limit)
  return { intervalMicros, burstMicros: intervalMicros * limit }
}

export type RateAnswer =
  | { readonly granted: true; readonly arrivalMicros: number }
  | { readonly granted: false; readonly retryAfterSeconds: number }

/**
 * Asks for one attempt. `arrivalMicros` is the theoretical arrival time kept from the last granted attempt. One that
 * lies further ahead than a full burst (the clock went back, or the limit was narrowed) counts as a full burst: it
 * closes the limit for one window at most and never opens it.
 */
export function takeOne(rate: Rate, arrivalMicros: number, nowMicros: number): RateAnswer {
  const earliest = Math.max(arrivalMicros, nowMicros)
  const arrival = Math.min(earliest, nowMicros + rate.burstMicros) + rate.intervalMicros
  const waitMicros = arrival - rate.burstMicros - nowMicros
  if (waitMicros <= 0) return { granted: true, arrivalMicros: arrival }
  return { granted: false, retryAfterSeconds: Math.ceil(waitMicros / microsPerSecond) }
}

/** Milliseconds as whole microseconds; what is stored as a double comes back exactly. */
export function toMicros(ms: number): number {
  return Math.round(ms * microsPerMs)
}

export function toMs(micros: number): number {
  return micros / microsPerMs
}
