import { and, eq, exists, ne, not, or, type SQL, sql } from 'drizzle-orm'
import type {
  ConnectionRecord,
  RevokedConnection,
  TokensChange,
} from '../connections/connection-store.ts'
import type { NewTokenRow } from '../connections/tokens/token-store.ts'
import type { PageAfter } from '../paging/page-cursor.ts'
import { cancelApprovals } from './approval-opening.ts'
import { type Database, guardStore, type Transaction } from './database.ts'
import {
  hasApp,
  insertConnection,
  insertRow,
  connectionColumns as record,
} from './insert-connection.ts'
import { connectionTokens } from './oauth-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { putTokens } from './put-tokens.ts'
import { connections, policies } from './tables.ts'
import { undoing } from './undoing.ts'

type Row = typeof connections.$inferSelect
type NewRow = typeof connections.$inferInsert
type Stored = ConnectionRecord
type At = { readonly workspaceId: string; readonly id: string; readonly version: number }
type Changes = Partial<Omit<NewRow, 'id' | 'workspaceId' | 'createdAt'>>
/** The queries on connections. */
export type ConnectionStore = ReturnType<typeof createConnectionStore>

/** Builds the queries on connections. Those that answer a person or an agent are bound to a workspace. */
export function createConnectionStore(database: Pick<Database, 'db' | 'transaction'>) {
  return guardStore({
    ...reads(database),
    ...ofAgents(database),
    ...writes(database),
    revoke: createRevoke(database),
  })
}

function reads({ db }: Pick<Database, 'db'>) {
  const snapshot = db
    .select()
    .from(connections)
    .where(eq(connections.id, sql.placeholder('id')))
    .prepare('connection_snapshot')
  const one = db
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.workspaceId, sql.placeholder('workspaceId')),
        eq(connections.id, sql.placeholder('id')),
      ),
    )
    .prepare('connection_of_workspace')

  return {
    /** For the request path, which compares the workspace itself. */
    async findSnapshot(id: string): Promise<Row | undefined> {
      const [row] = await snapshot.execute({ id })
      return row
    },

    async find(workspaceId: string, id: string): Promise<Row | undefined> {
      const [row] = await one.execute({ workspaceId, id })
      return row
    },

    /** Newest first. */
    list: async (
      workspaceId: string,
      page: PageAfter & { readonly status?: Row['status'] | undefined },
    ) =>
      await db
        .select(record)
        .from(connections)
        .where(
          and(
            eq(connections.workspaceId, workspaceId),
            page.status && eq(connections.status, page.status),
            afterRow(connections, page.after),
          ),
        )
        .orderBy(...newestFirst(connections))
        .limit(page.limit),
  }
}

function ofAgents({ db }: Pick<Database, 'db'>) {
  const ofService = db
    .select({ id: connections.id })
    .from(policies)
    .innerJoin(connections, eq(connections.id, policies.connectionId))
    .where(
      and(
        eq(policies.agentId, sql.placeholder('agentId')),
        eq(connections.workspaceId, sql.placeholder('workspaceId')),
        eq(connections.service, sql.placeholder('service')),
        ne(connections.status, 'revoked'),
        letsSend,
      ),
    )
    .orderBy(...newestFirst(connections))
    .limit(candidatesMax)
    .prepare('connections_of_service')

  return {
    /** The ids of a service's connections that are not revoked and that a policy lets the agent use, newest first. */
    async listIdsOfService(
      agent: { readonly agentId: string; readonly workspaceId: string },
      service: string,
    ): Promise<string[]> {
      const { agentId, workspaceId } = agent
      const rows = await ofService.execute({ agentId, workspaceId, service })
      return rows.map((row) => row.id)
    },

    /** What an agent has a policy for, with that policy, unless it is about tools alone; newest first. */
    listForAgent: async (
      agent: { readonly agentId: string; readonly workspaceId: string },
      page: PageAfter,
    ) =>
      await db
        .select({
          connection: record,
          policy: { id: policies.id, document: policies.document },
        })
        .from(policies)
        .innerJoin(connections, eq(connections.id, policies.connectionId))
        .where(
          and(
            eq(policies.agentId, agent.agentId),
            eq(connections.workspaceId, agent.workspaceId),
            or(letsSend, not(namesTools)),
            afterRow(connections, page.after),
          ),
        )
        .orderBy(...newestFirst(connections))
        .limit(page.limit),
  }
}

