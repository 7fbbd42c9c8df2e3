import type postgres from 'postgres'
import type { AuditBatch } from './audit-batch.ts'
import { lines } from './joined-lines.ts'
import { type Executor, isFree, lockPolicies, writeLimits } from './limit-writing.ts'

// The statements that write the audit log.

interface HeadRow {
  seq: number
  hash: Uint8Array
  mac: Uint8Array
}

export const selectHead = (tx: postgres.TransactionSql, workspaceId: string) => tx<HeadRow[]>`
  select seq::float8 as seq, hash, mac from audit_heads where workspace_id = ${workspaceId} for update`

export const deleteOpen = (tx: postgres.TransactionSql, auditIds: readonly string[]) => tx<
  { audit_id: string }[]
>`
  delete from audit_open where audit_id = any(${[...auditIds]}::text[]) returning audit_id`

/**
 * The one statement of a group: it writes all or nothing, where the head has moved or a policy of its limits was deleted. Then it
 * answers 0 and else 1, or it fails where `orElse` says so: with what was written beside it, nothing stands then.
 */
export function writeBatch(sql: Executor, batch: AuditBatch, orElse: 'fails' | 'says so') {
  const { workspaceId, from, rows, head, opened, ended } = batch
  const { windows, leases, settled } = batch.limits
  const limited = windows.length > 0 || leases.length > 0 || settled.length > 0
  return sql<{ moved: number }[]>`
    with ${limited ? lockPolicies(sql, batch.limits) : sql``} moved as (
      update audit_heads set seq = ${head.seq}, hash = ${head.hash}, mac = ${head.mac}
      where workspace_id = ${workspaceId} and seq = ${from.seq} and hash = ${from.hash} and mac = ${from.mac}
        ${limited ? sql`and (select count(*) from allowed) = (select count(*) from wanted)` : sql``}
      returning workspace_id
    ), inserted as (
      insert into audit_records
        (workspace_id, seq, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac)
      select moved.workspace_id, ${from.seq}::bigint + r.n, r.audit_id, r.kind, r.at::timestamptz,
        nullif(r.agent_id, ''), nullif(r.connection_id, ''), nullif(r.decision, ''), r.entry,
        substring(${batch.hashes}::bytea from (r.n::int - 1) * 32 + 1 for 32),
        substring(${batch.macs}::bytea from (r.n::int - 1) * 32 + 1 for 32)
      from moved, unnest(
        string_to_array(${lines(rows.map((row) => row.auditId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.kind))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.at))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.agentId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.connectionId))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.decision))}, E'\n'),
        string_to_array(${lines(rows.map((row) => row.entry))}, E'\n')
      ) with ordinality as r (audit_id, kind, at, agent_id, connection_id, decision, entry, n)
    ), opened as (
      insert into audit_open (audit_id, workspace_id, deadline)
      select o.audit_id, moved.workspace_id, to_timestamp(o.deadline_ms::float8 / 1000)
      from moved, unnest(
        string_to_array(${lines(opened.map((intent) => intent.auditId))}, E'\n'),
        string_to_array(${lines(opened.map((intent) => String(intent.deadlineMs)))}, E'\n')
      ) as o (audit_id, deadline_ms)
      on conflict do nothing
    ), closed as (
      delete from audit_open using moved
      where audit_id = any(string_to_array(${lines(ended)}, E'\n'))
        and audit_open.workspace_id = moved.workspace_id
    ), released as (
      delete from limit_leases using moved
      where audit_id = any(string_to_array(${lines(ended)}, E'\n'))
        and ${limited ? isFree(sql, batch.limits) : sql`held is null`}
    ) ${limited ? writeLimits(sql, batch.limits) : sql``}
    select ${orElse === 'fails' ? sql`1 /` : sql``} count(*)::int as moved from moved`
}
