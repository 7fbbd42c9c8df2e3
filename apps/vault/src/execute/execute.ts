import { type ExecuteAnswer, type ExecuteInput, type IdKind, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { Decision } from '../policy/decide.ts'
import { type ArmedRequest, attachCredential, type OpenedCredential } from './attach-credential.ts'
import { decideRequest, requireAllowed } from './decide-request.ts'
import { type CredentialSlot, type FrozenRequest, freezeRequest } from './freeze-request.ts'
import { type BeginAudit, LimitExceeded, type PermittedRequest, permit } from './permit.ts'
import { type CleanAnswer, readAnswer, type UpstreamAnswer } from './read-answer.ts'
import {
  type ConnectionSnapshot,
  type ResolvedCall,
  type ResolveNeeds,
  resolveCall,
} from './resolve-call.ts'
import { filterResponseHeaders } from './response-headers.ts'
import type { RunningCalls } from './running-calls.ts'
import type { Scrubber } from './scrub.ts'

// The one way of a request: resolve, freeze, decide, permit, attach the credential, send, scrub, answer.

/** Milliseconds from sending to the last byte of the answer; under the 60 s after which MCP clients give up. */
const upstreamDeadlineMs = 55_000
/** Bytes of a decoded answer where the policy names no smaller bound. */
const responseBytesMaxDefault = 10 * 1024 * 1024

/** A credential that was opened, with the scrubber made for its secrets. */
export interface ReadyCredential {
  readonly slot: CredentialSlot
  readonly put: OpenedCredential
  readonly scrubber: Scrubber
}

/** How far an attempt came: what its audit entry can say. */
export interface Progress {
  readonly auditId: string
  readonly agent: AuthenticatedAgent
  readonly call?: ResolvedCall
  readonly frozen?: FrozenRequest
  readonly decision?: Decision
}

/** How an attempt ended. */
export type Ending =
  | { readonly sent: CleanAnswer; readonly durationMs: number }
  | { readonly failed: Problem; readonly durationMs: number }

/** What the request path needs of other rooms. */
export interface ExecuteNeeds extends ResolveNeeds {
  /** Is the token with which the agent signed in still good? */
  readonly isCurrent: (agent: AuthenticatedAgent) => Promise<boolean>
  readonly readyCredential: (connection: ConnectionSnapshot) => Promise<ReadyCredential>
  readonly begin: BeginAudit
  readonly end: (permitted: PermittedRequest, ending: Ending) => void
  readonly refuse: (progress: Progress, problem: Problem) => Promise<void>
  readonly recordDryRun: (progress: Progress) => Promise<void>
  readonly send: (
    request: ArmedRequest,
    how: { poolKey: string; signal: AbortSignal; responseBytesMax: number; deadlineMs: number },
  ) => Promise<UpstreamAnswer>
  readonly running: RunningCalls
  readonly newId: (kind: IdKind) => string
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
  /** Monotonic clock in ms, for durations. */
  readonly elapsed: () => number
}

export type Execute = (agent: AuthenticatedAgent, input: ExecuteInput) => Promise<ExecuteAnswer>

/**
 * Builds the request path. It sends what the policy allows and records every attempt; a refusal is thrown as the
 * Problem that says why, with the id of its audit entry.
 */
export function createExecute(needs: ExecuteNeeds): Execute {
  return async (agent, input) => {
    let progress: Progress = { auditId: needs.newId('audit'), agent }
    const reach = (next: Partial<Progress>) => {
      progress = { ...progress, ...next }
    }
    try {
      return await attempt(needs, input, { at: () => progress, reach })
    } catch (thrown) {
      throw await refused(needs, progress, thrown)
    }
  }
}

interface Track {
  at(): Progress
  reach(next: Partial<Progress>): void
}

async function attempt(
  needs: ExecuteNeeds,
  input: ExecuteInput,
  track: Track,
): Promise<ExecuteAnswer> {
  const { agent, auditId } = track.at()
  refuseUnoffered(input)
  const call = await resolveCall(needs, agent, input)
  track.reach({ call })
  const running = needs.running.begin({ agentId: agent.agentId, connectionId: call.connection.id })
  try {
    await requireUnchanged(needs, call)
    const credential = await needs.readyCredential(call.connection)
    const frozen = freezeRequest(input, freezeOptions(call.connection, credential))
    track.reach({ frozen })
    const decision = decideRequest(call, frozen, needs.now())
    track.reach({ decision })
    if (input.dryRun === true) {
      await needs.recordDryRun(track.at())
      return dryRunAnswer(auditId, frozen, decision)
    }
    const allowed = requireAllowed(call, frozen, decision)
    const permitted = await permit(needs.begin, allowed, { auditId, running })
    const clean = await send(needs, permitted, credential)
    return { status: clean.status, headers: clean.headers, body: clean.body, auditId }
  } finally {
    running.finish()
  }
}

/** Approvals do not exist yet, and upstream credentials are never handed out. */
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
  const { agent, connection, policy } = call
  const [current, connectionNow, policyNow] = await Promise.all([
    needs.isCurrent(agent),
    needs.findConnection(connection.id),
    needs.findPolicy(agent.agentId, connection.id),
  ])
  const unchanged =
    current &&
    connectionNow?.version === connection.version &&
    connectionNow.status === connection.status &&
    policyNow?.version === policy.version
  if (!unchanged) throw stopped()
}

