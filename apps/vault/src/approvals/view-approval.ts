import type { AgentApproval, Approval, FrozenRequestView } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type { NamedApproval, StoredApproval } from './approval-store.ts'

// Approvals as agents and owners see them.

/** Where an owner decides it. */
export const approvalUrlOf = (publicUrl: string, id: string) => `${publicUrl}/approvals/${id}`

/** An approval as the agent that asked sees it. */
export function viewForAgent(row: StoredApproval, publicUrl: string): AgentApproval {
  return {
    id: row.id,
    status: row.status,
    method: row.method,
    url: `${row.origin}${row.path}`,
    connectionId: row.connectionId,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    approvalUrl: approvalUrlOf(publicUrl, row.id),
    ...(row.tool !== null && { tool: row.tool.name }),
    ...(row.note !== null && { note: row.note }),
    ...(row.auditId !== null && { auditId: row.auditId }),
  }
}

/** An approval as owners see it, without its request. */
export function viewForOwner(row: NamedApproval): Approval {
  return {
    id: row.id,
    status: row.status,
    agent: { id: row.agentId, name: row.agentName },
    connection: {
      id: row.connectionId,
      label: row.connectionLabel,
      service: row.connectionService,
    },
    policyId: row.policyId,
    reason: row.reason,
    method: row.method,
    origin: row.origin,
    host: row.host,
    path: row.path,
    requestBytes: row.requestBytes,
    digest: row.digest,
    askedCount: row.askedCount,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    freshSignIn: row.freshSignIn,
    ownersNeeded: row.ownersNeeded,
    approvedBy: row.approvedBy.map((answer) => ({ ...answer, at: answer.at.toISOString() })),
    ...(row.tool !== null && { tool: row.tool.name, toolId: row.tool.toolId }),
    ...(row.ruleId !== null && { ruleId: row.ruleId }),
    ...(row.agentReason !== null && { agentReason: row.agentReason }),
    ...(row.decidedAt !== null && { decidedAt: row.decidedAt.toISOString() }),
    ...(row.deniedBy !== null && {
      deniedBy: { ownerId: row.deniedBy, email: row.deniedByEmail ?? '' },
    }),
    ...(row.note !== null && { note: row.note }),
    ...(row.consumedAt !== null && { consumedAt: row.consumedAt.toISOString() }),
    ...(row.auditId !== null && { auditId: row.auditId }),
  }
}

/** The exact request: what is shown is what would be sent, byte for byte (S-28). */
export function viewRequest({
  method,
  url,
  query,
  headers,
  body,
  passed,
}: FrozenRequest): FrozenRequestView {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1]
  const named = ([name, value]: readonly [string, string]) => ({ name, value })
  return {
    method,
    url,
    query: query.map(named),
    headers: headers.map(named),
    ...(body !== undefined && {
      body: {
        ...(contentType !== undefined && { contentType }),
        bytes: body.byteLength,
        base64: Buffer.from(body).toString('base64'),
      },
    }),
    ...(passed !== undefined && { callerCredential: true }),
  }
}
