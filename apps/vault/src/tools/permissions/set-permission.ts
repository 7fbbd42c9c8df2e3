import {
  fullToolName,
  type InputOf,
  type OutputOf,
  Problem,
  type setToolPermission,
  type setToolsetPermission,
} from '@sallyport/contracts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { StoredPolicy } from '../../policies/policy-store.ts'
import { toolNotFound, toolsetNotFound } from '../toolset-problems.ts'
import { editGrants, type WantedGrant } from './edit-grants.ts'
import { viewGrant } from './grant-view.ts'
import {
  mostOf,
  type PermittingOwner as Owner,
  ofAll,
  type PermissionsNeeds,
  requireAgent,
} from './permissions-needs.ts'

type ToolInput = InputOf<typeof setToolPermission>
type ToolsetInput = InputOf<typeof setToolsetPermission>

/** A toolset that gets another connection takes its grants there meanwhile: what is said is said again for that one. */
const movesMax = 3

const movesOn = () =>
  new Problem('version-conflict', 'The toolset gets another connection at the same time.', {
    next: 'Try it again.',
  })

/** In the policy for the connection that the tool goes through. */
export async function setOfTool(
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
    const editing = {
      ...{ owner, agentId, connectionId, wanted: { toolsetId, toolId, ...said } },
      told: {
        operation: 'setToolPermission' as const,
        tool: fullToolName(tool.toolset, tool.name),
      },
    }
    const policy = await editGrants(needs, editing)
    // Whoever begins to move it from now on takes what was said along.
    await needs.store.awaitChanges(workspaceId, toolsetId)
    tool = await find()
    if (tool === undefined) {
      // Deleted meanwhile: nothing is left behind that names what is gone.
      await editGrants(needs, { ...editing, wanted: { toolsetId, toolId, allowed: null } })
      throw toolNotFound()
    }
    if (tool.connectionId !== connectionId) {
      // Said where its calls go no more: it would hold again if they ever came back.
      await editGrants(needs, { ...editing, wanted: { toolsetId, toolId, allowed: null } })
      continue
    }
    return {
      permission: viewGrant(policy?.document, { toolsetId, toolId }, needs.now()),
      ...(policy !== undefined && { policyId: policy.id }),
    }
  }
  throw movesOn()
}

const told = (name: string) => ({
  operation: 'setToolsetPermission' as const,
  tool: `${name}.*`,
})

/** In the policies for all connections that its tools go through. */
export async function setOfToolset(
  needs: PermissionsNeeds,
  owner: Owner,
  { toolsetId, agentId, ...said }: ToolsetInput,
): Promise<OutputOf<typeof setToolsetPermission>> {
  const { workspaceId } = owner
  const wanted: WantedGrant = { toolsetId, ...said }
  const policies = new Map<string, StoredPolicy | undefined>()
  for (let move = 0; move <= movesMax; move += 1) {
    if (move > 0) await needs.store.awaitChanges(workspaceId, toolsetId)
    const toolset = isLookupId(toolsetId)
      ? await needs.store.find(workspaceId, toolsetId)
      : undefined
    if (toolset === undefined) {
      for (const connectionId of policies.keys()) {
        const gone = { toolsetId, allowed: null }
        await editGrants(needs, {
          owner,
          agentId,
          connectionId,
          wanted: gone,
          told: told(toolsetId),
        })
      }
      throw toolsetNotFound()
    }
    await requireAgent(needs, workspaceId, agentId)
    const places = await placesToSay(needs, owner, { toolset, agentId, allowed: said.allowed })
    // Granted where its calls go no more: it would be had again if they ever came back.
    const strays = said.allowed === true ? [...policies.keys()].filter((id) => !places.has(id)) : []
    for (const connectionId of strays) {
      const gone = { toolsetId, allowed: null }
      const tellOf = told(toolset.name)
      await editGrants(needs, { owner, agentId, connectionId, wanted: gone, told: tellOf })
      policies.delete(connectionId)
    }
    const open = [...places].filter((connectionId) => !policies.has(connectionId))
    if (open.length === 0) return viewSaid([...policies.values()], toolsetId, needs.now())
    for (const connectionId of open) {
      const editing = { owner, agentId, connectionId, wanted, told: told(toolset.name) }
      const policy = await editGrants(needs, editing)
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

async function connectionsOf(
  { store }: PermissionsNeeds,
  { id, connectionId }: { readonly id: string; readonly connectionId: string | null },
): Promise<string[]> {
  if (connectionId !== null) return [connectionId]
  const places = await store.placesOf([id])
  return [...new Set(places.flatMap((place) => place.connectionId ?? []))]
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
