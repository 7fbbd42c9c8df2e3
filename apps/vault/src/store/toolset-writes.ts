import { and, eq, inArray, sql } from 'drizzle-orm'
import type {
  ChangedToolset,
  StoredTool,
  StoredToolset,
  ToolsetChange,
  ToolsetStore,
} from '../tools/toolset-store.ts'
import type { Database, Transaction } from './database.ts'
import { insertToolset, putTools, tellTaken } from './put-toolset.ts'
import { connections } from './tables.ts'
import { endUncallable } from './tool-approvals.ts'
import { dropGrants } from './tool-grants.ts'
import { readRenames } from './tool-renames.ts'
import { tools, toolsets } from './tool-tables.ts'
import { changePolicies } from './toolset-policies.ts'
import { keepDefinitions, keepVersion } from './toolset-versions.ts'
import { undoing } from './undoing.ts'

// Every change of a toolset or of its tools is one transaction that moves its version; locks are taken in one order: toolsets that
// its tools come from, the toolset, a connection that it gets, toolsets that have tools of it, tools, policies; several of one sort by their ids.

type Fault = 'exists' | 'no-connection' | 'no-source'
type Give<Why = Fault> = (why: Why) => never

export const createToolsetWrites = (
  database: Pick<Database, 'transaction'>,
): Pick<ToolsetStore, 'insert' | 'change' | 'delete'> => ({
  insert: (toolset, rows, note) =>
    tellTaken(() =>
      undoing<'inserted', Fault>(database, async (tx, give) => {
        await requireConnection(tx, toolset, { give, hold: 'key share' })
        const sourceIds = sourcesOf(rows)
        await requireSources(tx, { workspaceId: toolset.workspaceId, sourceIds }, give)
        await insertToolset(tx, { toolset, tools: rows, note })
        return 'inserted'
      }),
    ).then((outcome) => (outcome === 'tool-exists' ? 'exists' : outcome)),

  change: (at, change) =>
    tellTaken(() =>
      undoing<ChangedToolset, Fault | undefined>(database, (tx, give) =>
        changeToolset(tx, { at, change }, give),
      ),
    ),

  delete: (at, by) => database.transaction((tx) => deleteToolset(tx, at, by)),
})

/** Deletes a toolset with its tools, their grants and the tools of other toolsets that they are; undefined where it is gone. */
export async function deleteToolset(
  tx: Transaction,
  { workspaceId, id }: Parameters<ToolsetStore['delete']>[0],
  { ownerId, now }: Parameters<ToolsetStore['delete']>[1],
): Promise<ChangedToolset | undefined> {
  const [toolset] = await tx
    .select()
    .from(toolsets)
    .where(and(eq(toolsets.workspaceId, workspaceId), eq(toolsets.id, id)))
    .for('update')
  if (toolset === undefined) return undefined
  await lockDependents(tx, id)
  const gone = await tx.delete(tools).where(eq(tools.toolsetId, id)).returning({ id: tools.id })
  const toolIds = gone.map((tool) => tool.id)
  const dependents = await removeDependents(tx, { toolIds, ownerId, at: now })
  const policies = await dropGrants(tx, {
    ...{ workspaceId, at: now },
    toolsetIds: [id],
    toolIds: dependents.toolIds,
    toolsetsOfTools: dependents.toolsetIds,
  })
  await endUncallable(tx, { workspaceId, toolsetIds: [id, ...dependents.toolsetIds] })
  await tx.delete(toolsets).where(eq(toolsets.id, id))
  return { toolset, policies, dependents: dependents.toolsetIds }
}

