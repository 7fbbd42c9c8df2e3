import type { ExecuteAnswer, IdKind, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { ApprovalsNeeds, HeldApproval } from './approvals-needs.ts'
import type { FinalDecision } from './decide-request.ts'
import type { CallInput } from './freeze-call.ts'
import type { CredentialSlot, FrozenRequest } from './freeze-request.ts'
import type { CallerCredentials } from './passed-credentials.ts'
import type { BeginAttempt } from './permit.ts'
import type { ConnectionSnapshot, ResolvedCall, ResolveNeeds } from './resolve-call.ts'
import type { RunningCalls } from './running-calls.ts'
import type { ReadyCredential, SendNeeds } from './send-permitted.ts'

/** How far an attempt came: what its audit entry can say. */
export interface Progress {
  readonly auditId: string
  readonly agent: AuthenticatedAgent
  readonly call?: ResolvedCall
  /** The tool that it is about, while no call of it is resolved: what was asked for by name, or what an approval is of. */
  readonly tool?: { readonly name: string; readonly toolId?: string; readonly toolsetId?: string }
  readonly frozen?: FrozenRequest
  readonly decision?: FinalDecision
  /** The approval that it is about. */
  readonly approvalId?: string
  /** The remembered answer that it counts on. */
  readonly rememberedApprovalId?: string
  /** The attempt that it repeats, since the access token of that one was refused. */
  readonly again?: string
}

/** An attempt under way, and how far it has come. */
export interface Attempting {
  readonly progress: () => Progress
  readonly reached: (next: Partial<Progress>) => Progress
}

/** Works on an attempt, and records what it throws as a refusal of that attempt. */
export type Recorded = (
  agent: AuthenticatedAgent,
  work: (attempting: Attempting) => Promise<ExecuteAnswer>,
) => Promise<ExecuteAnswer>

/** What the request path needs of other rooms. */
export interface ExecuteNeeds extends ResolveNeeds, SendNeeds {
  /** Is the token with which the agent signed in still good? */
  readonly isCurrent: (agent: AuthenticatedAgent) => Promise<boolean>
  /** The same, but that it may have run out by itself. */
  readonly isNotEnded: (agent: AuthenticatedAgent) => Promise<boolean>
  /** Where the credential will go; at once where no secret has to be opened for that. */
  readonly findSlot: (connection: ConnectionSnapshot) => CredentialSlot | Promise<CredentialSlot>
  /** At once where it is in memory. An access token that is due is renewed, which nothing but a decided request may cause. */
  readonly readyCredential: (
    connection: ConnectionSnapshot,
  ) => ReadyCredential | Promise<ReadyCredential>
  /** Looks at a call that is no HTTP request before it is frozen: what is never sent is refused. Problem `invalid-arguments`. */
  readonly checkCall: (call: CallInput) => Promise<void>
  /** Credentials that callers send along. */
  readonly callers: CallerCredentials
  /** The page on which an owner connects the account anew. */
  readonly reconnectUrl: (connectionId: string) => string
  readonly begin: BeginAttempt
  readonly refuse: (progress: Progress, problem: Problem) => Promise<void>
  readonly recordDryRun: (progress: Progress) => Promise<void>
  /** Records that an owner is asked; durable when it resolves. */
  readonly recordAsked: (progress: Progress, approval: HeldApproval) => Promise<void>
  readonly approvals: ApprovalsNeeds
  readonly running: RunningCalls
  /** Shows a stage to whoever follows requests; absent where nobody does. */
  readonly inStage?: <T>(name: 'decide', work: () => T) => T
  readonly newId: (kind: IdKind) => string
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
}
