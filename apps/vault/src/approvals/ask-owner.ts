import { Problem } from '@sallyport/contracts'
import type { AskedRequest, HeldApproval } from '../execute/approvals-needs.ts'
import { type FrozenRequest, writeFrozenRequest } from '../execute/freeze-request.ts'
import type { ResolvedCall } from '../execute/resolve-call.ts'
import { stoppedBeforeSending } from '../execute/stopped.ts'
import type { ApprovalStore, NewApproval, StoredApproval } from './approval-store.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { type Fingerprint, takeFingerprints } from './fingerprints.ts'
import { createOneByOne } from './one-by-one.ts'
import { approvalUrlOf } from './view-approval.ts'

/** Requests of one agent that may wait for an owner at a time. */
const pendingMax = 20
const retryAfterSeconds = 60
/** Askings of one agent that are under way on one replica. */
const askingMax = 100

/** Where the sealed request of an approval belongs. A request is sealed once, so its version is always the first. */
export const sealContext = ({ id, workspaceId }: Pick<StoredApproval, 'id' | 'workspaceId'>) => ({
  ...{ table: 'approvals', column: 'sealed', workspaceId, rowId: id, rowVersion: 1 },
})

/**
 * Builds the asking: it seals the exact request and opens an approval for it, or joins the open one of an equal request.
 * @throws Problem too-many-approvals, request-stopped
 */
export function createAskOwner(needs: ApprovalsRoomNeeds & { readonly store: ApprovalStore }) {
  const oneByOne = createOneByOne({ atOnceMax: askingMax })
  return async (asked: AskedRequest): Promise<HeldApproval> => {
    // The database takes an agent's one after the other too: those who waited there would each hold a connection of all.
    const opened = await oneByOne(asked.call.agent.agentId, async () =>
      needs.store.open(await describe(needs, asked), { pendingMax }),
    )
    if (opened === undefined || opened.outcome === 'too-many') throw tooMany()
    if (opened.outcome === 'changed') throw stoppedBeforeSending()
    needs.onChanged(opened.approval)
    return held(opened.approval, needs.publicUrl())
  }
}

/** An approval as the request path sees it. */
export const held = (row: StoredApproval, publicUrl: string): HeldApproval => ({
  id: row.id,
  status: row.status,
  connectionId: row.connectionId,
  connectionVersion: row.connectionVersion,
  digest: row.digest,
  tool: row.tool,
  freshSignIn: row.freshSignIn,
  ownersNeeded: row.ownersNeeded,
  reason: row.reason,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  approvalUrl: approvalUrlOf(publicUrl, row.id),
  note: row.note,
  attemptAuditId: row.auditId,
})

async function describe(
  { newId, keyring, fingerprint }: ApprovalsRoomNeeds,
  { call, frozen, decision, agentReason }: AskedRequest,
): Promise<NewApproval> {
  const { agent, connection, policy } = call
  const { workspaceId, agentId } = agent
  const id = newId('approval')
  const { approvalTerms } = policy.compiled
  const { expiresInMs, freshSignIn, ownersNeeded } = decision.approval ?? approvalTerms
  return {
    ...{ id, workspaceId, agentId, connectionId: connection.id, policyId: policy.id },
    ...{ policyVersion: policy.version, connectionVersion: connection.version },
    ...{ method: frozen.method, origin: frozen.origin, host: frozen.host, path: frozen.path },
    digest: frozen.digest,
    tool: toolOf(fingerprint, call, frozen),
    requestBytes: frozen.body?.byteLength ?? 0,
    sealed: await keyring.seal(sealContext({ id, workspaceId }), writeFrozenRequest(frozen)),
    ruleId: decision.ruleId ?? null,
    reason: decision.reason,
    agentReason: agentReason === undefined || agentReason === '' ? null : agentReason,
    ...{ freshSignIn, ownersNeeded, expiresInMs, tokenHash: agent.tokenHash },
    fingerprints: fingerprintsOf({ agentId, connectionId: connection.id }, frozen, (parts) =>
      fingerprint(workspaceId, parts),
    ),
  }
}

/** The tool that an owner is asked about. */
function toolOf(fingerprint: Fingerprint, call: ResolvedCall, frozen: FrozenRequest) {
  const { tool } = frozen
  const argumentsFingerprint = fingerprintArguments(fingerprint, call, frozen)
  if (tool === undefined || argumentsFingerprint === undefined) return null
  const { toolId, toolsetId, name, digest } = tool
  return { toolId, toolsetId, name, digest, argumentsFingerprint }
}

/** Equal arguments of one agent to one tool, with one credential, have one fingerprint; undefined where no tool was called. */
export function fingerprintArguments(
  fingerprint: Fingerprint,
  { agent, connection, tool }: ResolvedCall,
  { passed }: Pick<FrozenRequest, 'passed'>,
): string | undefined {
  if (tool?.arguments === undefined) return undefined
  const parts = [agent.agentId, connection.id, 'arguments', tool.toolId, tool.arguments]
  return fingerprint(agent.workspaceId, passed === undefined ? parts : [...parts, passed])
}

/** Equal values of different agents or connections have different fingerprints. */
function fingerprintsOf(
  { agentId, connectionId }: { readonly agentId: string; readonly connectionId: string },
  frozen: FrozenRequest,
  fingerprint: (parts: readonly string[]) => string,
) {
  return takeFingerprints(frozen, (parts) => fingerprint([agentId, connectionId, ...parts]))
}

const tooMany = () =>
  new Problem(
    'too-many-approvals',
    `${pendingMax} of your requests wait for an owner already. Nothing was sent and nobody was asked.`,
    {
      next: 'Wait until an owner has answered some of them (list_approvals), and ask only for what the task needs.',
      retryAfterSeconds,
    },
  )
