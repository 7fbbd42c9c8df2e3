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

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw thrown
  return thrown
}

/** An owner of a workspace of its own. */
async function newOwner(name: string): Promise<AuthenticatedOwner> {
  const workspaceId = `wsp_${name}`
  await db.database.sql`INSERT INTO workspaces (id, name) VALUES (${workspaceId}, ${name})`
  const scopes: AuthenticatedOwner['scopes'] = new Set()
  return {
    ownerId: `own_${name}`,
    workspaceId,
    email: `${name}@example.com`,
    role: 'owner',
    scopes,
    via: 'session',
    expiresAtMs: Date.now() + 1e6,
    authenticatedAtMs: Date.now(),
  }
}

async function enrolled(test: TestIdentity = first, by: AuthenticatedOwner = owner) {
  const keys = newAgentKeys()
  const { agent, bootstrapSecret } = await test.identity.agents.create(by, { name: 'an agent' })
  await test.identity.bootstrapAgent({ bootstrapSecret, publicKey: keys.publicKey })
  return { agentId: agent.id, keys, bootstrapSecret }
}

async function signedIn(test: TestIdentity = first) {
  const agent = await enrolled(test)
  const answer = await test.identity.issueAgentToken(tokenRequest(agent.agentId, agent.keys))
  return { ...agent, token: answer.access_token }
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

describe('enrolment', () => {
  it('registers one key however many try the code at once, and records the others', async () => {
    verifies('S-07')
    const { agent, bootstrapSecret } = await first.identity.agents.create(owner, { name: 'x' })
    const replicas = [first, createTestIdentity(db), createTestIdentity(db)]
    const tries = Array.from({ length: 12 }, (_, index) => ({
      test: replicas[index % replicas.length] ?? first,
      keys: newAgentKeys(),
    }))
    const answers = await Promise.allSettled(
      tries.map(({ test, keys: { publicKey } }) =>
        test.identity.bootstrapAgent({ bootstrapSecret, publicKey }),
      ),
    )
    const won = answers.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    expect(won).toHaveLength(1)
    const refusals = replicas.flatMap(({ events }) => events).filter((e) => e.outcome === 'refused')
    expect(refusals).toHaveLength(11)
    expect(refusals[0]).toMatchObject({
      operation: 'bootstrapAgent',
      problem: 'invalid-bootstrap-secret',
      agentId: agent.id,
      workspaceId: owner.workspaceId,
    })
    for (const [index, { keys }] of tries.entries()) {
      const exchange = first.identity.issueAgentToken(tokenRequest(agent.id, keys))
      if (won.includes(index)) await exchange
      else expect((await problemOf(exchange)).type).toBe('invalid-client')
    }
  })

  it('answers a used, an unknown, a superseded, an expired and a malformed code alike', async () => {
    verifies('S-06', 'S-07')
    const { publicKey } = newAgentKeys()
    const used = await enrolled()
    const made = await first.identity.agents.create(owner, { name: 'x' })
    await first.identity.agents.issueBootstrapSecret(owner, { agentId: made.agent.id })
    const late = createTestIdentity({ ...db, now: () => Date.now() + 3_600_001 })
    const fresh = await first.identity.agents.create(owner, { name: 'y' })
    const problems = await Promise.all([
      problemOf(
        first.identity.bootstrapAgent({ bootstrapSecret: used.bootstrapSecret, publicKey }),
      ),
      problemOf(
        first.identity.bootstrapAgent({ bootstrapSecret: made.bootstrapSecret, publicKey }),
      ),
      problemOf(
        late.identity.bootstrapAgent({ bootstrapSecret: fresh.bootstrapSecret, publicKey }),
      ),
      ...[
        '',
        'spb_',
        `spb_${'A'.repeat(43)}`,
        `spt_${'A'.repeat(43)}`,
        '\u0000',
        '\ud800',
        '💥',
      ].map((bootstrapSecret) =>
        problemOf(first.identity.bootstrapAgent({ bootstrapSecret, publicKey })),
      ),
    ])
    const answers = problems.map(({ type, detail, next }) => ({ type, detail, next }))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(problems[0]?.status).toBe(401)
  })

  it('takes only points of the curve, each in its one spelling, and spends no code on others', async () => {
    verifies('S-05')
    const { publicKey } = newAgentKeys()
    const { bootstrapSecret } = await first.identity.agents.create(owner, { name: 'x' })
    const bytes = (fill: number) => Buffer.alloc(32, fill).toString('base64url')
    const respelled = (text: string) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      return text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1]
    }
    const wrong = [
      { ...publicKey, y: publicKey.x },
      { ...publicKey, x: bytes(0), y: bytes(0) },
      { ...publicKey, x: bytes(255) },
      { ...publicKey, x: respelled(publicKey.x) },
      { ...publicKey, y: respelled(publicKey.y) },
      { ...publicKey, x: '' },
      { ...publicKey, x: `${publicKey.x}=` },
      { ...publicKey, x: publicKey.x.slice(0, -2) },
    ]
    for (const key of wrong) {
      const problem = await problemOf(
        first.identity.bootstrapAgent({ bootstrapSecret, publicKey: key }),
      )
      expect(problem).toMatchObject({ type: 'invalid-input', fields: [{ field: 'publicKey' }] })
    }
    await first.identity.bootstrapAgent({ bootstrapSecret, publicKey })
  })

  it('replaces the key of an active agent and ends its tokens and calls', async () => {
    const { agentId, keys, token } = await signedIn()
    const { bootstrapSecret } = await first.identity.agents.issueBootstrapSecret(owner, { agentId })
    await first.identity.authenticateAgent(token)
    const other = newAgentKeys()
    first.ended.length = 0
    await first.identity.bootstrapAgent({ bootstrapSecret, publicKey: other.publicKey })
    expect(first.ended).toEqual([agentId])
    expect((await problemOf(first.identity.authenticateAgent(token))).type).toBe('unauthenticated')
    await problemOf(first.identity.issueAgentToken(tokenRequest(agentId, keys)))
    await first.identity.issueAgentToken(tokenRequest(agentId, other))
  })

  it('lets no disabled agent back in by a code, old or new', async () => {
    const { agent, bootstrapSecret } = await first.identity.agents.create(owner, { name: 'x' })
    const ref = { agentId: agent.id }
    await first.identity.agents.disable(owner, ref)
    const later = await first.identity.agents.issueBootstrapSecret(owner, ref)
    const { publicKey } = newAgentKeys()
    for (const secret of [bootstrapSecret, later.bootstrapSecret]) {
      await problemOf(first.identity.bootstrapAgent({ bootstrapSecret: secret, publicKey }))
    }
    expect((await first.identity.agents.enable(owner, ref)).agent.status).toBe('pending')
    await problemOf(first.identity.bootstrapAgent({ bootstrapSecret, publicKey }))
    await first.identity.bootstrapAgent({ bootstrapSecret: later.bootstrapSecret, publicKey })
  })
})

