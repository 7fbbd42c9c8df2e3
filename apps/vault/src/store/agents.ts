import { and, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm'
import type { AgentRef, AgentRow, AgentStore, BootstrapCode } from '../identity/agents.ts'
import type { Enrolled, EnrolmentStore } from '../identity/enrolment.ts'
import { cancelApprovals } from './approval-opening.ts'
import type { ChangeFeed } from './changes.ts'
import type { Database, Transaction } from './database.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, agentTokens, bootstrapCodes } from './tables.ts'

// Whoever changes an agent locks its row first, and only then touches codes and tokens: what happens to one agent
// happens one after the other, on whichever replica.

type Feed = Pick<ChangeFeed, 'publishLocal'>

const columns = {
  id: agents.id,
  workspaceId: agents.workspaceId,
  name: agents.name,
  status: agents.status,
  publicKey: agents.publicKey,
  createdAt: agents.createdAt,
  lastSeenAt: agents.lastSeenAt,
  toolListing: agents.toolListing,
}

const refersTo = ({ workspaceId, agentId }: AgentRef): SQL | undefined =>
  and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId))

/** The queries that owners make about agents. A change is told to this replica before the promise resolves (S-10). */
export function createAgentStore(database: Database, feed: Feed): AgentStore {
  const { db } = database
  const changing = async (
    ref: AgentRef,
    work: (tx: Transaction, ended: Uint8Array[]) => Promise<AgentRow | undefined>,
  ) => {
    const ended: Uint8Array[] = []
    const row = await database.transaction((tx) => work(tx, ended))
    tell(feed, ref, ended)
    return row
  }
  return {
    insert: (agent, code) =>
      database.transaction(async (tx) => {
        const { agentId, workspaceId, name } = agent
        const createdAt = new Date(code.createdAtMs)
        const values = { id: agentId, workspaceId, name, createdAt, status: 'pending' as const }
        const [row] = await tx.insert(agents).values(values).returning(columns)
        if (row === undefined) throw new Error('an insert returned no row')
        await insertCode(tx, agentId, code)
        return row
      }),

    async list(workspaceId, { limit, after }) {
      return db
        .select(columns)
        .from(agents)
        .where(and(eq(agents.workspaceId, workspaceId), afterRow(agents, after)))
        .orderBy(...newestFirst(agents))
        .limit(limit)
    },

    async find(ref) {
      const [row] = await db.select(columns).from(agents).where(refersTo(ref))
      return row
    },

    update: (ref, { name, toolListing }) =>
      changing(ref, (tx) =>
        update(tx, ref, {
          ...(name !== undefined && { name }),
          ...(toolListing !== undefined && { toolListing }),
        }),
      ),

    replaceCode: (ref, code) =>
      database.transaction(async (tx) => {
        const row = await lock(tx, ref)
        if (row === undefined) return undefined
        await endCodes(tx, ref.agentId, code.createdAtMs)
        await insertCode(tx, ref.agentId, code)
        return row
      }),

    disable: (ref, nowMs) =>
      changing(ref, async (tx, ended) => {
        const row = await update(tx, ref, { status: 'disabled' })
        if (row === undefined) return undefined
        await endCodes(tx, ref.agentId, nowMs)
        await deleteTokens(tx, ref.agentId, ended)
        await cancelApprovals(tx, ref)
        return row
      }),

    enable: (ref) =>
      changing(ref, async (tx) => {
        const row = await lock(tx, ref)
        if (row?.status !== 'disabled') return row
        return update(tx, ref, { status: row.publicKey === null ? 'pending' : 'active' })
      }),

    endTokens: (ref) =>
      changing(ref, async (tx, ended) => {
        const row = await lock(tx, ref)
        if (row === undefined) return undefined
        await deleteTokens(tx, ref.agentId, ended)
        await cancelApprovals(tx, ref)
        return row
      }),

    delete: (ref) =>
      changing(ref, async (tx) => {
        const [row] = await tx.delete(agents).where(refersTo(ref)).returning(columns)
        return row
      }),
  }
}

