import type { ProblemType } from '@sallyport/contracts'

/** One thing that was done to, or refused to, an agent or a person of a workspace. Never a secret in any member. */
export interface IdentityEvent {
  readonly workspaceId: string
  /** The id of the operation, e.g. `disableAgent`. */
  readonly operation: string
  readonly outcome: 'done' | 'refused'
  readonly agentId?: string
  /** Who did it; absent where an agent or nobody known did. */
  readonly ownerId?: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail?: Readonly<Record<string, string | number | readonly string[]>>
}

/**
 * Records an event; durable when it resolves. Events are recorded after the change and before the answer: a secret is
 * handed out only once its making stands in the log, and taking something away is never held up by a log that cannot
 * be written.
 */
export type RecordEvent = (event: IdentityEvent) => Promise<void>