describe('assertions over several replicas', () => {
  it('are accepted once, also when they arrive everywhere at the same time', async () => {
    verifies('S-02', 'S-03')
    const { agentId, keys } = await enrolled()
    const request = tokenRequest(agentId, keys)
    const replicas = Array.from({ length: 4 }, () => createTestIdentity(db))
    const answers = await Promise.allSettled(
      Array.from({ length: 16 }, (_, index) =>
        replicas[index % 4]?.identity.issueAgentToken(request),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const restarted = createTestIdentity(db)
    await restarted.identity.removeExpired()
    await problemOf(restarted.identity.issueAgentToken(request))
  })

  it('are used up by their agent alone', async () => {
    verifies('S-05')
    const [one, two] = [await enrolled(), await enrolled()]
    await first.identity.issueAgentToken(tokenRequest(one.agentId, one.keys, { jti: 'same' }))
    await first.identity.issueAgentToken(tokenRequest(two.agentId, two.keys, { jti: 'same' }))
    await problemOf(
      first.identity.issueAgentToken(tokenRequest(one.agentId, one.keys, { jti: 'same' })),
    )
  })

  it('are refused within the leeway after exp once used', async () => {
    verifies('S-02')
    const { agentId, keys } = await enrolled()
    const now = Math.floor(Date.now() / 1000)
    const request = tokenRequest(agentId, keys, { iat: now - 35, exp: now - 5 })
    await first.identity.issueAgentToken(request)
    await first.identity.removeExpired()
    await problemOf(first.identity.issueAgentToken(request))
  })
})

describe('assertions at a replica whose clock is slow', () => {
  const slowBy = (ms: number) => createTestIdentity({ ...db, now: () => Date.now() - ms })
  const signedAgo = async (ms: number) => {
    const { agentId, keys } = await enrolled()
    const iat = Math.floor((Date.now() - ms) / 1000)
    return tokenRequest(agentId, keys, { iat, exp: iat + 30 })
  }

  it('are refused once their use may be forgotten, by the database’s clock', async () => {
    verifies('S-02', 'S-03')
    const hourMs = 3_600_000
    const slow = slowBy(hourMs)
    const request = await signedAgo(hourMs)
    expect((await problemOf(slow.identity.issueAgentToken(request))).type).toBe('invalid-client')
    expect(slow.events.at(-1)).toMatchObject({ outcome: 'refused', reason: 'overdue' })
  })

  it('are taken once over all replicas while their use is kept', async () => {
    verifies('S-02', 'S-03')
    const minutesMs = 180_000
    const slow = slowBy(minutesMs)
    const request = await signedAgo(minutesMs)
    await slow.identity.issueAgentToken(request)
    await first.identity.removeExpired()
    await slow.identity.removeExpired()
    for (const { identity } of [slow, slowBy(minutesMs), first]) {
      await problemOf(identity.issueAgentToken(request))
    }
  })
})

describe('access tokens', () => {
  it('tell the agent, until they expire', async () => {
    let nowMs = Date.now()
    const test = createTestIdentity({ ...db, now: () => nowMs })
    const { token, agentId } = await signedIn(test)
    for (const _ of [1, 2]) {
      expect(await test.identity.authenticateAgent(token)).toMatchObject({
        agentId,
        workspaceId: owner.workspaceId,
        name: 'an agent',
      })
    }
    nowMs += 600_000
    await problemOf(test.identity.authenticateAgent(token))
    await problemOf(
      createTestIdentity({ ...db, now: () => nowMs }).identity.authenticateAgent(token),
    )
  })

  it('need no database once they were seen, and none is asked about what is no token', async () => {
    const broken = await startTestDatabase()
    await prepareInstallation(broken.owner)
    await broken.database.sql`INSERT INTO workspaces (id, name) VALUES (${owner.workspaceId}, 'a')`
    const test = createTestIdentity(broken)
    const { token } = await signedIn(test)
    await test.identity.authenticateAgent(token)
    await broken.stop()
    await test.identity.authenticateAgent(token)
    expect((await problemOf(test.identity.authenticateAgent('x'))).type).toBe('unauthenticated')
  })

  it('are the same refusal for whatever else is presented', async () => {
    verifies('S-06', 'S-08')
    const { token, bootstrapSecret } = await signedIn()
    const wrong = [
      '',
      'x',
      `${token} `,
      token.slice(0, -1),
      `${token}A`,
      token.toLowerCase(),
      bootstrapSecret,
      '\u0000',
      '\ud800',
      `spt_${'A'.repeat(43)}`,
      `spp_${token.slice(4)}`,
      `spc_${token.slice(4)}`,
      '__proto__',
      'spt_'.repeat(1e5),
    ]
    const problems = await Promise.all(
      wrong.flatMap((bearer) => [
        problemOf(first.identity.authenticateAgent(bearer)),
        problemOf(first.identity.authenticateOwner({ bearer })),
        problemOf(first.identity.authenticateOwner({ cookie: bearer })),
      ]),
    )
    // An agent's token is nothing on the owners' plane, without its prefix neither.
    for (const stolen of [token, token.slice(4)]) {
      problems.push(await problemOf(first.identity.authenticateOwner({ bearer: stolen })))
      problems.push(await problemOf(first.identity.authenticateOwner({ cookie: stolen })))
    }
    expect(
      new Set(problems.map(({ type, detail, next }) => `${type} ${detail} ${next}`)).size,
    ).toBe(1)
  })

  it('note when the agent was seen, once a minute', async () => {
    let nowMs = Date.now()
    const test = createTestIdentity({ ...db, now: () => nowMs })
    const { token, agentId } = await signedIn(test)
    const seen = async () => (await test.identity.agents.get(owner, { agentId })).agent.lastSeenAt
    await test.identity.authenticateAgent(token)
    await expect.poll(seen).toBe(new Date(nowMs).toISOString())
    const before = nowMs
    nowMs += 59_000
    await test.identity.authenticateAgent(token)
    nowMs += 1_000
    await test.identity.authenticateAgent(token)
    await expect.poll(seen).toBe(new Date(before + 60_000).toISOString())
    expect(test.failures).toEqual([])
  })
})

describe('owners', () => {
  it.each(['disable', 'reset', 'delete'] as const)(
    '%s ends tokens and calls at once',
    async (what) => {
      verifies('S-10')
      const { token, agentId } = await signedIn()
      await first.identity.authenticateAgent(token)
      first.ended.length = 0
      await first.identity.agents[what](owner, { agentId })
      expect(first.ended).toEqual([agentId])
      await problemOf(first.identity.authenticateAgent(token))
      await problemOf(createTestIdentity(db).identity.authenticateAgent(token))
    },
  )

  it('disable is heard of by every replica within a second', async () => {
    verifies('S-10')
    const log = { info: () => {}, warn: () => {} }
    const feed = createChangeFeed({ url: db.urls.app, log, monotonicMs: () => performance.now() })
    try {
      await expect.poll(() => feed.isLive(), { timeout: 5000 }).toBe(true)
      const other = createTestIdentity({ ...db, feed })
      const { token, agentId } = await signedIn()
      await other.identity.authenticateAgent(token)
      await first.identity.agents.disable(owner, { agentId })
      await new Promise((resolve) => setTimeout(resolve, 1000))
      await problemOf(other.identity.authenticateAgent(token))
    } finally {
      await feed.close()
    }
  })

  it('disable keeps the key, and enable lets the agent sign in again', async () => {
    const { token, agentId, keys } = await signedIn()
    await first.identity.agents.disable(owner, { agentId })
    await problemOf(first.identity.issueAgentToken(tokenRequest(agentId, keys)))
    await first.identity.agents.enable(owner, { agentId })
    await problemOf(first.identity.authenticateAgent(token))
    await first.identity.issueAgentToken(tokenRequest(agentId, keys))
  })

  it('leave no token behind when disable and exchanges meet', async () => {
    verifies('S-10')
    const { agentId, keys } = await enrolled()
    const exchanges = Array.from({ length: 8 }, () =>
      first.identity.issueAgentToken(tokenRequest(agentId, keys)),
    )
    const disabled = first.identity.agents.disable(owner, { agentId })
    await Promise.allSettled([...exchanges, disabled])
    const rows = await db.database.sql`SELECT 1 FROM agent_tokens WHERE agent_id = ${agentId}`
    expect(rows).toHaveLength(0)
  })

  it('can disable an agent that has made as many tokens as it could', async () => {
    const { agentId, keys } = await signedIn()
    await db.database.sql`INSERT INTO agent_tokens (hash, agent_id, created_at, expires_at)
      SELECT decode(md5(${agentId} || n), 'hex'), ${agentId}, now() - n * interval '1 ms' - interval '1 s',
        now() + interval '1 h' FROM generate_series(1, 5000) n`
    const count = async () =>
      (await db.database.sql`SELECT 1 FROM agent_tokens WHERE agent_id = ${agentId}`).length
    const { access_token } = await first.identity.issueAgentToken(tokenRequest(agentId, keys))
    expect(await count()).toBe(1000)
    await first.identity.authenticateAgent(access_token)
    await first.identity.agents.disable(owner, { agentId })
    expect(await count()).toBe(0)
  })

  it('find an agent that was disabled by itself ended as by their own hand, recorded once and as nobody’s act', async () => {
    verifies('S-10')
    const { token, agentId } = await signedIn()
    const ref = { workspaceId: owner.workspaceId, agentId }
    const because = { alertId: 'alr_1', kind: 'burst' }
    await first.identity.authenticateAgent(token)
    first.ended.length = 0
    first.events.length = 0
    const { agents } = first.identity
    const elsewhere = { ...ref, workspaceId: stranger.workspaceId }
    expect(await agents.disableByItself(elsewhere, because)).toBe(false)
    await first.identity.authenticateAgent(token)
    expect(await agents.disableByItself(ref, because)).toBe(true)
    expect(await agents.disableByItself(ref, because)).toBe(false)
    expect(first.ended).toEqual([agentId])
    await problemOf(first.identity.authenticateAgent(token))
    await problemOf(createTestIdentity(db).identity.authenticateAgent(token))
    expect(first.events).toEqual([
      expect.objectContaining({ operation: 'autoDisableAgent', agentId, outcome: 'done' }),
    ])
    expect(first.events[0]).toMatchObject({ detail: because })
    expect(first.events[0]).not.toHaveProperty('ownerId')
  })

  it('find no agent disabled by itself unrecorded, nor left alone for good', async () => {
    const { agentId } = await signedIn()
    const ref = { workspaceId: owner.workspaceId, agentId }
    const unwritable = createTestIdentity({
      ...db,
      record: () => Promise.reject(new Error('full')),
    })
    const because = { alertId: 'alr_1', kind: 'burst' }
    await expect(unwritable.identity.agents.disableByItself(ref, because)).rejects.toThrow('full')
    expect(await first.identity.agents.disableByItself(ref, because)).toBe(true)
  })

  it('stop ends calls and leaves tokens alone', async () => {
    const { token, agentId } = await signedIn()
    first.ended.length = 0
    await first.identity.agents.stop(owner, { agentId })
    expect(first.ended).toEqual([agentId])
    await first.identity.authenticateAgent(token)
  })

  it('see an agent of another workspace exactly as one that does not exist', async () => {
    verifies('S-09')
    const { agentId, token } = await signedIn()
    first.events.length = 0
    first.ended.length = 0
    const { agents } = first.identity
    for (const of of [
      (id: string) => agents.get(stranger, { agentId: id }),
      (id: string) => agents.rename(stranger, { agentId: id, name: 'mine' }),
      (id: string) => agents.issueBootstrapSecret(stranger, { agentId: id }),
      (id: string) => agents.disable(stranger, { agentId: id }),
      (id: string) => agents.enable(stranger, { agentId: id }),
      (id: string) => agents.stop(stranger, { agentId: id }),
      (id: string) => agents.reset(stranger, { agentId: id }),
      (id: string) => agents.delete(stranger, { agentId: id }),
    ]) {
      const answers = await Promise.all(
        [agentId, 'agt_none', '\u0000', '\ud800', '__proto__', ''].map((id) => problemOf(of(id))),
      )
      for (const { type, detail, next } of answers) {
        expect({ type, detail, next }).toEqual({ ...pick(answers[0]), type: 'agent-not-found' })
      }
    }
    expect(first.events).toEqual([])
    expect(first.ended).toEqual([])
    await first.identity.authenticateAgent(token)
    expect((await agents.list(stranger, { limit: 200 })).agents).toEqual([])
  })

  it('list newest first, page by page, each agent once', async () => {
    const by = await newOwner('pages')
    let nowMs = Date.now()
    const test = createTestIdentity({ ...db, now: () => nowMs })
    const ids: string[] = []
    for (let index = 0; index < 7; index += 1) {
      nowMs += index % 2
      ids.unshift((await test.identity.agents.create(by, { name: `agent ${index}` })).agent.id)
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const answer = await test.identity.agents.list(by, { limit: 3, cursor })
      seen.push(...answer.agents.map(({ id }) => id))
      cursor = answer.nextCursor
    } while (cursor !== undefined)
    expect(seen).toEqual(ids)
    for (const wrong of ['', 'x', '1.', '.a', '1.\u0000', '-1.a', '99999999999999999.a', "1.'"]) {
      await test.identity.agents
        .list(by, { limit: 3, cursor: wrong })
        .catch((thrown: unknown) => expect(thrown).toMatchObject({ type: 'invalid-input' }))
    }
  })

  it('answer what the contract says and record what they did, without a secret', async () => {
    const { agent, bootstrapSecret, expiresAt } = await first.identity.agents.create(owner, {
      name: 'x',
    })
    expect(bootstrapSecret).toMatch(/^spb_[A-Za-z0-9_-]{43}$/)
    expect(agent).toEqual({
      id: agent.id,
      name: 'x',
      status: 'pending',
      toolListing: 'auto',
      createdAt: agent.createdAt,
    })
    expect(Date.parse(expiresAt) - Date.parse(agent.createdAt)).toBe(3_600_000)
    const renamed = await first.identity.agents.rename(owner, { agentId: agent.id, name: 'y' })
    expect(renamed.agent.name).toBe('y')
    const about = { agentId: agent.id, ownerId: owner.ownerId, workspaceId: owner.workspaceId }
    expect(first.events).toEqual(
      [
        { ...about, operation: 'createAgent', outcome: 'done', detail: { name: 'x' } },
        { ...about, operation: 'renameAgent', outcome: 'done', detail: { name: 'y' } },
      ].map(({ ...event }) => ({ ...event, auditId: expect.stringMatching(/^aud_/) })),
    )
    expect(JSON.stringify(first.events)).not.toContain(bootstrapSecret)
    const [row] = await db.database.sql`SELECT row_to_json(c)::text AS text FROM bootstrap_codes c
      WHERE agent_id = ${agent.id}`
    expect(row?.text).not.toContain(bootstrapSecret.slice(4))
  })

  it('get no secret that could not be recorded', async () => {
    const record = () => Promise.reject(new Problem('audit-unavailable'))
    const test = createTestIdentity({ ...db, record })
    const problem = await problemOf(test.identity.agents.create(owner, { name: 'x' }))
    expect(problem.type).toBe('audit-unavailable')
  })
})

const pick = (problem: Problem | undefined) => ({ detail: problem?.detail, next: problem?.next })
