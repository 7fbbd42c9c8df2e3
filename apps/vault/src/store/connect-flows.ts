import { and, count, eq, getTableColumns, gt, isNotNull, isNull, lte, ne, or } from 'drizzle-orm'
import type {
  ConnectFlowStore,
  FlowAt,
  NotConnected,
  StoredFlow,
} from '../connections/connect/connect-flow-store.ts'
import { type Database, type Executor, guardStore, type Transaction } from './database.ts'
import { lockOAuthApp } from './oauth-apps.ts'
import { connectFlows, connectionTokens } from './oauth-tables.ts'
import { owners } from './owner-tables.ts'
import { putTokens } from './put-tokens.ts'
import { connections } from './tables.ts'
import { undoing } from './undoing.ts'

type Db = Pick<Database, 'db' | 'transaction'>
type Whose = { readonly workspaceId: string; readonly ownerId: string }

const { sealed: _sealed, ...record } = getTableColumns(connections)

/** Builds the queries on attempts to connect an account. */
export function createConnectFlowStore(database: Db): ConnectFlowStore {
  return guardStore<ConnectFlowStore>({
    ...flows(database),
    ...turns(database),
    ...endings(database),
    ...lookups(database),
  })
}

const isOf = ({ workspaceId, ownerId }: Whose, id: string) =>
  and(
    eq(connectFlows.id, id),
    eq(connectFlows.workspaceId, workspaceId),
    eq(connectFlows.ownerId, ownerId),
  )

/** Nobody has used it and it is not over. */
const waits = (now: Date) =>
  and(
    eq(connectFlows.status, 'waiting'),
    isNull(connectFlows.finishedAt),
    gt(connectFlows.expiresAt, now),
  )

async function countWaiting(executor: Executor, ownerId: string, now: Date): Promise<number> {
  const [row] = await executor
    .select({ waiting: count() })
    .from(connectFlows)
    .where(and(eq(connectFlows.ownerId, ownerId), waits(now)))
  return row?.waiting ?? 0
}

const waitsAt = ({ id, version, now }: FlowAt & { readonly now: Date }) =>
  and(eq(connectFlows.id, id), eq(connectFlows.version, version), waits(now))

function flows(database: Db) {
  const { db } = database
  return {
    insert: (flow: StoredFlow, waitingMax: number) =>
      database.transaction(async (tx): Promise<'inserted' | 'too-many' | 'gone'> => {
        const { workspaceId, ownerId } = flow
        // One at a time for a person: two that count at once would each find room.
        await tx.select({ id: owners.id }).from(owners).where(eq(owners.id, ownerId)).for('update')
        if ((await countWaiting(tx, ownerId, flow.createdAt)) >= waitingMax) return 'too-many'
        if (!(await lockOAuthApp(tx, { workspaceId, id: flow.oauthAppId }))) return 'gone'
        await tx.insert(connectFlows).values(flow)
        return 'inserted'
      }),

    countWaiting: (ownerId: string, now: Date) => countWaiting(db, ownerId, now),

    async find(owner: Whose, id: string): Promise<StoredFlow | undefined> {
      const [row] = await db.select().from(connectFlows).where(isOf(owner, id))
      return row
    },

    async findByState(stateHash: Uint8Array): Promise<StoredFlow | undefined> {
      const [row] = await db
        .select()
        .from(connectFlows)
        .where(eq(connectFlows.stateHash, stateHash))
      return row
    },

    async delete(owner: Whose, id: string): Promise<boolean> {
      const deleted = await db
        .delete(connectFlows)
        .where(isOf(owner, id))
        .returning({ id: connectFlows.id })
      return deleted.length === 1
    },
  }
}

function turns({ db }: Db) {
  return {
    async bind(
      at: FlowAt & { readonly now: Date },
      bound: Pick<StoredFlow, 'sessionHash' | 'stateHash' | 'sealed' | 'version'>,
    ): Promise<StoredFlow | undefined> {
      const [row] = await db.update(connectFlows).set(bound).where(waitsAt(at)).returning()
      return row
    },

    async claim(at: FlowAt & { readonly now: Date }): Promise<boolean> {
      const claimed = await db
        .update(connectFlows)
        .set({ sealed: null, finishedAt: at.now, version: at.version + 1 })
        .where(waitsAt(at))
        .returning({ id: connectFlows.id })
      return claimed.length === 1
    },

    async takePoll(at: FlowAt & { readonly now: Date; readonly until: Date }): Promise<boolean> {
      const taken = await db
        .update(connectFlows)
        .set({ pollAfter: at.until })
        .where(and(waitsAt(at), lte(connectFlows.pollAfter, at.now)))
        .returning({ id: connectFlows.id })
      return taken.length === 1
    },

    async putOff(
      id: string,
      next: { readonly pollAfter: Date; readonly pollSeconds: number },
    ): Promise<void> {
      await db.update(connectFlows).set(next).where(eq(connectFlows.id, id))
    },
  }
}

