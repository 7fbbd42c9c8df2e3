import type { InputOf, OutputOf, updateToolset } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import { policyCareOf } from '../policy-care.ts'
import {
  connectionNotFound,
  connectionRevoked,
  invalidField,
  refuseKept,
  toolNotFound,
  toolsetExists,
  versionConflict,
} from '../toolset-problems.ts'
import type {
  ChangedToolset,
  StoredTool,
  ToolRow,
  ToolsetChange,
  ToolsetRow,
} from '../toolset-store.ts'
import { assembleTools } from './assemble.ts'
import { requireMayGive } from './require-may-give.ts'
import { requireOrigins } from './stored-tools.ts'
import { changed, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewWithTools } from './view-toolset.ts'
import { createWhoHas } from './who-has.ts'

type Input = InputOf<typeof updateToolset>
type Output = OutputOf<typeof updateToolset>

/**
 * Builds the operation `updateToolset`. With another connection, grants go along to the agents' policies for it; the
 * tools of other toolsets that are tools of this one go along too.
 */
export function createToolsetUpdate(needs: ToolsetsNeeds) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { workspaceId } = owner
    const toolset = await getToolsetRow(needs, workspaceId, input.toolsetId)
    const needsTools = input.connectionId !== undefined || input.assemble !== undefined
    const rows = needsTools ? await needs.store.toolsOf(workspaceId, toolset.id) : []
    if (input.connectionId !== undefined) {
      await requireConnection(needs, { toolset, rows, connectionId: input.connectionId })
    }
    const at = new Date(needs.now())
    const tools = await assembleAnew(needs, { toolset, rows, input, at })
    await requireMayAssemble(needs, owner, tools.insert)
    const outcome = await apply(needs, owner, {
      toolset,
      change: {
        ...{ set: setOf(input), ...tools, at },
        ...{ newPolicyId: () => needs.newId('policy'), care: policyCareOf(owner) },
      },
    })
    await changed(needs, owner, {
      operation: 'updateToolset',
      ...outcome,
      detail: {
        changed: Object.keys(input).filter((name) => name !== 'toolsetId'),
        tools: toolset.toolCount + tools.insert.length - tools.remove.length,
      },
    })
    return viewWithTools(needs, workspaceId, toolset.id)
  }
}

const setOf = ({
  name,
  title,
  description,
  connectionId,
}: Input): NonNullable<ToolsetChange['set']> => ({
  ...(name !== undefined && { name }),
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
  ...(connectionId !== undefined && { connectionId }),
})

async function requireConnection(
  { store }: ToolsetsNeeds,
  {
    toolset,
    rows,
    connectionId,
  }: {
    toolset: ToolsetRow
    rows: readonly ToolRow[]
    connectionId: string
  },
): Promise<void> {
  refuseKept(toolset, 'given another connection')
  if (toolset.format === 'assembled') {
    throw invalidField(
      { field: 'connectionId', message: 'must be left out: its tools go where their sources go' },
      'Change the connection of the toolset that the tools come from.',
    )
  }
  const found = isLookupId(connectionId)
    ? await store.findConnection(toolset.workspaceId, connectionId)
    : undefined
  if (found === undefined) throw connectionNotFound()
  if (found.status === 'revoked') throw connectionRevoked()
  requireOrigins(
    rows.flatMap(({ definition }) => definition ?? []),
    found.origins,
  )
}

type ToolsChange = Pick<ToolsetChange, 'insert' | 'update' | 'remove'>

async function assembleAnew(
  needs: ToolsetsNeeds,
  {
    toolset,
    rows,
    input,
    at,
  }: {
    toolset: ToolsetRow
    rows: readonly ToolRow[]
    input: Input
    at: Date
  },
): Promise<ToolsChange> {
  if (input.assemble === undefined) return { insert: [], update: [], remove: [] }
  if (toolset.format !== 'assembled') {
    throw invalidField(
      { field: 'assemble', message: 'must be left out: this toolset has a source of its own' },
      'Import into it instead, or make another toolset by assembling.',
    )
  }
  const tools = await assembleTools(needs, toolset, { wanted: input.assemble, standing: rows, at })
  const standing = new Set(rows.map(({ id }) => id))
  const kept = new Set(tools.map(({ id }) => id))
  return {
    insert: tools.filter(({ id }) => !standing.has(id)),
    update: tools.filter((tool) => standing.has(tool.id) && isOther(tool, rows)),
    remove: rows.filter(({ id }) => !kept.has(id)).map(({ id }) => id),
  }
}

/** All of an assembled toolset may be an agent’s: it gets what comes in, where its policy for that connection says so. */
async function requireMayAssemble(
  { store, now }: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  insert: readonly StoredTool[],
): Promise<void> {
  const [first] = insert
  if (first === undefined || owner.scopes.has('policies:write')) return
  const { workspaceId, toolsetId } = first
  const sources = await store.findTools(
    workspaceId,
    insert.flatMap(({ sourceToolId }) => sourceToolId ?? []),
  )
  const connectionOf = new Map(sources.map(({ id, connectionId }) => [id, connectionId]))
  const whoHas = createWhoHas(await store.grantsOf(workspaceId, [toolsetId]), now())
  requireMayGive(
    owner,
    insert.map(({ id: toolId, name, sourceToolId }) => {
      const connectionId = connectionOf.get(sourceToolId ?? '') ?? null
      const agentCount = whoHas({ toolId, toolsetId, connectionId }).length
      return { name, change: 'added', differences: [], agentCount }
    }),
  )
}

const isOther = ({ id, digest }: StoredTool, rows: readonly ToolRow[]) =>
  rows.every((row) => row.id !== id || row.digest !== digest)

async function apply(
  { store }: ToolsetsNeeds,
  { ownerId }: AuthenticatedOwner,
  { toolset, change }: { toolset: ToolsetRow; change: Omit<ToolsetChange, 'note'> },
): Promise<ChangedToolset> {
  const { insert, remove, update } = change
  const outcome = await store.change(toolset, {
    ...change,
    note: {
      ...{ cause: 'edited', ownerId },
      ...{ added: insert.length, removed: remove.length, changed: update.length },
    },
  })
  if (outcome === 'exists') throw toolsetExists(change.set?.name ?? toolset.name)
  if (outcome === 'no-connection') throw connectionRevoked()
  if (outcome === 'no-source') throw toolNotFound('One of the tools is gone meanwhile.')
  if (outcome === undefined || outcome === 'tool-exists') throw versionConflict()
  return outcome
}
