import type { PolicyDocument } from '@sallyport/contracts'
import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { FindGrantable, GrantableToolset } from '../policies/require-tools.ts'
import type { AgentToolsRead, GrantingDocument } from '../tools/agent-tools.ts'
import type { PermittedAgent } from '../tools/permissions/permissions-needs.ts'
import type { ToolRow } from '../tools/toolset-store.ts'
import { type Database, guardStore } from './database.ts'
import { agents, policies } from './tables.ts'
import { tools, toolsets } from './tool-tables.ts'
import { selectTools } from './tools.ts'

/** What is read of the tools of one agent. */
export interface MyToolsStore {
  /** Everything that its policies speak of; undefined where there is no such agent. */
  read(workspaceId: string, agentId: string): Promise<AgentToolsRead | undefined>
  /** Those of the toolsets that the workspace has, with where their calls go. */
  findGrantable: FindGrantable
  findAgent(workspaceId: string, agentId: string): Promise<PermittedAgent | undefined>
  /** By name and id. */
  listAgents(
    workspaceId: string,
    page: {
      readonly limit: number
      readonly after: { readonly name: string; readonly id: string } | undefined
    },
  ): Promise<PermittedAgent[]>
}

const agentColumns = { id: agents.id, name: agents.name, status: agents.status }

type Db = Database['db']

/** Builds the queries. */
export function createMyToolsStore({ db }: Pick<Database, 'db'>): MyToolsStore {
  return guardStore<MyToolsStore>({
    findGrantable: (workspaceId, toolsetIds) => findGrantable(db, workspaceId, toolsetIds),

    async findAgent(workspaceId, agentId) {
      const [agent] = await db
        .select(agentColumns)
        .from(agents)
        .where(and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId)))
      return agent
    },

    async listAgents(workspaceId, { limit, after }) {
      return await db
        .select(agentColumns)
        .from(agents)
        .where(
          and(
            eq(agents.workspaceId, workspaceId),
            after && sql`(${agents.name}, ${agents.id}) > (${after.name}, ${after.id})`,
          ),
        )
        .orderBy(agents.name, agents.id)
        .limit(limit)
    },

    async read(workspaceId, agentId) {
      const [agent] = await db
        .select({ listing: agents.toolListing })
        .from(agents)
        .where(and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId)))
      if (agent === undefined) return undefined
      const granting = await readGranting(db, workspaceId, agentId)
      return { ...agent, policies: granting, tools: await readTools(db, workspaceId, granting) }
    },
  })
}

async function readGranting(
  db: Db,
  workspaceId: string,
  agentId: string,
): Promise<GrantingDocument[]> {
  const { document } = policies
  const rows = await db
    .select({
      policyId: policies.id,
      connectionId: policies.connectionId,
      tools: sql<PolicyDocument['tools'] | null>`${document} -> 'tools'`,
      approval: sql<PolicyDocument['approval']>`${document} ->> 'approval'`,
      expiresAt: sql<string | null>`${document} ->> 'expiresAt'`,
    })
    .from(policies)
    .where(
      and(
        eq(policies.agentId, agentId),
        eq(policies.workspaceId, workspaceId),
        sql`jsonb_array_length(coalesce(${document} -> 'tools', '[]')) > 0`,
      ),
    )
    .orderBy(policies.id)
  return rows.map(({ policyId, connectionId, tools: grants, approval, expiresAt }) => ({
    ...{ policyId, connectionId },
    document: { tools: grants ?? [], approval, ...(expiresAt !== null && { expiresAt }) },
  }))
}

/** The tools that any grant may be about, by what the grants name. */
async function readTools(
  db: Db,
  workspaceId: string,
  granting: readonly GrantingDocument[],
): Promise<ToolRow[]> {
  const grants = granting.flatMap(({ document }) => document.tools ?? [])
  const allowing = grants.filter(({ allowed }) => allowed)
  const toolIds = allowing.flatMap(({ toolId }) => toolId ?? [])
  const toolsetIds = allowing.flatMap(({ toolId, toolsetId }) =>
    toolId === undefined ? [toolsetId] : [],
  )
  if (allowing.length === 0) return []
  return await selectTools(db).where(
    and(
      eq(tools.workspaceId, workspaceId),
      or(
        toolsetIds.length === 0 ? undefined : inArray(tools.toolsetId, [...new Set(toolsetIds)]),
        toolIds.length === 0 ? undefined : inArray(tools.id, [...new Set(toolIds)]),
      ),
    ),
  )
}

const source = alias(tools, 'granted_source')
const sourceToolset = alias(toolsets, 'granted_source_toolset')

type Granted = { readonly name: string; readonly connectionId: string }

async function findGrantable(
  db: Db,
  workspaceId: string,
  toolsetIds: readonly string[],
): Promise<GrantableToolset[]> {
  const rows = await db
    .select({
      toolsetId: toolsets.id,
      name: toolsets.name,
      own: toolsets.connectionId,
      toolId: tools.id,
      tool: tools.name,
      from: sourceToolset.connectionId,
    })
    .from(toolsets)
    .leftJoin(tools, eq(tools.toolsetId, toolsets.id))
    .leftJoin(source, eq(source.id, tools.sourceToolId))
    .leftJoin(sourceToolset, eq(sourceToolset.id, source.toolsetId))
    .where(and(eq(toolsets.workspaceId, workspaceId), inArray(toolsets.id, [...toolsetIds])))
  const found = new Map<
    string,
    { name: string; connectionIds: Set<string>; tools: Map<string, Granted> }
  >()
  for (const { toolsetId, name, own, toolId, tool, from } of rows) {
    const one = found.get(toolsetId) ?? { name, connectionIds: new Set(), tools: new Map() }
    found.set(toolsetId, one)
    const connectionId = own ?? from
    if (connectionId === null) continue
    one.connectionIds.add(connectionId)
    if (toolId !== null && tool !== null) one.tools.set(toolId, { name: tool, connectionId })
  }
  return [...found].map(([toolsetId, one]) => ({ toolsetId, ...one }))
}
