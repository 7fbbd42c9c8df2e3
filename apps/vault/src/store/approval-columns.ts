import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { StoredApproval } from '../approvals/approval-store.ts'
import { approvals } from './tables.ts'

type Status = StoredApproval['status']

const {
  sealed: _sealed,
  fingerprints: _fingerprints,
  deniedBy: _deniedBy,
  ...columns
} = getTableColumns(approvals)

/** Those that can still be answered or used: each holds its frozen request. */
export const isOpen = (): SQL => sql`${approvals.status} IN ('pending', 'approved')`

/** Open by what is written, and over by the database's clock. */
export const isOverdue = (): SQL => sql`(${isOpen()} AND ${approvals.expiresAt} <= now())`

/** What is read of an approval: what is overdue is expired, written so or not. */
export const approvalColumns = {
  ...columns,
  status: sql<Status>`CASE WHEN ${isOverdue()} THEN 'expired' ELSE ${approvals.status} END`,
}
