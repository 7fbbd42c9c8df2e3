import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { ChangedPolicy, GrantingPolicy } from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { agents, policies } from './tables.ts'

// What agents may do with tools stands in their policies: one place for all that an agent may do.

type Policy = typeof policies.$inferSelect

/** What policies grant of any of the toolsets, agents by name, each one's grants in their order. */
export async function selectGrants(
  { db }: Pick<Database, 'db'>,
  workspaceId: string,
  toolsetIds: readonly string[],
): Promise<GrantingPolicy[]> {
  if (toolsetIds.length === 0) return []
  const rows = await db
    .select({
      id: policies.id,
      agentId: policies.agentId,
      agentName: agents.name,
      connectionId: policies.connectionId,
      approval: sql<PolicyDocument['approval']>`${policies.document} ->> 'approval'`,
      expiresAt: sql<string | null>`${policies.document} ->> 'expiresAt'`,
      grant: sql<ToolGrant>`grants.value`,
    })
    .from(policies)
    .innerJoin(agents, eq(agents.id, policies.agentId))
    .innerJoin(
      sql`jsonb_array_elements(${policies.document} -> 'tools') with ordinality as grants(value, place)`,
      sql`grants.value ->> 'toolsetId' = any(${sql.param([...toolsetIds])}::text[])`,
    )
    .where(eq(policies.workspaceId, workspaceId))
    .orderBy(agents.name, policies.id, sql`grants.place`)
  const found = new Map<string, GrantingPolicy & { tools: ToolGrant[] }>()
  for (const { id, grant, ...policy } of rows) {
    const known = found.get(id)
    if (known === undefined) found.set(id, { ...policy, tools: [grant] })
    else known.tools.push(grant)
  }
  return [...found.values()]
}

/** The policies of a workspace that hold a grant which names the toolset, held until the transaction ends. */
const lockGranting = (tx: Transaction, workspaceId: string, toolsetIds: readonly string[]) =>
  tx
    .select()
    .from(policies)
    .where(
      and(
        eq(policies.workspaceId, workspaceId),
        sql`exists (select 1 from jsonb_array_elements(${policies.document} -> 'tools') as grants
          where grants.value ->> 'toolsetId' = any(${sql.param([...toolsetIds])}::text[]))`,
      ),
    )
    // One order for all, so that no two changes wait for each other.
    .orderBy(policies.id)
    .for('update')

/** Takes what is gone out of all policies. */
export async function dropGrants(
  tx: Transaction,
  gone: {
    readonly workspaceId: string
    /** Toolsets that are gone with all their tools. */
    readonly toolsetIds: readonly string[]
    /** Tools that are gone, and the toolsets that they were in. */
    readonly toolIds: readonly string[]
    readonly toolsetsOfTools: readonly string[]
    readonly at: Date
  },
): Promise<ChangedPolicy[]> {
  const named = [...gone.toolsetIds, ...gone.toolsetsOfTools]
  if (named.length === 0) return []
  const toolsetIds = new Set(gone.toolsetIds)
  const toolIds = new Set(gone.toolIds)
  const changed: ChangedPolicy[] = []
  for (const policy of await lockGranting(tx, gone.workspaceId, named)) {
    const before = policy.document.tools ?? []
    const kept = before.filter(
      ({ toolsetId, toolId }) =>
        !toolsetIds.has(toolsetId) && (toolId === undefined || !toolIds.has(toolId)),
    )
    if (kept.length === before.length) continue
    changed.push(await putTools(tx, policy, { tools: kept, at: gone.at }))
  }
  return changed
}

async function putTools(
  tx: Transaction,
  policy: Policy,
  { tools, at }: { readonly tools: readonly ToolGrant[]; readonly at: Date },
): Promise<ChangedPolicy> {
  const { tools: _before, ...document } = policy.document
  await tx
    .update(policies)
    .set({
      document: { ...document, ...(tools.length > 0 && { tools: [...tools] }) },
      updatedAt: at,
      version: sql`${policies.version} + 1`,
    })
    .where(eq(policies.id, policy.id))
  const { id, workspaceId, agentId, connectionId } = policy
  return { id, workspaceId, agentId, connectionId }
}

