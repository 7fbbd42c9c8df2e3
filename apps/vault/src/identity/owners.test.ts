import { Problem, type Role } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import {
  createTestIdentity,
  prepareInstallation,
  type TestIdentity,
} from '../../../../test/fixtures/identity.ts'
import { verifies } from '../../../../test/verifies.ts'

const email = 'ada@example.com'
const password = 'correct horse battery'
const minuteMs = 60_000
const from = { address: '198.51.99.1' }

let db: TestDatabase
let test: TestIdentity
let clockMs: number
let lastAddress = 0

/** An address that nobody has signed in from yet. */
function newAddress(): string {
  lastAddress += 1
  return `198.51.${lastAddress >> 8}.${lastAddress & 255}`
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw thrown
  return thrown
}

const problemsOf = (works: readonly Promise<unknown>[]) => Promise.all(works.map(problemOf))

/** Several replicas share the clock. */
const replica = () => createTestIdentity({ ...db, now: () => clockMs })

async function signIn(who = email, secret = password, on = test) {
  const from = { address: newAddress() }
  const { session } = await on.identity.sessions.signIn({ email: who, password: secret }, from)
  return session.value
}
const asOwner = (cookie: string, on = test) => on.identity.authenticateOwner({ cookie })

/** A person of the first workspace, signed in. */
async function newMember(role: Role) {
  const actor = await asOwner(await signIn())
  const address = `person${lastAddress}@example.com`
  const { member } = await test.identity.members.add(actor, { email: address, password, role })
  return { id: member.id, email: address, cookie: await signIn(address) }
}

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.owner)
  clockMs = Date.now()
  test = replica()
})
afterAll(async () => db?.stop())
beforeEach(() => {
  test = replica()
})

describe('the first run', () => {
  it('has one setup token, at every replica and after a restart, and stores only its hash', async () => {
    const { setupToken = '' } = await test.identity.setup.prepareSetup()
    expect(setupToken).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(await replica().identity.setup.prepareSetup()).toEqual({ setupToken })
    const [row] = await db.database.sql`SELECT row_to_json(i)::text AS text FROM installation i`
    expect(row?.text).not.toContain(setupToken)
    expect(row?.text).not.toContain(Buffer.from(setupToken, 'base64url').toString('hex'))
  })

  it('takes no token but its own', async () => {
    await test.identity.setup.prepareSetup()
    for (const setupToken of ['', 'x', 'A'.repeat(43), '\u0000', '\ud800', '__proto__']) {
      const problem = await problemOf(
        test.identity.setup.setUp({ setupToken, email, password }, from),
      )
      expect(problem.type).toBe('invalid-setup-token')
    }
  })

  it('makes one first owner however many try at once, who is signed in', async () => {
    verifies('S-42')
    const { setupToken = '' } = await test.identity.setup.prepareSetup()
    const replicas = [test, replica(), replica()]
    const answers = await Promise.allSettled(
      replicas.map(({ identity }) =>
        identity.setup.setUp({ setupToken, email, password, workspace: 'Acme' }, from),
      ),
    )
    const made = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(made).toHaveLength(1)
    expect(made[0]?.output).toMatchObject({
      owner: { email, role: 'owner' },
      workspace: { name: 'Acme' },
      expiresAt: new Date(clockMs + 12 * 60 * minuteMs).toISOString(),
    })
    await asOwner(made[0]?.session.value ?? '')
    for (const { identity } of replicas) {
      expect(await identity.setup.prepareSetup()).toEqual({})
      const again = identity.setup.setUp({ setupToken, email: 'x@example.com', password }, from)
      expect((await problemOf(again)).type).toBe('already-set-up')
    }
    const counts = await db.database
      .sql`SELECT (SELECT count(*)::int FROM workspaces) AS workspaces,
      (SELECT count(*)::int FROM owners) AS owners, (SELECT count(*)::int FROM workspace_keys) AS keys`
    expect(counts[0]).toEqual({ workspaces: 1, owners: 1, keys: 1 })
  })
})

