import type { ApprovalRow, Attempt } from './books.ts'
import type { CallNote } from './calls.ts'
import type { Fault } from './excuses.ts'
import type { Hit } from './ledger.ts'
import type { PersonNote, Said } from './people.ts'
import type { LimitedTerm, TakenBack } from './traffic.ts'

// The books that are laid side by side.

/** A request at the API of the provider of accounts. */
export interface AccountHit {
  readonly nonce: string
  readonly at: number
  readonly status: number
}

/** A refresh token that reached its provider more than once. */
export interface Reuse {
  readonly firstAt: number
  readonly lastAt: number
}

export interface Facts {
  readonly hits: readonly Hit[]
  readonly accountHits: readonly AccountHit[]
  readonly notes: readonly CallNote[]
  readonly people: readonly PersonNote[]
  readonly said: readonly Said[]
  readonly attempts: readonly Attempt[]
  readonly approvals: readonly ApprovalRow[]
  readonly terms: readonly LimitedTerm[]
  readonly takenBack: readonly TakenBack[]
  readonly reuses: readonly Reuse[]
  readonly troubles: readonly Fault[]
  /** What each request at the upstream has to bring. */
  readonly authorization: string
  readonly narrowMost: number
  readonly narrowSeen: number
  /** Attempts that began later than this may still be without an outcome; milliseconds since the epoch. */
  readonly pendingFrom: number
}

/** The number that ends a path: only the one who asked for it knows it. */
export const nonceOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** How many there are of each key. */
export function countBy<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of list) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  return counts
}

/** All there are of each key, in their order. */
export function groupBy<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of list) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}
