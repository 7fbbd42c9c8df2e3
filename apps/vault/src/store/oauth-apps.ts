import { and, count, eq, getTableColumns, ne, sql } from 'drizzle-orm'
import type {
  CountedOAuthApp,
  OAuthAppStore,
  StoredOAuthApp,
} from '../connections/oauth-apps/oauth-app-store.ts'
import { type Database, type Executor, guardStore, type Transaction } from './database.ts'
import { oauthApps } from './oauth-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { connections } from './tables.ts'

type Ref = { readonly workspaceId: string; readonly id: string }

const { sealed: _sealed, ...record } = getTableColumns(oauthApps)
// Written out: Drizzle leaves the names of tables out of the columns of a select from one table.
const used = sql<number>`(SELECT count(*)::integer FROM connections
  WHERE connections.oauth_app_id = oauth_apps.id AND connections.status <> 'revoked')`
const isThis = ({ workspaceId, id }: Ref) =>
  and(eq(oauthApps.workspaceId, workspaceId), eq(oauthApps.id, id))

/** Builds the queries on OAuth clients. */
export function createOAuthAppStore(database: Pick<Database, 'db' | 'transaction'>): OAuthAppStore {
  const { db } = database
  return guardStore<OAuthAppStore>({
    async insert(row) {
      const inserted = await db
        .insert(oauthApps)
        .values(row)
        .onConflictDoNothing({ target: [oauthApps.workspaceId, oauthApps.provider] })
        .returning({ id: oauthApps.id })
      return inserted.length === 1
    },

    async find(workspaceId, id) {
      const [row] = await db
        .select({ ...getTableColumns(oauthApps), connections: used })
        .from(oauthApps)
        .where(isThis({ workspaceId, id }))
      return row
    },

    async findByProvider(workspaceId, provider): Promise<StoredOAuthApp | undefined> {
      const [row] = await db
        .select()
        .from(oauthApps)
        .where(and(eq(oauthApps.workspaceId, workspaceId), eq(oauthApps.provider, provider)))
      return row
    },

    list: async (workspaceId, { limit, after }) =>
      await db
        .select({ ...record, connections: used })
        .from(oauthApps)
        .where(and(eq(oauthApps.workspaceId, workspaceId), afterRow(oauthApps, after)))
        .orderBy(...newestFirst(oauthApps))
        .limit(limit),

    async listProviders(workspaceId) {
      const rows = await db
        .select({ provider: oauthApps.provider })
        .from(oauthApps)
        .where(eq(oauthApps.workspaceId, workspaceId))
        .orderBy(oauthApps.provider)
        .limit(providersMax)
      return rows.map(({ provider }) => provider)
    },

    update: (at, changes) =>
      database.transaction(async (tx): Promise<CountedOAuthApp | 'changed' | 'in-use'> => {
        if (at.onlyUnused && (await isUsed(tx, at))) return 'in-use'
        const [row] = await tx
          .update(oauthApps)
          .set(changes)
          .where(and(isThis(at), eq(oauthApps.version, at.version)))
          .returning(record)
        return row === undefined ? 'changed' : { ...row, connections: await countUsers(tx, at.id) }
      }),

    delete: (at) =>
      database.transaction(async (tx) => {
        if (await isUsed(tx, at)) return 'in-use'
        const deleted = await tx.delete(oauthApps).where(isThis(at)).returning({ id: oauthApps.id })
        return deleted.length === 1 ? 'deleted' : 'not-found'
      }),
  })
}

/** More providers than anybody has clients at. */
const providersMax = 1000

/** Whether a connection uses it. It is locked, so that none begins to before the transaction ends: see `lockOAuthApp`. */
async function isUsed(tx: Transaction, at: Ref): Promise<boolean> {
  const [row] = await tx
    .select({ id: oauthApps.id })
    .from(oauthApps)
    .where(isThis(at))
    .for('update')
  return row !== undefined && (await countUsers(tx, row.id)) > 0
}

async function countUsers(executor: Executor, id: string): Promise<number> {
  const [row] = await executor
    .select({ users: count() })
    .from(connections)
    .where(and(eq(connections.oauthAppId, id), ne(connections.status, 'revoked')))
  return row?.users ?? 0
}

/**
 * Keeps a client as it is until the transaction ends: to be called before a connection that uses it is written. False where
 * the workspace has none such any more.
 */
export async function lockOAuthApp(tx: Transaction, at: Ref): Promise<boolean> {
  const rows = await tx.select({ id: oauthApps.id }).from(oauthApps).where(isThis(at)).for('share')
  return rows.length === 1
}
