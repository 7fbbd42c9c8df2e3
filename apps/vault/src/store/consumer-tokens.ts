import { and, count, eq, gt, isNotNull, ne, type SQL, sql } from 'drizzle-orm'
import type { AgentRef } from '../identity/agents.ts'
import type {
  ConsumerTokenRefusal,
  ConsumerTokenRow,
  ConsumerTokenStore,
  NewConsumerToken,
} from '../identity/consumer-tokens.ts'
import type { ChangeFeed } from './changes.ts'
import type { Database, Transaction } from './database.ts'
import { afterRow, instant, newestFirst } from './page-after.ts'
import { agents, agentTokens } from './tables.ts'

// Rows of agent_tokens that have a consumer_id. As everywhere, whoever changes an agent or its tokens locks its row first.

const paged = { createdAt: agentTokens.createdAt, id: agentTokens.consumerId }

const columns = {
  id: agentTokens.consumerId,
  name: agentTokens.name,
  createdAt: agentTokens.createdAt,
  expiresAt: agentTokens.expiresAt,
  lastUsedAt: agentTokens.lastUsedAt,
}

const agentIs = ({ workspaceId, agentId }: AgentRef): SQL | undefined =>
  and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId))
const tokenIs = ({ agentId }: AgentRef, tokenId: string): SQL | undefined =>
  and(eq(agentTokens.agentId, agentId), eq(agentTokens.consumerId, tokenId))

type Stored = { readonly [Column in keyof typeof columns]: unknown } & {
  readonly id: string | null
  readonly name: string | null
}
function toRow<Row extends Stored>(row: Row) {
  return { ...row, id: row.id ?? '', name: row.name ?? '' }
}

/** The queries of consumer tokens. A change is told to this replica before the promise resolves (S-10). */
export function createConsumerTokenStore(
  database: Database,
  feed: Pick<ChangeFeed, 'publishLocal'>,
): ConsumerTokenStore {
  const { db } = database
  const tell = ({ agentId, workspaceId }: AgentRef, changed: Changed) => {
    if (changed.agent) feed.publishLocal({ table: 'agents', id: agentId, workspaceId })
    for (const hash of changed.tokens) {
      feed.publishLocal({ table: 'agent_tokens', id: Buffer.from(hash).toString('hex'), agentId })
    }
  }
  return {
    async insert(ref, token, tokensMax) {
      const changed: Changed = { agent: false, tokens: [] }
      const row = await database.transaction((tx) => insert(tx, { ref, token, tokensMax, changed }))
      tell(ref, changed)
      return row
    },

    async list(ref, { limit, after }) {
      const [agent] = await db.select({ id: agents.id }).from(agents).where(agentIs(ref))
      if (agent === undefined) return undefined
      const rows = await db
        .select(columns)
        .from(agentTokens)
        .where(
          and(
            eq(agentTokens.agentId, ref.agentId),
            isNotNull(agentTokens.consumerId),
            afterRow(paged, after),
          ),
        )
        .orderBy(...newestFirst(paged))
        .limit(limit)
      return rows.map(toRow)
    },

    async delete(ref, tokenId) {
      const deleted = await database.transaction(async (tx) => {
        if ((await lockAgent(tx, ref)) === undefined) return 'agent-not-found'
        const [row] = await tx
          .delete(agentTokens)
          .where(tokenIs(ref, tokenId))
          .returning({ hash: agentTokens.hash, name: agentTokens.name })
        return row ?? 'consumer-token-not-found'
      })
      if (typeof deleted === 'string') return deleted
      tell(ref, { agent: false, tokens: [deleted.hash] })
      return { name: deleted.name ?? '' }
    },
  }
}

/** What has to be told of. */
interface Changed {
  agent: boolean
  tokens: Uint8Array[]
}

interface Insertion {
  readonly ref: AgentRef
  readonly token: NewConsumerToken
  readonly tokensMax: number
  readonly changed: Changed
}

async function insert(
  tx: Transaction,
  { ref, token, tokensMax, changed }: Insertion,
): Promise<ConsumerTokenRow | ConsumerTokenRefusal> {
  const agent = await lockAgent(tx, ref)
  if (agent === undefined) return 'agent-not-found'
  if (agent.status === 'disabled') return 'agent-disabled'
  const { id, name, hash, createdAtMs, expiresAtMs, replaces } = token
  const createdAt = new Date(createdAtMs)
  if (replaces !== undefined) {
    const [found] = await tx
      .select({ id: agentTokens.consumerId })
      .from(agentTokens)
      .where(and(tokenIs(ref, replaces.id), gt(agentTokens.expiresAt, createdAt)))
    if (found === undefined) return 'consumer-token-not-found'
  }
  const [good] = await tx
    .select({ tokens: count() })
    .from(agentTokens)
    .where(
      and(
        eq(agentTokens.agentId, ref.agentId),
        ne(agentTokens.consumerId, replaces?.id ?? ''),
        gt(agentTokens.expiresAt, createdAt),
      ),
    )
  if ((good?.tokens ?? 0) >= tokensMax) return 'too-many'
  if (replaces !== undefined)
    changed.tokens.push(...(await end(tx, ref, { ...replaces, createdAtMs })))
  if (agent.status === 'pending') {
    await tx.update(agents).set({ status: 'active', updatedAt: sql`now()` }).where(agentIs(ref))
    changed.agent = true
  }
  const [row] = await tx
    .insert(agentTokens)
    .values({
      ...{ hash, agentId: ref.agentId, consumerId: id, name, createdAt },
      expiresAt: new Date(expiresAtMs),
    })
    .returning(columns)
  if (row === undefined) throw new Error('an insert returned no row')
  return toRow(row)
}

/** Ends a token now, or at the time given if that comes before its own end. */
async function end(
  tx: Transaction,
  ref: AgentRef,
  { id, endsAtMs, createdAtMs }: { id: string; endsAtMs: number; createdAtMs: number },
): Promise<Uint8Array[]> {
  const hash = { hash: agentTokens.hash }
  const ended =
    endsAtMs <= createdAtMs
      ? await tx.delete(agentTokens).where(tokenIs(ref, id)).returning(hash)
      : await tx
          .update(agentTokens)
          .set({ expiresAt: sql`least(${agentTokens.expiresAt}, ${instant(endsAtMs)})` })
          .where(tokenIs(ref, id))
          .returning(hash)
  return ended.map((row) => row.hash)
}

async function lockAgent(tx: Transaction, ref: AgentRef) {
  const [row] = await tx
    .select({ status: agents.status })
    .from(agents)
    .where(agentIs(ref))
    .for('update')
  return row
}

/** Notes when a consumer token was last used: never back. No change in the sense of the feed. */
export function createLastUsedStore({ db }: Pick<Database, 'db'>) {
  return {
    async touch(consumerId: string, atMs: number): Promise<void> {
      await db
        .update(agentTokens)
        .set({ lastUsedAt: sql`greatest(${agentTokens.lastUsedAt}, ${instant(atMs)})` })
        .where(eq(agentTokens.consumerId, consumerId))
    },
  }
}
