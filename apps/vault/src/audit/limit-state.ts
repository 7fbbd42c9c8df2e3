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

/** What is known of some policies' limits, as of one head. Only `LimitDecisions.commit` changes it. */
export interface LimitState {
  readonly policies: Map<string, PolicyState>
  /** The policy under which a call in flight holds its place, by audit id. */
  readonly holders: Map<string, string>
}

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
  /** Grants all that the reservation asks for, or nothing. */
  reserve(auditId: string, reservation: LimitReservation): LimitAnswer
  /** A call has ended: its place is free. */
  release(auditId: string): void
  /** What has to be written. */
  changes(): LimitChanges
  /** Brings the state up to what was decided, once it is written; answers it. */
  commit(): LimitState
}

/** Begins to decide. `state` is not changed before `commit`, so a group that fails leaves it as it was. */
export function decideLimits(state: LimitState, nowMs: number): LimitDecisions {
  const working = new Map<string, WorkingLimits>()
  const spent = new Map<SlidingWindow, { policyId: string; name: RateLimitName }>()
  const leases: LimitChanges['leases'][number][] = []
  const released: string[] = []

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
      const policyId = state.holders.get(auditId)
      if (policyId === undefined) return
      limitsOf(policyId)?.leases.delete(auditId)
      released.push(auditId)
    },
    changes: () => ({
      windows: [...spent].map(([window, of]) => ({ ...of, spent: window.spent() })),
      leases,
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

function closed({ windows, opened, leases }: WorkingLimits): KnownLimits {
  const spent = [...opened].map(([name, window]) => [name, window.spent()] as const)
  return { windows: new Map([...windows, ...spent]), leases }
}
