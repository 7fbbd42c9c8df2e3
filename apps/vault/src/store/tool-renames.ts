import { and, eq, or, type SQL, sql } from 'drizzle-orm'
import type { ToolRenames } from '../policy/rename-tools.ts'
import type { PolicyCare } from '../tools/policy-care.ts'
import type {
  ChangedPolicy,
  StoredToolset,
  ToolsetChange,
  ToolsetStore,
} from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { agents, policies } from './tables.ts'
import { lockPolicies } from './tool-grants.ts'
import { tools } from './tool-tables.ts'

// Rules speak of tools by their names: a change of a toolset that changes names writes them anew in the policies that have them.

type Named = Pick<StoredToolset, 'id' | 'name'>

/** Which names a change changes; undefined where it changes none. Read before the tools are written. */
export async function readRenames(
  tx: Transaction,
  { id, name }: Named,
  { set, update, remove }: Pick<ToolsetChange, 'set' | 'update' | 'remove'>,
): Promise<ToolRenames | undefined> {
  const toolset = set?.name === undefined || set.name === name ? undefined : set.name
  if (toolset === undefined && update.length === 0) return undefined
  const rows = await tx
    .select({ id: tools.id, name: tools.name })
    .from(tools)
    .where(eq(tools.toolsetId, id))
  const gone = new Set(remove)
  const updated = new Map(update.map((tool) => [tool.id, tool.name]))
  const names = rows.flatMap((row) => {
    const now = `${toolset ?? name}.${updated.get(row.id) ?? row.name}`
    const before = `${name}.${row.name}`
    return gone.has(row.id) || now === before ? [] : [[before, now] as const]
  })
  if (toolset === undefined && names.length === 0) return undefined
  return { tools: new Map(names), ...(toolset && { toolset: { from: name, to: toolset } }) }
}

const namesTools = sql`(jsonb_path_exists(${policies.document}, '$.rules[*].when.tools[*]')
  or jsonb_path_exists(${policies.document}, '$.response[*].when.tools[*]'))`

/** Policies that are looked at to say what a change would do. */
const policiesToldMax = 1_000

/** Policies whose rules name tools. */
export const selectNamingPolicies = async (
  { db }: Pick<Database, 'db'>,
  workspaceId: string,
): ReturnType<ToolsetStore['policiesNamingTools']> =>
  await db
    .select({ agentName: agents.name, document: policies.document })
    .from(policies)
    .innerJoin(agents, eq(agents.id, policies.agentId))
    .where(and(eq(policies.workspaceId, workspaceId), namesTools))
    .orderBy(agents.name, policies.id)
    .limit(policiesToldMax)

/**
 * Writes names in rules anew, in all policies of the workspace. All policies that the change will touch are held first, those of
 * `others` too: they are locked in one order, once.
 */
export async function renameInPolicies(
  tx: Transaction,
  {
    workspaceId,
    renames,
    others,
    care,
    at,
  }: {
    readonly workspaceId: string
    readonly renames: ToolRenames
    readonly others: SQL | undefined
    readonly care: PolicyCare
    readonly at: Date
  },
): Promise<ChangedPolicy[]> {
  const changed: ChangedPolicy[] = []
  for (const policy of await lockPolicies(tx, workspaceId, or(namesTools, others))) {
    const document = care.rename(policy.document, renames)
    if (document === policy.document) continue
    await tx
      .update(policies)
      .set({ document, updatedAt: at, version: sql`${policies.version} + 1` })
      .where(and(eq(policies.id, policy.id), eq(policies.workspaceId, workspaceId)))
    const { id, agentId, connectionId } = policy
    changed.push({ id, workspaceId, agentId, connectionId })
  }
  return changed
}
