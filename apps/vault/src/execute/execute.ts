import { type ExecuteAnswer, type ExecuteInput, type IdKind, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { Decision } from '../policy/decide.ts'
import { decideRequest, requireAllowed } from './decide-request.ts'
import { type FrozenRequest, freezeRequest } from './freeze-request.ts'
import { type BeginAttempt, permit } from './permit.ts'
import {
  type ConnectionSnapshot,
  type ResolvedCall,
  type ResolveNeeds,
  resolveCall,
} from './resolve-call.ts'
import type { RunningCalls } from './running-calls.ts'
import {
  type ReadyCredential,
  type SendNeeds,
  sendPermitted,
  stoppedBeforeSending,
} from './send-permitted.ts'

// The one way of a request: resolve, freeze, decide, permit, attach the credential, send, scrub, answer.

/** How far an attempt came: what its audit entry can say. */
export interface Progress {
  readonly auditId: string
  readonly agent: AuthenticatedAgent
  readonly call?: ResolvedCall
  readonly frozen?: FrozenRequest
  readonly decision?: Decision
}

/** What the request path needs of other rooms. */
export interface ExecuteNeeds extends ResolveNeeds, SendNeeds {
  /** Is the token with which the agent signed in still good? */
  readonly isCurrent: (agent: AuthenticatedAgent) => Promise<boolean>
  readonly readyCredential: (connection: ConnectionSnapshot) => Promise<ReadyCredential>
  readonly begin: BeginAttempt
  readonly refuse: (progress: Progress, problem: Problem) => Promise<void>
  readonly recordDryRun: (progress: Progress) => Promise<void>
  readonly running: RunningCalls
  readonly newId: (kind: IdKind) => string
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
}

/** Sends what the policy allows, or throws the Problem that says why not, with the id of its audit entry. */
export type Execute = (agent: AuthenticatedAgent, input: ExecuteInput) => Promise<ExecuteAnswer>

/** Builds the request path. Every attempt is recorded: before it is sent, or as a refusal. */
export function createExecute(needs: ExecuteNeeds): Execute {
  return async (agent, input) => {
    let progress: Progress = { auditId: needs.newId('audit'), agent }
    const reached = (next: Partial<Progress>) => {
      progress = Object.assign({}, progress, next)
      return progress
    }
    try {
      return await attempt(needs, input, { start: progress, reached })
    } catch (thrown) {
      throw await refused(needs, progress, thrown)
    }
  }
}

interface Track {
  readonly start: Progress
  readonly reached: (next: Partial<Progress>) => Progress
}

async function attempt(
  needs: ExecuteNeeds,
  input: ExecuteInput,
  { start: { agent, auditId }, reached }: Track,
): Promise<ExecuteAnswer> {
  refuseUnoffered(input)
  const call = await resolveCall(needs, agent, input)
  reached({ call })
  const running = needs.running.begin({ agent, connectionId: call.connection.id })
  try {
    await requireUnchanged(needs, call)
    const credential = await needs.readyCredential(call.connection)
    const frozen = freezeRequest(input, {
      allowEncodedSlash: call.connection.allowEncodedSlash,
      extraHeaders: call.connection.requestHeaders,
      slot: credential.slot,
    })
    const decision = decideRequest(call, frozen, needs.now())
    const decided = reached({ frozen, decision })
    if (input.dryRun === true) {
      await needs.recordDryRun(decided)
      return dryRunAnswer(auditId, frozen, decision)
    }
    const allowed = requireAllowed(call, frozen, decision)
    const permitted = await permit(needs.begin, allowed, { auditId, running })
    const { status, headers, body } = await sendPermitted(needs, permitted, credential)
    return { status, headers, body, auditId }
  } finally {
    running.finish()
  }
}

/** Upstream credentials are never handed out, and there are no approvals to redeem yet. */
function refuseUnoffered(input: ExecuteInput): void {
  if (input.model !== undefined && input.model !== 'B') {
    throw new Problem('model-not-offered', 'The vault hands out no upstream credential.', {
      next: 'Leave model out: the vault puts the credential on and sends the request itself.',
    })
  }
  if (input.approvalId !== undefined) {
    throw new Problem('approval-not-found', 'You have no such approval.', {
      next: 'Send the request without approvalId.',
    })
  }
}

/**
 * Looks once more, now that the call can be ended: whoever was disabled, rotated, revoked or changed while the call
 * was read gets no upstream request (S-10).
 */
async function requireUnchanged(needs: ExecuteNeeds, call: ResolvedCall): Promise<void> {
  const { agent, workspace, connection, policy } = call
  const [isCurrent, workspaceNow, connectionNow, policyNow] = await Promise.all([
    needs.isCurrent(agent),
    needs.findWorkspace(agent.workspaceId),
    needs.findConnection(connection.id),
    needs.findPolicy(agent.agentId, connection.id),
  ])
  const isSame =
    isCurrent &&
    workspaceNow.isFrozen === workspace.isFrozen &&
    connectionNow?.version === connection.version &&
    connectionNow.status === connection.status &&
    policyNow?.id === policy.id &&
    policyNow.version === policy.version
  if (!isSame) throw stoppedBeforeSending()
}

function dryRunAnswer(auditId: string, frozen: FrozenRequest, decision: Decision): ExecuteAnswer {
  return {
    dryRun: true,
    decision: decision.outcome,
    ...(decision.ruleId !== undefined && { ruleId: decision.ruleId }),
    reason: decision.reason,
    wouldSend: {
      method: frozen.method,
      url: frozen.url,
      headers: Object.fromEntries(frozen.headers),
    },
    auditId,
  }
}

/** Records a refusal, unless the attempt was recorded already, and puts the entry's id on the problem. */
async function refused(needs: ExecuteNeeds, progress: Progress, thrown: unknown): Promise<Problem> {
  const problem = thrown instanceof Problem ? thrown : unexpected(thrown)
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
