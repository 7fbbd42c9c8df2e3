import { and, eq, getTableColumns, inArray, isNull, like, ne, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { ServerChange, ServerStore } from '../upstreams/kept/server-store.ts'
import { destroyCredential } from './connections.ts'
import { brokenUniqueConstraint, type Database, guardStore, type Transaction } from './database.ts'
import { insertConnection } from './insert-connection.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { insertToolset } from './put-toolset.ts'
import { connections } from './tables.ts'
import { tools, toolsets } from './tool-tables.ts'
import { deleteToolset } from './toolset-writes.ts'
import { undoing } from './undoing.ts'
import { mcpServers } from './upstream-tables.ts'

/** As for all writes of toolsets. */
const writeDeadlineMs = 30_000

/** Builds the queries on upstream MCP servers. What a server owns is written with it, or nothing is. */
export function createServerStore(database: Pick<Database, 'db' | 'transaction'>): ServerStore {
  return {
    ...guardStore(reads(database)),
    ...guardStore(ofItself(database)),
    ...guardStore(writes(database), writeDeadlineMs),
  }
}

// Definitions of tools are long, and nobody wants them with a server.
const { pins, refused, syncedAt, ...columns } = getTableColumns(mcpServers)

const countTools = (condition: ReturnType<typeof sql>) =>
  sql<number>`(select count(*)::int from ${tools} where ${tools.toolsetId} = ${mcpServers.toolsetId} and ${condition})`

const signIns = alias(connections, 'sign_ins')
/** Its origins say which server it is for: its tokens are sealed for them, so that no edit makes them another’s. */
const newestSignIn = sql`(SELECT one.id FROM connections one
  WHERE one.workspace_id = ${mcpServers.workspaceId} AND one.origins = ARRAY['mcp://' || ${mcpServers.id}]
    AND one.credential_kind <> 'upstream' AND one.status <> 'revoked'
  ORDER BY one.created_at DESC, one.id DESC LIMIT 1)`

const selectRows = (executor: Pick<Transaction, 'select'>) =>
  executor
    .select({
      ...columns,
      toolset: toolsets.name,
      toolCount: countTools(sql`${tools.status} <> 'held'`),
      heldCount: countTools(sql`${tools.status} = 'held'`),
      account: {
        id: connections.id,
        workspaceId: connections.workspaceId,
        status: connections.status,
        credentialKind: connections.credentialKind,
        origins: connections.origins,
        version: connections.version,
        sealed: connections.sealed,
      },
      signIn: {
        id: signIns.id,
        status: signIns.status,
        statusReason: signIns.statusReason,
        version: signIns.version,
        credentialKind: signIns.credentialKind,
        oauthAppId: signIns.oauthAppId,
        account: signIns.account,
        requestedScopes: signIns.requestedScopes,
        grantedScopes: signIns.grantedScopes,
      },
    })
    .from(mcpServers)
    .innerJoin(toolsets, eq(toolsets.id, mcpServers.toolsetId))
    .innerJoin(connections, eq(connections.id, mcpServers.connectionId))
    .leftJoin(signIns, eq(signIns.id, newestSignIn))

const isThis = ({ workspaceId, id }: { readonly workspaceId: string; readonly id: string }) =>
  and(eq(mcpServers.workspaceId, workspaceId), eq(mcpServers.id, id))

type Reads = Pick<ServerStore, 'find' | 'list' | 'listReferring' | 'listSignIns'>

const reads = ({ db }: Pick<Database, 'db'>): Reads => ({
  async find(workspaceId, id) {
    const [row] = await selectRows(db).where(isThis({ workspaceId, id }))
    return row
  },

  list: async (workspaceId, { limit, after }) =>
    await selectRows(db)
      .where(and(eq(mcpServers.workspaceId, workspaceId), afterRow(mcpServers, after)))
      .orderBy(...newestFirst(mcpServers))
      .limit(limit),

  async listSignIns(workspaceId, id) {
    const rows = await db
      .select({ id: connections.id })
      .from(connections)
      .where(
        and(
          eq(connections.workspaceId, workspaceId),
          sql`${connections.origins} = ARRAY['mcp://' || ${id}::text]`,
          ne(connections.credentialKind, 'upstream'),
          ne(connections.status, 'revoked'),
        ),
      )
      .orderBy(...newestFirst(connections))
    return rows.map((row) => row.id)
  },

  listReferring: async (workspaceId) =>
    await db
      .select({
        id: mcpServers.id,
        workspaceId: mcpServers.workspaceId,
        name: mcpServers.name,
        variables: mcpServers.variables,
      })
      .from(mcpServers)
      .where(
        and(eq(mcpServers.workspaceId, workspaceId), sql`cardinality(${mcpServers.variables}) > 0`),
      )
      .orderBy(mcpServers.name),
})

type OfItself = Pick<
  ServerStore,
  | 'findAnywhere'
  | 'listEnabled'
  | 'listDeleted'
  | 'saveStatus'
  | 'findPins'
  | 'savePins'
  | 'touchReading'
>

/** What the vault does by itself, in no owner’s name. */
const ofItself = ({ db, transaction }: Pick<Database, 'db' | 'transaction'>): OfItself => ({
  async findAnywhere(id) {
    const [row] = await selectRows(db).where(eq(mcpServers.id, id))
    return row
  },

  listEnabled: async () =>
    await db
      .select({ id: mcpServers.id, workspaceId: mcpServers.workspaceId })
      .from(mcpServers)
      .where(eq(mcpServers.enabled, true))
      .orderBy(mcpServers.id),

  async listDeleted(ids) {
    if (ids.length === 0) return []
    const account = sql<string>`substr(${connections.origins}[1], 7)`
    const rows = await db
      .select({ id: account })
      .from(connections)
      .leftJoin(mcpServers, eq(mcpServers.connectionId, connections.id))
      .where(
        and(
          // Their accounts stay, revoked.
          eq(connections.credentialKind, 'upstream'),
          eq(connections.status, 'revoked'),
          inArray(account, [...ids]),
          isNull(mcpServers.id),
        ),
      )
    return rows.map(({ id }) => id)
  },

  saveStatus: async (id, status) =>
    void (await db.update(mcpServers).set(status).where(eq(mcpServers.id, id))),

  async findPins(id) {
    const [row] = await db
      .select({ pins, refused, syncedAt })
      .from(mcpServers)
      .where(eq(mcpServers.id, id))
    return row
  },

  async savePins(id, found) {
    await db.update(mcpServers).set(found).where(eq(mcpServers.id, id))
  },

  touchReading: ({ workspaceId, toolsetId }, list, at) =>
    transaction(async (tx) => {
      // Told to everybody who has its tools in mind.
      await tx
        .update(toolsets)
        .set({ updatedAt: at })
        .where(and(eq(toolsets.workspaceId, workspaceId), eq(toolsets.id, toolsetId)))
      await tx
        .update(tools)
        .set({ updatedAt: at })
        .where(and(eq(tools.toolsetId, toolsetId), like(tools.key, `${list}/%`)))
    }),
})

type Writes = Pick<ServerStore, 'insert' | 'update' | 'delete'>

// Locks are taken in the order of all writes of toolsets: the toolset, then its connection, then policies and approvals.
const writes = (database: Pick<Database, 'transaction'>): Writes => ({
  async insert({ server, connection, toolset, note }) {
    const outcome = await tellTaken(() =>
      database.transaction(async (tx) => {
        await insertConnection(tx, connection)
        await insertToolset(tx, { toolset, tools: [], note })
        const { enabled } = server
        await tx.update(toolsets).set({ enabled }).where(eq(toolsets.id, toolset.id))
        await tx.insert(mcpServers).values({ ...server, ...neverSynced, ...lists(server) })
      }),
    )
    return outcome === 'done' ? 'inserted' : outcome
  },

  async update(at, change) {
    const outcome = await tellTaken(() =>
      undoing<void, 'other'>(database, async (tx, give) => {
        if (!(await updateOne(tx, at, change))) give('other')
      }),
    )
    if (outcome === 'other') return undefined
    return outcome === 'done' ? 'updated' : 'exists'
  },

  delete: ({ workspaceId, id }, by) =>
    database.transaction(async (tx) => {
      const [server] = await selectRows(tx).where(isThis({ workspaceId, id }))
      if (server === undefined) return undefined
      await hold(tx, toolsets, server.toolsetId)
      await hold(tx, connections, server.connectionId)
      // The server goes with its toolset.
      const gone = await deleteToolset(tx, { workspaceId, id: server.toolsetId }, by)
      if (gone === undefined) return undefined
      if (server.account.status !== 'revoked') {
        await destroyCredential(tx, server.account, by.now)
      }
      return { policies: gone.policies, dependents: gone.dependents }
    }),
})

const neverSynced = { pins: [], refused: [], syncedAt: null }
/** Drizzle writes into what it is given. */
const lists = ({ variables }: { readonly variables: readonly string[] }) => ({
  variables: [...variables],
})

async function updateOne(
  tx: Transaction,
  { version, ...ref }: Parameters<ServerStore['update']>[0],
  { set, connection, at }: ServerChange,
): Promise<boolean> {
  const [known] = await selectRows(tx).where(isThis(ref))
  if (known === undefined) return false
  await hold(tx, toolsets, known.toolsetId)
  if (set.enabled !== undefined && set.enabled !== known.enabled) {
    // Told to everybody who has its tools in mind.
    await tx
      .update(toolsets)
      .set({ enabled: set.enabled, updatedAt: at })
      .where(eq(toolsets.id, known.toolsetId))
  }
  if (connection !== undefined) {
    const [stored] = await tx
      .update(connections)
      .set(connection.changes)
      .where(
        and(
          eq(connections.id, known.connectionId),
          eq(connections.version, connection.version),
          sql`${connections.status} <> 'revoked'`,
        ),
      )
      .returning({ id: connections.id })
    if (stored === undefined) return false
  }
  const { variables, ...rest } = set
  const [updated] = await tx
    .update(mcpServers)
    .set({
      ...rest,
      ...(variables !== undefined && lists({ variables })),
      version: version + 1,
      updatedAt: at,
    })
    .where(and(isThis(ref), eq(mcpServers.version, version)))
    .returning({ id: mcpServers.id })
  return updated !== undefined
}

const hold = (tx: Transaction, table: typeof toolsets | typeof connections, id: string) =>
  tx.select({ id: table.id }).from(table).where(eq(table.id, id)).for('update')

async function tellTaken<T>(
  work: () => Promise<T>,
): Promise<'done' | 'exists' | 'toolset-exists' | Exclude<T, void>> {
  try {
    return ((await work()) ?? 'done') as 'done' | Exclude<T, void>
  } catch (error) {
    const broken = brokenUniqueConstraint(error)
    if (broken === 'mcp_servers_by_name') return 'exists'
    if (broken === 'toolsets_by_name') return 'toolset-exists'
    throw error
  }
}
