import { and, count, eq, inArray, or, sql } from 'drizzle-orm'
import type { NewApproval, Opened, StoredApproval } from '../approvals/approval-store.ts'
import { approvalColumns, isOpen } from './approval-columns.ts'
import type { Executor, Transaction } from './database.ts'
import { endRemembered } from './remembered-approvals.ts'
import { agents, agentTokens, approvals, connections, policies } from './tables.ts'
import { mayBeCalled } from './tool-approvals.ts'

// How an approval comes to be. Whoever takes away what it stands on locks rows in the same order: agent, connection, policy,
// and then withdraws approvals, so that none is opened behind its back.

const msPerSecond = 1000

/** Opens an approval or joins the open one of an equal request. The agent's row is locked: one asking after the other. */
export async function openApproval(
  tx: Transaction,
  asked: NewApproval,
  { pendingMax }: { readonly pendingMax: number },
): Promise<Opened> {
  if (!(await stands(tx, asked))) return { outcome: 'changed' }
  const equals = await findEquals(tx, asked)
  const equal = equals.find((one) => !isStale(one, asked))
  if (equal !== undefined) {
    const [shared] = await tx
      .update(approvals)
      .set({ askedCount: sql`${approvals.askedCount} + 1` })
      .where(eq(approvals.id, equal.id))
      .returning(approvalColumns)
    if (shared === undefined) throw new Error('a locked approval is gone')
    return { outcome: 'shared', approval: shared }
  }
  for (const { id, status: stood } of equals) {
    const status = stood === 'expired' ? 'expired' : 'cancelled'
    await tx.update(approvals).set({ status, sealed: null }).where(eq(approvals.id, id))
  }
  if ((await countPending(tx, asked.agentId)) >= pendingMax) return { outcome: 'too-many' }
  return { outcome: 'opened', approval: await insert(tx, asked) }
}

/**
 * Are agent, token, connection and policy still what was decided on, and is the tool still the agent’s that is called? They stay so
 * until the commit: whoever takes a grant or a tool away locks the policy first.
 */
async function stands(tx: Transaction, asked: NewApproval): Promise<boolean> {
  const [agent] = await tx
    .select({ status: agents.status })
    .from(agents)
    .where(and(eq(agents.id, asked.agentId), eq(agents.workspaceId, asked.workspaceId)))
    .for('no key update')
  const [token] = await tx
    .select({ hash: agentTokens.hash })
    .from(agentTokens)
    .where(and(eq(agentTokens.hash, asked.tokenHash), eq(agentTokens.agentId, asked.agentId)))
  const [connection] = await tx
    .select({ version: connections.version, status: connections.status })
    .from(connections)
    .where(eq(connections.id, asked.connectionId))
    .for('share')
  const [policy] = await tx
    .select({ id: policies.id })
    .from(policies)
    .where(eq(policies.id, asked.policyId))
    .for(asked.tool === null ? 'key share' : 'share')
  const stand =
    agent?.status === 'active' &&
    token !== undefined &&
    connection?.version === asked.connectionVersion &&
    connection.status === 'healthy' &&
    policy !== undefined
  return stand && (asked.tool === null || (await mayBeCalled(tx, { ...asked, ...asked.tool })))
}

/**
 * The open approvals of an equal request; of a call of a tool also those of the same arguments to it, which come first: a template
 * may make another request of them each time.
 */
async function findEquals(
  tx: Transaction,
  { agentId, connectionId, digest, tool }: NewApproval,
): Promise<(StoredApproval & { readonly ageMs: number })[]> {
  const sameArguments =
    tool === null
      ? undefined
      : sql`(${approvals.tool} ->> 'toolId' = ${tool.toolId}
          and ${approvals.tool} ->> 'argumentsFingerprint' = ${tool.argumentsFingerprint})`
  const sameRequest = eq(approvals.digest, digest)
  const ageMs = sql`extract(epoch from now() - ${approvals.createdAt}) * ${msPerSecond}`
  return await tx
    .select({ ...approvalColumns, ageMs: ageMs.mapWith(Number) })
    .from(approvals)
    .where(
      and(
        eq(approvals.agentId, agentId),
        eq(approvals.connectionId, connectionId),
        sameArguments === undefined ? sameRequest : or(sameArguments, sameRequest),
        isOpen(),
      ),
    )
    .orderBy(sameArguments === undefined ? approvals.id : sql`${sameArguments} desc`, approvals.id)
    .for('update')
}

/** Overdue, by the terms of now too; or asked for under another policy or credential, as another tool, or on looser terms than hold now. */
const isStale = (equal: StoredApproval & { readonly ageMs: number }, asked: NewApproval) =>
  equal.status === 'expired' ||
  equal.policyId !== asked.policyId ||
  equal.connectionVersion !== asked.connectionVersion ||
  equal.tool?.digest !== asked.tool?.digest ||
  (asked.freshSignIn && !equal.freshSignIn) ||
  asked.ownersNeeded > equal.ownersNeeded ||
  asked.expiresInMs <= equal.ageMs

async function countPending(tx: Transaction, agentId: string): Promise<number> {
  const [row] = await tx
    .select({ pending: count() })
    .from(approvals)
    .where(
      and(
        eq(approvals.agentId, agentId),
        eq(approvals.status, 'pending'),
        sql`${approvals.expiresAt} > now()`,
      ),
    )
  return row?.pending ?? 0
}

async function insert(
  tx: Transaction,
  { tokenHash: _, expiresInMs, sealed, fingerprints, ...asked }: NewApproval,
): Promise<StoredApproval> {
  const seconds = expiresInMs / msPerSecond
  const [opened] = await tx
    .insert(approvals)
    .values({
      ...asked,
      sealed,
      fingerprints: { ...fingerprints },
      status: 'pending',
      expiresAt: sql`now() + make_interval(secs => ${seconds}::double precision)`,
    })
    .returning(approvalColumns)
  if (opened === undefined) throw new Error('an insert returned no row')
  return opened
}

/**
 * Withdraws the open approvals of what was taken away, forgets their requests, and ends what was remembered; in the transaction that takes it away, after
 * it. They are locked by id first, as by those who spend several: else one of the two could fail by a deadlock. Answers how many.
 */
export async function cancelApprovals(
  tx: Executor,
  of:
    | { readonly agentId: string }
    | { readonly connectionId: string }
    | { readonly policyId: string },
): Promise<number> {
  const which =
    'agentId' in of
      ? eq(approvals.agentId, of.agentId)
      : 'connectionId' in of
        ? eq(approvals.connectionId, of.connectionId)
        : eq(approvals.policyId, of.policyId)
  const open = tx
    .select({ id: approvals.id })
    .from(approvals)
    .where(and(which, isOpen()))
    .orderBy(approvals.id)
    .for('update')
  const cancelled = await tx
    .update(approvals)
    .set({ status: 'cancelled', sealed: null })
    .where(and(inArray(approvals.id, open), isOpen()))
    .returning({ id: approvals.id })
  await endRemembered(tx, of)
  return cancelled.length
}