function writes(database: Pick<Database, 'db' | 'transaction'>) {
  const { db } = database
  const update = async (executor: Pick<Transaction, 'update'>, at: At, changes: Changes) => {
    const [stored] = await executor
      .update(connections)
      .set(changes)
      .where(
        and(
          eq(connections.workspaceId, at.workspaceId),
          eq(connections.id, at.id),
          eq(connections.version, at.version),
          ne(connections.status, 'revoked'),
        ),
      )
      .returning(record)
    return stored
  }
  return {
    /**
     * Undefined where a singleton service has a connection already that is not revoked; `no-app` where its OAuth client is
     * gone. Its first tokens are written with it.
     */
    insert: (row: NewRow, tokens?: NewTokenRow) =>
      tokens === undefined
        ? insertRow(db, row)
        : undoing<Stored, 'no-app' | undefined>(database, async (tx, give) => {
            const stored = await insertConnection(tx, row, tokens)
            return stored === undefined || stored === 'no-app' ? give(stored) : stored
          }),

    /**
     * Compare and set: undefined where the row, or its tokens, have another version by now, or it is revoked or gone;
     * `no-app` where its new OAuth client is gone.
     */
    update: (at: At, changes: Changes, tokens?: TokensChange) =>
      tokens === undefined
        ? update(db, at, changes)
        : undoing<Stored, 'no-app' | undefined>(database, async (tx, give) => {
            if (!(await hasApp(tx, at.workspaceId, changes))) give('no-app')
            const stored = await update(tx, at, changes)
            if (stored === undefined) return give(undefined)
            if (!(await changeTokens(tx, at.id, tokens))) give(undefined)
            return stored
          }),
  }
}

/** False where they have another version by now. Who renews them goes on doing so, where they are the same. */
async function changeTokens(
  tx: Transaction,
  connectionId: string,
  change: TokensChange,
): Promise<boolean> {
  const isTheirs = eq(connectionTokens.connectionId, connectionId)
  if (change === 'drop') {
    await tx.delete(connectionTokens).where(isTheirs)
    return true
  }
  if ('put' in change) return putTokens(tx, change.put, change.before)
  const { reseal: sealed, before } = change
  const changed = await tx
    .update(connectionTokens)
    .set({ sealed, version: before + 1 })
    .where(and(isTheirs, eq(connectionTokens.version, before)))
    .returning({ id: connectionTokens.connectionId })
  return changed.length === 1
}

interface Revoked {
  readonly workspaceId: string
  readonly id: string
  /** Only where this agent has a policy for it. */
  readonly agentId?: string
  readonly now: Date
}

/** Destroys the sealed credential and the tokens, and withdraws approvals, as one; repeated, it changes nothing. */
const createRevoke =
  ({ db, transaction }: Pick<Database, 'db' | 'transaction'>) =>
  (at: Revoked): Promise<RevokedConnection | undefined> =>
    transaction(async (tx) => {
      const [before] = await tx
        .select()
        .from(connections)
        .where(
          and(
            eq(connections.workspaceId, at.workspaceId),
            eq(connections.id, at.id),
            at.agentId === undefined ? undefined : mayUse(db, at.agentId),
          ),
        )
        .for('update')
      if (before === undefined) return undefined
      const isThis = eq(connections.id, before.id)
      if (before.status === 'revoked') {
        const [connection] = await tx.select(record).from(connections).where(isThis)
        return connection && { connection }
      }
      const connection = await destroyCredential(tx, before, at.now)
      const [tokens] = await tx
        .delete(connectionTokens)
        .where(eq(connectionTokens.connectionId, before.id))
        .returning({ sealed: connectionTokens.sealed, version: connectionTokens.version })
      return connection && { connection, ...(tokens && { ended: { connection: before, tokens } }) }
    })

/** Revokes a connection that the transaction holds: its sealed credential goes, and approvals are withdrawn. */
export async function destroyCredential(
  tx: Transaction,
  before: Pick<Row, 'id' | 'version'>,
  now: Date,
): Promise<Stored | undefined> {
  const [connection] = await tx
    .update(connections)
    .set({
      status: 'revoked',
      statusReason: null,
      sealed: null,
      credentialHint: '',
      version: before.version + 1,
      revokedAt: now,
      updatedAt: now,
    })
    .where(eq(connections.id, before.id))
    .returning(record)
  await cancelApprovals(tx, { connectionId: before.id })
  return connection
}

/** More of one service than anybody would choose among. */
const candidatesMax = 50

/**
 * The policy lets requests of the agent's own through. Policies are also made to grant one tool, or to deny one: that gives nobody
 * the connection itself.
 */
const letsSend = sql`jsonb_array_length(${policies.document} -> 'allow') > 0`
const namesTools = sql`jsonb_array_length(coalesce(${policies.document} -> 'tools', '[]')) > 0`

function mayUse(db: Database['db'], agentId: string): SQL {
  const isItsOwn = and(eq(policies.agentId, agentId), eq(policies.connectionId, connections.id))
  return exists(db.select({ id: policies.id }).from(policies).where(and(isItsOwn, letsSend)))
}