describe('signing in', () => {
  it('answers an unknown address and a wrong password alike', async () => {
    verifies('S-42')
    const answers = await Promise.all(
      [
        [email, 'wrong'],
        ['nobody@example.com', password],
        [email, ''],
        [email, `${password} `],
      ].map(([who, secret]) => problemOf(signIn(who, secret))),
    )
    expect(new Set(answers.map(({ type, detail, next }) => `${type} ${detail} ${next}`)).size).toBe(
      1,
    )
    expect(answers[0]?.type).toBe('invalid-credentials')
    await expect.poll(() => test.events.length).toBe(3)
    expect(test.events[0]).toMatchObject({ operation: 'signIn', outcome: 'refused' })
    expect(JSON.stringify(test.events)).not.toContain('wrong')
  })

  it('is held back longer and longer for one e-mail address, over all replicas', async () => {
    verifies('S-42')
    const who = 'guessed@example.com'
    const waits: number[] = []
    const replicas = [test, replica()]
    for (let attempt = 0; attempt < 40 && waits.length < 14; attempt += 1) {
      const problem = await problemOf(signIn(who, 'wrong', replicas[attempt % 2]))
      if (problem.type === 'invalid-credentials') continue
      expect(problem.type).toBe('too-many-attempts')
      waits.push(problem.retryAfterSeconds ?? 0)
      clockMs += (problem.retryAfterSeconds ?? 0) * 1000
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900])
    clockMs += 25 * 60 * minuteMs
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await problemOf(signIn(who, 'wrong'))).type).toBe('invalid-credentials')
    }
  })

  it('is held back by a replica whose clock is days ahead, which forgets nothing for the others', async () => {
    verifies('S-30', 'S-42')
    const who = 'guessed-by-two-clocks@example.com'
    const ahead = createTestIdentity({
      ...db,
      now: () => clockMs + 48 * 60 * minuteMs,
      limitNow: () => clockMs,
    })
    const types: string[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      types.push((await problemOf(signIn(who, 'wrong', attempt % 2 === 0 ? ahead : test))).type)
    }
    const free = types.indexOf('too-many-attempts')
    expect(free).toBeGreaterThan(0)
    expect(new Set(types.slice(free))).toEqual(new Set(['too-many-attempts']))
  })

  it('counts attempts that are made at the same time', async () => {
    verifies('S-42')
    const who = 'parallel@example.com'
    const problems = await Promise.all(
      Array.from({ length: 20 }, () => problemOf(signIn(who, 'wrong'))),
    )
    const verified = problems.filter(({ type }) => type === 'invalid-credentials')
    expect(verified.length).toBeLessThanOrEqual(6)
  })

  it('is held back for one address that tries many e-mail addresses, and locks none of them by that', async () => {
    verifies('S-42')
    const types: string[] = []
    for (let attempt = 0; attempt < 33; attempt += 1) {
      // Addresses of one network of IPv6 count as one.
      const address = `2001:db8:1:2::${attempt.toString(16)}`
      const input = { email: `p${attempt % 2}-${attempt}@example.com`, password: 'wrong' }
      types.push((await problemOf(test.identity.sessions.signIn(input, { address }))).type)
    }
    expect(types.slice(0, 31)).toEqual(Array(31).fill('invalid-credentials'))
    expect(types.slice(31)).toEqual(['too-many-attempts', 'too-many-attempts'])
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await problemOf(
        test.identity.sessions.signIn({ email, password }, { address: '2001:db8:1:2::1' }),
      )
    }
    await signIn()
  })

  it('starts an e-mail address afresh once the password was right', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 0; attempt < 4; attempt += 1) await problemOf(signIn(email, 'wrong'))
      await signIn()
    }
  })
})

