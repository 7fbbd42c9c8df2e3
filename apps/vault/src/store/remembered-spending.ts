import type postgres from 'postgres'

// What an owner's remembered yes covers is counted in the transaction that records the intent, as an approval is spent: over all
// replicas no more is sent than it is good for.

interface Wanted {
  readonly approvalId: string
  readonly policyId: string
  readonly policyVersion: number
}

/** How one stands: how often it can still be used, and what it is where it cannot. */
export interface RememberedStanding {
  readonly status: 'approved' | 'consumed' | 'expired' | 'cancelled' | 'changed'
  readonly left: number
}

export const selectRemembered = (tx: postgres.TransactionSql, ids: readonly string[]) =>
  tx<(RememberedStanding & { id: string; isSame: boolean })[]>`
    select kept.id, kept.uses - kept.used as left,
      case when kept.revoked_at is not null or not exists (select from owners
          where owners.id = kept.created_by and owners.workspace_id = kept.workspace_id and role <> 'auditor') then 'cancelled'
        when kept.expires_at <= clock_timestamp() then 'expired'
        when kept.used >= kept.uses then 'consumed' else 'approved' end as status,
      connections.version = kept.connection_version and connections.status = 'healthy'
        and agents.status = 'active' and frozen_at is null as "isSame"
    from remembered_approvals kept
    join connections on connections.id = kept.connection_id
    join agents on agents.id = kept.agent_id
    join workspaces on workspaces.id = kept.workspace_id
    where kept.id = any(${[...ids]}::text[])
    order by kept.id for update of kept`

/**
 * Locks remembered answers, and says of each how often it can be used now: not revoked, not overdue, of somebody who may still
 * approve, the credential, the policy, the agent and the workspace as they were when the request was decided. The policies are
 * locked before: `versions`, whose statement has been begun.
 */
export async function lockRemembered(
  tx: postgres.TransactionSql,
  spendings: readonly Wanted[],
  versions: Promise<ReadonlyMap<string, number>>,
): Promise<ReadonlyMap<string, RememberedStanding>> {
  if (spendings.length === 0) return new Map()
  const ids = [...new Set(spendings.map(({ approvalId }) => approvalId))]
  const found = await selectRemembered(tx, ids)
  const versionOf = await versions
  const rowOf = new Map(found.map((row) => [row.id, row]))
  const standing = new Map<string, RememberedStanding>()
  for (const { approvalId, policyId, policyVersion } of spendings) {
    const row = rowOf.get(approvalId)
    const isSame = row?.isSame === true && versionOf.get(policyId) === policyVersion
    // Where two that were decided by different versions want the same one, neither gets it.
    if (row === undefined || (row.status === 'approved' && !isSame)) {
      standing.set(approvalId, { status: 'changed', left: 0 })
    } else if (!standing.has(approvalId)) {
      standing.set(approvalId, {
        status: row.status,
        left: row.status === 'approved' ? row.left : 0,
      })
    }
  }
  return standing
}

/** Counts uses of locked answers: a statement that is to be run. It fails where one has fewer left. */
export function countRemembered(
  tx: postgres.TransactionSql,
  used: readonly Pick<Wanted, 'approvalId'>[],
) {
  const counts = new Map<string, number>()
  for (const { approvalId } of used) counts.set(approvalId, (counts.get(approvalId) ?? 0) + 1)
  return tx`
    with counted as (
      update remembered_approvals set used = used + u.times, last_used_at = now()
      from unnest(${[...counts.keys()]}::text[], ${[...counts.values()]}::int[]) as u (remembered_id, times)
      where id = u.remembered_id and revoked_at is null and used + u.times <= uses returning id
    ) select 1 / (count(*) = ${counts.size})::int from counted`
}
