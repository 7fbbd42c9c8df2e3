import type { InputOf, OutputOf, replaceToolsetSource } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { policyCareOf } from '../policy-care.ts'
import {
  connectionNotFound,
  invalidField,
  refuseKept,
  toolChanged,
  versionConflict,
} from '../toolset-problems.ts'
import type { ChangedToolset, ToolsetRow } from '../toolset-store.ts'
import { countChanges } from './compare-toolsets.ts'
import { type Merge, mergeSource, newTools } from './merge-source.ts'
import { keysLeftOut } from './plan-tools.ts'
import { type ReadSource, readSource, requireServer } from './read-source.ts'
import { refuseSecrets } from './refuse-secrets.ts'
import { requireMayGive } from './require-may-give.ts'
import { requireOrigins } from './stored-tools.ts'
import { findToolUsers } from './tool-users.ts'
import { changed, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewWithTools } from './view-toolset.ts'

type Input = InputOf<typeof replaceToolsetSource>
type Output = OutputOf<typeof replaceToolsetSource>

/**
 * Builds the operation `replaceToolsetSource`: applies a newer document as its preview showed, or not at all. Tools are the
 * same by their key; ids, grants and what owners said of them stay. Tools that are gone lose their grants.
 */
export function createSourceReplacement(needs: ToolsetsNeeds) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { workspaceId } = owner
    const toolset = await getToolsetRow(needs, workspaceId, input.toolsetId)
    refuseKept(toolset, 'imported into')
    if (toolset.version !== input.version) throw versionConflict()
    if (toolset.format === 'assembled' || toolset.connectionId === null) throw assembledElsewhere()
    const source = await readSource(needs, input)
    requireServer(source)
    // A template is known by its version; a document by what would be made of it.
    if (![source.digest, source.template].includes(input.expects)) throw toolChanged()
    const at = new Date(needs.now())
    const merge = await mergeInto(needs, owner, { toolset, source, input, at })
    const outcome = await apply(needs, owner, { toolset, source, merge, at })
    const counts = countChanges(merge.changes)
    await changed(needs, owner, {
      operation: 'replaceToolsetSource',
      ...outcome,
      detail: {
        ...counts,
        format: source.format,
        ...(source.template !== null && { template: source.template }),
        ...(source.sourceDigest !== null && { sourceDigest: source.sourceDigest }),
      },
    })
    const view = await viewWithTools(needs, workspaceId, toolset.id)
    return { ...view, changes: merge.changes }
  }
}

const assembledElsewhere = () =>
  invalidField(
    { field: 'toolsetId', message: 'is a toolset of other toolsets’ tools' },
    'Import into the toolset that the tools come from, or assemble this one anew.',
  )

async function mergeInto(
  { store }: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  given: { toolset: ToolsetRow; source: ReadSource; input: Input; at: Date },
): Promise<Merge> {
  const { toolset, source, input, at } = given
  const { workspaceId, connectionId } = toolset
  const [rows, whoUses, connection] = await Promise.all([
    store.toolsOf(workspaceId, toolset.id),
    findToolUsers(store, { workspaceId, toolsetId: toolset.id }, at.getTime()),
    store.findConnection(workspaceId, connectionId ?? ''),
  ])
  if (connection === undefined) throw connectionNotFound()
  const merge = mergeSource({ toolset, rows, whoUses }, source, { choices: input.tools ?? [], at })
  refuseSecrets(source, merge.planned, [])
  requireMayGive(owner, merge.changes)
  requireOrigins(
    merge.planned.map(({ definition }) => definition),
    connection.origins,
  )
  return merge
}

async function apply(
  { store, newId }: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  {
    toolset,
    source,
    merge,
    at,
  }: {
    toolset: ToolsetRow
    source: ReadSource
    merge: Merge
    at: Date
  },
): Promise<ChangedToolset> {
  const { format, template, sourceDigest } = source
  const outcome = await store.change(toolset, {
    set: { format, template, sourceDigest, leftOut: keysLeftOut(source.tools, merge.planned) },
    insert: newTools(merge, { toolset, at, newId: () => newId('tool') }),
    ...{ update: merge.update, remove: merge.remove, at },
    note: { cause: 'imported', ownerId: owner.ownerId, ...countChanges(merge.changes) },
    newPolicyId: () => newId('policy'),
    care: policyCareOf(owner),
  })
  if (outcome === undefined || typeof outcome === 'string') throw versionConflict()
  return outcome
}