describe('sessions', () => {
  it('are renewed at sign-in: the one the browser had ends', async () => {
    verifies('S-42')
    const old = await signIn()
    const from = { address: newAddress(), cookie: old }
    const { session } = await test.identity.sessions.signIn({ email, password }, from)
    expect(session.value).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(session.value).not.toBe(old)
    await problemOf(asOwner(old))
    await asOwner(session.value)
    const rows = await db.database.sql`SELECT row_to_json(s)::text AS text FROM sessions s`
    expect(JSON.stringify(rows)).not.toContain(session.value)
  })

  it('end after 30 minutes without a request, and after 12 hours in any case', async () => {
    verifies('S-42')
    const idle = await signIn()
    const busy = await signIn()
    clockMs += 29 * minuteMs
    await asOwner(busy)
    clockMs += minuteMs
    expect((await problemOf(asOwner(idle))).type).toBe('unauthenticated')
    for (let passed = 30; passed < 12 * 60 - 20; passed += 20) {
      await asOwner(busy)
      clockMs += 20 * minuteMs
    }
    await asOwner(busy)
    clockMs += 20 * minuteMs
    await problemOf(asOwner(busy))
  })

  it('end at sign-out', async () => {
    const cookie = await signIn()
    const other = await signIn()
    const answer = await test.identity.sessions.signOut(await asOwner(cookie))
    expect(answer).toEqual({ output: { signedOut: true }, session: null })
    await problemOf(asOwner(cookie))
    await asOwner(other)
  })

  it('all end when the password changes, and the one that asked is renewed', async () => {
    verifies('S-42')
    const person = await newMember('admin')
    const other = await signIn(person.email)
    const owner = await asOwner(person.cookie)
    const from = { address: newAddress() }
    const wrong = { currentPassword: 'wrong', newPassword: 'another password' }
    expect((await problemOf(test.identity.sessions.changePassword(owner, wrong, from))).type).toBe(
      'invalid-credentials',
    )
    const right = { currentPassword: password, newPassword: 'another password' }
    const { session } = await test.identity.sessions.changePassword(owner, right, from)
    for (const cookie of [person.cookie, other]) await problemOf(asOwner(cookie))
    await asOwner(session.value)
    await problemOf(signIn(person.email))
    await signIn(person.email, 'another password')
  })

  it('say who is signed in', async () => {
    const view = await test.identity.sessions.getSession(await asOwner(await signIn()))
    expect(view).toMatchObject({ owner: { email }, workspace: { name: 'Acme' } })
    expect(view.scopes).toContain('agents:write')
    expect(JSON.stringify(view)).not.toContain('argon2')
  })
})

