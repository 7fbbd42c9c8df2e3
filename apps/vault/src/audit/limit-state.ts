import type {
  LimitAnswer,
  LimitChanges,
  LimitLease,
  LimitRefusal,
  LimitReservation,
  LimitSettlement,
  StoredLimits,
  WindowTaking,
} from './limit-reservation.ts'
import { openWindow, type SlidingWindow, type Span, type Spent } from './sliding-window.ts'

// Decides reservations against the limits' state as of one head of the chain. Whoever changes a limit moves the head
// of its workspace in the same transaction, so the state is right for as long as the head is: compare-and-set of
// the one guards the other (S-29).

/** What is known of some policies' limits, as of one head. Only `LimitDecisions.commit` changes it. */
export interface LimitState {
  readonly policies: Map<string, PolicyState>
  /** The policy under which a call in flight holds its place, by audit id. */
  readonly holders: Map<string, string>
}

/** `gone`: there is no such policy any more. */
type PolicyState = 'gone' | KnownLimits

type KnownLimits = StoredLimits

interface WorkingLimits {
  readonly windows: ReadonlyMap<string, Spent>
  /** Those that have been looked at. */
  readonly opened: Map<string, SlidingWindow>
  readonly leases: Map<string, LimitLease>
}

/** A place becomes free, or what is held is given back, when some call ends: nobody knows when, so the shortest wait is named. */
const inFlightRetrySeconds = 1
const msPerSecond = 1000

/**
 * Takes what the store has read of the policies that were asked for; one that was not found is gone. What is `known` as of
 * the same head counts before it: it also tells how long a window has been closed since the clock went back.
 */
export function readLimits(
  asked: readonly string[],
  stored: ReadonlyMap<string, StoredLimits>,
  known: LimitState,
): LimitState {
  const policies = new Map(known.policies)
  const holders = new Map(known.holders)
  for (const policyId of asked) {
    const found = stored.get(policyId)
    const before = policies.get(policyId)
    if (found === undefined) policies.set(policyId, 'gone')
    else if (before === undefined || before === 'gone') {
      policies.set(policyId, found)
      for (const auditId of found.leases.keys()) holders.set(auditId, policyId)
    }
  }
  return { policies, holders }
}

/** Nothing known yet. */
export const unknownLimits = (): LimitState => ({ policies: new Map(), holders: new Map() })

/** One group's decisions, in order. */
export interface LimitDecisions {
  /** Grants all that the reservation asks for, or nothing. Estimates are held until the call is released. */
  reserve(auditId: string, reservation: LimitReservation): LimitAnswer
  /**
   * A call has ended: its place is free, and what was held for it counts as spent, as much as it took, from now on. Without
   * a settlement what was held stays held.
   */
  release(auditId: string, settlement?: LimitSettlement): void
  /** What has to be written. */
  changes(): LimitChanges
  /** Brings the state up to what was decided, once it is written; answers it. */
  commit(): LimitState
}

/** Begins to decide. `state` is not changed before `commit`, so a group that fails leaves it as it was. */
export function decideLimits(state: LimitState, nowMs: number): LimitDecisions {
  const working = new Map<string, WorkingLimits>()
  const spent = new Map<SlidingWindow, { policyId: string; name: string }>()
  const leases: LimitChanges['leases'][number][] = []
  const released: string[] = []
  const settled: string[] = []

  function limitsOf(policyId: string): WorkingLimits | undefined {
    const begun = working.get(policyId)
    if (begun !== undefined) return begun
    const known = state.policies.get(policyId)
    if (known === undefined || known === 'gone') return undefined
    const copy = { windows: known.windows, opened: new Map(), leases: new Map(known.leases) }
    working.set(policyId, copy)
    return copy
  }

  return {
    reserve(auditId, { policyId, windows, concurrent, leaseMs }) {
      const known = limitsOf(policyId)
      if (known === undefined) {
        return { granted: false, limit: 'policy-gone', retryAfterSeconds: 0 }
      }
      if (concurrent !== undefined && running(known, nowMs) >= concurrent) {
        return { granted: false, limit: 'concurrent', retryAfterSeconds: inFlightRetrySeconds }
      }
      const asked = windows.map((taking) => ask(known, taking, nowMs))
      const refusal = longestWait(asked)
      if (refusal !== undefined) return refusal
      const held: Record<string, number> = {}
      for (const { taking, window, weight } of asked) {
        if (taking.isEstimate) held[taking.name] = weight
        else {
          window.spend(taking.limit, weight)
          spent.set(window, { policyId, name: taking.name })
        }
      }
      const holds = Object.keys(held).length > 0
      if (concurrent === undefined && !holds) return { granted: true }
      const lease: LimitLease = {
        expiresMs: nowMs + leaseMs,
        held: holds ? { atMs: Math.ceil(nowMs), weights: held } : undefined,
      }
      known.leases.set(auditId, lease)
      leases.push({ auditId, policyId, expiresMs: lease.expiresMs, held: lease.held })
      return holds ? { granted: true, held } : { granted: true }
    },
    release(auditId, settlement) {
      const policyId = settlement?.policyId ?? state.holders.get(auditId)
      if (policyId === undefined) return
      const known = limitsOf(policyId)
      const held = known?.leases.get(auditId)?.held
      if (known !== undefined && held !== undefined && settlement !== undefined) {
        for (const taken of settlement.windows) {
          const weight = taken.weight ?? held.weights[taken.name] ?? 0
          if (held.weights[taken.name] === undefined || weight <= 0) continue
          const window = openOf(known, taken, nowMs)
          window.spend(taken.limit, weight)
          spent.set(window, { policyId, name: taken.name })
        }
        settled.push(auditId)
      } else if (held !== undefined) return
      known?.leases.delete(auditId)
      released.push(auditId)
    },
    changes: () => ({
      windows: [...spent].map(([window, of]) => ({ ...of, spent: window.spent() })),
      leases,
      settled,
    }),
    commit() {
      for (const [policyId, limits] of working) state.policies.set(policyId, closed(limits))
      for (const { auditId, policyId } of leases) state.holders.set(auditId, policyId)
      for (const auditId of released) state.holders.delete(auditId)
      return state
    },
  }
}

