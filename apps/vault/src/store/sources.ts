import { and, eq, getTableColumns, ne, sql } from 'drizzle-orm'
import type { ConnectionChanges, StoredConnection } from '../connections/connection-store.ts'
import type { SourceStore } from '../sources/source-store.ts'
import { destroyCredential } from './connections.ts'
import { type Database, guardStore, type Transaction } from './database.ts'
import { insertConnection } from './insert-connection.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { insertToolset, tellTaken } from './put-toolset.ts'
import { sqlSources } from './source-tables.ts'
import { connections } from './tables.ts'
import { tools, toolsets } from './tool-tables.ts'
import { changeToolset, deleteToolset } from './toolset-writes.ts'
import { undoing } from './undoing.ts'

/** As for all writes of toolsets. */
const writeDeadlineMs = 30_000

type Store = SourceStore<StoredConnection, ConnectionChanges>

/** Builds the queries on SQL sources. What a source owns is written with it, or nothing is. */
export function createSourceStore(database: Pick<Database, 'db' | 'transaction'>): Store {
  return {
    ...guardStore(reads(database)),
    ...guardStore(writes(database), writeDeadlineMs),
  }
}

type Reads = Pick<Store, 'find' | 'findForCall' | 'list' | 'keepCheck'>

function reads({ db }: Pick<Database, 'db'>): Reads {
  const one = db
    .select()
    .from(sqlSources)
    .where(eq(sqlSources.id, sql.placeholder('id')))
    .prepare('source_of_call')
  return {
    async find(workspaceId, id) {
      const [row] = await selectRows(db).where(
        and(eq(sqlSources.workspaceId, workspaceId), eq(sqlSources.id, id)),
      )
      return row
    },

    async findForCall(id) {
      const [row] = await one.execute({ id })
      return row
    },

    list: (workspaceId, { limit, after, name }) =>
      selectRows(db)
        .where(
          and(
            eq(sqlSources.workspaceId, workspaceId),
            name === undefined ? undefined : eq(toolsets.name, name),
            afterRow(sqlSources, after),
          ),
        )
        .orderBy(...newestFirst(sqlSources))
        .limit(limit),

    async keepCheck({ workspaceId, id }, { found, at }) {
      await db
        .update(sqlSources)
        .set({ lastCheck: found, checkedAt: at })
        .where(and(eq(sqlSources.workspaceId, workspaceId), eq(sqlSources.id, id)))
    },
  }
}

const selectRows = (executor: Pick<Transaction, 'select'>) =>
  executor
    .select({
      ...getTableColumns(sqlSources),
      toolset: {
        name: toolsets.name,
        title: toolsets.title,
        description: toolsets.description,
        version: toolsets.version,
        toolCount: sql<number>`(select count(*)::int from ${tools} where ${tools.toolsetId} = ${toolsets.id})`,
      },
      connection: {
        id: connections.id,
        workspaceId: connections.workspaceId,
        status: connections.status,
        credentialKind: connections.credentialKind,
        origins: connections.origins,
        version: connections.version,
        sealed: connections.sealed,
      },
    })
    .from(sqlSources)
    .innerJoin(toolsets, eq(toolsets.id, sqlSources.toolsetId))
    .innerJoin(connections, eq(connections.id, sqlSources.connectionId))

type Writes = Pick<Store, 'insert' | 'update' | 'delete'>

