import { type ExecuteAnswer, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { answerOf } from './answer-of.ts'
import {
  approvalMismatch,
  approvalNotFound,
  approvalProblem,
  approvalStale,
  requireGranted,
} from './approval-problems.ts'
import type { HeldApproval, Patience } from './approvals-needs.ts'
import { type Decided, decideAsItIs, lookAhead, requireApproved } from './decide-request.ts'
import type { Attempting, ExecuteNeeds, Recorded } from './execute-needs.ts'
import { type FrozenRequest, renameTool, stillFits } from './freeze-request.ts'
import { permit } from './permit.ts'
import { requireUnchanged } from './require-unchanged.ts'
import { freezeOptionsOf, type ResolvedCall, resolveCall } from './resolve-call.ts'
import { resolveTool } from './resolve-tool.ts'
import type { RunningCall } from './running-calls.ts'
import { renewRefused } from './send-again.ts'
import { sendPermitted } from './send-permitted.ts'
import { stoppedBeforeSending } from './stopped.ts'
import { credentialFor, slotFor } from './tool-credential.ts'

// What becomes of a request that an owner has to decide: it is asked about, waited for, and sent once.

/** A request that waits for an owner. */
export interface Asking {
  readonly attempting: Attempting
  readonly running: RunningCall
  /** Undefined where nobody waits. */
  readonly patience: Patience | undefined
}

/**
 * Asks an owner. Whoever waits gets the answer of the request once it is approved; an equal one that is approved
 * already is sent for whoever would wait, and only for them.
 */
export async function askOwner(
  needs: ExecuteNeeds,
  { agentReason, ...decided }: Decided & { readonly agentReason: string | undefined },
  asking: Asking & { readonly recorded: Recorded },
): Promise<ExecuteAnswer> {
  const { attempting, running, patience } = asking
  const approval = await needs.approvals.ask({ ...decided, agentReason })
  const asked = attempting.reached({ approvalId: approval.id })
  if (approval.status === 'approved' && patience !== undefined) {
    return redeem(needs, approval, { attempting, running })
  }
  await needs.recordAsked(asked, approval)
  const settled = await awaitDecision(needs, approval, asking)
  if (settled.status === 'pending' || patience === undefined) {
    return approvalRequired(settled, asked.auditId)
  }
  // That an owner was asked stands in the log; what comes of it is an attempt of its own.
  return asking.recorded(asked.agent, (again) => {
    again.reached({ approvalId: approval.id })
    return redeem(needs, settled, { attempting: again, running })
  })
}

/** Redeems an approval with the request sent again: it has to be the one that was approved, byte for byte (S-24). */
export async function redeemSame(
  needs: ExecuteNeeds,
  { approvalId, call, frozen }: Decided & { readonly approvalId: string },
  asking: Asking,
): Promise<ExecuteAnswer> {
  const { agent } = asking.attempting.reached({ approvalId })
  const approval = await needs.approvals.find(agent, approvalId)
  if (approval === undefined) throw approvalNotFound()
  if (approval.connectionId !== call.connection.id || !isFor(needs, approval, { call, frozen })) {
    throw approvalMismatch()
  }
  return settle(needs, approval, asking)
}

/**
 * Is an approval for this request? Of a tool also where the same arguments make another one each time, as a template does that
 * puts the date in: what goes out is the stored request in any case.
 */
function isFor(
  { approvals }: Pick<ExecuteNeeds, 'approvals'>,
  { digest, tool }: HeldApproval,
  { call, frozen }: Pick<Decided, 'call' | 'frozen'>,
): boolean {
  if (tool?.toolId !== call.tool?.toolId) return false
  if (digest === frozen.digest) return true
  return tool !== null && tool.argumentsFingerprint === approvals.fingerprintArguments(call, frozen)
}

/** Redeems an approval by its id alone. */
export async function redeemStored(
  needs: ExecuteNeeds,
  approvalId: string,
  { attempting, patience }: Omit<Asking, 'running'>,
): Promise<ExecuteAnswer> {
  const { agent } = attempting.reached({ approvalId })
  const approval = await needs.approvals.find(agent, approvalId)
  if (approval === undefined) throw approvalNotFound()
  if (approval.tool !== null) attempting.reached({ tool: approval.tool })
  const running = needs.running.begin({ agent, connectionId: approval.connectionId })
  try {
    return await settle(needs, approval, { attempting, running, patience })
  } finally {
    running.finish()
  }
}

async function settle(
  needs: ExecuteNeeds,
  found: HeldApproval,
  asking: Asking,
): Promise<ExecuteAnswer> {
  const approval = await awaitDecision(needs, found, asking)
  if (approval.status !== 'pending') return redeem(needs, approval, asking)
  const progress = asking.attempting.progress()
  await needs.recordAsked(progress, approval)
  return approvalRequired(approval, progress.auditId)
}

async function awaitDecision(
  needs: ExecuteNeeds,
  approval: HeldApproval,
  { attempting, patience, running }: Asking,
): Promise<HeldApproval> {
  if (approval.status !== 'pending' || patience === undefined) return approval
  const { agent } = attempting.progress()
  const waiting = { ...patience, running }
  const decided = await needs.approvals.waitUntilDecided(agent, approval.id, waiting)
  if (decided === undefined) throw approvalNotFound()
  return decided
}

/**
 * Sends what was approved, exactly so and once. Everything is decided again on the stored request, as things are now (S-27);
 * the approval is used up in the transaction that commits the intent, and whatever refuses before leaves it as it was.
 */
async function redeem(
  needs: ExecuteNeeds,
  approval: HeldApproval,
  { attempting, running }: Pick<Asking, 'attempting' | 'running'>,
): Promise<ExecuteAnswer> {
  requireGranted(approval)
  const { reached } = attempting
  const { agent, auditId } = attempting.progress()
  const call = await resolveApproved(needs, agent, approval)
  reached({ call })
  // A token that ran out while its call waited for an owner ends nothing; one that was ended does.
  await requireUnchanged(needs, call, needs.isNotEnded)
  if (call.connection.version !== approval.connectionVersion) {
    throw approvalStale('The connection or its credential has changed')
  }
  const slot = await slotFor(needs, call)
  const frozen = renameTool(await openRequest(needs, agent, approval), call.tool)
  // What was approved was to be done as the one whose credential it was.
  if (frozen.passed !== slot.passed) throw approvalMismatch()
  await lookAhead(needs, call, frozen)
  const decision = decideAsItIs(call, frozen, needs.now())
  reached({ frozen, decision })
  if (!stillFits(frozen, freezeOptionsOf(call, slot))) {
    throw approvalStale('The connection takes no such request any more')
  }
  requireApproved({ call, frozen, decision }, approval, needs.now())
  // It may have to be renewed. What fails here uses nothing up; what changes meanwhile is looked at below.
  const credential = await credentialFor(needs, call)
  await requireUnchanged(needs, call, needs.isNotEnded)
  const now = decideAsItIs(call, frozen, needs.now())
  const allowed = requireApproved({ call, frozen, decision: now }, approval, needs.now())
  // Nothing is used up for a call that an owner has ended already.
  if (running.isEnded()) throw stoppedBeforeSending()
  const permitted = await permit(needs.begin, allowed, { auditId, running }).catch(
    async (thrown: unknown) => {
      throw await pointToAttempt(needs, agent, { approvalId: approval.id, thrown })
    },
  )
  const read = await sendPermitted(needs, permitted, credential)
  if (read.status === 401 && credential.renew !== undefined) {
    // For the next request: what an owner approved once is never sent twice.
    await renewRefused(credential.renew, call.connection)
  }
  return answerOf(read, auditId)
}

/** The call of an approved request, as things are now: of a tool, only while the tool is what it was (S-27). */
async function resolveApproved(
  needs: ExecuteNeeds,
  agent: AuthenticatedAgent,
  { connectionId, tool }: HeldApproval,
): Promise<ResolvedCall> {
  if (tool === null) return resolveCall(needs, agent, { connectionId })
  const found = await needs.findToolById(agent.workspaceId, tool.toolId)
  const call = await resolveTool(needs, agent, found)
  if (call.tool.digest !== tool.digest || call.connection.id !== connectionId) {
    throw approvalStale('The tool has changed')
  }
  return call
}

/** Of several that redeem at once all but one are told which attempt used the approval. */
async function pointToAttempt(
  { approvals }: ExecuteNeeds,
  agent: AuthenticatedAgent,
  { approvalId, thrown }: { readonly approvalId: string; readonly thrown: unknown },
): Promise<unknown> {
  if (!(thrown instanceof Problem) || thrown.type !== 'approval-consumed') return thrown
  const used = await approvals.find(agent, approvalId).catch(() => undefined)
  if (used?.status !== 'consumed') return thrown
  const problem = approvalProblem('consumed', used)
  problem.auditId = thrown.auditId
  return problem
}

/** What was used or ended a moment ago is told as what became of it. */
async function openRequest(
  { approvals }: ExecuteNeeds,
  agent: AuthenticatedAgent,
  approval: HeldApproval,
): Promise<FrozenRequest> {
  const frozen = await approvals.openRequest(agent, approval)
  if (frozen !== undefined) return frozen
  const now = await approvals.find(agent, approval.id)
  if (now === undefined) throw approvalNotFound()
  requireGranted(now)
  throw approvalStale('The request is not kept any more')
}

function approvalRequired(approval: HeldApproval, auditId: string): ExecuteAnswer {
  const { status, id, approvalUrl, expiresAt } = approval
  const approved = 'An owner has approved this request: send it again with approvalId.'
  return {
    approvalRequired: true,
    approvalRequestId: id,
    approvalUrl,
    expiresAt: expiresAt.toISOString(),
    reason: status === 'approved' ? approved : approval.reason,
    auditId,
  }
}
