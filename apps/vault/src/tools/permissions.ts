// What agents may do with tools, as owners see it and say it: grants of their policies, read and changed one at a time.

import {
  type EffectiveGrant,
  fullToolName,
  type InputOf,
  type listAgentTools,
  type listToolsetPermissions,
  type OutputOf,
  Problem,
  type setToolPermission,
  type setToolsetPermission,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import type { StoredPolicy } from '../policies/policy-store.ts'
import type { ToolRef } from '../policy/find-grant.ts'
import { type EditGrantsNeeds, editGrants, type WantedGrant } from './edit-grants.ts'
import { noTool, viewGrant } from './grant-view.ts'
import type { ToolsNow } from './my-tools.ts'
import { readNamePage, writeNamePage } from './name-page.ts'
import { toolNotFound, toolsetNotFound } from './toolset-problems.ts'
import type { GrantingPolicy, ToolsetStore } from './toolset-store.ts'

type Owner = Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId'>

/** An agent as the matrix names it. */
export interface PermittedAgent {
  readonly id: string
  readonly name: string
  readonly status: 'pending' | 'active' | 'disabled'
}

/** What this part of the room needs of others. */
export interface PermissionsNeeds extends EditGrantsNeeds {
  readonly store: Pick<ToolsetStore, 'find' | 'findTool' | 'placesOf' | 'grantsOf'>
  readonly findAgent: (workspaceId: string, agentId: string) => Promise<PermittedAgent | undefined>
  /** By name and id. */
  readonly listAgents: (
    workspaceId: string,
    page: {
      readonly limit: number
      readonly after: { readonly name: string; readonly id: string } | undefined
    },
  ) => Promise<readonly PermittedAgent[]>
  readonly findConnection: (
    connectionId: string,
  ) => Promise<{ readonly workspaceId: string; readonly status: string } | undefined>
  /** What an agent has, as it sees it. */
  readonly toolsOf: (agent: { workspaceId: string; agentId: string }) => Promise<ToolsNow>
}

type ToolInput = InputOf<typeof setToolPermission>
type ToolsetInput = InputOf<typeof setToolsetPermission>

export interface Permissions {
  /** Problems: `tool-not-found`, `agent-not-found`, `connection-revoked`, `version-conflict`. */
  setOfTool(owner: Owner, input: ToolInput): Promise<OutputOf<typeof setToolPermission>>
  /** Problems: `toolset-not-found`, `agent-not-found`, `connection-revoked`, `version-conflict`. */
  setOfToolset(owner: Owner, input: ToolsetInput): Promise<OutputOf<typeof setToolsetPermission>>
  /** Agents by name. Problem: `toolset-not-found`. */
  ofToolset(
    owner: Owner,
    input: InputOf<typeof listToolsetPermissions>,
  ): Promise<OutputOf<typeof listToolsetPermissions>>
  /** By full name. Problem: `agent-not-found`. */
  ofAgent(
    owner: Owner,
    input: InputOf<typeof listAgentTools>,
  ): Promise<OutputOf<typeof listAgentTools>>
}

/** Builds it. Whatever is of another workspace is like what does not exist (S-09). */
export function createPermissions(needs: PermissionsNeeds): Permissions {
  return {
    setOfTool: (owner, input) => setOfTool(needs, owner, input),
    setOfToolset: (owner, input) => setOfToolset(needs, owner, input),

    async ofToolset({ workspaceId }, { toolsetId, ...input }) {
      if (!isLookupId(toolsetId)) throw toolsetNotFound()
      if ((await needs.store.find(workspaceId, toolsetId)) === undefined) throw toolsetNotFound()
      const rows = await needs.listAgents(workspaceId, readNamePage(input))
      const { page, ...rest } = writeNamePage(rows, input)
      const granting = await needs.store.grantsOf(workspaceId, [toolsetId])
      const nowMs = needs.now()
      return {
        permissions: page.map((agent) => ({
          agent,
          ...viewRow(
            granting.filter(({ agentId }) => agentId === agent.id),
            toolsetId,
            nowMs,
          ),
        })),
        ...rest,
      }
    },

    async ofAgent({ workspaceId }, { agentId, limit, cursor }) {
      await requireAgent(needs, workspaceId, agentId)
      const { tools } = await needs.toolsOf({ workspaceId, agentId })
      const { after } = readNamePage({ limit, cursor })
      const wanted = tools.filter(({ view }) => after === undefined || view.name > after.name)
      const { page, ...rest } = writeNamePage(
        wanted.map((tool) => ({ ...tool, id: tool.toolId, name: tool.view.name })),
        { limit },
      )
      return {
        tools: page.map(({ toolId, toolsetId, toolset, view, grant }) => ({
          ...{ toolId, toolsetId, toolset, name: view.name.slice(toolset.length + 1) },
          ...(view.title !== undefined && { title: view.title }),
          permission: {
            allowed: true,
            from: grant.source.toolId === undefined ? ('toolset' as const) : ('tool' as const),
            approval: grant.mode,
            ...(grant.source.limits !== undefined && { limits: grant.source.limits }),
            ...(grant.source.expiresAt !== undefined && { expiresAt: grant.source.expiresAt }),
          },
        })),
        ...rest,
      }
    },
  }
}

/** A toolset that gets another connection takes its grants there meanwhile: what is said is said again for that one. */
const movesMax = 3

const movesOn = () =>
  new Problem('version-conflict', 'The toolset gets another connection at the same time.', {
    next: 'Try it again.',
  })

async function setOfTool(
  needs: PermissionsNeeds,
  owner: Owner,
  { toolId, agentId, ...said }: ToolInput,
): Promise<OutputOf<typeof setToolPermission>> {
  const { workspaceId } = owner
  const find = () => (isLookupId(toolId) ? needs.store.findTool(workspaceId, toolId) : undefined)
  let tool = await find()
  for (let move = 0; move < movesMax; move += 1) {
    if (tool === undefined || tool.connectionId === null) throw toolNotFound()
    await requireAgent(needs, workspaceId, agentId)
    const { toolsetId, connectionId } = tool
    if (said.allowed === true) await requireOpen(needs, owner, [connectionId])
    const policy = await editGrants(needs, {
      ...{ owner, agentId, connectionId, wanted: { toolsetId, toolId, ...said } },
      told: { operation: 'setToolPermission', tool: fullToolName(tool.toolset, tool.name) },
    })
    tool = await find()
    if (tool !== undefined && tool.connectionId !== connectionId) continue
    return {
      permission: viewGrant(policy?.document, { toolsetId, toolId }, needs.now()),
      ...(policy !== undefined && { policyId: policy.id }),
    }
  }
  throw movesOn()
}

/** In the policies for all connections that its tools go through. */
async function setOfToolset(
  needs: PermissionsNeeds,
  owner: Owner,
  { toolsetId, agentId, ...said }: ToolsetInput,
): Promise<OutputOf<typeof setToolsetPermission>> {
  const { workspaceId } = owner
  const wanted: WantedGrant = { toolsetId, ...said }
  const policies = new Map<string, StoredPolicy | undefined>()
  for (let move = 0; move <= movesMax; move += 1) {
    const toolset = isLookupId(toolsetId)
      ? await needs.store.find(workspaceId, toolsetId)
      : undefined
    if (toolset === undefined) throw toolsetNotFound()
    await requireAgent(needs, workspaceId, agentId)
    const places = await placesToSay(needs, owner, { toolset, agentId, allowed: said.allowed })
    const open = [...places].filter((connectionId) => !policies.has(connectionId))
    if (open.length === 0) return viewSaid([...policies.values()], toolsetId, needs.now())
    const told = { operation: 'setToolsetPermission' as const, tool: `${toolset.name}.*` }
    for (const connectionId of open) {
      const policy = await editGrants(needs, { owner, agentId, connectionId, wanted, told })
      policies.set(connectionId, policy)
    }
  }
  throw movesOn()
}

function viewSaid(
  found: readonly (StoredPolicy | undefined)[],
  toolsetId: string,
  nowMs: number,
): OutputOf<typeof setToolsetPermission> {
  const policies = found.filter((policy) => policy !== undefined)
  const views = policies.map(({ document }) => viewGrant(document, ofAll(toolsetId), nowMs))
  return { permission: mostOf(views), policyIds: policies.map(({ id }) => id) }
}

/** The connections whose policies have to say it. */
async function placesToSay(
  needs: PermissionsNeeds,
  owner: Owner,
  {
    toolset,
    agentId,
    allowed,
  }: {
    readonly toolset: { readonly id: string; readonly connectionId: string | null }
    readonly agentId: string
    readonly allowed: boolean | null
  },
): Promise<ReadonlySet<string>> {
  const own = await connectionsOf(needs, toolset)
  if (allowed === true) return new Set(await requireOpen(needs, owner, own))
  // Also where it went once: what is taken away is taken away everywhere.
  const granting = await needs.store.grantsOf(owner.workspaceId, [toolset.id])
  const held = granting.flatMap((one) => (one.agentId === agentId ? [one.connectionId] : []))
  return new Set([...own, ...held])
}

const ofAll = (toolsetId: string): ToolRef => ({ toolsetId, toolId: noTool })

async function connectionsOf(
  { store }: PermissionsNeeds,
  { id, connectionId }: { readonly id: string; readonly connectionId: string | null },
): Promise<string[]> {
  if (connectionId !== null) return [connectionId]
  const places = await store.placesOf([id])
  return [...new Set(places.flatMap((place) => place.connectionId ?? []))]
}

async function requireAgent(
  { findAgent }: PermissionsNeeds,
  workspaceId: string,
  agentId: string,
): Promise<void> {
  const agent = isLookupId(agentId) ? await findAgent(workspaceId, agentId) : undefined
  if (agent !== undefined) return
  throw new Problem('agent-not-found', 'There is no such agent.', {
    next: 'List the agents to see which there are.',
  })
}

/** Those that are not revoked. Problem: `connection-revoked` where there are none. */
async function requireOpen(
  { findConnection }: PermissionsNeeds,
  { workspaceId }: Owner,
  ids: readonly string[],
): Promise<string[]> {
  const open: string[] = []
  for (const id of ids) {
    const connection = await findConnection(id)
    if (connection?.workspaceId === workspaceId && connection.status !== 'revoked') open.push(id)
  }
  if (open.length > 0 || ids.length === 0) return open
  throw new Problem('connection-revoked', 'The connection of these tools has been revoked.', {
    next: 'Give the toolset another connection first.',
  })
}

/** What one agent may do with a toolset, all of its policies together. */
function viewRow(granting: readonly GrantingPolicy[], toolsetId: string, nowMs: number) {
  const documents = granting.map(({ tools, approval, expiresAt }) => ({
    tools: [...tools],
    approval,
    ...(expiresAt !== null && { expiresAt }),
  }))
  const view = (tool: ToolRef) => mostOf(documents.map((one) => viewGrant(one, tool, nowMs)))
  const named = new Set(granting.flatMap(({ tools }) => tools.flatMap(ofTool(toolsetId))))
  return {
    toolset: view(ofAll(toolsetId)),
    tools: [...named].map((toolId) => ({ toolId, permission: view({ toolsetId, toolId }) })),
  }
}

const ofTool =
  (wanted: string) =>
  ({ toolsetId, toolId }: GrantingPolicy['tools'][number]): string[] =>
    toolsetId === wanted && toolId !== undefined ? [toolId] : []

/** Of several policies: one that speaks of the tool itself before one of its toolset, and one that allows before one that does not. */
function mostOf(views: readonly EffectiveGrant[]): EffectiveGrant {
  const rank = ({ from, allowed }: EffectiveGrant) =>
    ({ tool: 2, toolset: 1, none: 0 })[from] * 2 + (allowed ? 1 : 0)
  return views.toSorted((a, b) => rank(b) - rank(a))[0] ?? { allowed: false, from: 'none' }
}