/** The spending of enrolment codes (S-07). */
export function createEnrolmentStore(database: Database, feed: Feed): EnrolmentStore {
  return {
    async enrol({ codeHash, publicKey, nowMs }) {
      const ended: Uint8Array[] = []
      const enrolled = await database.transaction(async (tx): Promise<Enrolled> => {
        const agent = await lockByCode(tx, codeHash)
        if (agent === undefined) return { outcome: 'refused' }
        const ref = { agentId: agent.id, workspaceId: agent.workspaceId }
        const refused = (reason: string) =>
          ({ outcome: 'refused', known: { ...ref, reason } }) as const
        if (agent.status === 'disabled') return refused('the agent is disabled')
        const spent = await spendCode(tx, codeHash, nowMs)
        if (!spent) return refused('the code was used, superseded or has expired')
        await update(tx, ref, { publicKey, status: 'active' })
        await deleteTokens(tx, ref.agentId, ended)
        return { outcome: 'enrolled', ...ref, name: agent.name }
      })
      if (enrolled.outcome === 'enrolled') tell(feed, enrolled, ended)
      return enrolled
    },
  }
}

async function lockByCode(tx: Transaction, codeHash: Uint8Array): Promise<AgentRow | undefined> {
  const [row] = await tx
    .select(columns)
    .from(agents)
    .innerJoin(bootstrapCodes, eq(bootstrapCodes.agentId, agents.id))
    .where(eq(bootstrapCodes.hash, codeHash))
    .for('update', { of: agents })
  return row
}

async function spendCode(tx: Transaction, codeHash: Uint8Array, nowMs: number): Promise<boolean> {
  const now = new Date(nowMs)
  const spent = await tx
    .update(bootstrapCodes)
    .set({ usedAt: now })
    .where(
      and(
        eq(bootstrapCodes.hash, codeHash),
        isNull(bootstrapCodes.usedAt),
        gt(bootstrapCodes.expiresAt, now),
      ),
    )
    .returning({ agentId: bootstrapCodes.agentId })
  return spent.length === 1
}

async function lock(tx: Transaction, ref: AgentRef): Promise<AgentRow | undefined> {
  const [row] = await tx.select(columns).from(agents).where(refersTo(ref)).for('update')
  return row
}

async function update(
  tx: Transaction,
  ref: AgentRef,
  values: Partial<typeof agents.$inferInsert>,
): Promise<AgentRow | undefined> {
  const [row] = await tx
    .update(agents)
    .set({ ...values, updatedAt: sql`now()` })
    .where(refersTo(ref))
    .returning(columns)
  return row
}

async function insertCode(tx: Transaction, agentId: string, code: BootstrapCode): Promise<void> {
  const { hash, createdAtMs, expiresAtMs } = code
  const times = { createdAt: new Date(createdAtMs), expiresAt: new Date(expiresAtMs) }
  await tx.insert(bootstrapCodes).values({ hash, agentId, ...times })
}

/** Codes that ended stay for a while, so that an attempt to use one can be recorded. */
async function endCodes(tx: Transaction, agentId: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs)
  await tx
    .update(bootstrapCodes)
    .set({ expiresAt: now })
    .where(
      and(
        eq(bootstrapCodes.agentId, agentId),
        isNull(bootstrapCodes.usedAt),
        gt(bootstrapCodes.expiresAt, now),
      ),
    )
}

/** Ends the agent's tokens and adds their hashes to `ended`. */
async function deleteTokens(tx: Transaction, agentId: string, ended: Uint8Array[]): Promise<void> {
  const deleted = await tx
    .delete(agentTokens)
    .where(eq(agentTokens.agentId, agentId))
    .returning({ hash: agentTokens.hash })
  for (const { hash } of deleted) ended.push(hash)
}

/** The database tells every replica; this one must not wait for it. */
function tell(feed: Feed, { agentId, workspaceId }: AgentRef, ended: readonly Uint8Array[]): void {
  feed.publishLocal({ table: 'agents', id: agentId, workspaceId })
  for (const hash of ended) {
    feed.publishLocal({ table: 'agent_tokens', id: Buffer.from(hash).toString('hex'), agentId })
  }
}

/** Notes when an agent was last seen: never back, and only where it is still there. */
export function createLastSeenStore({ db }: Pick<Database, 'db'>) {
  return {
    async touch(agentId: string, atMs: number): Promise<void> {
      const at = new Date(atMs)
      await db
        .update(agents)
        .set({ lastSeenAt: at })
        .where(
          and(
            eq(agents.id, agentId),
            ne(agents.status, 'pending'),
            sql`${agents.lastSeenAt} IS DISTINCT FROM greatest(${agents.lastSeenAt}, ${at.toISOString()}::timestamptz)`,
          ),
        )
    },
  }
}
