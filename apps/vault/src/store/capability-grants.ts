import type { PolicyDocument } from '@sallyport/contracts'
import { and, eq, sql } from 'drizzle-orm'
import type { Grant, GrantOutcome, GrantParties } from '../capabilities/capability-store.ts'
import type { StoredPolicy } from '../policies/policy-store.ts'
import type { Database, Transaction } from './database.ts'
import { agents, capabilityRequests, connections, policies } from './tables.ts'
import { endUncallable } from './tool-approvals.ts'

type Db = Pick<Database, 'transaction'>
type Draft = (parties: GrantParties) => PolicyDocument

/** Policies of one agent and connection that are made at the same time: each but the first finds another's. */
const attemptsMax = 4

/** Answers a request and writes its policy in one transaction; see `CapabilityStore`. */
export async function grantCapability(
  database: Db,
  grant: Grant,
  draft: Draft,
): Promise<GrantOutcome> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const result = await database.transaction((tx) => grantOnce(tx, grant, draft))
    if (result.outcome !== 'busy') return result
  }
  return { outcome: 'busy' }
}

/** Nothing is written before all is known that can stand in the way, so that to return early is to undo nothing. */
async function grantOnce(tx: Transaction, grant: Grant, draft: Draft): Promise<GrantOutcome> {
  const { agent, connection, current, isPending } = await lockParties(tx, grant)
  if (agent === undefined) return { outcome: 'no-agent' }
  if (!isPending) return { outcome: 'not-pending' }
  if (connection === undefined) return { outcome: 'no-connection' }
  const document = draft({ agentStatus: agent.status, connection, policy: current?.document })
  const policy = await writePolicy(tx, grant, { current, document })
  // Somebody made the pair's policy after it was looked for.
  if (policy === undefined) return { outcome: 'busy' }
  await tx
    .update(capabilityRequests)
    .set({
      status: 'approved',
      answeredAt: grant.answer.at,
      answeredBy: grant.answer.ownerId,
      answeredByEmail: grant.answer.email,
      connectionId: grant.connectionId,
      policyId: policy.id,
    })
    .where(eq(capabilityRequests.id, grant.request.id))
  return { outcome: 'granted', policy }
}

/**
 * Agent, connection, policy and request as they stay until the commit, locked in this order, as by all who lock more
 * than one of them. Of two owners who answer one request the second waits here and finds it answered.
 */
async function lockParties(tx: Transaction, { request, connectionId }: Grant) {
  const { workspaceId, agentId, id } = request
  const [agent] = await tx
    .select({ status: agents.status })
    .from(agents)
    .where(and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId)))
    .for('share')
  const [connection] = await tx
    .select({
      label: connections.label,
      status: connections.status,
      service: connections.service,
      origins: connections.origins,
    })
    .from(connections)
    .where(and(eq(connections.id, connectionId), eq(connections.workspaceId, workspaceId)))
    .for('share')
  const [current] = await tx
    .select()
    .from(policies)
    .where(and(eq(policies.agentId, agentId), eq(policies.connectionId, connectionId)))
    .for('no key update')
  const [row] = await tx
    .select({ status: capabilityRequests.status })
    .from(capabilityRequests)
    .where(and(eq(capabilityRequests.id, id), eq(capabilityRequests.workspaceId, workspaceId)))
    .for('no key update')
  return { agent, connection, current, isPending: row?.status === 'pending' }
}

async function writePolicy(
  tx: Transaction,
  { request, connectionId, newPolicyId, answer }: Grant,
  { current, document }: { current: StoredPolicy | undefined; document: PolicyDocument },
): Promise<StoredPolicy | undefined> {
  const { workspaceId, agentId } = request
  // What a policy that is over had brought: one that begins anew does not bring it back.
  if (current?.document.tools !== undefined) await endUncallable(tx, { policyId: current.id })
  const [written] =
    current === undefined
      ? await tx
          .insert(policies)
          .values({
            ...{ id: newPolicyId, workspaceId, agentId, connectionId, document },
            ...{ version: 1, createdAt: answer.at, updatedAt: answer.at },
          })
          .onConflictDoNothing({ target: [policies.agentId, policies.connectionId] })
          .returning()
      : await tx
          .update(policies)
          .set({ document, updatedAt: answer.at, version: sql`${policies.version} + 1` })
          .where(and(eq(policies.id, current.id), eq(policies.version, current.version)))
          .returning()
  return written
}