/** Which grants go along when a toolset gets another connection. */
export interface MovedGrants {
  readonly workspaceId: string
  readonly from: string
  readonly to: string
  readonly toolsetId: string
  /** Tools of other toolsets that are tools of this one. */
  readonly dependentToolIds: readonly string[]
  readonly dependentToolsetIds: readonly string[]
  readonly at: Date
  readonly newPolicyId: () => string
}

/**
 * Moves grants into the policies for the other connection. Such a policy is made where the agent has none: with everything that
 * limits the agent in the one that it comes from, and without its raw access. Where there is one, a grant brings along how
 * its owner wanted to be asked and when it ends.
 */
export async function moveGrants(tx: Transaction, move: MovedGrants): Promise<ChangedPolicy[]> {
  const named = [move.toolsetId, ...move.dependentToolsetIds]
  const granting = (await lockGranting(tx, move.workspaceId, named)).filter(
    ({ connectionId }) => connectionId === move.from,
  )
  if (granting.length === 0) return []
  const targets = await tx
    .select()
    .from(policies)
    .where(
      and(
        eq(policies.connectionId, move.to),
        inArray(
          policies.agentId,
          granting.map(({ agentId }) => agentId),
        ),
      ),
    )
    .orderBy(policies.id)
    .for('update')
  const targetOf = new Map(targets.map((target) => [target.agentId, target]))
  const changed: ChangedPolicy[] = []
  for (const policy of granting) {
    changed.push(...(await moveOne(tx, move, { policy, target: targetOf.get(policy.agentId) })))
  }
  return changed
}

async function moveOne(
  tx: Transaction,
  move: MovedGrants,
  { policy, target }: { readonly policy: Policy; readonly target: Policy | undefined },
): Promise<ChangedPolicy[]> {
  const { going, staying } = sortGrants(policy.document.tools ?? [], move)
  if (going.length === 0) return []
  const emptied = await putTools(tx, policy, { tools: staying, at: move.at })
  if (target !== undefined) {
    const names = new Set(going.map(nameOf))
    const others = (target.document.tools ?? []).filter((grant) => !names.has(nameOf(grant)))
    const brought = going.map((grant) => bringAlong(grant, policy))
    const filled = await putTools(tx, target, { tools: [...others, ...brought], at: move.at })
    return [emptied, filled]
  }
  const made = {
    id: move.newPolicyId(),
    workspaceId: policy.workspaceId,
    agentId: policy.agentId,
    connectionId: move.to,
  }
  const document = { ...policy.document, allow: [], tools: going }
  await tx
    .insert(policies)
    .values({ ...made, document, version: 1, createdAt: move.at, updatedAt: move.at })
  return [emptied, made]
}

const nameOf = ({ toolsetId, toolId }: ToolGrant) => `${toolsetId} ${toolId ?? ''}`

function sortGrants(grants: readonly ToolGrant[], move: MovedGrants) {
  const tools = new Set(move.dependentToolIds)
  const toolsets = new Set(move.dependentToolsetIds)
  const goes = ({ toolsetId, toolId }: ToolGrant) =>
    toolsetId === move.toolsetId || (toolId !== undefined && tools.has(toolId))
  // Of all of an assembled toolset: it may have tools behind the old connection still.
  const goesToo = ({ toolsetId, toolId }: ToolGrant) =>
    toolId === undefined && toolsets.has(toolsetId)
  return {
    going: grants.filter((grant) => goes(grant) || goesToo(grant)),
    staying: grants.filter((grant) => !goes(grant)),
  }
}

function bringAlong(grant: ToolGrant, { document }: Policy): ToolGrant {
  const ends = [grant.expiresAt, document.expiresAt].filter((end) => end !== undefined).sort()
  const [expiresAt] = ends
  return {
    ...grant,
    approval: grant.approval ?? document.approval,
    ...(expiresAt !== undefined && { expiresAt }),
  }
}