/** Changes a toolset and its tools, or gives the reason why not: undefined where it has another version by now, or is gone. */
export async function changeToolset(
  tx: Transaction,
  { at, change }: { at: Parameters<ToolsetStore['change']>[0]; change: ToolsetChange },
  give: Give<Fault | undefined>,
): Promise<ChangedToolset> {
  const { workspaceId, id, version } = at
  const isThis = and(
    eq(toolsets.workspaceId, workspaceId),
    eq(toolsets.id, id),
    eq(toolsets.version, version),
  )
  const sourceIds = sourcesOf([...change.insert, ...change.update])
  await holdToolsetsOf(tx, { workspaceId, toolIds: sourceIds })
  const [before] = await tx.select().from(toolsets).where(isThis).for('update')
  if (before === undefined) return give(undefined)
  const to = change.set?.connectionId ?? before.connectionId
  const isMoved = to !== null && to !== before.connectionId
  // Before the toolset names it, which would hold it for less: two who come to the same one would wait for each other.
  if (isMoved) {
    await requireConnection(tx, { workspaceId, connectionId: to }, { give, hold: 'update' })
  }
  const [toolset] = await tx
    .update(toolsets)
    .set({ ...change.set, version: version + 1, updatedAt: change.at })
    .where(isThis)
    .returning()
  if (toolset === undefined) return give(undefined)
  await requireSources(tx, { workspaceId, sourceIds }, give)
  const renames = await readRenames(tx, before, change)
  const dependents = await changeTools(tx, toolset, change)
  const ruled = await changePolicies(tx, before, { change, dependents, renames })
  await keepVersion(tx, toolset, { ...change.note, at: change.at })
  return { toolset, ...ruled, dependents: dependents.all }
}

async function changeTools(tx: Transaction, { id }: StoredToolset, change: ToolsetChange) {
  const { remove, update, insert, at, note } = change
  await lockDependents(tx, id)
  await keepDefinitions(tx, id, [...remove, ...update.map((tool) => tool.id)])
  const removed =
    remove.length === 0
      ? { toolIds: [], toolsetIds: [] }
      : await removeTools(tx, { toolsetId: id, toolIds: remove, ownerId: note.ownerId, at })
  if (update.length > 0) {
    // Two tools may change names with each other: none is in the way of another while all get their new ones.
    await tx
      .update(tools)
      .set({ name: sql`${tools.id}` })
      .where(
        inArray(
          tools.id,
          update.map((tool) => tool.id),
        ),
      )
  }
  await putTools(tx, [...update, ...insert])
  const still = await findDependents(tx, id)
  if (still.dependentToolsetIds.length > 0) {
    // Told to whoever keeps them in mind: what they are has changed, though nothing of their own has.
    await tx
      .update(toolsets)
      .set({ updatedAt: at })
      .where(inArray(toolsets.id, [...still.dependentToolsetIds]))
  }
  return {
    removed,
    still,
    all: [...new Set([...removed.toolsetIds, ...still.dependentToolsetIds])],
  }
}

async function removeTools(
  tx: Transaction,
  gone: { toolsetId: string; toolIds: readonly string[]; ownerId: string | null; at: Date },
) {
  await tx
    .delete(tools)
    .where(and(eq(tools.toolsetId, gone.toolsetId), inArray(tools.id, [...gone.toolIds])))
  return removeDependents(tx, gone)
}

/** Tools of other toolsets end with the tools that they are; each such toolset gets a version that says so. */
async function removeDependents(
  tx: Transaction,
  { toolIds, ownerId, at }: { toolIds: readonly string[]; ownerId: string | null; at: Date },
): Promise<{ toolIds: string[]; toolsetIds: string[] }> {
  if (toolIds.length === 0) return { toolIds: [], toolsetIds: [] }
  const isOne = inArray(tools.sourceToolId, [...toolIds])
  const found = await tx.selectDistinct({ id: tools.toolsetId }).from(tools).where(isOne)
  const toolsetIds = found.map(({ id }) => id).sort()
  if (toolsetIds.length === 0) return { toolIds: [], toolsetIds: [] }
  const touched = await tx
    .update(toolsets)
    .set({ version: sql`${toolsets.version} + 1`, updatedAt: at })
    .where(inArray(toolsets.id, toolsetIds))
    .returning({ id: toolsets.id, version: toolsets.version })
  const gone = await tx
    .delete(tools)
    .where(isOne)
    .returning({ id: tools.id, toolsetId: tools.toolsetId })
  for (const toolset of touched) {
    const removed = gone.filter(({ toolsetId }) => toolsetId === toolset.id).length
    await keepVersion(tx, toolset, { cause: 'edited', ownerId, added: 0, removed, changed: 0, at })
  }
  return { toolIds: gone.map(({ id }) => id), toolsetIds }
}