function running(known: WorkingLimits, nowMs: number): number {
  let count = 0
  for (const [auditId, { expiresMs, held }] of known.leases) {
    if (expiresMs > nowMs) count += 1
    else if (held === undefined) known.leases.delete(auditId)
  }
  return count
}

function openOf(
  known: WorkingLimits,
  { name, windowMs }: Pick<WindowTaking, 'name' | 'windowMs'>,
  nowMs: number,
): SlidingWindow {
  const window =
    known.opened.get(name) ?? openWindow(windowMs, known.windows.get(name) ?? [], nowMs)
  known.opened.set(name, window)
  return window
}

/** One limit, with what the attempt is given of it and how long it has to wait for that. */
interface Asked {
  readonly taking: WindowTaking
  readonly window: SlidingWindow
  readonly weight: number
  readonly waitMs: number
  readonly held: number
}

function ask(known: WorkingLimits, taking: WindowTaking, nowMs: number): Asked {
  const window = openOf(known, taking, nowMs)
  const { name, limit, windowMs, weight = 1, weightMin = weight } = taking
  const { inFlight, left } = known.leases.size === 0 ? nothingHeld : heldFor(known, name, nowMs)
  const all = [...inFlight, ...left].filter((span) => span.atMs + windowMs > nowMs)
  const held = all.reduce((total, { count }) => total + count, 0)
  if (taking.mayExceedAlone && window.used() + held === 0) {
    return { taking, window, weight, waitMs: 0, held }
  }
  // Where more than the limit is granted to whoever is alone, all of it has to be free.
  const least = taking.mayExceedAlone ? Math.min(weight, limit) : Math.min(weight, weightMin)
  const waitMs = window.waitMs(limit, least, all)
  if (waitMs === 0) {
    const given = Math.min(weight, limit - window.used() - held)
    return { taking, window, weight: given, waitMs, held }
  }
  // What calls in flight hold comes back when they end, as far as they took less.
  const laterMs = inFlight.length === 0 ? waitMs : window.waitMs(limit, least, left)
  const shortestMs = inFlightRetrySeconds * msPerSecond
  return { taking, window, weight, waitMs: Math.max(laterMs, shortestMs), held }
}

const nothingHeld = { inFlight: [], left: [] } as const

/** What is held of a limit for calls in flight, and what calls have left held that never said how they ended. */
function heldFor({ leases }: WorkingLimits, name: string, nowMs: number) {
  const inFlight: Span[] = []
  const left: Span[] = []
  for (const { expiresMs, held } of leases.values()) {
    const count = held?.weights[name]
    if (held === undefined || count === undefined) continue
    const spans = expiresMs > nowMs ? inFlight : left
    spans.push({ atMs: Math.min(held.atMs, nowMs), count })
  }
  return { inFlight, left }
}

/** Of the windows that are used up, the one that has to be waited for longest. */
function longestWait(asked: readonly Asked[]): LimitRefusal | undefined {
  let longest: Asked | undefined
  for (const one of asked) if (one.waitMs > (longest?.waitMs ?? 0)) longest = one
  if (longest === undefined) return undefined
  const { taking, window, waitMs, held } = longest
  const { name, limit, weight } = taking
  const standing =
    weight === undefined ? undefined : { limit, used: window.used(), held, asked: weight }
  return {
    granted: false,
    limit: name,
    retryAfterSeconds: Number.isFinite(waitMs) ? Math.ceil(waitMs / msPerSecond) : 0,
    ...(standing !== undefined && { standing }),
  }
}

function closed({ windows, opened, leases }: WorkingLimits): KnownLimits {
  const spent = [...opened].map(([name, window]) => [name, window.spent()] as const)
  return { windows: new Map([...windows, ...spent]), leases }
}
