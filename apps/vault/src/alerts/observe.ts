import { type AlertSettings, limitWords } from '@sallyport/contracts'
import { type Baseline, isLearned, touch } from './baseline.ts'
import type { Finding } from './findings.ts'
import { countHour, emptyHours, isUnusualHour } from './hours.ts'
import { count, type Meter } from './meter.ts'
import type { Attempt, Seen } from './read-seen.ts'
import {
  burst,
  connectionsMax,
  dayMs,
  hostsMax,
  manyDenials,
  newConnectionMs,
  roamingDays,
  unusualHours,
  volume,
  windows,
} from './thresholds.ts'
import type { WallClock } from './wall-clock.ts'

/** What is watched for, and the clock of the settings' time zone. */
export interface Watching {
  readonly sensitivity: AlertSettings['sensitivity']
  readonly timezone: string
  readonly localTime: WallClock
}

/**
 * Compares one thing that an agent did with what it usually does, then counts it as done: `baseline` is changed in place.
 * Depends on nothing else, so the same records in the same order find the same.
 */
export function observe(baseline: Baseline, seen: Seen, watching: Watching): Finding[] {
  const found: (Finding | undefined)[] = []
  if (seen.type === 'attempt') {
    const knew = isLearned(baseline, seen.atMs)
    baseline.attempts += 1
    found.push(observeCall(baseline, { seen, knew, watching }))
    if (seen.end === 'denied') found.push(observeDenial(baseline, { seen, knew, watching }))
    if (seen.end === 'limited') found.push(observeLimit(seen, watching))
    found.push(observeHost(baseline, { seen, knew, watching }))
    found.push(observeHour(baseline, { seen, knew, watching }))
  }
  found.push(observeBytes(baseline, seen, watching))
  return found.filter((finding) => finding !== undefined)
}

interface Observed {
  readonly seen: Attempt
  readonly knew: boolean
  readonly watching: Watching
}

const findingOf = (
  { agentId, connectionId, atMs }: Seen,
  rest: Pick<Finding, 'kind'> & Partial<Finding>,
): Finding => ({
  agentId,
  connectionId,
  subject: '',
  words: '',
  firstMs: atMs,
  lastMs: atMs,
  observed: undefined,
  usual: undefined,
  threshold: undefined,
  ...rest,
})

/** More than what is usual, by far; `usual` is undefined where too little is known. */
function excess(meter: Meter, knew: boolean, given: { factor: number; floor: number }) {
  const usual = knew ? (meter.usual ?? 0) : undefined
  return { usual, threshold: Math.max(given.floor, (usual ?? 0) * given.factor) }
}

function observeCall(baseline: Baseline, { seen, knew, watching }: Observed): Finding | undefined {
  const { calls } = baseline
  const given = { spec: windows.calls, atMs: seen.atMs, amount: 1 }
  const observed = count(calls, given, burst.normal.floor)
  const strictness = watching.sensitivity.burst
  if (strictness === 'off') return undefined
  const { factor, floor, unlearned } = burst[strictness]
  const limit = excess(calls, knew, { factor, floor: knew ? floor : unlearned })
  return observed > limit.threshold
    ? findingOf(seen, { kind: 'burst', observed, ...limit })
    : undefined
}

function observeDenial(
  { denials }: Baseline,
  { seen, knew, watching }: Observed,
): Finding | undefined {
  const given = { spec: windows.denials, atMs: seen.atMs, amount: 1 }
  const observed = count(denials, given, manyDenials.normal.floor)
  const strictness = watching.sensitivity.many_denials
  if (strictness === 'off') return undefined
  const limit = excess(denials, knew, manyDenials[strictness])
  if (observed < limit.threshold) return undefined
  return findingOf(seen, { kind: 'many_denials', observed, ...limit })
}

const wordsMax = 240
/** As the audit log says it. */
const limitPattern = /^The limit (.{1,200}?) is used up\./

function observeLimit(seen: Attempt, { sensitivity }: Watching): Finding | undefined {
  if (sensitivity.limit_reached === 'off') return undefined
  const reason = (seen.reason ?? '').replaceAll(/\p{C}/gu, ' ').slice(0, wordsMax)
  const name = limitPattern.exec(reason)?.[1]
  const words = name === undefined ? reason : `The limit of ${limitWords(name)} is used up.`
  // A sentence of another form may name numbers that differ each time.
  const limit = name ?? reason.replaceAll(/\d+/g, '#')
  const subject = `${seen.connectionId ?? ''} ${limit}`.trim()
  return findingOf(seen, { kind: 'limit_reached', subject, words, observed: 1 })
}

function observeBytes(
  baseline: Baseline,
  seen: Seen,
  { sensitivity }: Watching,
): Finding | undefined {
  if (seen.bytes === 0) return undefined
  const { bytes } = baseline
  const given = { spec: windows.bytes, atMs: seen.atMs, amount: seen.bytes }
  const observed = count(bytes, given, volume.normal.floor)
  const strictness = sensitivity.volume
  if (strictness === 'off' || !isLearned(baseline, seen.atMs)) return undefined
  const limit = excess(bytes, true, volume[strictness])
  return observed > limit.threshold
    ? findingOf(seen, { kind: 'volume', observed, ...limit })
    : undefined
}

function observeHost(baseline: Baseline, { seen, knew, watching }: Observed): Finding | undefined {
  const { host, connectionId, atMs } = seen
  if (host === undefined || connectionId === undefined) return undefined
  const connection = { name: connectionId, value: atMs, keep: true } as const
  const usedSinceMs = touch(baseline.connections, connection, connectionsMax)
  const day = Math.floor(atMs / dayMs)
  const isKnown = touch(baseline.hosts, { name: host, value: day }, hostsMax) !== undefined
  if (isKnown || usedSinceMs === undefined || atMs - usedSinceMs < newConnectionMs) return undefined
  const days = baseline.newHostDays.filter((each) => each > day - roamingDays.ofDays)
  const isRoaming = days.length >= roamingDays.met
  baseline.newHostDays = [...new Set([...days, day])].slice(-roamingDays.ofDays)
  if (isRoaming || !knew || watching.sensitivity.new_host === 'off') return undefined
  return findingOf(seen, { kind: 'new_host', subject: host, words: host })
}

const pad = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`

function observeHour(baseline: Baseline, { seen, knew, watching }: Observed): Finding | undefined {
  const local = watching.localTime(seen.atMs)
  if (baseline.hours.zone !== watching.timezone) {
    baseline.hours = emptyHours(watching.timezone, local.day)
  }
  const { hours } = baseline
  const observed = countHour(hours, local)
  const strictness = watching.sensitivity.unusual_hours
  if (strictness === 'off' || !knew) return undefined
  const { attempts, withinHours } = unusualHours[strictness]
  if (observed < attempts) return undefined
  const activeDays = baseline.calls.peaks.length
  if (isUnusualHour(hours, local, { activeDays, withinHours }) !== true) return undefined
  const on = local.isWeekend ? 'at a weekend' : 'on a weekday'
  const between = `between ${pad(local.hourOfDay)} and ${pad(local.hourOfDay + 1)}`
  const words = `${between} (${watching.timezone}) ${on}`
  return findingOf(seen, { kind: 'unusual_hours', words, observed, threshold: attempts, usual: 0 })
}
