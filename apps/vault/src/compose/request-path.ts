import type { AuditLog } from '../audit/audit-log.ts'
import type { CredentialOpener } from '../connections/credential-opener.ts'
import type { Egress } from '../egress/egress.ts'
import type { ApprovalsNeeds } from '../execute/approvals-needs.ts'
import type { AllowedRequest } from '../execute/decide-request.ts'
import { createExecute } from '../execute/execute.ts'
import type { ExecuteNeeds } from '../execute/execute-needs.ts'
import type { BeginAttempt, PermittedRequest } from '../execute/permit.ts'
import type { ResolvedCall } from '../execute/resolve-call.ts'
import type { RunningCalls } from '../execute/running-calls.ts'
import { type Ending, upstreamDeadlineMs } from '../execute/send-permitted.ts'
import { createTurns } from '../execute/take-turns.ts'
import { createTestConnection } from '../execute/test-connection.ts'
import { createTryCall, type TryCallNeeds } from '../execute/try-call.ts'
import type { FindModelUse } from '../limits/model-use.ts'
import { type Taking, takeOf } from '../limits/tally.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import {
  attemptOf,
  detailOf,
  otherSaid,
  passedIn,
  redactedIn,
  requestOf,
  rulingOf,
  subjectOf,
  toEnd,
  toldOf,
} from './attempt-records.ts'
import { createCallerCredentials } from './caller-credentials.ts'
import { createFindSlot } from './credential-slot.ts'
import { observeAsking, observeDecisions, observeEnds, observeSending } from './observe-path.ts'
import {
  type AccessTokens,
  createReadyCredential,
  type ReadyCredentialNeeds,
} from './ready-credential.ts'
import { type CallSenders, createSendByScheme } from './send-by-scheme.ts'

// Hands the request path what it needs of audit, egress and connections, in the words of each.

/** After the upstream's deadline: what the outcome may take to be written before the intent counts as left open. */
const outcomeGraceMs = 10_000

type Lookups = Pick<
  ExecuteNeeds,
  | 'findWorkspace'
  | 'findConnection'
  | 'findPolicy'
  | 'findTool'
  | 'findToolById'
  | 'listConnectionIds'
  | 'isCurrent'
  | 'isNotEnded'
>

export interface RequestPathNeeds {
  readonly audit: AuditLog
  readonly egress: Egress
  readonly opener: CredentialOpener
  readonly tokens: AccessTokens
  /** Where people open the vault's pages, without trailing slash. */
  readonly pagesUrl: () => string
  readonly running: RunningCalls
  readonly lookups: Lookups
  readonly approvals: ApprovalsNeeds
  /** How requests to services of language models are counted. */
  readonly findModelUse: FindModelUse
  /** What sends calls that are no HTTP requests, and looks at them first. */
  readonly calls: {
    readonly senders: CallSenders
    readonly check: ExecuteNeeds['checkCall']
    readonly upstreamSecrets: ReadyCredentialNeeds['upstreamSecrets']
  }
  /** A keyed hash of the workspace's own. */
  readonly fingerprint: (workspaceId: string, parts: readonly string[]) => string
  readonly telemetry: Telemetry
  readonly newId: ExecuteNeeds['newId']
  readonly now: () => number
  /** Ms since the epoch by the clock that all replicas share: others close what is overdue. */
  readonly limitNow: () => number
  readonly randomBytes: (size: number) => Uint8Array
  readonly monotonicMs: () => number
}

/** Builds the request path and the test of a connection on the same stages. */
export function composeRequestPath(needs: RequestPathNeeds) {
  const { audit, egress, running, now, limitNow, telemetry } = needs
  const { metrics, traces } = telemetry
  const deadlines = () => ({ deadlineMs: limitNow() + upstreamDeadlineMs + outcomeGraceMs })
  const shared = {
    running,
    findSlot: createFindSlot(needs.opener),
    readyCredential: createReadyCredential({ ...needs, ...needs.calls }),
    checkCall: needs.calls.check,
    callers: createCallerCredentials(needs),
    newId: needs.newId,
    send: observeSending(traces, createSendByScheme(egress.send, needs.calls.senders)),
    end: observeEnds(metrics?.observers, (permitted: PermittedRequest, ending: Ending) =>
      audit.end(toEnd(permitted, ending)),
    ),
    takeTurn: createTurns(),
    elapsed: needs.monotonicMs,
    world: { now, randomBytes: needs.randomBytes },
  }
  const execute = createExecute({
    ...shared,
    ...needs.lookups,
    approvals: observeAsking(traces, needs.approvals),
    now,
    reconnectUrl: reconnectUrlAt(needs.pagesUrl),
    ...observeDecisions(telemetry, recordDecisions(needs, deadlines)),
    ...(traces !== undefined && { inStage: traces.inStage }),
  })
  const testConnection = createTestConnection({
    ...shared,
    beginOwnersTest: ({ connection, frozen, attempt, ownerId }) =>
      audit.begin({
        auditId: attempt.auditId,
        workspaceId: connection.workspaceId,
        operation: 'testConnection',
        ownerId,
        connectionId: connection.id,
        ...requestOf(frozen),
        decision: 'allow',
        ...deadlines(),
      }),
  })
  return { ...execute, testConnection, tryCall: composeTryCall(needs, shared, deadlines) }
}

