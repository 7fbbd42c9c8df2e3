import {
  type compareToolsetVersions,
  type InputOf,
  type listToolsetVersions,
  type OutputOf,
  Problem,
  type restoreToolsetVersion,
  type ToolsetVersion,
} from '@sallyport/contracts'
import type { z } from 'zod'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { effectiveTool } from '../effective-tool.ts'
import { policyCareOf } from '../policy-care.ts'
import {
  connectionNotFound,
  refuseKept,
  versionConflict,
  versionNotFound,
} from '../toolset-problems.ts'
import type {
  StoredTool,
  StoredVersion,
  ToolRow,
  ToolsetRow,
  VersionTool,
} from '../toolset-store.ts'
import { compareToolsets, countChanges } from './compare-toolsets.ts'
import { requireMayGive } from './require-may-give.ts'
import { comparedOf, requireOrigins, storedOf } from './stored-tools.ts'
import { findToolUsers } from './tool-users.ts'
import { changed, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewWithTools } from './view-toolset.ts'

/** What toolsets were. */
export interface ToolsetVersions {
  list(
    owner: AuthenticatedOwner,
    input: InputOf<typeof listToolsetVersions>,
  ): Promise<OutputOf<typeof listToolsetVersions>>
  compare(
    owner: AuthenticatedOwner,
    input: InputOf<typeof compareToolsetVersions>,
  ): Promise<OutputOf<typeof compareToolsetVersions>>
  restore(
    owner: AuthenticatedOwner,
    input: InputOf<typeof restoreToolsetVersion>,
  ): Promise<OutputOf<typeof restoreToolsetVersion>>
}

/** Builds the operations on versions. */
export function createToolsetVersions(needs: ToolsetsNeeds): ToolsetVersions {
  const { store } = needs
  return {
    async list({ workspaceId }, { toolsetId, limit, cursor }) {
      const toolset = await getToolsetRow(needs, workspaceId, toolsetId)
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const rows = await store.listVersions(toolset.id, { limit: limit + 1, before })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        versions: page.map(viewVersion),
        ...(rows.length > limit && last !== undefined && { nextCursor: String(last.version) }),
      }
    },

    async compare({ workspaceId }, input) {
      const toolset = await getToolsetRow(needs, workspaceId, input.toolsetId)
      const then = await findThen(needs, toolset, input.version)
      const [now, whoUses] = await Promise.all([
        store.toolsOf(workspaceId, toolset.id),
        findToolUsers(store, { workspaceId, toolsetId: toolset.id }, needs.now()),
      ])
      return {
        version: viewVersion(then.version),
        changes: compareToolsets(comparedOf(then.rows), comparedOf(now), whoUses),
      }
    },

    async restore(owner, input) {
      const toolset = await getToolsetRow(needs, owner.workspaceId, input.toolsetId)
      refuseKept(toolset, 'restored')
      if (input.current !== undefined && input.current !== toolset.version) throw versionConflict()
      await restore(needs, owner, { toolset, version: input.version })
      return viewWithTools(needs, owner.workspaceId, toolset.id)
    },
  }
}

function readCursor(cursor: string): number {
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor)
  throw new Problem('invalid-input', 'The cursor is not one of this list.', {
    next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
    fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
  })
}

const viewVersion = (row: StoredVersion): z.infer<typeof ToolsetVersion> => ({
  version: row.version,
  at: row.createdAt.toISOString(),
  ...(row.ownerId !== null && { ownerId: row.ownerId }),
  cause: row.cause,
  toolCount: row.toolCount,
  changes: { added: row.added, removed: row.removed, changed: row.changed },
})

