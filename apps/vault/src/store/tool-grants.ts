import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import { and, eq, inArray, ne, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { PolicyCare } from '../tools/policy-care.ts'
import type { ChangedPolicy, GrantingPolicy } from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { agents, connections, policies } from './tables.ts'
import { tools, toolsets } from './tool-tables.ts'

// What agents may do with tools stands in their policies: one place for all that an agent may do.

type Policy = typeof policies.$inferSelect

const source = alias(tools, 'moved_source')

/** What policies grant of any of the toolsets, agents by name, each one's grants in their order. What is revoked grants nothing. */
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
      connections,
      and(eq(connections.id, policies.connectionId), ne(connections.status, 'revoked')),
    )
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

/** A policy holds a grant that names one of the toolsets. */
export const namesAny = (toolsetIds: readonly string[]) =>
  sql`exists (select 1 from jsonb_array_elements(${policies.document} -> 'tools') as grants
    where grants.value ->> 'toolsetId' = any(${sql.param([...toolsetIds])}::text[]))`

/** Policies of a workspace, held until the transaction ends: in one order for all, so that no two changes wait for each other. */
export const lockPolicies = (tx: Transaction, workspaceId: string, which: SQL | undefined) =>
  tx
    .select()
    .from(policies)
    .where(and(eq(policies.workspaceId, workspaceId), which))
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
  for (const policy of await lockPolicies(tx, gone.workspaceId, namesAny(named))) {
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
  readonly dependentTools: readonly { readonly id: string; readonly toolsetId: string }[]
  readonly dependentToolsetIds: readonly string[]
  readonly at: Date
  readonly newPolicyId: () => string
  readonly care: PolicyCare
}

/**
 * Moves grants into the policies for the other connection. Such a policy is made where the agent has none: with everything that
 * limits the agent in the one that it comes from, and without its raw access. Where there is one, a grant brings along how
 * its owner wanted to be asked and when it ends; one that lacks anything else that held the agent back keeps all from moving.
 */
export async function moveGrants(tx: Transaction, move: MovedGrants): Promise<ChangedPolicy[]> {
  const named = [move.toolsetId, ...move.dependentToolsetIds]
  const ofTarget = eq(policies.connectionId, move.to)
  const ofSource = and(eq(policies.connectionId, move.from), namesAny(named))
  const locked = await lockPolicies(tx, move.workspaceId, or(ofTarget, ofSource))
  const granting = locked.filter(({ connectionId }) => connectionId === move.from)
  const targets = locked.filter(({ connectionId }) => connectionId === move.to)
  const mixed = await mixedToolsets(tx, move)
  const targetOf = new Map(targets.map((target) => [target.agentId, target]))
  const moves = granting.map((policy) => ({
    policy,
    target: targetOf.get(policy.agentId),
    sorted: sortGrants(policy.document.tools ?? [], move, mixed),
  }))
  await requireAsStrict(tx, move.care, moves)
  const changed: ChangedPolicy[] = []
  for (const one of moves) changed.push(...(await moveOne(tx, move, one)))
  return changed
}

interface OneMove {
  readonly policy: Policy
  readonly target: Policy | undefined
  readonly sorted: ReturnType<typeof sortGrants>
}

/** Nobody comes to more by tools that go another way. */
async function requireAsStrict(
  tx: Transaction,
  care: PolicyCare,
  moves: readonly OneMove[],
): Promise<void> {
  const looser = moves.flatMap(({ policy, target, sorted: { going, copied } }) => {
    const gives = [...going, ...copied].some(({ allowed }) => allowed)
    const parts = target && gives ? care.looserParts(policy.document, target.document) : []
    return parts.length === 0 ? [] : [{ agentId: policy.agentId, parts }]
  })
  if (looser.length === 0) return
  const ids = looser.map(({ agentId }) => agentId)
  const rows = await tx
    .select({ id: agents.id, name: agents.name })
    .from(agents)
    .where(inArray(agents.id, ids))
  const nameOfAgent = new Map(rows.map(({ id, name }) => [id, name]))
  care.refuseLooser(
    looser.map(({ agentId, parts }) => ({ agentName: nameOfAgent.get(agentId) ?? agentId, parts })),
  )
}

