import type { InputOf, OutputOf, updateTool } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { policyCareOf } from '../policy-care.ts'
import { digestOf } from '../tool-digest.ts'
import { invalidField, refuseKept, versionConflict } from '../toolset-problems.ts'
import type { StoredTool, ToolOverrides, ToolRow, ToolsetRow } from '../toolset-store.ts'
import { requireMayGive } from './require-may-give.ts'
import { digestsOf, storedOf } from './stored-tools.ts'
import { findToolUsers } from './tool-users.ts'
import { changed, getToolRow, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewOneTool } from './view-toolset.ts'

type Input = InputOf<typeof updateTool>
type Output = OutputOf<typeof updateTool>
type Needs = Pick<ToolsetsNeeds, 'store' | 'audit' | 'onChanged' | 'newId' | 'now'>

/** How often a change is tried again when another tool of its toolset was changed at the same time. */
const attemptsMax = 3

/**
 * Builds the operation `updateTool`: what an owner says goes before what the source says, and stays when the source is
 * imported anew.
 */
export function createToolUpdate(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { workspaceId } = owner
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const { toolsetId } = await getToolRow(needs, workspaceId, input.toolId)
      // Its version first: a tool that was read before it could be an older one, and would be written back.
      const toolset = await getToolsetRow(needs, workspaceId, toolsetId)
      const row = await getToolRow(needs, workspaceId, input.toolId)
      if (row.status === 'held' && input.status !== undefined) refuseKept(toolset, 'let go')
      const tool = changedTool(row, input, new Date(needs.now()))
      await requireMayEnable(needs, owner, { row, tool })
      if (await apply(needs, owner, { toolset, row, tool, input })) {
        return { tool: await viewOneTool(needs, workspaceId, input.toolId) }
      }
    }
    throw versionConflict()
  }
}

/** Disabled, a tool was no agent’s; enabled, it is that of all who have a grant. */
async function requireMayEnable(
  { store, now }: Needs,
  owner: AuthenticatedOwner,
  { row, tool }: { readonly row: ToolRow; readonly tool: StoredTool },
): Promise<void> {
  const [before, after] = [row.status, tool.status]
  if (before === after || after !== 'active' || owner.scopes.has('policies:write')) return
  const { id: toolId, toolsetId, workspaceId, connectionId } = row
  const whoUses = await findToolUsers(store, { workspaceId, toolsetId }, now())
  const agentCount = whoUses({ toolId, toolsetId, connectionId }).length
  const differences = [{ what: 'status', before, after }]
  requireMayGive(owner, [{ name: tool.name, change: 'changed', differences, agentCount }])
}

async function apply(
  needs: Needs,
  owner: AuthenticatedOwner,
  {
    toolset,
    row,
    tool,
    input,
  }: { toolset: ToolsetRow; row: ToolRow; tool: StoredTool; input: Input },
): Promise<boolean> {
  const outcome = await needs.store.change(toolset, {
    ...{ insert: [], update: [tool], remove: [], at: tool.updatedAt },
    note: { cause: 'edited', ownerId: owner.ownerId, added: 0, removed: 0, changed: 1 },
    newPolicyId: () => needs.newId('policy'),
    care: policyCareOf(owner),
  })
  if (outcome === 'tool-exists') {
    throw invalidField({ field: 'name', message: `is the name of another tool of ${row.toolset}` })
  }
  if (outcome === undefined || typeof outcome === 'string') return false
  await changed(needs, owner, {
    operation: 'updateTool',
    ...outcome,
    detail: {
      ...{ toolId: row.id, tool: tool.name, status: tool.status },
      changed: Object.keys(input).filter((name) => name !== 'toolId'),
    },
  })
  return true
}

function changedTool(row: ToolRow, input: Input, at: Date): StoredTool {
  const overrides = overridesOf(row, input)
  const name = input.name ?? row.name
  const status = input.status ?? row.status
  const { definition, sourceToolId } = row
  const digests =
    definition === null
      ? { digest: digestOf({ sourceToolId, name, overrides }), definitionDigest: null }
      : digestsOf({ definition, overrides, name })
  return { ...storedOf(row), name, status, overrides, ...digests, updatedAt: at }
}

function overridesOf(
  { overrides }: ToolRow,
  { name, title, description, annotations }: Input,
): ToolOverrides | null {
  const { title: before, ...rest } = overrides ?? {}
  const kept = title === undefined ? before : (title ?? undefined)
  const said = {
    ...rest,
    ...(kept !== undefined && { title: kept }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(annotations !== undefined && { annotations }),
  }
  return Object.keys(said).length === 0 ? null : said
}