/** A toolset as it was, its tools as rows: of another toolset's tools those that are there still, as they are now. */
async function findThen(
  { store }: Pick<ToolsetsNeeds, 'store'>,
  toolset: ToolsetRow,
  version: number,
) {
  // What no toolset has reached is not asked for: the database has no such numbers.
  const found =
    version <= toolset.version ? await store.findVersion(toolset.id, version) : undefined
  if (found === undefined) throw versionNotFound()
  const { tools, ...about } = found
  const sourceIds = tools.flatMap(({ sourceToolId }) => sourceToolId ?? [])
  const sources = new Map(
    (await store.findTools(toolset.workspaceId, sourceIds)).map((row) => [row.id, row]),
  )
  const rows = tools.flatMap((tool) => rowThen(tool, { toolset, sources, about }) ?? [])
  return { version: about, rows }
}

function rowThen(
  tool: VersionTool,
  {
    toolset,
    sources,
    about,
  }: {
    toolset: ToolsetRow
    sources: ReadonlyMap<string, ToolRow>
    about: StoredVersion
  },
): ToolRow | undefined {
  const source = tool.sourceToolId === null ? null : sources.get(tool.sourceToolId)
  if (source === undefined) return undefined
  return {
    ...tool,
    ...{ workspaceId: toolset.workspaceId, toolsetId: toolset.id, toolset: toolset.name },
    ...{ createdAt: about.createdAt, updatedAt: about.createdAt },
    connectionId: source === null ? toolset.connectionId : source.connectionId,
    source,
    sourceToolset: source?.toolset ?? null,
  }
}

async function restore(
  needs: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  { toolset, version }: { toolset: ToolsetRow; version: number },
): Promise<void> {
  const { store } = needs
  const { workspaceId, connectionId } = toolset
  const then = await findThen(needs, toolset, version)
  if (connectionId !== null) {
    const connection = await store.findConnection(workspaceId, connectionId)
    if (connection === undefined) throw connectionNotFound()
    requireOrigins(
      then.rows.flatMap(({ definition }) => definition ?? []),
      connection.origins,
    )
  }
  const at = new Date(needs.now())
  const [now, whoUses] = await Promise.all([
    store.toolsOf(workspaceId, toolset.id),
    findToolUsers(store, { workspaceId, toolsetId: toolset.id }, at.getTime()),
  ])
  const plan = planRestore(then.rows, now, { at, newId: () => needs.newId('tool') })
  const changes = compareToolsets(comparedOf(now), comparedOf(then.rows), whoUses)
  requireMayGive(owner, changes)
  const counts = countChanges(changes)
  const outcome = await store.change(toolset, {
    ...{ ...plan, at },
    note: { cause: 'restored', ownerId: owner.ownerId, ...counts },
    newPolicyId: () => needs.newId('policy'),
    care: policyCareOf(owner),
  })
  if (outcome === undefined || typeof outcome === 'string') throw versionConflict()
  await changed(needs, owner, {
    operation: 'restoreToolsetVersion',
    ...outcome,
    detail: { restoredVersion: version, ...counts },
  })
}

/** Tools that are there still keep their ids; those that are not come back as new ones, which no old grant names. */
function planRestore(
  then: readonly ToolRow[],
  now: readonly ToolRow[],
  { at, newId }: { readonly at: Date; readonly newId: () => string },
): { insert: StoredTool[]; update: StoredTool[]; remove: string[] } {
  const rowOf = new Map(now.map((row) => [row.key, row]))
  const insert: StoredTool[] = []
  const update: StoredTool[] = []
  for (const row of then) {
    if (effectiveTool(row) === undefined) continue
    const was = storedOf(row)
    const standing = rowOf.get(row.key)
    if (standing === undefined) insert.push({ ...was, id: newId(), createdAt: at, updatedAt: at })
    else if (isOther(was, standing)) {
      update.push({ ...was, id: standing.id, createdAt: standing.createdAt, updatedAt: at })
    }
  }
  const keys = new Set(then.map(({ key }) => key))
  const remove = now.filter(({ key }) => !keys.has(key)).map(({ id }) => id)
  return { insert, update, remove }
}

const isOther = (was: StoredTool, now: StoredTool): boolean =>
  was.digest !== now.digest ||
  was.definitionDigest !== now.definitionDigest ||
  was.status !== now.status
