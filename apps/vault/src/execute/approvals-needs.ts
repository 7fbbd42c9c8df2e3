import type { ApprovalStatus } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { ApprovalTerms } from '../policy/decision.ts'
import type { FrozenRequest } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'
import type { RunningCall } from './running-calls.ts'

/** An approval as the request path sees it; always the caller's own. */
export interface HeldApproval {
  readonly id: string
  /** One that is overdue is `expired`, written so or not. */
  readonly status: ApprovalStatus
  readonly connectionId: string
  readonly connectionVersion: number
  /** Of the frozen request. */
  readonly digest: string
  /** The tool that it is a call of, as it was defined then; `arguments` is a keyed fingerprint. Null for a request of the agent's own. */
  readonly tool: {
    readonly toolId: string
    readonly toolsetId: string
    readonly name: string
    readonly digest: string
    readonly argumentsFingerprint: string
  } | null
  readonly freshSignIn: boolean
  readonly ownersNeeded: number
  /** Why an owner is asked. */
  readonly reason: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly approvalUrl: string
  /** What the owner wrote when denying. */
  readonly note: string | null
  /** The audit entry of the attempt that used it. */
  readonly attemptAuditId: string | null
}

/** What an owner is asked about. */
export interface AskedRequest {
  readonly call: ResolvedCall
  readonly frozen: FrozenRequest
  readonly decision: {
    readonly reason: string
    readonly ruleId?: string
    readonly approval?: ApprovalTerms
  }
  /** The agent's own words. */
  readonly agentReason: string | undefined
}

/** How long somebody waits, and what ends it before. */
export interface Patience {
  readonly seconds: number
  /** Aborted when the client has hung up. Made when it is asked for. */
  readonly gone: () => AbortSignal
  /** The call that waits: an owner may end it. */
  readonly running?: Pick<RunningCall, 'stops' | 'isEnded'>
  /** What is kept in memory meanwhile. */
  readonly heldBytes?: number
}

/** What the request path needs of approvals. */
export interface ApprovalsNeeds {
  /**
   * Asks an owner about an exact request, or joins the open approval of an equal one.
   * @throws Problem `too-many-approvals`, or `request-stopped` where what was decided on is gone
   */
  ask(asked: AskedRequest): Promise<HeldApproval>
  /** What the approval of a call of a tool is compared by. */
  fingerprintArguments(call: ResolvedCall, frozen: FrozenRequest): string | undefined
  /**
   * An owner's earlier answer that covers a request which the policy asks about: its id. Looked at again where it is counted.
   */
  findRemembered(asked: Omit<AskedRequest, 'agentReason'>): Promise<string | undefined>
  /** Undefined where the agent has no such approval. */
  find(agent: AuthenticatedAgent, approvalId: string): Promise<HeldApproval | undefined>
  /** The frozen request; undefined where the approval was used or ended meanwhile. @throws Problem `credential-unreadable` */
  openRequest(agent: AuthenticatedAgent, approval: HeldApproval): Promise<FrozenRequest | undefined>
  /** Answers when it is no longer pending, the time is up, or nobody waits any more. */
  waitUntilDecided(
    agent: AuthenticatedAgent,
    approvalId: string,
    patience: Patience,
  ): Promise<HeldApproval | undefined>
}
