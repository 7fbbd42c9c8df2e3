import type { ExecuteAnswer, ExecuteInput } from '@sallyport/contracts'
import { answerOf } from './answer-of.ts'
import type { Patience } from './approvals-needs.ts'
import type { CallProgress } from './call-progress.ts'
import {
  type Decided,
  decideRequest,
  type FinalDecision,
  requireAllowed,
} from './decide-request.ts'
import { endWhenGone } from './end-when-gone.ts'
import type { Attempting, ExecuteNeeds, Recorded } from './execute-needs.ts'
import { type CallInput, freezeWanted } from './freeze-call.ts'
import type { FrozenRequest, RequestInput } from './freeze-request.ts'
import { permit } from './permit.ts'
import { redeemSame } from './redeem-approval.ts'
import { requireUnchanged } from './require-unchanged.ts'
import { freezeOptionsOf, type ResolvedCall } from './resolve-call.ts'
import type { RunningCall } from './running-calls.ts'
import { sendAgain } from './send-again.ts'
import { sendPermitted } from './send-permitted.ts'
import { requireStillAllowed } from './still-allowed.ts'
import { tellRequest } from './tell-request.ts'
import { credentialFor, slotFor } from './tool-credential.ts'
import { askUnlessRemembered } from './use-remembered.ts'

// The one way of a request, whoever wrote it: freeze, decide, ready the credential, permit, attach it, send, scrub, answer.

/** Aborted when the client has hung up. Made when it is asked for, since it costs. */
export type Gone = () => AbortSignal

/** An attempt under way, and who waits for it. */
export interface Attempted {
  readonly attempting: Attempting
  readonly gone: Gone
  readonly recorded: Recorded
  /** Told of the progress that an upstream reports. */
  readonly told?: ((progress: CallProgress) => void) | undefined
}

/** A request as an agent wrote it or a tool made it, and how it is to be carried out. */
export type Wanted = (RequestInput | CallInput) &
  Pick<ExecuteInput, 'approvalId' | 'waitSeconds' | 'reason' | 'dryRun'>

/** Carries a resolved call out. What is in memory is not waited for. Throws whatever keeps it from being sent. */
export async function carryOut(
  needs: ExecuteNeeds,
  { call, wanted }: { readonly call: ResolvedCall; readonly wanted: Wanted },
  attempted: Attempted,
): Promise<ExecuteAnswer> {
  const { progress, reached } = attempted.attempting
  const { agent, auditId } = progress()
  const { told, gone } = attempted
  const running = needs.running.begin({
    ...{ agent, connectionId: call.connection.id },
    ...(told !== undefined && { progress: told }),
  })
  const letGo = endsWithItsClient(call) ? endWhenGone(running, gone()) : undefined
  try {
    await requireUnchanged(needs, call, needs.isCurrent)
    const found = slotFor(needs, call)
    const slot = found instanceof Promise ? await found : found
    const asked = freezeWanted(wanted, freezeOptionsOf(call, slot))
    const { inStage } = needs
    const decideAsked = () => decideRequest(needs, call, asked)
    const deciding = inStage === undefined ? decideAsked() : inStage('decide', decideAsked)
    const { frozen, decision } = deciding instanceof Promise ? await deciding : deciding
    const decided = reached({ frozen, decision })
    if (wanted.dryRun === true) {
      await needs.recordDryRun(decided)
      return dryRunAnswer(auditId, frozen, decision)
    }
    if (wanted.approvalId !== undefined || decision.outcome === 'require_approval') {
      return await byOwner(needs, { call, frozen, decision }, { ...attempted, running, wanted })
    }
    const allowed = requireAllowed({ call, frozen, decision })
    const making = credentialFor(needs, call)
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
    letGo?.()
    running.finish()
  }
}

/** An upstream MCP server is told that nobody waits any more, and a database stops; a request over HTTP is left to end by itself. */
const endsWithItsClient = ({ connection }: ResolvedCall): boolean =>
  connection.origins.some((origin) => !origin.startsWith('http'))

/** The way of a request that an owner has decided, or has to. */
function byOwner(
  needs: ExecuteNeeds,
  decided: Decided,
  how: Attempted & { readonly running: RunningCall; readonly wanted: Wanted },
): Promise<ExecuteAnswer> {
  const { approvalId, waitSeconds, reason: agentReason } = how.wanted
  const patience = patienceOf(waitSeconds, how.gone, decided.frozen.body?.byteLength)
  const asking = { ...how, patience }
  return approvalId === undefined
    ? askUnlessRemembered(needs, { ...decided, agentReason }, asking)
    : redeemSame(needs, { ...decided, approvalId }, asking)
}

/** How long a caller waits; undefined where they do not. */
export function patienceOf(seconds = 0, gone: Gone, heldBytes = 0): Patience | undefined {
  return seconds > 0 ? { seconds, gone, heldBytes } : undefined
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
