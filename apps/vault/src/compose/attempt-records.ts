import type { AuditRequest, AuditRuling } from '../audit/entry.ts'
import type { Progress } from '../execute/execute-needs.ts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type { PermittedRequest } from '../execute/permit.ts'
import type { ResolvedCall } from '../execute/resolve-call.ts'
import type { Ending } from '../execute/send-permitted.ts'
import type { Decision } from '../policy/decision.ts'

// What the request path knows of an attempt, in the words of the audit room: names and sizes, never a body or a secret.

/** Further facts of an attempt. */
export const detailOf = ({
  approvalId,
  rememberedApprovalId,
  again,
  decision,
  wouldBe,
  frozen,
}: {
  readonly approvalId?: string | undefined
  readonly rememberedApprovalId?: string | undefined
  readonly wouldBe?: string | undefined
  readonly again?: string | undefined
  readonly decision?: Decision | undefined
  readonly frozen?: Pick<FrozenRequest, 'passed'> | undefined
}) => ({
  ...(approvalId !== undefined && { approvalId }),
  ...(rememberedApprovalId !== undefined && { rememberedApprovalId }),
  ...(wouldBe !== undefined && { wouldBe }),
  ...(approvalId === undefined && again !== undefined && { again }),
  ...redactedIn(decision),
  ...passedIn(frozen),
})

/** That the caller passed a credential of its own: a fingerprint by which calls as one account can be told, never the credential. */
export const passedIn = (frozen: Pick<FrozenRequest, 'passed'> | undefined) =>
  frozen?.passed !== undefined && { callerCredential: frozen.passed }

/** That rules took something out of what is sent: which of them and how often, never what. */
export const redactedIn = (decision: Decision | undefined) =>
  decision?.redacted && {
    redactedBy: decision.redacted.ruleIds,
    redacted: decision.redacted.count,
  }

/** An owner was asked before, and the policy says something else by now. */
export const otherSaid = (decision: Decision | undefined) =>
  decision !== undefined && decision.outcome !== 'require_approval' && { wouldBe: decision.outcome }

/** Who tried what, through which connection. */
export const subjectOf = ({ agent, connection, tool }: ResolvedCall) => ({
  workspaceId: agent.workspaceId,
  agentId: agent.agentId,
  connectionId: connection.id,
  ...toldOf(tool),
})

const ownRequest = { operation: 'execute' }

/** What an attempt was: a call of a tool, also of one that there is not, or a request of the agent's own. */
export const toldOf = (
  tool:
    | {
        readonly name: string
        readonly toolId?: string | undefined
        readonly toolsetId?: string | undefined
      }
    | undefined,
) =>
  tool === undefined
    ? ownRequest
    : {
        operation: 'callMyTool',
        tool: tool.name,
        toolId: tool.toolId,
        toolsetId: tool.toolsetId,
      }

/** The request, but for its values. */
export const requestOf = (frozen: FrozenRequest): AuditRequest => ({
  method: frozen.method,
  host: frozen.host,
  path: frozen.path,
  queryNames: frozen.query.map(([name]) => name),
  requestDigest: frozen.digest,
  requestBytes: frozen.body?.byteLength ?? 0,
})

/** What was decided. */
export const rulingOf = (decision: Decision): AuditRuling => ({
  decision: decision.outcome,
  reason: decision.reason,
  policyId: decision.policyId,
  policyVersion: decision.policyVersion,
  ruleId: decision.ruleId,
})

/** How far an attempt came that was not sent. */
export const attemptOf = ({ auditId, agent, call, tool, frozen, decision }: Progress) => ({
  auditId,
  workspaceId: agent.workspaceId,
  agentId: agent.agentId,
  connectionId: call?.connection.id,
  policyId: call?.policy.id,
  policyVersion: call?.policy.version,
  ruleId: decision?.ruleId,
  ...toldOf(call?.tool ?? tool),
  ...(frozen !== undefined && requestOf(frozen)),
})

const statusOf = (ending: Exclude<Ending, { failed: unknown }>) =>
  'sent' in ending ? ending.sent.status : ending.withheld.status

/** After these nothing came to the upstream. */
const unsent: ReadonlySet<string> = new Set([
  'address-refused',
  'upstream-unreachable',
  'upstream-not-connected',
  'overloaded',
])

/** How an attempt ended. */
export function toEnd({ attempt, connection, tally }: PermittedRequest, ending: Ending) {
  const { durationMs } = ending
  const taken = tally?.close({
    status: 'failed' in ending ? undefined : statusOf(ending),
    isUnsent: 'failed' in ending && unsent.has(ending.failed.type),
  })
  const whose = {
    auditId: attempt.auditId,
    workspaceId: connection.workspaceId,
    durationMs,
    usage: taken?.usage,
    settlement: taken?.settlement,
  }
  if ('failed' in ending) {
    const { type: problem, detail: reason } = ending.failed
    return { outcome: 'failed' as const, problem, reason, ...whose }
  }
  const { status, responseBytes, redactions, rules } =
    'sent' in ending ? ending.sent : ending.withheld
  const responseRules = rules.length === 0 ? undefined : rules
  const read = { status, responseBytes, redactions, responseRules, ...whose }
  if ('sent' in ending) return { outcome: 'sent' as const, ...read }
  const { type: problem, detail: reason } = ending.withheld.withheld
  return { outcome: 'failed' as const, problem, reason, ...read }
}