describe('personal access tokens', () => {
  const input = { name: 'ci', scopes: ['agents:read' as const], expiresInDays: 1 }

  it('can do what their scopes say, until they expire', async () => {
    verifies('S-08')
    const owner = await asOwner(await signIn())
    const { token, secret } = await test.identity.ownerTokens.create(owner, input)
    expect(secret).toMatch(/^spp_[A-Za-z0-9_-]{43}$/)
    const bearer = await test.identity.authenticateOwner({ bearer: secret })
    expect(bearer).toMatchObject({ ownerId: owner.ownerId, via: 'token' })
    expect([...bearer.scopes]).toEqual(['agents:read'])
    const listed = await test.identity.ownerTokens.list(owner, { limit: 50 })
    expect(listed.tokens.find(({ id }) => id === token.id)).toMatchObject({
      name: 'ci',
      lastUsedAt: new Date(clockMs).toISOString(),
    })
    expect(JSON.stringify(listed)).not.toContain(secret)
    await problemOf(test.identity.authenticateAgent(secret))
    await problemOf(test.identity.authenticateOwner({ cookie: secret.slice(4) }))
    clockMs += 24 * 60 * minuteMs
    await problemOf(test.identity.authenticateOwner({ bearer: secret }))
  })

  it('cannot make tokens, nor change members', async () => {
    verifies('S-08')
    const owner = await asOwner(await signIn())
    const { secret, token } = await test.identity.ownerTokens.create(owner, input)
    const bearer = await test.identity.authenticateOwner({ bearer: secret })
    for (const { type } of await problemsOf([
      test.identity.ownerTokens.create(bearer, input),
      test.identity.ownerTokens.list(bearer, { limit: 1 }),
      test.identity.ownerTokens.delete(bearer, { tokenId: token.id }),
      test.identity.members.add(bearer, { email: 'y@example.com', password, role: 'owner' }),
      test.identity.members.remove(bearer, { ownerId: owner.ownerId }),
      test.identity.members.changeRole(bearer, { ownerId: owner.ownerId, role: 'admin' }),
    ])) {
      expect(type).toBe('session-required')
    }
  })

  it('can do no more than the role, whatever the role becomes', async () => {
    verifies('S-08')
    const auditor = await newMember('auditor')
    const wide = { ...input, scopes: ['agents:read' as const, 'agents:write' as const] }
    const refused = test.identity.ownerTokens.create(await asOwner(auditor.cookie), wide)
    expect((await problemOf(refused)).type).toBe('insufficient-scope')
    const admin = await newMember('admin')
    const { secret } = await test.identity.ownerTokens.create(await asOwner(admin.cookie), wide)
    // As if the role had changed without ending the token.
    await db.database.sql`UPDATE owners SET role = 'auditor' WHERE id = ${admin.id}`
    const bearer = await test.identity.authenticateOwner({ bearer: secret })
    expect([...bearer.scopes]).toEqual(['agents:read'])
  })

  it('are ended by their person alone, and counted', async () => {
    verifies('S-09')
    const one = await asOwner((await newMember('admin')).cookie)
    const other = await asOwner((await newMember('admin')).cookie)
    const { token, secret } = await test.identity.ownerTokens.create(one, input)
    const ref = { tokenId: token.id }
    for (const tokenId of [token.id, 'tok_none', '\u0000', '']) {
      const problem = await problemOf(test.identity.ownerTokens.delete(other, { tokenId }))
      expect(problem.type).toBe('token-not-found')
    }
    const more = Array.from({ length: 60 }, () => test.identity.ownerTokens.create(one, input))
    const made = (await Promise.allSettled(more)).filter(({ status }) => status === 'fulfilled')
    expect(made).toHaveLength(49)
    await test.identity.ownerTokens.delete(one, ref)
    await problemOf(test.identity.authenticateOwner({ bearer: secret }))
    await test.identity.ownerTokens.create(one, input)
  })
})

