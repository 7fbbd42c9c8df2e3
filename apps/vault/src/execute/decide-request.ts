import { Problem } from '@sallyport/contracts'
import { decide, searchAhead } from '../policy/decide.ts'
import type { ApprovalTerms, Decision, Facts } from '../policy/decision.ts'
import { approvalStale } from './approval-problems.ts'
import type { HeldApproval } from './approvals-needs.ts'
import { type FrozenRequest, replaceBody } from './freeze-request.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { type Pace, workInTurns } from './work-in-turns.ts'

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
type Settled = Pick<Decided, 'frozen' | 'decision'>

/** What deciding needs to let others have their turn while it looks through a large body. */
export interface DecideNeeds extends Pick<Pace, 'takeTurn' | 'elapsed'> {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
}

/** What is smaller is looked through in a moment. */
const aheadBytesMin = 16 * 1024
const lookMsMax = 20_000

const factsOf = (call: ResolvedCall, nowMs: number, frozen: FrozenRequest): Facts => ({
  now: nowMs,
  workspace: { isFrozen: call.workspace.isFrozen },
  // Only an active agent's token authenticates; what changes after that ends the running call.
  agent: { status: 'active' },
  connection: { status: call.connection.status, origins: call.connection.origins },
  searched: call.searched?.get(frozen),
})

const askPolicy =
  (call: ResolvedCall, nowMs: number): Ask =>
  (frozen) => {
    // The policy reads the request alone: one that was frozen for another tool, or for none, is not this call's.
    if (frozen.tool?.toolId !== call.tool?.toolId) throw new Error('the request is of another tool')
    return decide(call.policy.compiled, frozen, factsOf(call, nowMs, frozen))
  }

/**
 * Decides the exact request that would be sent (S-14), which is another one where rules take something out of its body. The
 * dry run and the live path both call this. A promise where a large body is looked through: things may have changed when it
 * resolves.
 */
export function decideRequest(
  needs: DecideNeeds,
  call: ResolvedCall,
  frozen: FrozenRequest,
): Settled | Promise<Settled> {
  if (isSmall(frozen)) return settle(askPolicy(call, needs.now()), frozen)
  return decideLarge(needs, call, frozen)
}

const isSmall = ({ body }: FrozenRequest) => (body?.byteLength ?? 0) < aheadBytesMin

async function decideLarge(
  needs: DecideNeeds,
  call: ResolvedCall,
  frozen: FrozenRequest,
): Promise<Settled> {
  await lookAhead(needs, call, frozen)
  const decision = askPolicy(call, needs.now())(frozen)
  const left = leftOf(frozen, decision)
  if (left === undefined) return { frozen, decision: decision as FinalDecision }
  await lookAhead(needs, call, left)
  return settleLeft(askPolicy(call, needs.now()), left, decision)
}

/**
 * Looks through a large body for what the rules look for, in turns, and keeps what came of it with the call. Throws
 * `request-too-large` where that takes longer than it may.
 */
export async function lookAhead(
  { now, takeTurn, elapsed }: DecideNeeds,
  call: ResolvedCall,
  frozen: FrozenRequest,
): Promise<void> {
  if (isSmall(frozen)) return
  const work = searchAhead(call.policy.compiled, frozen, factsOf(call, now(), frozen))
  const looked = await workInTurns(work, { takeTurn, elapsed, endMs: elapsed() + lookMsMax })
  if (looked === undefined) {
    throw new Problem('request-too-large', 'Looking through this body takes too long.', {
      next: 'Send less at once, for example in several requests.',
    })
  }
  if (looked.done !== undefined) call.searched?.set(frozen, looked.done)
}

/** The same for whoever asks another policy: what is left after redaction is frozen anew and decided as what it is. */
export function settle(ask: Ask, frozen: FrozenRequest): Settled {
  const decision = ask(frozen)
  const left = leftOf(frozen, decision)
  if (left === undefined) return { frozen, decision: decision as FinalDecision }
  return settleLeft(ask, left, decision)
}

const leftOf = (frozen: FrozenRequest, { redaction }: Decision): FrozenRequest | undefined =>
  redaction && replaceBody(frozen, redaction.body)

function settleLeft(ask: Ask, left: FrozenRequest, { redaction }: Decision): Settled {
  const { ruleIds = [], count = 0 } = redaction ?? {}
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
