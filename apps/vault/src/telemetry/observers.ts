// What the house tells of itself, in numbers and in words of fixed lists: never a secret, an address, or a text of an agent.

/** Through which door an agent's call came. */
export type Entry = 'execute' | 'tool' | 'mcp'

/** What was decided of it. `error`: the vault itself could not. */
export type DecisionOutcome = 'allow' | 'deny' | 'approval' | 'rate-limited' | 'dry-run' | 'error'

/** How a run of a job ended. */
export type JobOutcome = 'done' | 'failed'

/** What came of asking a provider for an access token. `ended`: the owner has to connect anew. */
export type RenewalOutcome = 'renewed' | 'failed' | 'ended'

/** Told of what happens. Each returns at once and never throws. */
export interface Observers {
  onRequest(seen: {
    readonly operation: string
    readonly caller: string
    /** Of the answer. */
    readonly status: number
    readonly durationMs: number
  }): void
  /** `tool`: toolset and tool, as owners named them. */
  onDecision(seen: {
    readonly entry: Entry
    readonly outcome: DecisionOutcome
    readonly tool?: string | undefined
  }): void
  /** `service`: as the connection names it; what the catalog does not know becomes “custom”. */
  onUpstream(seen: {
    readonly service: string
    readonly outcome: string
    readonly durationMs: number
  }): void
  onApproval(event: 'opened' | 'approved' | 'denied' | 'expired', count?: number): void
  /** Told before the first run of the jobs that this process is to run. */
  onJobsListed(jobs: readonly string[]): void
  onJobRun(run: {
    readonly job: string
    readonly outcome: JobOutcome
    readonly durationMs: number
  }): void
  onAuditGroup(group: { readonly records: number; readonly durationMs: number }): void
  onAuditFailure(): void
  onRenewal(outcome: RenewalOutcome): void
  /** A sealed value did not open. */
  onUnreadable(): void
  onSpansDropped(count: number): void
}

/** What is looked at when somebody asks, and not before. */
export interface Watched {
  readonly caches: Readonly<Record<string, () => CacheCounts>>
  /** Calls on their way. */
  readonly callsInFlight: () => number
  readonly auditBacklog: () => { readonly waiting: number; readonly oldestMs: number }
  readonly isFeedLive: () => boolean
  /** Asks the database; rejects where that does not answer. */
  readonly ping: () => Promise<unknown>
  /** Counts in the database; rejects where that does not answer. */
  readonly countKept: () => Promise<KeptCounts>
}

/** Since the start, and what is kept now. */
export interface CacheCounts {
  readonly hits: number
  readonly misses: number
  readonly entries: number
}

/** What stands in the database. */
export interface KeptCounts {
  readonly pendingApprovals: number
  readonly openIntents: number
  readonly mcpServers: Readonly<Record<string, number>>
  /** When the newest finished backup was begun, in seconds since the epoch; 0 where there was none. */
  readonly backedUpAtSeconds: number
}
