import { type ExecuteAnswer, type ExecuteInput, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { answerOf } from './answer-of.ts'
import type { Patience } from './approvals-needs.ts'
import {
  type Decided,
  decideRequest,
  type FinalDecision,
  requireAllowed,
} from './decide-request.ts'
import type { Attempting, ExecuteNeeds, Progress, Recorded } from './execute-needs.ts'
import { type FrozenRequest, freezeRequest } from './freeze-request.ts'
import { permit } from './permit.ts'
import { redeemSame, redeemStored } from './redeem-approval.ts'
import { requireUnchanged } from './require-unchanged.ts'
import { freezeOptionsOf, resolveCall } from './resolve-call.ts'
import type { RunningCall } from './running-calls.ts'
import { sayWhere } from './say-where.ts'
import { sendAgain } from './send-again.ts'
import { sendPermitted } from './send-permitted.ts'
import { requireStillAllowed } from './still-allowed.ts'
import { tellRequest } from './tell-request.ts'
import { askUnlessRemembered } from './use-remembered.ts'

// The one way of a request: resolve, freeze, decide, ready the credential, permit, attach it, send, scrub, answer. What is in
// memory is not waited for.

/** Aborted when the client has hung up. Made when it is asked for, since it costs. */
export type Gone = () => AbortSignal

/** What agents do with requests. Whatever is not sent is the Problem that says why not, with the id of its audit entry. */
export interface Execute {
  /** Sends what the policy allows, asks an owner where it says so, and sends what an owner approved. */
  execute(agent: AuthenticatedAgent, input: ExecuteInput, gone: Gone): Promise<ExecuteAnswer>
  /** Sends the stored request of an approval. */
  executeApproval(
    agent: AuthenticatedAgent,
    input: { readonly approvalId: string; readonly waitSeconds?: number | undefined },
    gone: Gone,
  ): Promise<ExecuteAnswer>
}

/** Builds the request path. Every attempt is recorded: before it is sent, or as a refusal. */
export function createExecute(needs: ExecuteNeeds): Execute {
  const recorded: Recorded = async (agent, work) => {
    let progress: Progress = { auditId: needs.newId('audit'), agent }
    const reached = (next: Partial<Progress>) => {
      progress = Object.assign({}, progress, next)
      return progress
    }
    try {
      return await work({ progress: () => progress, reached })
    } catch (thrown) {
      throw await refused(needs, progress, thrown)
    }
  }
  return {
    execute: (agent, input, gone) =>
      recorded(agent, (attempting) => attempt(needs, input, { attempting, gone, recorded })),
    executeApproval: (agent, { approvalId, waitSeconds }, gone) =>
      recorded(agent, (attempting) =>
        redeemStored(needs, approvalId, { attempting, patience: patienceOf(waitSeconds, gone) }),
      ),
  }
}

interface Attempted {
  readonly attempting: Attempting
  readonly gone: Gone
  readonly recorded: Recorded
}

async function attempt(
  needs: ExecuteNeeds,
  input: ExecuteInput,
  attempted: Attempted,
): Promise<ExecuteAnswer> {
  refuseUnoffered(input)
  const { progress, reached } = attempted.attempting
  const { agent, auditId } = progress()
  const call = await resolveCall(needs, agent, input)
  reached({ call })
  const running = needs.running.begin({ agent, connectionId: call.connection.id })
  try {
    await requireUnchanged(needs, call, needs.isCurrent)
    const found = needs.findSlot(call.connection)
    const slot = found instanceof Promise ? await found : found
    const asked = freezeRequest(input, freezeOptionsOf(call.connection, slot))
    const deciding = decideRequest(needs, call, asked)
    const { frozen, decision } = deciding instanceof Promise ? await deciding : deciding
    const decided = reached({ frozen, decision })
    if (input.dryRun === true) {
      await needs.recordDryRun(decided)
      return dryRunAnswer(auditId, frozen, decision)
    }
    if (input.approvalId !== undefined || decision.outcome === 'require_approval') {
      return await byOwner(needs, { call, frozen, decision }, { ...attempted, running, input })
    }
    const allowed = requireAllowed({ call, frozen, decision })
    const making = needs.readyCredential(call.connection)
    const credential = making instanceof Promise ? await making : making
    if (making instanceof Promise || deciding instanceof Promise) {
      await requireStillAllowed(needs, allowed)
    }
    const permitted = await permit(needs.begin, allowed, { auditId, running })
    const read = await sendPermitted(needs, permitted, credential)
    if (read.status === 401 && credential.renew !== undefined) {
      const refused = {
        allowed,
        renew: credential.renew,
        read,
        auditId,
      }
      return await sendAgain(needs, refused, { ...attempted, running })
    }
    return answerOf(read, auditId)
  } finally {
    running.finish()
  }
}

/** The way of a request that an owner has decided, or has to. */
function byOwner(
  needs: ExecuteNeeds,
  decided: Decided,
  how: Attempted & { readonly running: RunningCall; readonly input: ExecuteInput },
): Promise<ExecuteAnswer> {
  const { approvalId, waitSeconds, reason: agentReason } = how.input
  const patience = patienceOf(waitSeconds, how.gone, decided.frozen.body?.byteLength)
  const asking = { ...how, patience }
  return approvalId === undefined
    ? askUnlessRemembered(needs, { ...decided, agentReason }, asking)
    : redeemSame(needs, { ...decided, approvalId }, asking)
}

function patienceOf(seconds = 0, gone: Gone, heldBytes = 0): Patience | undefined {
  return seconds > 0 ? { seconds, gone, heldBytes } : undefined
}

/** Upstream credentials are never handed out. */
function refuseUnoffered({ model }: ExecuteInput): void {
  if (model === undefined || model === 'B') return
  throw new Problem('model-not-offered', 'The vault hands out no upstream credential.', {
    next: 'Leave model out: the vault puts the credential on and sends the request itself.',
  })
}

function dryRunAnswer(
  auditId: string,
  frozen: FrozenRequest,
  decision: FinalDecision,
): ExecuteAnswer {
  return {
    dryRun: true,
    decision: decision.outcome,
    ...(decision.ruleId !== undefined && { ruleId: decision.ruleId }),
    reason: decision.reason,
    wouldSend: tellRequest(frozen, decision),
    auditId,
  }
}

/** Records a refusal, unless the attempt was recorded already, and puts the entry's id on the problem. */
async function refused(needs: ExecuteNeeds, progress: Progress, thrown: unknown): Promise<Problem> {
  const failed = thrown instanceof Problem ? thrown : unexpected(thrown)
  const { connection } = progress.call ?? {}
  const problem = connection === undefined ? failed : sayWhere(needs, connection.id, failed)
  if (problem.auditId !== undefined || problem.type === 'audit-unavailable') return problem
  await needs.refuse(progress, problem)
  problem.auditId = progress.auditId
  return problem
}

const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong in the vault. Nothing was sent.', {
    next: 'An operator finds the cause in the vault’s log.',
    cause,
  })