async function moveOne(
  tx: Transaction,
  move: MovedGrants,
  { policy, target, sorted: { going, copied, staying } }: OneMove,
): Promise<ChangedPolicy[]> {
  if (going.length + copied.length === 0) return []
  const emptied =
    going.length === 0 ? [] : [await putTools(tx, policy, { tools: staying, at: move.at })]
  if (target !== undefined) {
    const filled = await fill(tx, { target, policy, going, copied, at: move.at })
    return [...emptied, ...filled]
  }
  const made = {
    id: move.newPolicyId(),
    workspaceId: policy.workspaceId,
    agentId: policy.agentId,
    connectionId: move.to,
  }
  const document = { ...policy.document, allow: [], tools: [...going, ...copied] }
  await tx
    .insert(policies)
    .values({ ...made, document, version: 1, createdAt: move.at, updatedAt: move.at })
  return [...emptied, made]
}

interface Filling {
  readonly target: Policy
  readonly policy: Policy
  readonly going: readonly ToolGrant[]
  readonly copied: readonly ToolGrant[]
  readonly at: Date
}

/** What the policy for the other connection says of an assembled toolset already stays as it is: it may withhold it. */
async function fill(
  tx: Transaction,
  { target, policy, going, copied, at }: Filling,
): Promise<ChangedPolicy[]> {
  const before = target.document.tools ?? []
  const said = new Set(before.map(nameOf))
  const added = [...going, ...copied.filter((grant) => !said.has(nameOf(grant)))]
  if (added.length === 0) return []
  const names = new Set(going.map(nameOf))
  const others = before.filter((grant) => !names.has(nameOf(grant)))
  const brought = added.map((grant) => bringAlong(grant, policy))
  return [await putTools(tx, target, { tools: [...others, ...brought], at })]
}

const nameOf = ({ toolsetId, toolId }: ToolGrant) => `${toolsetId} ${toolId ?? ''}`

/** Toolsets with tools of this one that have other tools, too, behind the connection that it gets. */
async function mixedToolsets(
  tx: Transaction,
  { dependentToolsetIds, toolsetId, to }: MovedGrants,
): Promise<ReadonlySet<string>> {
  if (dependentToolsetIds.length === 0) return new Set()
  const rows = await tx
    .selectDistinct({ id: tools.toolsetId })
    .from(tools)
    .innerJoin(source, eq(source.id, tools.sourceToolId))
    .innerJoin(toolsets, eq(toolsets.id, source.toolsetId))
    .where(
      and(
        inArray(tools.toolsetId, [...dependentToolsetIds]),
        eq(toolsets.connectionId, to),
        ne(toolsets.id, toolsetId),
      ),
    )
  return new Set(rows.map(({ id }) => id))
}

function sortGrants(grants: readonly ToolGrant[], move: MovedGrants, mixed: ReadonlySet<string>) {
  const moved = new Set(move.dependentTools.map(({ id }) => id))
  const assembled = new Set(move.dependentToolsetIds)
  const goes = ({ toolsetId, toolId }: ToolGrant) =>
    toolsetId === move.toolsetId || (toolId !== undefined && moved.has(toolId))
  const going = grants.filter(goes)
  const said = new Set(going.map(nameOf))
  // Of all of an assembled toolset: it may have tools behind the old connection still, and others behind the new one already,
  // which this grant has not given so far.
  const copied = grants.flatMap((grant) => {
    const { toolsetId, toolId } = grant
    if (toolId !== undefined || !assembled.has(toolsetId)) return []
    if (!mixed.has(toolsetId)) return [grant]
    const single = move.dependentTools.filter((tool) => tool.toolsetId === toolsetId)
    return single
      .map(({ id }) => ({ ...grant, toolId: id }))
      .filter((one) => !said.has(nameOf(one)))
  })
  return { going, copied, staying: grants.filter((grant) => !goes(grant)) }
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
