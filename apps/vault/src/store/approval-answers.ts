import { and, count, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type {
  Answered,
  Answering,
  ApprovalStore,
  NamedApproval,
} from '../approvals/approval-store.ts'
import { approvalColumns, isOpen } from './approval-columns.ts'
import type { Database, Executor, Transaction } from './database.ts'
import { owners } from './owner-tables.ts'
import { endRemembered, insertRemembered } from './remembered-approvals.ts'
import { approvalAnswers, approvals, policies } from './tables.ts'

// Owners' answers. Each locks the approval first, so that two answers, or an answer and a sending, come one after the other.

type Find = (db: Executor, workspaceId: string, id: string) => Promise<NamedApproval | undefined>
type Role = (typeof owners.$inferSelect)['role']

const ofWorkspace = ({ workspaceId, approvalId }: Answering): SQL | undefined =>
  and(eq(approvals.workspaceId, workspaceId), eq(approvals.id, approvalId))

/** Builds the queries. */
export function answerApprovals(
  database: Pick<Database, 'transaction'>,
  find: Find,
): Pick<ApprovalStore, 'approve' | 'deny'> {
  const done = async (
    tx: Transaction,
    { workspaceId, approvalId }: Answering,
  ): Promise<Answered> => {
    const approval = await find(tx, workspaceId, approvalId)
    return approval === undefined ? { outcome: 'absent' } : { outcome: 'done', approval }
  }
  return {
    approve: (answering) =>
      database.transaction(async (tx) => {
        const roles = answering.roles as readonly Role[]
        const entitled = await lockEntitled(tx, answering, roles)
        if (entitled === undefined) return { outcome: 'not-entitled' }
        const { remember } = answering
        if (remember !== undefined && !(await lockPolicy(tx, remember.policyId))) {
          return { outcome: 'not-pending', status: 'cancelled' }
        }
        const status = await lock(tx, answering)
        if (status === undefined) return { outcome: 'absent' }
        if (status !== 'pending') return { outcome: 'not-pending', status }
        const { approvalId, ownerId } = answering
        const answer = { approvalId, ownerId, email: entitled.email, at: sql`now()` }
        const added = await tx
          .insert(approvalAnswers)
          .values(answer)
          .onConflictDoNothing()
          .returning({ ownerId: approvalAnswers.ownerId })
        if (added.length === 0) return { outcome: 'already' }
        const isEnough = sql`${await countEntitled(tx, answering, roles)} >= ${approvals.ownersNeeded}`
        // The row is written in either case, so that every screen hears of the answer.
        await tx
          .update(approvals)
          .set({
            status: sql`CASE WHEN ${isEnough} THEN 'approved' ELSE 'pending' END`,
            decidedAt: sql`CASE WHEN ${isEnough} THEN now() END`,
          })
          .where(
            and(
              ofWorkspace(answering),
              eq(approvals.status, 'pending'),
              sql`${approvals.expiresAt} > now()`,
            ),
          )
        const answered = await done(tx, answering)
        if (remember === undefined || answered.outcome !== 'done') return answered
        if (answered.approval.status === 'approved') {
          const createdBy = { ownerId, email: entitled.email }
          await insertRemembered(tx, approvalId, { drawnUp: remember.drawnUp, createdBy })
        }
        return answered
      }),

    deny: (answering) =>
      database.transaction(async (tx) => {
        const denied = await tx
          .update(approvals)
          .set({
            status: 'denied',
            sealed: null,
            decidedAt: sql`now()`,
            deniedBy: answering.ownerId,
            note: answering.note ?? null,
          })
          .where(and(ofWorkspace(answering), isOpen(), sql`${approvals.expiresAt} > now()`))
          .returning({ id: approvals.id })
        if (denied.length > 0) {
          await endRemembered(tx, { approvalId: answering.approvalId })
          return done(tx, answering)
        }
        const status = await lock(tx, answering)
        return status === undefined ? { outcome: 'absent' } : { outcome: 'not-pending', status }
      }),
  }
}

/** What is remembered refers to the policy: whoever deletes that locks it before the approval as well. */
async function lockPolicy(tx: Transaction, policyId: string): Promise<boolean> {
  const found = await tx
    .select({ id: policies.id })
    .from(policies)
    .where(eq(policies.id, policyId))
    .for('key share')
  return found.length > 0
}

/** The status as it stays until the commit. */
async function lock(tx: Transaction, answering: Answering) {
  const [row] = await tx
    .select({ status: approvalColumns.status })
    .from(approvals)
    .where(ofWorkspace(answering))
    .for('update')
  return row?.status
}

/** Who answers has to be entitled at this moment, whatever they were when they signed in. */
async function lockEntitled(
  tx: Transaction,
  { workspaceId, ownerId }: Answering,
  roles: readonly Role[],
) {
  const [owner] = await tx
    .select({ email: owners.email })
    .from(owners)
    .where(
      and(
        eq(owners.id, ownerId),
        eq(owners.workspaceId, workspaceId),
        inArray(owners.role, [...roles]),
      ),
    )
    .for('share')
  return owner
}

/** Those who said yes and may still say it: whoever has left since does not count. */
async function countEntitled(
  tx: Transaction,
  { workspaceId, approvalId }: Answering,
  roles: readonly Role[],
): Promise<number> {
  const [row] = await tx
    .select({ yes: count() })
    .from(approvalAnswers)
    .innerJoin(owners, eq(owners.id, approvalAnswers.ownerId))
    .where(
      and(
        eq(approvalAnswers.approvalId, approvalId),
        eq(owners.workspaceId, workspaceId),
        inArray(owners.role, [...roles]),
      ),
    )
  return row?.yes ?? 0
}
