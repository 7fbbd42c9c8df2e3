import { eq, or } from 'drizzle-orm'
import type {
  ChangedPolicy,
  ChangedToolset,
  StoredToolset,
  ToolsetChange,
} from '../tools/toolset-store.ts'
import type { Transaction } from './database.ts'
import { policies } from './tables.ts'
import { endUncallable } from './tool-approvals.ts'
import { dropGrants, lockPolicies, type MovedGrants, moveGrants, namesAny } from './tool-grants.ts'
import { type readRenames, renameInPolicies } from './tool-renames.ts'

/** Toolsets that have tools of the one that changes. */
export interface Dependents {
  readonly removed: { readonly toolIds: readonly string[]; readonly toolsetIds: readonly string[] }
  readonly still: Pick<MovedGrants, 'dependentTools' | 'dependentToolsetIds'>
  readonly all: readonly string[]
}

/**
 * What a change of a toolset, which is written already, does to policies: rules get new names, grants of what is gone go, others go
 * along to another connection; and what owners were asked of tools that can be called no longer ends.
 */
export async function changePolicies(
  tx: Transaction,
  before: StoredToolset,
  {
    change,
    dependents,
    renames,
  }: {
    readonly change: ToolsetChange
    readonly dependents: Dependents
    readonly renames: Awaited<ReturnType<typeof readRenames>>
  },
): Promise<Pick<ChangedToolset, 'policies' | 'renamed'>> {
  const { id, workspaceId, connectionId: from } = before
  const { care, at, remove } = change
  const to = change.set?.connectionId ?? from
  const isMoved = to !== null && to !== from
  const touched = [id, ...dependents.all]
  const others = or(namesAny(touched), isMoved ? eq(policies.connectionId, to) : undefined)
  const takesAway =
    isMoved || remove.length > 0 || change.update.some(({ status }) => status !== 'active')
  // All that are touched are locked in one go, whoever of them is changed.
  if (takesAway && renames === undefined) await lockPolicies(tx, workspaceId, others)
  const renamed =
    renames === undefined
      ? []
      : await renameInPolicies(tx, { workspaceId, renames, others, care, at })
  const changed: ChangedPolicy[] = await dropGrants(tx, {
    ...{ workspaceId, at, toolsetIds: [] },
    toolIds: [...remove, ...dependents.removed.toolIds],
    toolsetsOfTools: remove.length === 0 ? [] : [id, ...dependents.removed.toolsetIds],
  })
  if (isMoved && from !== null) {
    const whose = { workspaceId, toolsetId: id, from, to, care, at }
    const { newPolicyId } = change
    changed.push(...(await moveGrants(tx, { ...whose, newPolicyId, ...dependents.still })))
  }
  if (takesAway) await endUncallable(tx, { workspaceId, toolsetIds: touched })
  const all = new Map([...renamed, ...changed].map((policy) => [policy.id, policy]))
  return { policies: [...all.values()], renamed: renamed.length }
}
