import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import {
  createTestIdentity,
  newAgentKeys,
  prepareInstallation,
  type TestIdentity,
  tokenRequest,
} from '../../../../test/fixtures/identity.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createChangeFeed } from '../store/changes.ts'
import type { AuthenticatedOwner } from './caller.ts'

let db: TestDatabase
let first: TestIdentity
let owner: AuthenticatedOwner
let stranger: AuthenticatedOwner

const dayMs = 86_400_000
const consumer = { consumer: true }
const standard = { name: 'a client', expiresInDays: 30, graceMinutes: 0 }

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw thrown
  return thrown
}
const typeOf = async (work: Promise<unknown>) => (await problemOf(work)).type
const alike = ({ type, detail, next }: Problem) => JSON.stringify({ type, detail, next })

/** An owner of a workspace of its own. */
async function newOwner(name: string): Promise<AuthenticatedOwner> {
  const workspaceId = `wsp_${name}`
  await db.database.sql`INSERT INTO workspaces (id, name) VALUES (${workspaceId}, ${name})`
  return {
    ownerId: `own_${name}`,
    workspaceId,
    email: `${name}@example.com`,
    role: 'owner',
    scopes: new Set(),
    via: 'session',
    expiresAtMs: Date.now() + 1e6,
    authenticatedAtMs: Date.now(),
  }
}

async function newAgent(test: TestIdentity = first, by: AuthenticatedOwner = owner) {
  const { agent, bootstrapSecret } = await test.identity.agents.create(by, { name: 'an agent' })
  return { agentId: agent.id, bootstrapSecret }
}
const make = (agentId: string, more: object = {}, test: TestIdentity = first) =>
  test.identity.consumerTokens.create(owner, { ...standard, agentId, ...more })
async function withToken(test: TestIdentity = first) {
  const { agentId } = await newAgent(test)
  const { token, consumerToken } = await make(agentId, {}, test)
  return { agentId, tokenId: token.id, consumerToken }
}

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.owner)
  owner = await newOwner('a')
  stranger = await newOwner('b')
})
afterAll(async () => db?.stop())
beforeEach(() => {
  first = createTestIdentity(db)
})

