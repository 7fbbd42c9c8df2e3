import { Problem } from '@sallyport/contracts'
import { type Decision, decide } from '../policy/decide.ts'
import type { FrozenRequest } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'

declare const allowed: unique symbol

/** A frozen request that the policy allows. Only `requireAllowed` makes one. */
export interface AllowedRequest {
  readonly [allowed]: true
  readonly call: ResolvedCall
  readonly frozen: FrozenRequest
  readonly decision: Decision
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

/** Lets an allowed request on. Throws the decision's problem, or `approval-unavailable` where an owner must decide. */
export function requireAllowed(
  call: ResolvedCall,
  frozen: FrozenRequest,
  decision: Decision,
): AllowedRequest {
  if (decision.outcome === 'allow') return { call, frozen, decision } as AllowedRequest
  if (decision.outcome === 'require_approval') {
    throw new Problem('approval-unavailable', `${decision.reason} Nothing was sent.`, {
      next: 'This version of the vault cannot ask the owner yet; ask the owner to set the policy’s approval to "never" for what you need.',
    })
  }
  throw new Problem(decision.problem ?? 'policy-denied', decision.reason, {
    ...(decision.next !== undefined && { next: decision.next }),
    ...(decision.retryAfterSeconds !== undefined && {
      retryAfterSeconds: decision.retryAfterSeconds,
    }),
  })
}
