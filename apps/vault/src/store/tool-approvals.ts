import { and, eq, inArray, isNotNull, isNull, not, type SQL, sql } from 'drizzle-orm'
import { isOpen } from './approval-columns.ts'
import type { Transaction } from './database.ts'
import { rememberedApprovals as remembered } from './notify-tables.ts'
import { approvals, policies } from './tables.ts'
import { tools, toolsets } from './tool-tables.ts'

// What owners are asked, and what they said, of calls of tools ends with what it stood on: a grant that comes back later brings no
// old yes along.

/** A call of a tool: under which policy, by which connection. */
interface ToolCall {
  readonly policyId: SQL
  readonly connectionId: SQL
  readonly toolId: SQL
  readonly toolsetId: SQL
}

/**
 * May the tool still be called so? The policy’s grants are read as `grantOf` reads them: a tool’s own before its toolset’s, one that
 * is over still in the way of a looser one.
 */
const isCallable = ({ policyId, connectionId, toolId, toolsetId }: ToolCall): SQL => sql`(
  exists (
    select from ${policies} as held cross join lateral (
      select said.value from jsonb_array_elements(coalesce(held.document -> 'tools', '[]'))
        with ordinality as said(value, place)
      where said.value ->> 'toolsetId' = ${toolsetId}
        and coalesce(said.value ->> 'toolId', ${toolId}) = ${toolId}
      order by said.value ->> 'toolId' nulls last, said.place limit 1
    ) as granted
    where held.id = ${policyId} and (granted.value ->> 'allowed')::boolean
      and coalesce((granted.value ->> 'expiresAt')::timestamptz, 'infinity') > now()
      and coalesce((held.document ->> 'expiresAt')::timestamptz, 'infinity') > now()
  ) and exists (
    select from ${tools} as called
    join ${toolsets} as own on own.id = called.toolset_id
    left join ${tools} as origin on origin.id = called.source_tool_id
    left join ${toolsets} as origin_toolset on origin_toolset.id = origin.toolset_id
    where called.id = ${toolId} and called.toolset_id = ${toolsetId}
      and called.status = 'active' and coalesce(origin.status, 'active') = 'active'
      and coalesce(own.connection_id, origin_toolset.connection_id) = ${connectionId}
  )
)`

const asked = (name: 'toolId' | 'toolsetId') => sql`(${approvals.tool} ->> ${sql.raw(`'${name}'`)})`

/** Of an approval that is, or was, of a call of a tool. */
const isStillCallable = () =>
  isCallable({
    policyId: sql`${approvals.policyId}`,
    connectionId: sql`${approvals.connectionId}`,
    toolId: asked('toolId'),
    toolsetId: asked('toolsetId'),
  })

/** Reads whether a call may still be made, of which an owner is about to be asked. Its policy is locked, so that it stays so. */
export async function mayBeCalled(
  tx: Transaction,
  call: Readonly<Record<keyof ToolCall, string>>,
): Promise<boolean> {
  const rows = await tx
    .select({ id: policies.id })
    .from(policies)
    .where(
      and(
        eq(policies.id, call.policyId),
        isCallable({
          policyId: sql`${call.policyId}::text`,
          connectionId: sql`${call.connectionId}::text`,
          toolId: sql`${call.toolId}::text`,
          toolsetId: sql`${call.toolsetId}::text`,
        }),
      ),
    )
  return rows.length > 0
}

/**
 * Withdraws the open approvals of tools that can no longer be called as they were asked about, forgets their requests, and ends
 * what was remembered of such: in the transaction that takes something away, after it, the policies locked before. They are
 * locked by id first, as by those who spend several.
 */
export async function endUncallable(
  tx: Transaction,
  of:
    | { readonly policyId: string }
    | { readonly workspaceId: string; readonly toolsetIds: readonly string[] },
): Promise<void> {
  const isMeant = and(
    'policyId' in of
      ? eq(approvals.policyId, of.policyId)
      : and(
          eq(approvals.workspaceId, of.workspaceId),
          inArray(asked('toolsetId'), [...of.toolsetIds]),
        ),
    isNotNull(approvals.tool),
    not(isStillCallable()),
  )
  const open = tx
    .select({ id: approvals.id })
    .from(approvals)
    .where(and(isMeant, isOpen()))
    .orderBy(approvals.id)
    .for('update')
  await tx
    .update(approvals)
    .set({ status: 'cancelled', sealed: null })
    .where(and(inArray(approvals.id, open), isOpen()))
  const kept = tx
    .select({ id: remembered.id })
    .from(remembered)
    .innerJoin(approvals, eq(approvals.id, remembered.approvalId))
    .where(and(isMeant, isNull(remembered.revokedAt), isLasting()))
    .orderBy(remembered.id)
    .for('update', { of: remembered })
  await tx
    .update(remembered)
    .set({ revokedAt: sql`now()` })
    .where(and(inArray(remembered.id, kept), isNull(remembered.revokedAt)))
}

/** What is over or used up stays so. */
const isLasting = () =>
  and(sql`${remembered.expiresAt} > now()`, sql`${remembered.used} < ${remembered.uses}`)