describe('a consumer token', () => {
  it('is refused like a wrong one wherever only an agent’s own token gets, and the other way round', async () => {
    verifies('S-06', 'S-08')
    const { agentId, consumerToken } = await withToken()
    const wrong = await problemOf(first.identity.authenticateAgent(`spt_${'A'.repeat(43)}`))
    const tries: (readonly [string, object?])[] = [
      [consumerToken],
      [consumerToken, { consumer: false }],
      [consumerToken.replace('spc_', 'spt_'), consumer],
      [consumerToken.replace('spc_', 'spt_')],
      [consumerToken.replace('spc_', 'spb_'), consumer],
      [consumerToken.slice(0, -1), consumer],
      [`spc_${'A'.repeat(43)}`, consumer],
    ]
    for (const tried of tries) {
      expect(alike(await problemOf(first.identity.authenticateAgent(...tried)))).toBe(alike(wrong))
    }
    expect(await first.identity.authenticateAgent(consumerToken, consumer)).toMatchObject({
      agentId,
      via: 'consumer',
    })
  })

  it('says who calls, and is told apart from a token that the agent got by its key', async () => {
    const { agentId, bootstrapSecret } = await newAgent()
    const keys = newAgentKeys()
    await first.identity.bootstrapAgent({ bootstrapSecret, publicKey: keys.publicKey })
    const own = await first.identity.issueAgentToken(tokenRequest(agentId, keys))
    const { consumerToken } = await make(agentId)
    const by = (token: string) => first.identity.authenticateAgent(token, consumer)
    expect((await by(own.access_token)).via).toBe('token')
    expect((await by(consumerToken)).via).toBe('consumer')
  })

  it('makes a pending agent active, which still has no key to sign with', async () => {
    const { agentId } = await newAgent()
    await make(agentId)
    const { agent } = await first.identity.agents.get(owner, { agentId })
    expect(agent).toMatchObject({ status: 'active' })
    expect(agent).not.toHaveProperty('keyThumbprint')
    const forged = first.identity.issueAgentToken(tokenRequest(agentId, newAgentKeys()))
    expect(await typeOf(forged)).toBe('invalid-client')
  })

  it('is shown once, stored as a hash alone and recorded without its value', async () => {
    verifies('S-38')
    const { agentId, tokenId, consumerToken } = await withToken()
    expect(consumerToken).toMatch(/^spc_[A-Za-z0-9_-]{43}$/)
    const listed = await first.identity.consumerTokens.list(owner, { agentId, limit: 10 })
    expect(listed.consumerTokens.map(({ id }) => id)).toEqual([tokenId])
    expect(JSON.stringify([listed, first.events])).not.toContain(consumerToken.slice(4, 20))
    expect(first.events.at(-1)).toMatchObject({
      ...{ operation: 'createConsumerToken', outcome: 'done', agentId, ownerId: owner.ownerId },
      detail: { tokenId, name: 'a client' },
    })
    const rows = await db.database.sql`SELECT row_to_json(t)::text AS row FROM agent_tokens t`
    expect(JSON.stringify(rows)).not.toContain(consumerToken.slice(4, 20))
  })

  it('ends when its time is over', async () => {
    const { agentId } = await newAgent()
    const { consumerToken, token } = await make(agentId, { expiresInDays: 90 })
    expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBe(90 * dayMs)
    const late = createTestIdentity({ ...db, now: () => Date.now() + 90 * dayMs })
    expect(await typeOf(late.identity.authenticateAgent(consumerToken, consumer))).toBe(
      'unauthenticated',
    )
  })

  it.each<
    [string, (at: TestIdentity, ref: { agentId: string; tokenId: string }) => Promise<unknown>]
  >([
    ['it is deleted', (at, ref) => at.identity.consumerTokens.delete(owner, ref)],
    ['it is replaced', (at, ref) => make(ref.agentId, { replaces: ref.tokenId }, at)],
    ['the agent is disabled', (at, ref) => at.identity.agents.disable(owner, ref)],
    ['the agent is reset', (at, ref) => at.identity.agents.reset(owner, ref)],
    ['the agent is deleted', (at, ref) => at.identity.agents.delete(owner, ref)],
    [
      'the agent is enrolled anew',
      async (at, { agentId }) => {
        const { bootstrapSecret } = await at.identity.agents.issueBootstrapSecret(owner, {
          agentId,
        })
        await at.identity.bootstrapAgent({ bootstrapSecret, publicKey: newAgentKeys().publicKey })
      },
    ],
  ])('ends on this replica and on another once %s', async (_, end) => {
    verifies('S-10')
    const log = { warn: () => {}, info: () => {} }
    const monotonicMs = () => performance.now()
    const feeds = [0, 1].map(() => createChangeFeed({ url: db.urls.app, log, monotonicMs }))
    try {
      const [here, there] = feeds.map((feed) => createTestIdentity({ ...db, feed }))
      if (here === undefined || there === undefined) throw new Error('unreachable')
      await expect.poll(() => feeds.every((feed) => feed.isLive())).toBe(true)
      const ref = await withToken(here)
      const by = (at: TestIdentity) => at.identity.authenticateAgent(ref.consumerToken, consumer)
      await Promise.all([by(here), by(there)])
      await end(here, ref)
      expect(await typeOf(by(here))).toBe('unauthenticated')
      await expect.poll(() => by(there).then(String, ({ type }) => type)).toBe('unauthenticated')
    } finally {
      await Promise.all(feeds.map((feed) => feed.close()))
    }
  })

  it('that was replaced with a grace works until then and no longer, nor longer than it would have', async () => {
    const { agentId, tokenId, consumerToken } = await withToken()
    await make(agentId, { replaces: tokenId, graceMinutes: 60 })
    const at = (ms: number) => {
      const test = createTestIdentity({ ...db, now: () => Date.now() + ms })
      return test.identity.authenticateAgent(consumerToken, consumer)
    }
    await at(59 * 60_000)
    expect(await typeOf(at(61 * 60_000))).toBe('unauthenticated')
    await make(agentId, { replaces: tokenId, graceMinutes: 1440 })
    expect(await typeOf(at(61 * 60_000))).toBe('unauthenticated')
  })

  it('is noted as used, once a minute at most', async () => {
    const { agentId, consumerToken } = await withToken()
    const usedAt = async () => {
      const { consumerTokens } = await first.identity.consumerTokens.list(owner, {
        agentId,
        limit: 1,
      })
      return consumerTokens[0]?.lastUsedAt
    }
    expect(await usedAt()).toBeUndefined()
    await first.identity.authenticateAgent(consumerToken, consumer)
    await expect.poll(usedAt).toBeDefined()
    const noted = await usedAt()
    await first.identity.authenticateAgent(consumerToken, consumer)
    expect(await usedAt()).toBe(noted)
    const later = createTestIdentity({ ...db, now: () => Date.now() + 61_000 })
    await later.identity.authenticateAgent(consumerToken, consumer)
    await expect.poll(usedAt).not.toBe(noted)
    expect(first.failures).toEqual([])
  })
})

