import type { LimitAnswer, LimitChanges, LimitReservation, StoredLimits } from './audit-store.ts'
import { limitWindowsMs, type RateLimitName, rateOf, takeOne, toMicros, toMs } from './gcra.ts'

// Decides reservations against the limits' state as of one head of the chain. Whoever changes a limit moves the head
// of its workspace in the same transaction, so the state is right for as long as the head is: compare-and-set of
// the one guards the other (S-29).

/** What is known of some policies' limits, as of one head. */
export type LimitState = ReadonlyMap<string, PolicyState>

/** `gone`: there is no such policy any more. */
type PolicyState = 'gone' | KnownLimits

interface KnownLimits {
  /** The theoretical arrival time in µs, by limit. */
  readonly arrivals: ReadonlyMap<string, number>
  /** When the lease of each call in flight ends, in ms, by audit id. */
  readonly leases: ReadonlyMap<string, number>
}

interface WorkingLimits {
  readonly arrivals: Map<string, number>
  readonly leases: Map<string, number>
}

const rateNames: readonly RateLimitName[] = ['perMinute', 'perHour', 'perDay']
/** A place becomes free when some call ends: nobody knows when, so the shortest wait is named. */
const concurrentRetrySeconds = 1

/** Takes what the store has read. A policy that was asked for and not found is gone. */
export function readLimits(
  asked: readonly string[],
  stored: ReadonlyMap<string, StoredLimits>,
): LimitState {
  return new Map(
    asked.map((policyId): [string, PolicyState] => {
      const found = stored.get(policyId)
      if (found === undefined) return [policyId, 'gone']
      const arrivals = [...found.arrivalsMs].map(([name, ms]) => [name, toMicros(ms)] as const)
      return [policyId, { arrivals: new Map(arrivals), leases: found.leases }]
    }),
  )
}

/** One group's decisions, in order. */
export interface LimitDecisions {
  /** Grants all that the reservation asks for, or nothing. */
  reserve(auditId: string, reservation: LimitReservation): LimitAnswer
  /** A call has ended: its place is free. */
  release(auditId: string): void
  /** What has to be written. */
  changes(): LimitChanges
  /** The state afterwards. */
  state(): LimitState
}

/** Begins to decide. `state` itself is not changed, so a group that fails leaves it as it was. */
export function decideLimits(state: LimitState, nowMs: number): LimitDecisions {
  const working = new Map<string, WorkingLimits>()
  const buckets = new Map<string, LimitChanges['buckets'][number]>()
  const leases: LimitChanges['leases'][number][] = []

  function limitsOf(policyId: string): WorkingLimits | undefined {
    const begun = working.get(policyId)
    if (begun !== undefined) return begun
    const known = state.get(policyId)
    if (known === undefined || known === 'gone') return undefined
    const copy = { arrivals: new Map(known.arrivals), leases: new Map(known.leases) }
    working.set(policyId, copy)
    return copy
  }

  return {
    reserve(auditId, { policyId, limits, leaseMs }) {
      const known = limitsOf(policyId)
      if (known === undefined) {
        return { granted: false, limit: 'policy-gone', retryAfterSeconds: 0 }
      }
      if (limits.concurrent !== undefined && running(known, nowMs) >= limits.concurrent) {
        return { granted: false, limit: 'concurrent', retryAfterSeconds: concurrentRetrySeconds }
      }
      const taken = takeRates(known, limits, toMicros(nowMs))
      if ('granted' in taken) return taken
      for (const [name, arrival] of taken.arrivals) {
        known.arrivals.set(name, arrival)
        buckets.set(`${policyId} ${name}`, { policyId, name, arrivalMs: toMs(arrival) })
      }
      if (limits.concurrent !== undefined) {
        const expiresMs = nowMs + leaseMs
        known.leases.set(auditId, expiresMs)
        leases.push({ auditId, policyId, expiresMs })
      }
      return { granted: true }
    },
    release(auditId) {
      for (const [policyId, known] of state) {
        if (known === 'gone') continue
        if (known.leases.has(auditId)) limitsOf(policyId)?.leases.delete(auditId)
      }
    },
    changes: () => ({ buckets: [...buckets.values()], leases }),
    state: () => (working.size === 0 ? state : new Map([...state, ...working])),
  }
}

function running(known: WorkingLimits, nowMs: number): number {
  let count = 0
  for (const [auditId, expiresMs] of known.leases) {
    if (expiresMs > nowMs) count += 1
    else known.leases.delete(auditId)
  }
  return count
}

type Refused = LimitAnswer & { readonly granted: false }

/** All rates, or the refusal that has to be waited for longest. */
function takeRates(
  known: WorkingLimits,
  limits: LimitReservation['limits'],
  nowMicros: number,
): Refused | { readonly arrivals: ReadonlyMap<string, number> } {
  const arrivals = new Map<string, number>()
  let refusal: Refused | undefined
  for (const name of rateNames) {
    const limit = limits[name]
    if (limit === undefined) continue
    const rate = rateOf(limit, limitWindowsMs[name])
    const answer = takeOne(rate, known.arrivals.get(name) ?? 0, nowMicros)
    if (answer.granted) arrivals.set(name, answer.arrivalMicros)
    else if (refusal === undefined || answer.retryAfterSeconds > refusal.retryAfterSeconds) {
      refusal = { granted: false, limit: name, retryAfterSeconds: answer.retryAfterSeconds }
    }
  }
  return refusal ?? { arrivals }
}
