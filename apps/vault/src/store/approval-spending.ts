import type { ApprovalStatus } from '@sallyport/contracts'
import type postgres from 'postgres'
import { countRemembered, lockRemembered, selectRemembered } from './remembered-spending.ts'

// Approvals are used up in the transaction that records the intent of the one attempt that they are for (see audit.ts):
// either both stand or neither does (S-25).

/** What an attempt wants to use up, and what it was decided by. */
export interface Spending {
  /** Of an approval, or of an owner's answer that was remembered. */
  readonly approvalId: string
  readonly isRemembered?: boolean | undefined
  readonly policyId: string
  readonly policyVersion: number
}

/** What an attempt has used up. */
export interface Spent {
  readonly approvalId: string
  readonly auditId: string
  readonly isRemembered?: boolean | undefined
}

/** How an approval stands, and how often it can still be used: never more than once, unless it is remembered. */
export interface ApprovalStanding {
  readonly status: ApprovalStatus | 'changed'
  readonly left: number
}

/**
 * Locks what is to be spent, and says of each how it stands. The policies are locked first, in the order in which whoever deletes
 * one withdraws its approvals. All of it is sent in one go.
 */
export async function lockApprovals(
  tx: postgres.TransactionSql,
  spendings: readonly Spending[],
): Promise<ReadonlyMap<string, ApprovalStanding>> {
  if (spendings.length === 0) return new Map()
  const versions = lockPolicyVersions(tx, spendings)
  const ofOne = spendings.filter(({ isRemembered }) => isRemembered !== true)
  const ofMany = spendings.filter(({ isRemembered }) => isRemembered === true)
  const [approvals, remembered] = await Promise.all([
    lockSingle(tx, ofOne, versions),
    lockRemembered(tx, ofMany, versions),
    // Where it fails before the others have come to ask for it, they are told all the same.
    versions,
  ])
  return new Map([...approvals, ...remembered])
}

const selectVersions = (tx: postgres.TransactionSql, policyIds: readonly string[]) =>
  tx<{ id: string; version: number }[]>`
    select id, version from policies
    where id = any(${[...policyIds]}::text[]) order by id for key share`

async function lockPolicyVersions(
  tx: postgres.TransactionSql,
  spendings: readonly Spending[],
): Promise<ReadonlyMap<string, number>> {
  const policyIds = [...new Set(spendings.map((spending) => spending.policyId))]
  // Sent before what its callers send afterwards and only await.
  const versions = await selectVersions(tx, policyIds).execute()
  return new Map(versions.map((policy) => [policy.id, policy.version]))
}

const selectSingle = (tx: postgres.TransactionSql, approvalIds: readonly string[]) =>
  tx<{ id: string; status: ApprovalStatus; isSame: boolean }[]>`
    select approvals.id,
      case when approvals.status in ('pending', 'approved') and expires_at <= clock_timestamp()
        then 'expired' else approvals.status end as status,
      connections.version = connection_version and connections.status = 'healthy'
        and agents.status = 'active' and frozen_at is null as "isSame"
    from approvals
    join connections on connections.id = connection_id
    join agents on agents.id = approvals.agent_id
    join workspaces on workspaces.id = approvals.workspace_id
    where approvals.id = any(${[...approvalIds]}::text[])
    order by approvals.id for update of approvals`

/**
 * Approvals of one request each: `approved` and not overdue, the credential, the policy, the agent and the workspace as they were
 * when it was decided (S-27); else what became of it, or `changed`.
 */
async function lockSingle(
  tx: postgres.TransactionSql,
  spendings: readonly Spending[],
  versions: Promise<ReadonlyMap<string, number>>,
): Promise<ReadonlyMap<string, ApprovalStanding>> {
  if (spendings.length === 0) return new Map()
  const approvalIds = [...new Set(spendings.map((spending) => spending.approvalId))]
  const found = await selectSingle(tx, approvalIds)
  const versionOf = await versions
  const rowOf = new Map(found.map((row) => [row.id, row]))
  const standing = new Map<string, ApprovalStanding>()
  for (const { approvalId, policyId, policyVersion } of spendings) {
    const row = rowOf.get(approvalId)
    const isSame = row?.isSame === true && versionOf.get(policyId) === policyVersion
    // Of two that want the same one, decided by different versions, neither gets it.
    if (row === undefined || (row.status === 'approved' && !isSame)) {
      standing.set(approvalId, { status: 'changed', left: 0 })
    } else if (!standing.has(approvalId)) {
      standing.set(approvalId, { status: row.status, left: row.status === 'approved' ? 1 : 0 })
    }
  }
  return standing
}

/**
 * Uses locked approvals up and forgets their requests: statements that are to be run. Each fails where one could not be used up, so
 * that nothing of the transaction stands.
 */
export function spendApprovals(
  tx: postgres.TransactionSql,
  all: readonly Spent[],
): readonly postgres.PendingQuery<postgres.Row[]>[] {
  const ofOne = all.filter(({ isRemembered }) => isRemembered !== true)
  const ofMany = all.filter(({ isRemembered }) => isRemembered === true)
  return [
    ...(ofOne.length > 0 ? [spendSingle(tx, ofOne)] : []),
    ...(ofMany.length > 0 ? [countRemembered(tx, ofMany)] : []),
  ]
}

const spendSingle = (tx: postgres.TransactionSql, spent: readonly Spent[]) => tx`
  with used as (
    update approvals set status = 'consumed', sealed = null, consumed_at = now(), audit_id = s.audit_id
    from unnest(
      ${spent.map((one) => one.approvalId)}::text[], ${spent.map((one) => one.auditId)}::text[]
    ) as s (approval_id, audit_id)
    where id = s.approval_id and status = 'approved' returning id
  ) select 1 / (count(*) = ${spent.length})::int from used`

/** All that locking and spending may ask, for whoever has it prepared ahead. */
export const approvalStatements = (tx: postgres.TransactionSql) => [
  selectVersions(tx, ['']),
  selectSingle(tx, ['']),
  selectRemembered(tx, ['']),
  spendSingle(tx, [{ approvalId: '', auditId: '' }]),
  countRemembered(tx, [{ approvalId: '' }]),
]
