import { type ApprovalStatus, Problem } from '@sallyport/contracts'
import { type LimitRefusal, limitProblem } from '../limits/limit-problem.ts'
import type { Tally } from '../limits/tally.ts'
import { type CompiledResponseRule, matchResponseRules } from '../policy/compile-response-rules.ts'
import { approvalProblem, approvalStale } from './approval-problems.ts'
import type { ShapeAnswer, ToolSnapshot } from './callable-tool.ts'
import type { AllowedRequest } from './decide-request.ts'
import type { FrozenRequest } from './freeze-request.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import type { RunningCall } from './running-calls.ts'
import { stoppedBeforeSending } from './stopped.ts'

declare const permitted: unique symbol

/** A request whose intent is committed and whose limits are reserved; it may be sent once. Only this file makes one. */
export interface PermittedRequest {
  readonly [permitted]: true
  readonly frozen: FrozenRequest
  readonly connection: ConnectionSnapshot
  readonly attempt: Attempt
  /** Decoded bytes of the answer that the policy allows. */
  readonly responseBytesMax: number | undefined
  /** The policy's rules on answers to this request. */
  readonly responseRules: readonly CompiledResponseRule[]
  /** What the called tool makes of the answer. */
  readonly shape: ShapeAnswer | undefined
  /** Counts what it takes of limits that had an estimate; undefined where nothing does. */
  readonly tally: Tally | undefined
}

/** One attempt: its audit entry, and what ends it. */
export interface Attempt {
  readonly auditId: string
  readonly running: Pick<RunningCall, 'isEnded' | 'stops' | 'progress' | 'agent'>
}

/** The answer of the limits and of the approval. */
export type Begun =
  /** `tally` counts what the request takes, where something does. */
  | { readonly granted: true; readonly tally?: Tally | undefined }
  | (LimitRefusal & { readonly granted: false })
  | { readonly granted: false; readonly approval: ApprovalStatus | 'changed' }

/**
 * Commits the intent together with the reservation of the policy's limits and the spending of the approval, all or nothing;
 * resolves when they are durable.
 */
export type BeginAttempt = (auditId: string, allowed: AllowedRequest) => Promise<Begun>

/**
 * Permits an allowed request: its limits are reserved, its approval is used up and its intent is durable when this
 * resolves (S-25, S-29, S-36). Throws `limit-exceeded` or what became of the approval (recorded already: the problem
 * carries its `auditId`) and `audit-unavailable`.
 */
export async function permit(
  begin: BeginAttempt,
  allowed: AllowedRequest,
  attempt: Attempt,
): Promise<PermittedRequest> {
  const { call, frozen } = allowed
  const begun = await begin(attempt.auditId, allowed)
  if (!begun.granted) {
    const problem = 'approval' in begun ? notSpendable(begun.approval) : limitProblem(begun)
    problem.auditId = attempt.auditId
    throw problem
  }
  const { tally } = begun
  const responseBytesMax = tally?.responseBytesMax ?? call.policy.compiled.limits.responseBytesMax
  const responseRules = matchResponseRules(call.policy.compiled.response, frozen)
  const { connection } = call
  const shape = call.tool?.compiled.shapeAnswer
  const made = { frozen, connection, attempt, responseBytesMax, responseRules, shape, tally }
  return made as unknown as PermittedRequest
}

/** What an owner tries out: the connection's own test. */
export interface OwnersTest {
  readonly connection: ConnectionSnapshot
  readonly frozen: FrozenRequest
  readonly attempt: Attempt
}

/** A call of a tool that an owner tries. */
export interface OwnersCall extends OwnersTest {
  readonly tool: ToolSnapshot
}

/**
 * Permits the call of a tool that an owner tries, to one of the credential's own origins. No policy is asked, since no agent is; the
 * intent is committed all the same. Throws `connection-revoked`, `origin-not-allowed`, `audit-unavailable`.
 */
export async function permitOwnersCall(
  begin: (call: OwnersCall) => Promise<unknown>,
  call: OwnersCall,
): Promise<PermittedRequest> {
  const { frozen, connection, attempt, tool } = call
  if (connection.status === 'revoked') {
    throw new Problem('connection-revoked', 'The connection of this tool has been revoked.', {
      next: 'Give the toolset another connection.',
    })
  }
  if (!connection.origins.includes(frozen.origin)) throw outOfReach(frozen)
  await begin(call)
  const noPolicy = { responseBytesMax: undefined, responseRules: [], tally: undefined }
  const { shapeAnswer: shape } = tool.compiled
  return { frozen, connection, attempt, shape, ...noPolicy } as unknown as PermittedRequest
}

const outOfReach = ({ origin }: FrozenRequest) =>
  new Problem('origin-not-allowed', `The credential may not be sent to ${origin}.`, {
    next: 'Use a URL at one of the connection’s origins.',
  })

/**
 * Permits the test of a connection that an owner asked for: a GET to one of the credential's own origins. No policy is
 * asked, since no agent is; the intent is committed all the same. Throws `origin-not-allowed`, `audit-unavailable`.
 */
export async function permitOwnersTest(
  begin: (test: OwnersTest) => Promise<unknown>,
  test: OwnersTest,
): Promise<PermittedRequest> {
  const { frozen, connection, attempt } = test
  if (frozen.method !== 'GET' || !connection.origins.includes(frozen.origin)) {
    throw outOfReach(frozen)
  }
  await begin(test)
  const noPolicy = {
    responseBytesMax: undefined,
    responseRules: [],
    shape: undefined,
    tally: undefined,
  }
  return { frozen, connection, attempt, ...noPolicy } as unknown as PermittedRequest
}

function notSpendable(approval: ApprovalStatus | 'changed'): Problem {
  if (approval === 'changed') return stoppedBeforeSending()
  if (approval === 'pending' || approval === 'approved') return approvalStale('It was changed')
  return approvalProblem(approval)
}