function endings(database: Db): Pick<ConnectFlowStore, 'fail' | 'connect' | 'reconnect'> {
  return {
    async fail(id, problem, now) {
      await database.db
        .update(connectFlows)
        .set({ status: 'failed', problem, sealed: null, finishedAt: now })
        .where(and(eq(connectFlows.id, id), eq(connectFlows.status, 'waiting')))
    },

    connect: (given) =>
      undoing(database, async (tx, give) => {
        const { connection, flowId, oauthAppId, tokens, now } = given
        const { workspaceId } = connection
        if (!(await lockOAuthApp(tx, { workspaceId, id: oauthAppId }))) give('gone')
        const [made] = await tx
          .insert(connections)
          .values(connection)
          .onConflictDoNothing()
          .returning(record)
        if (made === undefined) return give('exists')
        await tx.insert(connectionTokens).values(tokens)
        await close(tx, { flowId, connectionId: made.id, now }, give)
        return made
      }),

    reconnect: (given) =>
      undoing(database, async (tx, give) => {
        const { at, changes, flowId, oauthAppId, tokens, tokensBefore, now } = given
        const { workspaceId } = at
        if (!(await lockOAuthApp(tx, { workspaceId, id: oauthAppId }))) give('gone')
        const [changed] = await tx
          .update(connections)
          .set({ ...changes, updatedAt: now })
          .where(
            and(
              eq(connections.workspaceId, workspaceId),
              eq(connections.id, at.id),
              eq(connections.version, at.version),
              ne(connections.status, 'revoked'),
            ),
          )
          .returning(record)
        if (changed === undefined) return give('changed')
        if (!(await putTokens(tx, tokens, tokensBefore))) give('changed')
        await close(tx, { flowId, connectionId: changed.id, now }, give)
        return changed
      }),
  }
}

/** Says what the attempt came to. One that was given up meanwhile takes everything back. */
async function close(
  tx: Transaction,
  { flowId, connectionId, now }: { flowId: string; connectionId: string; now: Date },
  give: (why: NotConnected) => never,
): Promise<void> {
  const closed = await tx
    .update(connectFlows)
    .set({ status: 'connected', connectionId, sealed: null, finishedAt: now })
    .where(and(eq(connectFlows.id, flowId), eq(connectFlows.status, 'waiting')))
    .returning({ id: connectFlows.id })
  if (closed.length === 0) give('gone')
}

function lookups({ db }: Db) {
  return {
    async findTokensVersion(connectionId: string): Promise<number | undefined> {
      const [row] = await db
        .select({ version: connectionTokens.version })
        .from(connectionTokens)
        .where(eq(connectionTokens.connectionId, connectionId))
      return row?.version
    },

    async isTaken(workspaceId: string, service: string): Promise<boolean> {
      const rows = await db
        .select({ id: connections.id })
        .from(connections)
        .where(
          and(
            eq(connections.workspaceId, workspaceId),
            eq(connections.service, service),
            eq(connections.singleton, true),
            ne(connections.status, 'revoked'),
          ),
        )
        .limit(1)
      return rows.length === 1
    },

    async isShared({
      workspaceId,
      oauthAppId,
      subject,
    }: {
      readonly workspaceId: string
      readonly oauthAppId: string
      readonly subject: string | undefined
    }): Promise<boolean> {
      const rows = await db
        .select({ id: connections.id })
        .from(connections)
        .where(
          and(
            eq(connections.workspaceId, workspaceId),
            eq(connections.oauthAppId, oauthAppId),
            ne(connections.status, 'revoked'),
            subject === undefined
              ? isNotNull(connections.id)
              : or(isNull(connections.accountSubject), eq(connections.accountSubject, subject)),
          ),
        )
        .limit(1)
      return rows.length === 1
    },
  }
}
