import { Problem } from '@sallyport/contracts'
import { decide } from '../policy/decide.ts'
import type { ApprovalTerms, Decision } from '../policy/decision.ts'
import { approvalStale } from './approval-problems.ts'
import type { HeldApproval } from './approvals-needs.ts'
import { type FrozenRequest, replaceBody } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'

declare const allowed: unique symbol

/** A decision about exactly what would be sent: nothing is to be taken out of that any more. */
export type FinalDecision = Decision & { readonly redaction?: never }

/** A frozen request with what the policy says to it. */
export interface Decided {
  readonly call: ResolvedCall
  readonly frozen: FrozenRequest
  readonly decision: FinalDecision
}

/** A frozen request that the policy allows, or an owner. Only `requireAllowed`, `requireApproved` and `requireRemembered` make one. */
export interface AllowedRequest extends Decided {
  readonly [allowed]: true
  /** The approval that it uses up. */
  readonly approvalId: string | undefined
  /** The remembered answer that it counts on. */
  readonly rememberedApprovalId?: string | undefined
  /** What the policy by itself says by now, where that is not what was answered. */
  readonly wouldBe?: 'allow' | undefined
  /** The attempt that it repeats. */
  readonly again: string | undefined
}

type Ask = (frozen: FrozenRequest) => Decision

const askPolicy =
  (call: ResolvedCall, nowMs: number): Ask =>
  (frozen) =>
    decide(call.policy.compiled, frozen, {
      now: nowMs,
      workspace: { isFrozen: call.workspace.isFrozen },
      // Only an active agent's token authenticates; what changes after that ends the running call.
      agent: { status: 'active' },
      connection: { status: call.connection.status, origins: call.connection.origins },
    })

/**
 * Decides the exact request that would be sent (S-14), which is another one where rules take something out of its body. The
 * dry run and the live path both call this.
 */
export const decideRequest = (
  call: ResolvedCall,
  frozen: FrozenRequest,
  nowMs: number,
): Pick<Decided, 'frozen' | 'decision'> => settle(askPolicy(call, nowMs), frozen)

/** The same for whoever asks another policy: what is left after redaction is frozen anew and decided as what it is. */
export function settle(ask: Ask, frozen: FrozenRequest): Pick<Decided, 'frozen' | 'decision'> {
  const decision = ask(frozen)
  if (decision.redaction === undefined) return { frozen, decision: decision as FinalDecision }
  const { body, ruleIds, count } = decision.redaction
  const left = replaceBody(frozen, body)
  return { frozen: left, decision: { ...asFinal(ask(left)), redacted: { ruleIds, count } } }
}

/**
 * Decides a request that may be sent as it stands or not at all: one that was settled before, or that an owner has looked at.
 */
export const decideAsItIs = (
  call: ResolvedCall,
  frozen: FrozenRequest,
  nowMs: number,
): FinalDecision => asFinal(askPolicy(call, nowMs)(frozen))

/** What should be taken out of a request that is sent as it stands refuses it (S-21). */
function asFinal(decision: Decision): FinalDecision {
  const { redaction, policyId, policyVersion } = decision
  if (redaction === undefined) return decision as FinalDecision
  return {
    outcome: 'deny',
    problem: 'policy-denied',
    reason: 'A rule of the policy would take something out of this request as it stands.',
    next: 'Send the request anew, or ask the owner to change the policy.',
    ...(redaction.ruleIds[0] !== undefined && { ruleId: redaction.ruleIds[0] }),
    ...(policyId !== undefined && { policyId }),
    ...(policyVersion !== undefined && { policyVersion }),
  }
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
  const approved: FinalDecision = { ...decision, outcome: 'allow', reason }
  const approvalId = approval.id
  const wouldBe = decision.outcome === 'allow' ? decision.outcome : undefined
  const made = { call, frozen, decision: approved, approvalId, again: undefined, wouldBe }
  return made as unknown as AllowedRequest
}

/** Lets a request on that an owner's earlier answer covers. Throws the decision's problem. */
export function requireRemembered(
  { call, frozen, decision }: Decided,
  rememberedApprovalId: string,
): AllowedRequest {
  if (decision.outcome === 'deny') throw refusalOf(decision)
  const reason = 'An owner’s answer to an earlier request covers this one.'
  const allowed: FinalDecision = { ...decision, outcome: 'allow', reason }
  const made = { call, frozen, decision: allowed, rememberedApprovalId, again: undefined }
  return { ...made, approvalId: undefined } as unknown as AllowedRequest
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