const stopped = () =>
  new Problem(
    'request-stopped',
    'An owner changed the agent, the connection or the policy meanwhile. Nothing was sent.',
    {
      next: 'Use list_connections to see what you have now, and send it again if it is still allowed.',
    },
  )

const freezeOptions = (connection: ConnectionSnapshot, { slot }: ReadyCredential) => ({
  allowEncodedSlash: connection.allowEncodedSlash,
  extraHeaders: connection.requestHeaders,
  slot,
})

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

async function send(
  needs: ExecuteNeeds,
  permitted: PermittedRequest,
  credential: ReadyCredential,
): Promise<CleanAnswer> {
  const { connection, policy } = permitted.allowed.call
  const { signal } = permitted.running
  const startedMs = needs.elapsed()
  const durationMs = () => Math.round((needs.elapsed() - startedMs) * 10) / 10
  try {
    if (signal.aborted) throw stopped()
    const answer = await needs.send(attachCredential(permitted, credential.put), {
      poolKey: `${connection.id}.${connection.version}`,
      signal,
      responseBytesMax: policy.compiled.limits.responseBytesMax ?? responseBytesMaxDefault,
      deadlineMs: upstreamDeadlineMs,
    })
    const kept = filterResponseHeaders(answer.headers, connection.responseHeaders)
    const sent = await readAnswer(answer, credential.scrubber, kept)
    needs.end(permitted, { sent, durationMs: durationMs() })
    return sent
  } catch (thrown) {
    const failed = asSendProblem(thrown, signal)
    needs.end(permitted, { failed, durationMs: durationMs() })
    failed.auditId = permitted.auditId
    throw failed
  }
}

function asSendProblem(thrown: unknown, signal: AbortSignal): Problem {
  if (signal.aborted) {
    return new Problem('request-stopped', 'An owner ended the call while it was on its way.', {
      next: 'Use list_connections to see what you have now. The upstream may have acted on the request already.',
      cause: thrown,
    })
  }
  if (thrown instanceof Problem) return thrown
  return new Problem('internal-error', 'Something went wrong in the vault.', {
    next: 'An operator finds the cause in the vault’s log. The upstream may have acted on the request.',
    cause: thrown,
  })
}

/** Records a refusal, unless the attempt was recorded already, and puts the entry's id on the problem. */
async function refused(needs: ExecuteNeeds, progress: Progress, thrown: unknown): Promise<Problem> {
  const problem = thrown instanceof Problem ? thrown : unexpected(thrown)
  if (problem.auditId !== undefined || problem.type === 'audit-unavailable') return problem
  if (!(problem instanceof LimitExceeded)) await needs.refuse(progress, problem)
  problem.auditId = progress.auditId
  return problem
}

const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong in the vault. Nothing was sent.', {
    next: 'An operator finds the cause in the vault’s log.',
    cause,
  })
