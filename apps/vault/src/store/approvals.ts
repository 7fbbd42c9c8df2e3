import { and, count, desc, eq, inArray, isNotNull, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { ApprovalStore, NamedApproval, StoredApproval } from '../approvals/approval-store.ts'
import { answerApprovals } from './approval-answers.ts'
import { approvalColumns, isOverdue } from './approval-columns.ts'
import { openApproval } from './approval-opening.ts'
import { type Database, type Executor, guardStore } from './database.ts'
import { owners } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, approvalAnswers, approvals, connections } from './tables.ts'

// Queries on approvals. All times are the database's, so that no replica's clock makes one last longer.

type Status = StoredApproval['status']

const denier = alias(owners, 'denier')
const named = {
  ...approvalColumns,
  deniedBy: approvals.deniedBy,
  deniedByEmail: denier.email,
  agentName: agents.name,
  connectionLabel: connections.label,
  connectionService: connections.service,
}

/** Rows that one call marks as expired at most. */
const expiredMax = 500

/** Builds the queries. */
export function createApprovalStore(database: Pick<Database, 'db' | 'transaction'>): ApprovalStore {
  const { db } = database
  return guardStore<ApprovalStore>({
    open: (asked, bounds) => database.transaction((tx) => openApproval(tx, asked, bounds)),
    ...ofAgents(database),
    ...ofOwners(database),
    ...ofRequests(database),
    ...answerApprovals(database, findNamed),

    async expireDue() {
      const due = db
        .select({ id: approvals.id })
        .from(approvals)
        .where(isOverdue())
        .orderBy(approvals.expiresAt)
        .limit(expiredMax)
        .for('update', { skipLocked: true })
      const expired = await db
        .update(approvals)
        .set({ status: 'expired', sealed: null })
        .where(inArray(approvals.id, due))
        .returning({ id: approvals.id })
      return expired.length
    },
  })
}

function ofAgents({
  db,
}: Pick<Database, 'db'>): Pick<ApprovalStore, 'findForAgent' | 'listForAgent'> {
  const one = db
    .select(approvalColumns)
    .from(approvals)
    .where(
      and(
        eq(approvals.id, sql.placeholder('id')),
        eq(approvals.agentId, sql.placeholder('agentId')),
        eq(approvals.workspaceId, sql.placeholder('workspaceId')),
      ),
    )
    .prepare('approval_of_agent')
  return {
    async findForAgent({ workspaceId, agentId }, id) {
      const [row] = await one.execute({ workspaceId, agentId, id })
      return row
    },

    listForAgent: async ({ workspaceId, agentId }, { limit, after, status, ofTools }) =>
      db
        .select(approvalColumns)
        .from(approvals)
        .where(
          and(
            eq(approvals.agentId, agentId),
            eq(approvals.workspaceId, workspaceId),
            hasStatus(status),
            ofTools ? isNotNull(approvals.tool) : undefined,
            afterRow(approvals, after),
          ),
        )
        .orderBy(...newestFirst(approvals))
        .limit(limit),
  }
}

function ofOwners({
  db,
}: Pick<Database, 'db'>): Pick<ApprovalStore, 'find' | 'list' | 'countPending'> {
  return {
    find: (workspaceId, id) => findNamed(db, workspaceId, id),

    async list(workspaceId, { limit, after, status, agentId, connectionId }) {
      const rows = await selectNamed(db)
        .where(
          and(
            eq(approvals.workspaceId, workspaceId),
            hasStatus(status),
            agentId === undefined ? undefined : eq(approvals.agentId, agentId),
            connectionId === undefined ? undefined : eq(approvals.connectionId, connectionId),
            afterRow(approvals, after),
          ),
        )
        .orderBy(...newestFirst(approvals))
        .limit(limit)
      return withAnswers(db, rows)
    },

    async countPending(workspaceId, max) {
      const pending = db
        .select({ id: approvals.id })
        .from(approvals)
        .where(and(eq(approvals.workspaceId, workspaceId), hasStatus('pending')))
        .limit(max)
        .as('pending')
      const [row] = await db.select({ pending: count() }).from(pending)
      return row?.pending ?? 0
    },
  }
}

function ofRequests({ db }: Pick<Database, 'db'>) {
  return {
    async findSealed(workspaceId: string, id: string) {
      const [row] = await db
        .select({ sealed: approvals.sealed })
        .from(approvals)
        .where(and(eq(approvals.workspaceId, workspaceId), eq(approvals.id, id)))
      return row?.sealed ?? undefined
    },

    async findFingerprints(id: string) {
      const [row] = await db
        .select({ fingerprints: approvals.fingerprints })
        .from(approvals)
        .where(eq(approvals.id, id))
      return row?.fingerprints ?? {}
    },

    async findLastSent(
      like: Pick<StoredApproval, 'agentId' | 'connectionId' | 'method' | 'origin' | 'path'>,
    ) {
      const { id, digest, fingerprints } = approvals
      const at = sql<Date>`${approvals.consumedAt}`.mapWith(approvals.consumedAt)
      const [row] = await db
        .select({ id, digest, fingerprints, at })
        .from(approvals)
        .where(
          and(
            eq(approvals.agentId, like.agentId),
            eq(approvals.connectionId, like.connectionId),
            eq(approvals.method, like.method),
            eq(approvals.origin, like.origin),
            eq(approvals.path, like.path),
            eq(approvals.status, 'consumed'),
          ),
        )
        .orderBy(desc(approvals.consumedAt))
        .limit(1)
      return row
    },
  }
}

/** Of a status as it is read: what is overdue is not pending any more. */
function hasStatus(status: Status | undefined): SQL | undefined {
  if (status === undefined) return undefined
  if (status === 'expired') return sql`(${approvals.status} = 'expired' OR ${isOverdue()})`
  if (status !== 'pending' && status !== 'approved') return eq(approvals.status, status)
  return and(eq(approvals.status, status), sql`${approvals.expiresAt} > now()`)
}

const selectNamed = (db: Executor) =>
  db
    .select(named)
    .from(approvals)
    .innerJoin(agents, eq(agents.id, approvals.agentId))
    .innerJoin(connections, eq(connections.id, approvals.connectionId))
    .leftJoin(denier, eq(denier.id, approvals.deniedBy))

async function findNamed(
  db: Executor,
  workspaceId: string,
  id: string,
): Promise<NamedApproval | undefined> {
  const rows = await selectNamed(db).where(
    and(eq(approvals.workspaceId, workspaceId), eq(approvals.id, id)),
  )
  return (await withAnswers(db, rows))[0]
}

async function withAnswers(
  db: Executor,
  rows: readonly Omit<NamedApproval, 'approvedBy'>[],
): Promise<NamedApproval[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const answers = await db
    .select()
    .from(approvalAnswers)
    .where(inArray(approvalAnswers.approvalId, ids))
    .orderBy(approvalAnswers.at)
  const byId = new Map<string, NamedApproval['approvedBy'][number][]>()
  for (const { approvalId, ...answer } of answers) {
    byId.set(approvalId, [...(byId.get(approvalId) ?? []), answer])
  }
  return rows.map((row) => ({ ...row, approvedBy: byId.get(row.id) ?? [] }))
}