describe('members', () => {
  it('are changed by owners alone', async () => {
    for (const role of ['admin', 'approver', 'auditor'] as const) {
      const person = await newMember(role)
      const actor = await asOwner(person.cookie)
      for (const { type } of await problemsOf([
        test.identity.members.add(actor, { email: 'z@example.com', password, role: 'auditor' }),
        test.identity.members.changeRole(actor, { ownerId: person.id, role: 'owner' }),
        test.identity.members.remove(actor, { ownerId: person.id }),
      ])) {
        expect(type).toBe('insufficient-scope')
      }
    }
  })

  it('lose sessions and tokens with their role', async () => {
    verifies('S-42')
    const person = await newMember('admin')
    const input = { name: 'x', scopes: ['agents:read' as const], expiresInDays: 1 }
    const { secret } = await test.identity.ownerTokens.create(await asOwner(person.cookie), input)
    const actor = await asOwner(await signIn())
    await test.identity.members.changeRole(actor, { ownerId: person.id, role: 'approver' })
    await problemOf(asOwner(person.cookie))
    await problemOf(test.identity.authenticateOwner({ bearer: secret }))
    const again = await asOwner(await signIn(person.email))
    expect(again.role).toBe('approver')
    expect(again.scopes.has('approvals:write')).toBe(true)
    expect(again.scopes.has('agents:write')).toBe(false)
    await test.identity.members.remove(actor, { ownerId: person.id })
    await problemOf(signIn(person.email))
  })

  it('keep at least one owner, also when two owners remove each other', async () => {
    const actor = await asOwner(await signIn())
    const alone = [
      test.identity.members.changeRole(actor, { ownerId: actor.ownerId, role: 'admin' }),
      test.identity.members.remove(actor, { ownerId: actor.ownerId }),
    ]
    for (const { type } of await problemsOf(alone)) expect(type).toBe('last-owner')
    for (let round = 0; round < 5; round += 1) {
      const person = await newMember('owner')
      const other = await asOwner(person.cookie)
      const back = await asOwner(await signIn())
      const results = await Promise.allSettled([
        test.identity.members.changeRole(back, { ownerId: other.ownerId, role: 'admin' }),
        replica().identity.members.changeRole(other, { ownerId: back.ownerId, role: 'admin' }),
      ])
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const { members } = await test.identity.members.list(back, { limit: 200 })
      expect(members.filter(({ role }) => role === 'owner')).toHaveLength(1)
      await db.database
        .sql`UPDATE owners SET role = CASE id WHEN ${actor.ownerId} THEN 'owner' ELSE 'admin' END
        WHERE role = 'owner' OR id = ${actor.ownerId}`
    }
  })

  it('of another workspace are as if they did not exist', async () => {
    verifies('S-09')
    await db.database.sql`INSERT INTO workspaces (id, name) VALUES ('wsp_other', 'Other')`
    await db.database.sql`INSERT INTO owners (id, workspace_id, email, role, password_hash)
      VALUES ('own_other', 'wsp_other', 'other@example.com', 'owner', 'x')`
    const actor = await asOwner(await signIn())
    for (const ownerId of ['own_other', 'own_none', '\u0000', '']) {
      for (const { type } of await problemsOf([
        test.identity.members.changeRole(actor, { ownerId, role: 'admin' }),
        test.identity.members.remove(actor, { ownerId }),
      ])) {
        expect(type).toBe('member-not-found')
      }
    }
    const { members } = await test.identity.members.list(actor, { limit: 200 })
    expect(members.map(({ id }) => id)).not.toContain('own_other')
    const taken = test.identity.members.add(actor, { email, password, role: 'admin' })
    expect((await problemOf(taken)).type).toBe('email-taken')
  })
})

describe('what is over', () => {
  it('is removed, and nothing that still counts', async () => {
    const { sql } = db.database
    clockMs = Date.now()
    const cookie = await signIn()
    const [{ id } = { id: '' }] = await sql`SELECT id FROM owners WHERE email = ${email}`
    await sql`INSERT INTO sessions (hash, owner_id, last_seen_at, expires_at) VALUES
      ('\\x01', ${id}, now(), now() - interval '1 s'), ('\\x02', ${id}, now() - interval '31 m', now() + interval '1 h')`
    await sql`INSERT INTO agents (id, workspace_id, name, status) VALUES ('agt_over', 'wsp_other', 'x', 'active')`
    await sql`INSERT INTO agent_tokens (hash, agent_id, expires_at) VALUES
      ('\\x01', 'agt_over', now() - interval '601 s'), ('\\x02', 'agt_over', now() + interval '1 m')`
    await sql`INSERT INTO assertion_uses (agent_id, jti_hash, expires_at) VALUES
      ('agt_over', '\\x01', now() - interval '11 m'), ('agt_over', '\\x02', now() - interval '9 m')`
    // A clock that is fast removes nothing that is not over by the database's.
    const fast = createTestIdentity({ ...db, now: () => clockMs + 1e9 })
    await fast.identity.removeExpired()
    expect(await sql`SELECT encode(hash, 'hex') AS hash FROM agent_tokens`).toEqual([
      { hash: '02' },
    ])
    expect(await sql`SELECT encode(jti_hash, 'hex') AS hash FROM assertion_uses`).toEqual([
      { hash: '02' },
    ])
    expect(await sql`SELECT 1 FROM sessions WHERE hash IN ('\\x01', '\\x02')`).toHaveLength(0)
    await asOwner(cookie)
  })
})