/** Writes down what is decided, before anything is sent or answered. */
const recordDecisions = (
  needs: RequestPathNeeds,
  deadlines: () => { readonly deadlineMs: number },
): Pick<ExecuteNeeds, 'begin' | 'refuse' | 'recordAsked' | 'recordDryRun'> => ({
  begin: createBegin(needs, deadlines),
  refuse: (progress, problem) =>
    needs.audit.refuse({
      ...attemptOf(progress),
      decision: 'deny',
      reason: problem.detail,
      problem: problem.type,
      detail: detailOf(progress),
    }),
  recordAsked: (progress, approval) =>
    needs.audit.refuse({
      ...attemptOf(progress),
      requestDigest: approval.digest,
      decision: 'require_approval',
      reason: approval.reason,
      detail: {
        ...detailOf({ ...progress, approvalId: approval.id }),
        ...otherSaid(progress.decision),
      },
    }),
  recordDryRun: (progress) =>
    needs.audit.record({
      ...attemptOf(progress),
      outcome: 'done',
      reason: progress.decision?.reason,
      detail: {
        dryRun: true,
        wouldBe: progress.decision?.outcome ?? 'deny',
        ...redactedIn(progress.decision),
        ...passedIn(progress.frozen),
      },
    }),
})

/** Builds the trial of a tool by its owner on the same stages. */
const composeTryCall = (
  { audit, now, lookups }: RequestPathNeeds,
  shared: Omit<TryCallNeeds, 'beginOwnersCall' | 'now' | 'findConnection' | 'findToolById'>,
  deadlines: () => { readonly deadlineMs: number },
) =>
  createTryCall({
    ...shared,
    now,
    findConnection: lookups.findConnection,
    findToolById: lookups.findToolById,
    beginOwnersCall: ({ connection, tool, frozen, attempt, ownerId }) =>
      audit.begin({
        auditId: attempt.auditId,
        workspaceId: connection.workspaceId,
        ownerId,
        connectionId: connection.id,
        ...toldOf(tool),
        operation: 'tryTool',
        ...requestOf(frozen),
        decision: 'allow',
        ...deadlines(),
      }),
  })

/** Commits the intent of a request together with what it takes of limits and of an approval. */
const createBegin =
  (
    { audit, findModelUse }: RequestPathNeeds,
    deadlines: () => { readonly deadlineMs: number },
  ): BeginAttempt =>
  async (auditId, allowed) => {
    const { call, frozen, decision } = allowed
    const taking = takingOf(findModelUse, { call, frozen, decision })
    const begun = await audit.begin(
      {
        auditId,
        detail: detailOf(allowed),
        ...subjectOf(call),
        ...requestOf(frozen),
        ...rulingOf(decision),
        ...deadlines(),
      },
      taking && reservationOf(call, taking),
      spendingOf(allowed),
    )
    if (taking === undefined || !begun.granted) return begun
    return { granted: true, tally: taking.tally(begun.held) }
  }

/** The page of a connection, on which its owner connects the account anew. */
export const reconnectUrlAt = (pagesUrl: () => string) => (connectionId: string) =>
  `${pagesUrl()}/connections/${encodeURIComponent(connectionId)}`

function spendingOf({ call, approvalId, rememberedApprovalId }: AllowedRequest) {
  const spentId = approvalId ?? rememberedApprovalId
  if (spentId === undefined) return undefined
  return {
    approvalId: spentId,
    isRemembered: approvalId === undefined,
    policyId: call.policy.id,
    policyVersion: call.policy.version,
  }
}

/** What the request takes of its policy's limits; undefined where nothing is counted. */
function takingOf(
  findModelUse: FindModelUse,
  { call, frozen, decision }: Pick<AllowedRequest, 'call' | 'frozen' | 'decision'>,
): Taking | undefined {
  const { connection, policy } = call
  const { limits } = policy
  const use = findModelUse(connection.service, frozen, limits.budget.length > 0)
  const { method, body } = frozen
  const bodyBytes = body?.byteLength ?? 0
  const { entryAt, grantAt } = decision
  const tool =
    call.tool === undefined || grantAt === undefined
      ? undefined
      : { toolId: call.tool.toolId, grantAt }
  return takeOf(limits, { policyId: policy.id, method, bodyBytes, entryAt, tool }, use)
}

const reservationOf = ({ policy }: ResolvedCall, { windows, concurrent }: Taking) => {
  if (windows.length === 0 && concurrent === undefined) return undefined
  const leaseMs = upstreamDeadlineMs + outcomeGraceMs
  return { policyId: policy.id, windows, concurrent, leaseMs }
}
