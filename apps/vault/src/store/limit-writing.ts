import type postgres from 'postgres'
import type { Sql } from './connect.ts'
import { lines } from './joined-lines.ts'
import type { LimitChanges } from './limits.ts'

// What a group of audit records changes of limits: parts of the one statement that writes the group (see audit.ts).

export type Executor = Sql | postgres.TransactionSql

/** What a call holds of a limit is kept until somebody says what it took. */
export const isFree = (sql: Executor, { settled }: LimitChanges) =>
  sql`(held is null or audit_id = any(string_to_array(${lines(settled)}, E'\n')))`

/** Locks the policies against deletion before anything else, so that what refers to them neither fails nor deadlocks. */
export function lockPolicies(sql: Executor, limits: LimitChanges) {
  const policyIds = [...limits.windows, ...limits.leases].map((change) => change.policyId)
  return sql`
    wanted as (
      select unnest(string_to_array(${lines([...new Set(policyIds)])}, E'\n')) as id
    ), allowed as (
      select policies.id from policies join wanted using (id) order by id for key share of policies
    ),`
}

/** Writes what is spent and who holds a place, if the head of the chain has moved. */
export function writeLimits(sql: Executor, { windows, leases }: LimitChanges) {
  return sql`, spent as (
      insert into limit_windows (policy_id, name, spent)
      select w.policy_id, w.name, string_to_array(w.spent, ',')::bigint[]
      from moved, unnest(
        string_to_array(${lines(windows.map((window) => window.policyId))}, E'\n'),
        string_to_array(${lines(windows.map((window) => window.name))}, E'\n'),
        string_to_array(${lines(windows.map((window) => window.spent.join(',')))}, E'\n')
      ) as w (policy_id, name, spent)
      on conflict (policy_id, name) do update set spent = excluded.spent
    ), leased as (
      insert into limit_leases (audit_id, policy_id, expires_ms, held)
      select l.audit_id, l.policy_id, l.expires_ms::float8, nullif(l.held, '')
      from moved, unnest(
        string_to_array(${lines(leases.map((lease) => lease.auditId))}, E'\n'),
        string_to_array(${lines(leases.map((lease) => lease.policyId))}, E'\n'),
        string_to_array(${lines(leases.map((lease) => String(lease.expiresMs)))}, E'\n'),
        string_to_array(${lines(leases.map(({ held }) => held && JSON.stringify(held)))}, E'\n')
      ) as l (audit_id, policy_id, expires_ms, held)
      on conflict do nothing
    )`
}
