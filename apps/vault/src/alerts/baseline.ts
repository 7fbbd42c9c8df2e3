import { z } from 'zod'
import { emptyHours, type Hours } from './hours.ts'
import { emptyMeter, type Meter } from './meter.ts'
import { connectionsMax, hostsMax, learned, peaksMax, roamingDays, windows } from './thresholds.ts'

/** What an agent usually does, as plain data of bounded size: it is stored as JSON. */
export interface Baseline {
  v: 1
  firstMs: number
  attempts: number
  calls: Meter
  denials: Meter
  bytes: Meter
  /** Hosts, and the day of the last call to each; the one called longest ago stands first. */
  hosts: [host: string, day: number][]
  /** Connections, and when each was first used; the one used longest ago stands first. */
  connections: [id: string, firstMs: number][]
  /** Days on which there was a new host on a connection that was not new. */
  newHostDays: number[]
  hours: Hours
}

/** Knows nothing yet. */
export const emptyBaseline = (atMs: number): Baseline => ({
  v: 1,
  firstMs: atMs,
  attempts: 0,
  calls: emptyMeter(windows.calls),
  denials: emptyMeter(windows.denials),
  bytes: emptyMeter(windows.bytes),
  hosts: [],
  connections: [],
  newHostDays: [],
  hours: emptyHours('UTC', 0),
})

const amount = z.number().nonnegative()
const whole = z.number().int()
const meterOf = (slots: number) =>
  z.strictObject({
    slot: whole,
    slots: z.array(amount).length(slots),
    day: whole,
    peak: amount,
    peaks: z.array(amount).max(peaksMax),
    usual: amount.nullable(),
  })

const StoredBaseline = z.strictObject({
  v: z.literal(1),
  firstMs: z.number(),
  attempts: amount,
  calls: meterOf(windows.calls.slots),
  denials: meterOf(windows.denials.slots),
  bytes: meterOf(windows.bytes.slots),
  hosts: z.array(z.tuple([z.string(), whole])).max(hostsMax),
  connections: z.array(z.tuple([z.string(), z.number()])).max(connectionsMax),
  newHostDays: z.array(whole).max(roamingDays.ofDays),
  hours: z.strictObject({
    zone: z.string(),
    since: whole,
    bins: z.array(z.tuple([amount, whole])).length(48),
    hour: whole,
    attempts: amount,
  }),
}) satisfies z.ZodType<Baseline>

/** Reads what was stored; undefined for what this version does not know how to read: the agent is then learnt anew. */
export function readBaseline(stored: unknown): Baseline | undefined {
  return StoredBaseline.safeParse(stored).data
}

/** Is enough known to say what is usual? */
export function isLearned({ firstMs, attempts }: Baseline, atMs: number): boolean {
  const ageMs = atMs - firstMs
  return (
    (ageMs >= learned.afterMs && attempts >= learned.attempts) ||
    (ageMs >= learned.orAfterMs && attempts >= learned.orAttempts)
  )
}

/**
 * Moves an entry to the end of a list that holds the most recently used last, or adds it; the oldest go beyond `max`.
 * Returns the value that it had.
 */
export function touch(
  list: [name: string, value: number][],
  entry: { readonly name: string; readonly value: number; readonly keep?: true },
  max: number,
): number | undefined {
  const at = list.findIndex(([name]) => name === entry.name)
  const known = at < 0 ? undefined : list.splice(at, 1)[0]?.[1]
  list.push([entry.name, entry.keep === true && known !== undefined ? known : entry.value])
  if (list.length > max) list.splice(0, list.length - max)
  return known
}