async function findDependents(tx: Transaction, toolsetId: string) {
  const rows = await tx
    .select({ id: tools.id, toolsetId: tools.toolsetId })
    .from(tools)
    .where(
      inArray(
        tools.sourceToolId,
        tx.select({ id: tools.id }).from(tools).where(eq(tools.toolsetId, toolsetId)),
      ),
    )
  return {
    dependentTools: rows,
    dependentToolsetIds: [...new Set(rows.map((row) => row.toolsetId))].sort(),
  }
}

/**
 * The connection is of this workspace and lives, and goes nowhere meanwhile. Held for `update`, it gets no policy meanwhile;
 * that is short: nothing may be asked of an owner about it either.
 */
async function requireConnection(
  tx: Transaction,
  { workspaceId, connectionId }: Pick<StoredToolset, 'workspaceId' | 'connectionId'>,
  { give, hold }: { readonly give: Give; readonly hold: 'key share' | 'update' },
): Promise<void> {
  if (connectionId === null) return
  const [found] = await tx
    .select({ status: connections.status })
    .from(connections)
    .where(and(eq(connections.id, connectionId), eq(connections.workspaceId, workspaceId)))
    .for(hold)
  if (found === undefined || found.status === 'revoked') give('no-connection')
}

/** The tools of other toolsets that these are. */
const sourcesOf = (rows: readonly StoredTool[]): readonly string[] => [
  ...new Set(rows.map((row) => row.sourceToolId).filter((id) => id !== null)),
]

/**
 * The toolsets of these tools change only before or after: whoever changes one of them locks it first, and then those that have
 * tools of it.
 */
async function holdToolsetsOf(
  tx: Transaction,
  { workspaceId, toolIds }: { readonly workspaceId: string; readonly toolIds: readonly string[] },
): Promise<void> {
  if (toolIds.length === 0) return
  const theirs = tx
    .select({ id: tools.toolsetId })
    .from(tools)
    .where(and(eq(tools.workspaceId, workspaceId), inArray(tools.id, [...toolIds])))
  await tx
    .select({ id: toolsets.id })
    .from(toolsets)
    .where(inArray(toolsets.id, theirs))
    .orderBy(toolsets.id)
    .for('key share')
}

/** All toolsets that have tools of this one. */
async function lockDependents(tx: Transaction, toolsetId: string): Promise<void> {
  const own = tx.select({ id: tools.id }).from(tools).where(eq(tools.toolsetId, toolsetId))
  const theirs = tx
    .select({ id: tools.toolsetId })
    .from(tools)
    .where(inArray(tools.sourceToolId, own))
  await tx
    .select({ id: toolsets.id })
    .from(toolsets)
    .where(inArray(toolsets.id, theirs))
    .orderBy(toolsets.id)
    .for('update')
}

/** The tools that they are stand, and are tools of their own right. */
async function requireSources(
  tx: Transaction,
  { workspaceId, sourceIds }: { workspaceId: string; sourceIds: readonly string[] },
  give: Give,
): Promise<void> {
  if (sourceIds.length === 0) return
  const found = await tx
    .select({ id: tools.id })
    .from(tools)
    .where(
      and(
        eq(tools.workspaceId, workspaceId),
        inArray(tools.id, [...sourceIds]),
        sql`${tools.definition} is not null`,
      ),
    )
    .orderBy(tools.id)
    .for('key share')
  if (found.length < sourceIds.length) give('no-source')
}
