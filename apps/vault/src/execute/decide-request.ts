import { Problem } from '@sallyport/contracts'
import type { ApprovalTerms } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import { approvalStale } from './approval-problems.ts'
import type { HeldApproval } from './approvals-needs.ts'
import type { FrozenRequest } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'

declare const allowed: unique symbol

/** A frozen request with what the policy says to it. */
export interface Decided {
  readonly call: ResolvedCall
  readonly frozen: FrozenRequest
  readonly decision: Decision
}

/** A frozen request that the policy allows, or an owner. Only `requireAllowed` and `requireApproved` make one. */
export interface AllowedRequest extends Decided {
  readonly [allowed]: true
  /** The approval that it uses up. */
  readonly approvalId: string | undefined
  /** The attempt that it repeats. */
  readonly again: string | undefined
}

/** Decides the exact request that would be sent. The dry run and the live path both call this. */
export function decideRequest(call: ResolvedCall, frozen: FrozenRequest, nowMs: number): Decision {
  return decide(call.policy.compiled, frozen, {
    now: nowMs,
    workspace: { isFrozen: call.workspace.isFrozen },
    // Only an active agent's token authenticates; what changes after that ends the running call.
    agent: { status: 'active' },
    connection: { status: call.connection.status, origins: call.connection.origins },
  })
}

/** Lets an allowed request on. Throws the decision's problem. What an owner must decide does not come here. */
export function requireAllowed(
  { call, frozen, decision }: Decided,
  again?: string | undefined,
): AllowedRequest {
  if (decision.outcome !== 'allow') throw refusalOf(decision)
  return { call, frozen, decision, approvalId: undefined, again } as AllowedRequest
}

/**
 * Lets a request on that an owner approved, where the policy as it is now allows it or would ask for no more than was
 * answered (S-27). Throws the decision's problem, or `approval-stale`.
 */
export function requireApproved(
  { call, frozen, decision }: Decided,
  approval: HeldApproval,
  nowMs: number,
): AllowedRequest {
  if (decision.outcome === 'deny') throw refusalOf(decision)
  const terms = decision.outcome === 'require_approval' ? decision.approval : undefined
  if (terms !== undefined && isStricter(terms, approval, nowMs)) {
    throw approvalStale('The policy asks for a stricter approval')
  }
  const reason = 'An owner approved this request.'
  const approved: Decision = { ...decision, outcome: 'allow', reason }
  const approvalId = approval.id
  return { call, frozen, decision: approved, approvalId, again: undefined } as AllowedRequest
}

/** One that would be over by now under the terms of now is over, though it was given more time. */
function isStricter(
  { freshSignIn, ownersNeeded, expiresInMs }: ApprovalTerms,
  approval: HeldApproval,
  nowMs: number,
): boolean {
  const givenMs = approval.expiresAt.getTime() - approval.createdAt.getTime()
  const agedMs = nowMs - approval.createdAt.getTime()
  return (
    (freshSignIn && !approval.freshSignIn) ||
    ownersNeeded > approval.ownersNeeded ||
    (expiresInMs < givenMs && expiresInMs <= agedMs)
  )
}

function refusalOf(decision: Decision): Problem {
  return new Problem(decision.problem ?? 'policy-denied', decision.reason, {
    ...(decision.next !== undefined && { next: decision.next }),
    ...(decision.retryAfterSeconds !== undefined && {
      retryAfterSeconds: decision.retryAfterSeconds,
    }),
  })
}