// Locks are taken in the order of all writes of toolsets: the toolset, then its connection, then policies and approvals.
const writes = (database: Pick<Database, 'transaction'>): Writes => ({
  async insert(made) {
    const outcome = await tellTaken(() =>
      undoing<'inserted', { readonly exists: string }>(database, async (tx, give) => {
        for (const { source, connection, toolset, tools: rows, note } of made) {
          if (await isTaken(tx, toolset)) give({ exists: toolset.name })
          await insertConnection(tx, connection)
          await insertToolset(tx, { toolset, tools: rows, note })
          await tx.insert(sqlSources).values(source)
        }
        return 'inserted'
      }),
    )
    // Somebody took one of the names meanwhile.
    if (outcome === 'exists' || outcome === 'tool-exists') {
      return { exists: made.map(({ toolset }) => toolset.name).join(', ') }
    }
    return outcome
  },

  update: (at, change) =>
    tellTaken(() =>
      undoing<Awaited<ReturnType<Store['update']>>, 'exists' | undefined>(
        database,
        async (tx, give) => updateOne(tx, { at, change }, give),
      ),
    ),

  delete: ({ workspaceId, id }, by) =>
    database.transaction(async (tx) => {
      const [source] = await selectRows(tx).where(
        and(eq(sqlSources.workspaceId, workspaceId), eq(sqlSources.id, id)),
      )
      if (source === undefined) return undefined
      await tx
        .select({ id: toolsets.id })
        .from(toolsets)
        .where(eq(toolsets.id, source.toolsetId))
        .for('update')
      const [connection] = await tx
        .select()
        .from(connections)
        .where(eq(connections.id, source.connectionId))
        .for('update')
      const gone = await deleteToolset(tx, { workspaceId, id: source.toolsetId }, by)
      // Whoever else deletes it was faster.
      if (gone === undefined) return undefined
      if (connection !== undefined && connection.status !== 'revoked') {
        await destroyCredential(tx, connection, by.now)
      }
      await tx.delete(sqlSources).where(eq(sqlSources.id, id))
      return { source, policies: gone.policies, dependents: gone.dependents }
    }),
})

/** Of two who come at once the unique index fails one. */
async function isTaken(
  tx: Transaction,
  { workspaceId, name }: { readonly workspaceId: string; readonly name: string },
): Promise<boolean> {
  const found = await tx
    .select({ id: toolsets.id })
    .from(toolsets)
    .where(and(eq(toolsets.workspaceId, workspaceId), eq(toolsets.name, name)))
  return found.length > 0
}

async function updateOne(
  tx: Transaction,
  { at, change }: { at: Parameters<Store['update']>[0]; change: Parameters<Store['update']>[1] },
  give: (why: 'exists' | undefined) => never,
) {
  const { set, toolset, connection } = change
  // One that takes the place of a revoked one is there before the toolset goes to it.
  if (connection !== undefined && 'made' in connection) {
    await insertConnection(tx, connection.made)
  }
  const changed =
    toolset === undefined
      ? undefined
      : await changeToolset(
          tx,
          {
            at: { workspaceId: at.workspaceId, id: at.toolsetId, version: toolset.version },
            change: toolset.change,
          },
          // A source's toolset goes to no connection but that which was made with it, and has no tools of others.
          (why) => give(why === 'exists' ? 'exists' : undefined),
        )
  if (connection !== undefined && 'changes' in connection) {
    const sealed = await tx
      .update(connections)
      .set({ ...connection.changes, ...(set.updatedAt && { updatedAt: set.updatedAt }) })
      .where(
        and(
          eq(connections.id, at.connectionId),
          eq(connections.workspaceId, at.workspaceId),
          eq(connections.version, connection.version),
          ne(connections.status, 'revoked'),
        ),
      )
      .returning({ id: connections.id })
    if (sealed.length !== 1) give(undefined)
  }
  const stored = await tx
    .update(sqlSources)
    .set({
      ...set,
      ...(connection !== undefined && 'made' in connection && { connectionId: connection.made.id }),
      version: at.version + 1,
    })
    .where(
      and(
        eq(sqlSources.workspaceId, at.workspaceId),
        eq(sqlSources.id, at.id),
        eq(sqlSources.version, at.version),
      ),
    )
    .returning({ id: sqlSources.id })
  if (stored.length !== 1) give(undefined)
  return {
    policies: changed?.policies ?? [],
    dependents: changed?.dependents ?? [],
    ...(changed?.renamed !== undefined && { renamed: changed.renamed }),
  }
}
