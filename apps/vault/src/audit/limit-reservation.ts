// What attempts ask of limits and are answered, and what is kept of limits. Times are ms of the limits' own clock.

/** What one attempt takes of one limit. */
export interface WindowTaking {
  /** Under this name it is counted for the policy: `perDay`, `perDay:POST`, `tokensPerMonth`. */
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  /** How much it takes; 1 unless it is given. */
  readonly weight?: number | undefined
  /** `weight` is what it may take at most or about: it is held until the outcome says what it took. */
  readonly isEstimate?: true
  /** It may also be given less than `weight`, where no more is left, but not less than this. */
  readonly weightMin?: number | undefined
  /** It may take more than the limit where nothing else counts: what is only guessed must not be out of reach for ever. */
  readonly mayExceedAlone?: boolean
}

/** What one attempt asks of the limits of its policy, all or nothing. */
export interface LimitReservation {
  readonly policyId: string
  /** Each name once. */
  readonly windows: readonly WindowTaking[]
  /** How many calls may be in flight at the same time. */
  readonly concurrent?: number | undefined
  /** How long the call may hold its place under `concurrent` if the vault never says that it ended. */
  readonly leaseMs: number
}

/** What an attempt took of the limits that it only had an estimate for. */
export interface LimitSettlement {
  readonly policyId: string
  readonly windows: readonly {
    readonly name: string
    readonly limit: number
    readonly windowMs: number
    /** Undefined: nobody knows, so what was held counts. */
    readonly weight: number | undefined
  }[]
}

export type LimitAnswer =
  /** `held`: what estimates were given, by name. */
  { readonly granted: true; readonly held?: Readonly<Record<string, number>> } | LimitRefusal

/** The limit that has to be waited for longest. */
export interface LimitRefusal {
  readonly granted: false
  /** Its name, or `concurrent`, or `policy-gone`. */
  readonly limit: string
  /** 0 where no waiting helps: it asks for more than the limit itself. */
  readonly retryAfterSeconds: number
  /** Where it counts something else than attempts: what counts now, what is held for others, and what was asked for. */
  readonly standing?: {
    readonly limit: number
    readonly used: number
    readonly held: number
    readonly asked: number
  }
}

/** The place of a call in flight, in ms of the limits' clock. */
export interface LimitLease {
  /** When it ends if nobody says that the call did. */
  readonly expiresMs: number
  /** What is held for it until its outcome is known, however long that takes: since when, and how much by name. */
  readonly held?:
    | { readonly atMs: number; readonly weights: Readonly<Record<string, number>> }
    | undefined
}

/** What stands in the database of one policy's limits, in ms of the limits' clock. */
export interface StoredLimits {
  /** What was spent by limit, as in sliding-window.ts. */
  readonly windows: ReadonlyMap<string, readonly number[]>
  /** By audit id. */
  readonly leases: ReadonlyMap<string, LimitLease>
}

export interface LimitChanges {
  readonly windows: readonly {
    readonly policyId: string
    readonly name: string
    readonly spent: readonly number[]
  }[]
  readonly leases: readonly (LimitLease & {
    readonly auditId: string
    readonly policyId: string
  })[]
  /** Calls that ended and hold nothing any more: what they took stands among `windows`. */
  readonly settled: readonly string[]
}
