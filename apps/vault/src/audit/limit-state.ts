import type { LimitAnswer, LimitChanges, LimitReservation, StoredLimits } from './audit-store.ts'
import {
  limitWindowsMs,
  openWindow,
  type RateLimitName,
  type SlidingWindow,
  type Spent,
} from './sliding-window.ts'

// Decides reservations against the limits' state as of one head of the chain. Whoever changes a limit moves the head
// of its workspace in the same transaction, so the state is right for as long as the head is: compare-and-set of
// the one guards the other (S-29).

/** What is known of some policies' limits, as of one head. */
export type LimitState = ReadonlyMap<string, PolicyState>

/** `gone`: there is no such policy any more. */
type PolicyState = 'gone' | KnownLimits

interface KnownLimits {
  /** What has been spent, by limit. */
  readonly windows: ReadonlyMap<string, Spent>
  /** When the lease of each call in flight ends, in ms, by audit id. */
  readonly leases: ReadonlyMap<string, number>
}

interface WorkingLimits {
  readonly windows: ReadonlyMap<string, Spent>
  /** Those that have been looked at. */
  readonly opened: Map<RateLimitName, SlidingWindow>
  readonly leases: Map<string, number>
}

const rateNames: readonly RateLimitName[] = ['perMinute', 'perHour', 'perDay']
/** A place becomes free when some call ends: nobody knows when, so the shortest wait is named. */
const concurrentRetrySeconds = 1
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
  const limits = new Map(known)
  for (const policyId of asked) {
    const found = stored.get(policyId)
    const before = known.get(policyId)
    if (found === undefined) limits.set(policyId, 'gone')
    else if (before === undefined || before === 'gone') limits.set(policyId, found)
  }
  return limits
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
  const spent = new Map<SlidingWindow, { policyId: string; name: RateLimitName }>()
  const leases: LimitChanges['leases'][number][] = []

  function limitsOf(policyId: string): WorkingLimits | undefined {
    const begun = working.get(policyId)
    if (begun !== undefined) return begun
    const known = state.get(policyId)
    if (known === undefined || known === 'gone') return undefined
    const copy = { windows: known.windows, opened: new Map(), leases: new Map(known.leases) }
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
      const windows = openWindows(known, limits, nowMs)
      const refusal = longestWait(windows)
      if (refusal !== undefined) return refusal
      for (const { name, limit, window } of windows) {
        window.spend(limit)
        spent.set(window, { policyId, name })
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
    changes: () => ({
      windows: [...spent].map(([window, of]) => ({ ...of, spent: window.spent() })),
      leases,
    }),
    state: () => (working.size === 0 ? state : new Map([...state, ...closeAll(working)])),
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

interface LimitedWindow {
  readonly name: RateLimitName
  readonly limit: number
  readonly window: SlidingWindow
}

function openWindows(
  known: WorkingLimits,
  limits: LimitReservation['limits'],
  nowMs: number,
): LimitedWindow[] {
  const windows: LimitedWindow[] = []
  for (const name of rateNames) {
    const limit = limits[name]
    if (limit === undefined) continue
    const window =
      known.opened.get(name) ??
      openWindow(limitWindowsMs[name], known.windows.get(name) ?? [], nowMs)
    known.opened.set(name, window)
    windows.push({ name, limit, window })
  }
  return windows
}

/** Of the windows that are used up, the one that has to be waited for longest. */
function longestWait(
  windows: readonly LimitedWindow[],
): (LimitAnswer & { readonly granted: false }) | undefined {
  let longest: { name: RateLimitName; waitMs: number } | undefined
  for (const { name, limit, window } of windows) {
    const waitMs = window.waitMs(limit)
    if (waitMs > (longest?.waitMs ?? 0)) longest = { name, waitMs }
  }
  if (longest === undefined) return undefined
  const retryAfterSeconds = Math.ceil(longest.waitMs / msPerSecond)
  return { granted: false, limit: longest.name, retryAfterSeconds }
}

function* closeAll(working: ReadonlyMap<string, WorkingLimits>): Generator<[string, KnownLimits]> {
  for (const [policyId, { windows, opened, leases }] of working) {
    const closed = [...opened].map(([name, window]) => [name, window.spent()] as const)
    yield [policyId, { windows: new Map([...windows, ...closed]), leases }]
  }
}