describe('consumer tokens of an agent', () => {
  it('are twenty at most, also when they are made at once; replacing one is still possible', async () => {
    const { agentId } = await newAgent()
    const made = await Promise.allSettled(Array.from({ length: 24 }, () => make(agentId)))
    const good = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(good).toHaveLength(20)
    expect(await typeOf(make(agentId))).toBe('invalid-input')
    const [one, other] = good
    await make(agentId, { replaces: one?.token.id, graceMinutes: 10 })
    // The one that is replaced still counts while it works.
    expect(await typeOf(make(agentId, { replaces: other?.token.id }))).toBe('invalid-input')
  })

  it('are never the ones that end for the agent’s newest own token', async () => {
    const { agentId, bootstrapSecret } = await newAgent()
    const keys = newAgentKeys()
    await first.identity.bootstrapAgent({ bootstrapSecret, publicKey: keys.publicKey })
    const { consumerToken } = await make(agentId)
    await db.database.sql`
      INSERT INTO agent_tokens (hash, agent_id, created_at, expires_at)
      SELECT sha256(convert_to(${agentId} || n, 'UTF8')), ${agentId}, now() + n * interval '1 ms', now() + interval '1 h'
      FROM generate_series(1, 1100) n`
    await first.identity.issueAgentToken(tokenRequest(agentId, keys))
    const [left] = await db.database.sql`
      SELECT count(*)::int AS n FROM agent_tokens WHERE agent_id = ${agentId} AND consumer_id IS NULL`
    expect(left?.n).toBe(1000)
    await first.identity.authenticateAgent(consumerToken, consumer)
  })

  it('are given to no disabled agent and none that does not exist', async () => {
    const { agentId } = await newAgent()
    await first.identity.agents.disable(owner, { agentId })
    expect(await typeOf(make(agentId))).toBe('agent-disabled')
    expect(await typeOf(make('agt_none'))).toBe('agent-not-found')
    expect(await typeOf(make('\u0000'))).toBe('agent-not-found')
    await first.identity.agents.enable(owner, { agentId })
    expect(await typeOf(make(agentId, { replaces: 'ctk_none' }))).toBe('consumer-token-not-found')
    const { agent } = await first.identity.agents.get(owner, { agentId })
    expect(agent.status).toBe('pending')
  })

  it('of another workspace or another agent behave as if they did not exist', async () => {
    verifies('S-09')
    const { agentId, tokenId, consumerToken } = await withToken()
    const other = await withToken()
    const tokens = first.identity.consumerTokens
    const none = { agentId: 'agt_none', tokenId: 'ctk_none' }
    const page = { limit: 10 }
    const pairs: (readonly [() => Promise<unknown>, () => Promise<unknown>])[] = [
      [
        () => tokens.list(stranger, { agentId, ...page }),
        () => tokens.list(stranger, { ...none, ...page }),
      ],
      [() => tokens.delete(stranger, { agentId, tokenId }), () => tokens.delete(stranger, none)],
      [
        () => tokens.create(stranger, { ...standard, agentId }),
        () => tokens.create(stranger, { ...standard, ...none }),
      ],
      [
        () => tokens.delete(owner, { agentId: other.agentId, tokenId }),
        () => tokens.delete(owner, { agentId: other.agentId, tokenId: none.tokenId }),
      ],
      [
        () => make(other.agentId, { replaces: tokenId }),
        () => make(other.agentId, { replaces: none.tokenId }),
      ],
    ]
    for (const [theirs, missing] of pairs) {
      expect(alike(await problemOf(theirs()))).toBe(alike(await problemOf(missing())))
    }
    await first.identity.authenticateAgent(consumerToken, consumer)
  })

  it('are listed newest first, page by page', async () => {
    const { agentId } = await newAgent()
    const names = ['one', 'two', 'three']
    for (const name of names) await make(agentId, { name })
    const seen: string[] = []
    let cursor: string | undefined
    for (let page = 0; page < 5; page += 1) {
      const answer = await first.identity.consumerTokens.list(owner, { agentId, limit: 2, cursor })
      seen.push(...answer.consumerTokens.map(({ name }) => name))
      cursor = 'nextCursor' in answer ? answer.nextCursor : undefined
      if (cursor === undefined) break
    }
    expect(seen).toEqual(names.toReversed())
  })
})
