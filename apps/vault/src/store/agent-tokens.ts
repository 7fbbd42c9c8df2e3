import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { AgentAccess, AgentAccessLookup } from '../identity/authenticate-agent.ts'
import type { AgentKey, TokenExchangeStore } from '../identity/token-exchange.ts'
import { type Cache, type CacheCounts, createCache } from './cache.ts'
import type { Change, ChangeFeed } from './changes.ts'
import type { Database, Transaction } from './database.ts'
import { instant } from './page-after.ts'
import { agents, agentTokens, assertionUses } from './tables.ts'

/** How long an assertion's use is kept after it could last be accepted, in case a clock is put back (S-02). */
export const assertionUseKeptMs = 600_000
/**
 * A replica whose clock is slow would take an assertion whose use is no longer kept. So one that is over for this long by the
 * database's clock is granted nothing, well before its use is removed.
 */
const overdueMsMax = assertionUseKeptMs / 2

/** The queries of the token endpoint. */
export function createTokenExchangeStore(database: Database): TokenExchangeStore {
  const findKey = database.db
    .select({
      workspaceId: agents.workspaceId,
      status: agents.status,
      publicKey: agents.publicKey,
    })
    .from(agents)
    .where(eq(agents.id, sql.placeholder('id')))
    .prepare('agent_key')
  return {
    async findAgentKey(id): Promise<AgentKey | undefined> {
      const [row] = await findKey.execute({ id })
      return row
    },

    grantToken: (grant) =>
      database.transaction(async (tx) => {
        const { agentId, publicKey, jtiHash, tokenHash: hash } = grant
        // Shared with other exchanges, but not with whoever disables the agent or replaces its key: either they see
        // this token and end it, or this sees what they did and grants none.
        const [agent] = await tx
          .select({ isOverdue: isOverdue(grant.useExpiresAtMs) })
          .from(agents)
          .where(
            and(
              eq(agents.id, agentId),
              eq(agents.status, 'active'),
              eq(agents.publicKey, publicKey),
            ),
          )
          .for('share')
        if (agent === undefined) return 'agent-changed'
        if (agent.isOverdue) return 'overdue'
        const used = await tx
          .insert(assertionUses)
          .values({ agentId, jtiHash, expiresAt: new Date(grant.useExpiresAtMs) })
          .onConflictDoNothing()
          .returning({ agentId: assertionUses.agentId })
        if (used.length === 0) return 'replayed'
        const times = {
          createdAt: new Date(grant.createdAtMs),
          expiresAt: new Date(grant.expiresAtMs),
        }
        await tx.insert(agentTokens).values({ hash, agentId, ...times })
        await endOldest(tx, agentId)
        return 'granted'
      }),
  }
}

const isOverdue = (useExpiresAtMs: number) =>
  sql<boolean>`${instant(useExpiresAtMs)} < clock_timestamp() - make_interval(secs => ${overdueMsMax / 1000}::double precision)`

/**
 * Tokens of its own that one agent has at a time (owners make its consumer tokens, and few of them); with a further one the oldest ends. Without a bound an agent could pile up so
 * many that ending them takes longer than a statement may, and it could not be disabled.
 */
const tokensOfAgentMax = 1_000

async function endOldest(tx: Transaction, agentId: string): Promise<void> {
  const oldest = tx
    .select({ hash: agentTokens.hash })
    .from(agentTokens)
    .where(and(eq(agentTokens.agentId, agentId), isNull(agentTokens.consumerId)))
    .orderBy(desc(agentTokens.createdAt))
    .offset(tokensOfAgentMax)
    .for('update', { skipLocked: true })
  await tx.delete(agentTokens).where(inArray(agentTokens.hash, oldest))
}

/** Tokens and agents that are kept in memory at most. */
const tokensMax = 50_000
const agentsMax = 10_000
/** How long one is kept, in case a change was missed all the same. */
const keptMs = 60_000

type Token = Pick<AgentAccess, 'agentId' | 'expiresAtMs'> & { readonly consumerId: string | null }
type Agent = Omit<AgentAccess, 'agentId' | 'expiresAtMs' | 'consumerId'>

interface AgentAccessNeeds {
  readonly database: Pick<Database, 'db'>
  readonly feed: Pick<ChangeFeed, 'isLive' | 'subscribe'>
  /** Milliseconds of a clock that is never put back. */
  readonly monotonicMs: () => number
}

/**
 * Looks agents up by the hash of their access token, from memory while the change feed is live. Token and agent are
 * kept apart, so that a change of either empties one entry and nothing else.
 */
export function createAgentAccess({
  database,
  feed,
  monotonicMs,
}: AgentAccessNeeds): AgentAccessLookup & { readonly counts: () => CacheCounts } {
  const shared = { isLive: feed.isLive, ttlMs: keptMs, now: monotonicMs }
  const tokens = createCache<Token>({
    ...shared,
    load: tokenLoader(database),
    entriesMax: tokensMax,
  })
  const owners = createCache<Agent>({
    ...shared,
    load: agentLoader(database),
    entriesMax: agentsMax,
  })
  feed.subscribe((change) => forget(change, tokens, owners))
  return {
    peek(tokenHash) {
      const token = tokens.peek(hex(tokenHash))
      return join(token, token && owners.peek(token.agentId))
    },
    async get(tokenHash) {
      const token = await tokens.get(hex(tokenHash))
      return join(token, token && (await owners.get(token.agentId)))
    },
    counts: tokens.counts,
  }
}

const hex = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

function join(token: Token | undefined, agent: Agent | undefined): AgentAccess | undefined {
  if (token === undefined || agent === undefined) return undefined
  const { agentId, expiresAtMs, consumerId } = token
  const { workspaceId, name, status } = agent
  const access = { agentId, workspaceId, name, status, expiresAtMs }
  return consumerId === null ? access : { ...access, consumerId }
}

function forget(change: Change, tokens: Cache<string, Token>, owners: Cache<string, Agent>): void {
  if (change.table === '*') {
    tokens.clear()
    owners.clear()
  }
  if (change.table === 'agent_tokens') tokens.delete(change.id)
  if (change.table === 'agents') owners.delete(change.id)
}

function tokenLoader({ db }: Pick<Database, 'db'>) {
  const query = db
    .select({
      agentId: agentTokens.agentId,
      expiresAt: agentTokens.expiresAt,
      consumerId: agentTokens.consumerId,
    })
    .from(agentTokens)
    .where(eq(agentTokens.hash, sql.placeholder('hash')))
    .prepare('agent_token')
  return async (hash: string): Promise<Token | undefined> => {
    const [row] = await query.execute({ hash: Buffer.from(hash, 'hex') })
    if (row === undefined) return undefined
    const { agentId, expiresAt, consumerId } = row
    return { agentId, expiresAtMs: expiresAt.getTime(), consumerId }
  }
}

function agentLoader({ db }: Pick<Database, 'db'>) {
  const { workspaceId, name, status } = agents
  const query = db
    .select({ workspaceId, name, status })
    .from(agents)
    .where(eq(agents.id, sql.placeholder('id')))
    .prepare('agent')
  return async (id: string): Promise<Agent | undefined> => (await query.execute({ id }))[0]
}
