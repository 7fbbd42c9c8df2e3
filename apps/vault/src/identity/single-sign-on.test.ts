import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issuer as vaultUrl } from '../../../../test/fixtures/identity.ts'
import type { PaperClaims } from '../../../../test/fixtures/paper-provider.ts'
import {
  providerIssuer as issuer,
  ownerEmail,
  password,
  problemOf,
  type SingleSignOnRoom,
  startSingleSignOnRoom,
} from '../../../../test/fixtures/single-sign-on-room.ts'
import { verifies } from '../../../../test/verifies.ts'

// Signing in at a provider on paper: what it says, and when, is the test's to choose.

const redirectUri = `${vaultUrl}/api/v1/session/oidc/callback`
const minuteMs = 60_000

let room: SingleSignOnRoom

beforeAll(async () => {
  room = await startSingleSignOnRoom()
})
beforeEach(() => room.reset())
afterAll(() => room?.db.stop())

const typeOf = async (work: Promise<unknown>) => (await problemOf(work)).type
const lastEvent = () => room.test.events.at(-1)
const finish: SingleSignOnRoom['test']['identity']['singleSignOn']['finish'] = (answer, from) =>
  room.test.identity.singleSignOn.finish(answer, from)

describe('the answer of the provider', () => {
  it('is taken in the browser that began it, and once', async () => {
    verifies('S-31', 'S-42')
    const { answer, from } = await room.begin(room.newPerson())
    const others = [
      undefined,
      '',
      'x',
      'A'.repeat(43),
      (await room.begin(room.newPerson())).from.flowCookie,
    ]
    for (const flowCookie of others) {
      const stolen = finish(answer, { address: room.address(), flowCookie })
      expect(await typeOf(stolen)).toBe('connect-flow-refused')
    }
    expect(room.provider.requests.filter(({ path }) => path === '/token')).toEqual([])
    const at = [room.test, room.replica(), room.test, room.replica()]
    const answers = await Promise.allSettled(
      at.map(({ identity }) => identity.singleSignOn.finish(answer, from)),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(room.provider.requests.filter(({ path }) => path === '/token')).toHaveLength(1)
    expect(await typeOf(finish(answer, from))).toBe('connect-flow-refused')
  })

  it('is refused in one way whatever is wrong with it, and the log says what', async () => {
    verifies('S-31', 'S-42')
    const { answer, from } = await room.begin(room.newPerson())
    const late = await room.begin(room.newPerson())
    const none = { address: room.address(), flowCookie: undefined }
    const reasons: [string, () => Promise<unknown>][] = [
      ['unknown', () => finish({ ...answer, state: 'x' }, from)],
      ['unknown', () => finish({ ...answer, state: '\u0000' }, from)],
      ['unknown', () => finish({ ...answer, state: 'A'.repeat(43) }, from)],
      ['no-cookie', () => finish(answer, none)],
      ['other-browser', () => finish(answer, late.from)],
      ['other-issuer', () => finish({ ...answer, iss: 'https://evil.example' }, from)],
      ['unknown', () => finish(answer, from)],
    ]
    const told = new Set<string>()
    for (const [reason, tried] of reasons) {
      const { type, detail, next } = await problemOf(tried())
      told.add(`${type} ${detail} ${next}`)
      expect(lastEvent()).toMatchObject({ outcome: 'refused', problem: type, reason })
    }
    room.clock.nowMs += 10 * minuteMs
    const { type, detail, next } = await problemOf(finish(late.answer, late.from))
    expect(lastEvent()).toMatchObject({ reason: 'expired' })
    expect([...told]).toEqual([`${type} ${detail} ${next}`])
    expect(type).toBe('connect-flow-refused')
    expect(room.provider.requests.filter(({ path }) => path === '/token')).toEqual([])
  })

  it('has to name the provider where its metadata promise so, and may else leave it out', async () => {
    verifies('S-31')
    const promised = await room.begin(room.newPerson())
    const { iss, ...silent } = promised.answer
    expect(await typeOf(finish(silent, promised.from))).toBe('connect-flow-refused')
    room.provider.metadata = { authorization_response_iss_parameter_supported: false }
    room.test = room.replica()
    const { answer, from } = await room.begin(room.newPerson())
    await finish({ ...answer, iss: undefined }, from)
    const wrong = await room.begin(room.newPerson())
    const named = { ...wrong.answer, iss: `${issuer}/` }
    expect(await typeOf(finish(named, wrong.from))).toBe('connect-flow-refused')
  })

  it('of somebody who said no signs nobody in, and is used up', async () => {
    const { answer, from } = await room.begin(room.newPerson())
    const { code, ...rest } = answer
    const denied = { ...rest, error: 'access_denied', error_description: '<b>no</b>' }
    expect(await typeOf(finish(denied, from))).toBe('authorization-refused')
    expect(lastEvent()).toMatchObject({ reason: 'access_denied' })
    expect(await typeOf(finish(answer, from))).toBe('connect-flow-refused')
    const empty = await room.begin(room.newPerson())
    const { code: _, ...codeless } = empty.answer
    expect(await typeOf(finish(codeless, empty.from))).toBe('connect-flow-refused')
  })

  it('with the code of somebody else’s sign-in proves nothing: PKCE and nonce are this browser’s', async () => {
    verifies('S-31', 'S-42')
    const mine = await room.begin(room.newPerson())
    const theirs = await room.begin(room.newPerson())
    const mixed = { ...mine.answer, code: theirs.answer.code }
    expect(await typeOf(finish(mixed, mine.from))).toBe('authorization-refused')
  })

  it('is refused once the settings are others', async () => {
    verifies('S-42')
    const { answer, from } = await room.begin(room.newPerson())
    await room.configure({ label: 'Acme again' })
    expect(await typeOf(finish(answer, from))).toBe('connect-flow-refused')
    expect(lastEvent()).toMatchObject({ reason: 'settings-changed' })
    const during = await room.begin(room.newPerson())
    room.provider.instead = async (path) => {
      if (path === '/token') {
        room.provider.instead = undefined
        await room.configure({ defaultRole: null })
      }
      return undefined
    }
    expect(await typeOf(finish(during.answer, during.from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'settings-changed' })
  })

  it('leaves nothing in the database by which it could be finished', async () => {
    verifies('S-38', 'S-42')
    const { answer, from, url } = await room.begin(room.newPerson())
    const [row] = await room.db.database
      .sql`SELECT row_to_json(f)::text AS text FROM sign_in_flows f
      ORDER BY created_at DESC, expires_at DESC LIMIT 1`
    const asked = new URL(url).searchParams
    for (const secret of [answer.state, from.flowCookie, asked.get('nonce') ?? '?']) {
      expect(row?.text).not.toContain(secret)
      expect(row?.text).not.toContain(Buffer.from(secret).toString('hex'))
    }
    expect(Object.fromEntries(asked)).toMatchObject({
      ...{ code_challenge_method: 'S256', response_type: 'code', redirect_uri: redirectUri },
      scope: 'openid email profile',
    })
    room.clock.nowMs += 11 * minuteMs
    // By the database's clock too it has to be over.
    await room.db.database.sql`UPDATE sign_in_flows SET expires_at = now() - interval '1 minute'`
    await room.test.identity.removeExpired()
    expect(await room.db.database.sql`SELECT 1 FROM sign_in_flows`).toHaveLength(0)
  })
})

describe('an ID token', () => {
  const refused: [string, () => PaperClaims, number?][] = [
    ['of another party', () => ({ azp: 'another-client' })],
    ['for others as well', () => ({ aud: ['vault', 'another'] })],
    ['for nobody', () => ({ aud: undefined })],
    ['issued in ten minutes', () => ({ iat: Math.floor(room.clock.nowMs / 1000) + 600 })],
    ['issued an hour ago', () => ({ iat: Math.floor(room.clock.nowMs / 1000) - 3600 })],
    ['that names another nonce', () => ({ nonce: 'another' })],
    ['that has ended', () => ({ exp: Math.floor(Date.now() / 1000) - 31 })],
    ['of an issuer that only begins alike', () => ({ iss: `${issuer}.evil.example` })],
    ['whose subject is a number', () => ({ sub: 7 })],
  ]
  it.each(refused)('%s signs nobody in', async (_name, change) => {
    verifies('S-31', 'S-42')
    const { answer, from } = await room.begin({ ...room.newPerson(), ...change() })
    const problem = await problemOf(finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
    expect(lastEvent()).toMatchObject({ outcome: 'refused', problem: problem.type })
  })

  it.each(['none', 'HS256', 'RS512'])(
    'that names the algorithm %s signs nobody in',
    async (name) => {
      verifies('S-31', 'S-42')
      room.provider.algorithm = name
      const { answer, from } = await room.begin(room.newPerson())
      const problem = await problemOf(finish(answer, from))
      expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
    },
  )

  it('is signed by a key of the provider’s', async () => {
    verifies('S-31', 'S-42')
    room.provider.instead = (path) => (path === '/jwks' ? Response.json({ keys: [] }) : undefined)
    room.test = room.replica()
    const { answer, from } = await room.begin(room.newPerson())
    const problem = await problemOf(finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
  })

  it('may leave address and groups to userinfo, of the same subject alone', async () => {
    verifies('S-42')
    await room.configure({ allowedGroups: ['staff'] })
    const { sub, email } = room.newPerson()
    room.provider.userinfo = { sub, email, email_verified: true, groups: 'staff' }
    expect((await room.signIn({ sub })).owner.email).toBe(email)
    room.provider.userinfo = { ...room.provider.userinfo, sub: 'somebody else' }
    const { answer, from } = await room.begin({ sub })
    const problem = await problemOf(finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
  })
})

describe('somebody who comes for the first time', () => {
  it('becomes one member, however many of their browsers come at once', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const replicas = [room.test, room.replica(), room.replica(), room.test]
    const sessions = await Promise.all(replicas.map((on) => room.signIn(person, on)))
    expect(new Set(sessions.map(({ owner }) => owner.id)).size).toBe(1)
    const kinds = room.test.events.concat(...replicas.slice(1, 3).map(({ events }) => events))
    expect(kinds.filter(({ detail }) => detail?.account === 'create')).toHaveLength(1)
  })

  it('has no password: signing in with one fails like a wrong one', async () => {
    verifies('S-42')
    const { email } = (await room.signIn(room.newPerson())).owner
    await room.newMember('auditor', 'has-one@example.com')
    const wrong = async (who: string, secret: string) => {
      const input = { email: who, password: secret }
      const { type, detail, next } = await problemOf(
        room.test.identity.sessions.signIn(input, { address: room.address() }),
      )
      return { type, detail, next }
    }
    const expected = await wrong('has-one@example.com', 'a wrong one')
    expect(expected.type).toBe('invalid-credentials')
    for (const secret of ['', password, 'null', 'undefined']) {
      expect(await wrong(email, secret)).toEqual(expected)
    }
  })

  it('is the member with their verified address, from then on by their account alone', async () => {
    verifies('S-42')
    const { email, ...person } = room.newPerson()
    const member = await room.newMember('approver', email)
    const unverified = await room.begin({ ...person, email, email_verified: false })
    expect(await typeOf(finish(unverified.answer, unverified.from))).toBe('sign-in-refused')
    const { owner } = await room.signIn({ ...person, email })
    expect(owner).toMatchObject({ id: member.id, role: 'approver' })
    expect(lastEvent()).toMatchObject({
      ...{ outcome: 'done', ownerId: member.id },
      detail: { account: 'link', subject: person.sub, email },
    })
    const usurper = await room.begin({ ...room.newPerson(), email })
    expect(await typeOf(finish(usurper.answer, usurper.from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'linked-elsewhere' })
    const moved = await room.signIn({ ...person, email: ownerEmail })
    expect(moved.owner).toMatchObject({ id: member.id, email, role: 'approver' })
  })

  it('uses up their invitation, as long as who made it is an owner', async () => {
    verifies('S-42')
    await room.configure({ defaultRole: null })
    const [person, other] = [room.newPerson(), room.newPerson()]
    const inviter = await room.newMember('owner', room.newPerson().email)
    const actor = await room.byPassword(inviter.email)
    const invite = (email: string) =>
      room.test.identity.invitations.create(actor, { email, role: 'approver' })
    const { invitationUrl } = await invite(person.email)
    expect((await room.signIn(person)).owner.role).toBe('approver')
    expect(lastEvent()?.detail).toMatchObject({ account: 'create', role: 'approver' })
    const token = invitationUrl.split('token=')[1] ?? ''
    const accepted = room.test.identity.invitations.accept(
      { token, password },
      { address: room.address() },
    )
    expect(await typeOf(accepted)).toBe('invalid-invitation')
    await invite(other.email)
    const change = { ownerId: inviter.id, role: 'admin' } as const
    await room.test.identity.members.changeRole(await room.byPassword(), change)
    const { answer, from } = await room.begin(other)
    expect(await typeOf(finish(answer, from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'not-invited' })
  })
})

describe('people of another workspace', () => {
  it('are nobody here, whatever address or account is theirs', async () => {
    verifies('S-09', 'S-42')
    const [byAddress, byAccount] = [room.newPerson(), room.newPerson()]
    const { sql } = room.db.database
    await sql`INSERT INTO workspaces (id, name) VALUES ('wsp_other', 'Elsewhere')`
    await sql`INSERT INTO owners (id, workspace_id, email, role, oidc_issuer, oidc_subject) VALUES
      ('own_other1', 'wsp_other', ${byAddress.email}, 'owner', NULL, NULL),
      ('own_other2', 'wsp_other', 'x@elsewhere.example', 'owner', ${issuer}, ${byAccount.sub})`
    const { answer, from } = await room.begin(byAddress)
    expect(await typeOf(finish(answer, from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'email-in-use' })
    const { owner } = await room.signIn(byAccount)
    expect(owner).toMatchObject({ email: byAccount.email, role: 'auditor' })
    await room.db.owner.sql`DELETE FROM workspaces WHERE id = 'wsp_other'`
  })
})

describe('a member', () => {
  it('whom an owner removed does not come back, under this name or another, unless they are invited', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const { owner, cookie } = await room.signIn(person)
    await room.test.identity.members.remove(await room.byPassword(), { ownerId: owner.id })
    expect(await room.isGood(cookie)).toBe(false)
    for (const again of [
      person,
      { ...person, email: room.newPerson().email },
      { ...person, sub: room.newPerson().sub },
    ]) {
      const { answer, from } = await room.begin(again)
      expect(await typeOf(finish(answer, from))).toBe('sign-in-refused')
      expect(lastEvent()).toMatchObject({ reason: 'removed' })
    }
    const invitation = { email: person.email, role: 'approver' } as const
    await room.test.identity.invitations.create(await room.byPassword(), invitation)
    expect((await room.signIn(person)).owner.role).toBe('approver')
  })

  it('who was removed while they were at the provider does not come in', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const { owner } = await room.signIn(person)
    const { answer, from } = await room.begin(person)
    await room.test.identity.members.remove(await room.byPassword(), { ownerId: owner.id })
    expect(await typeOf(finish(answer, from))).toBe('sign-in-refused')
  })

  it('whose group is gone is out, with every session that the provider began', async () => {
    verifies('S-42')
    await room.configure({ allowedGroups: ['staff'] })
    const person = room.newPerson({ groups: ['staff'] })
    const { cookie } = await room.signIn(person)
    const { answer, from } = await room.begin({ ...person, groups: ['other'] })
    expect(await room.isGood(cookie)).toBe(true)
    expect(await typeOf(finish(answer, from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'group-not-allowed' })
    expect(await room.isGood(cookie)).toBe(false)
  })

  it('whose role changes with their groups loses their other sessions and their tokens', async () => {
    verifies('S-42')
    const roleMapping = [
      { group: 'leads', role: 'admin' as const },
      { group: 'staff', role: 'approver' as const },
    ]
    await room.configure({ roleMapping })
    const person = room.newPerson({ groups: ['leads', 'staff'] })
    const before = await room.signIn(person)
    expect(before.owner.role).toBe('admin')
    const token = { name: 'x', scopes: ['agents:read' as const], expiresInDays: 1 }
    const { secret } = await room.test.identity.ownerTokens.create(
      await room.asOwner(before.cookie),
      token,
    )
    const same = await room.signIn(person)
    expect(await room.isGood(before.cookie)).toBe(true)
    const after = await room.signIn({ ...person, groups: ['staff'] })
    expect(after.owner.role).toBe('approver')
    expect(lastEvent()?.detail).toMatchObject({ roleBefore: 'admin', role: 'approver' })
    expect([await room.isGood(before.cookie), await room.isGood(same.cookie)]).toEqual([
      false,
      false,
    ])
    expect(await room.isGood(after.cookie)).toBe(true)
    expect(await typeOf(room.test.identity.authenticateOwner({ bearer: secret }))).toBe(
      'unauthenticated',
    )
    const gone = await room.begin({ ...person, groups: [] })
    await finish(gone.answer, gone.from)
    const page = await room.test.identity.members.list(await room.byPassword(), { limit: 200 })
    const role = page.members.find(({ email }) => email === person.email)?.role
    expect(role).toBe('auditor')
  })

  it('who is the last owner with a password cannot be removed or made less by any way', async () => {
    verifies('S-42')
    await room.configure({ roleMapping: [{ group: 'board', role: 'owner' }] })
    const board = await room.signIn(room.newPerson({ groups: ['board'] }))
    const actor = await room.asOwner(board.cookie)
    expect(actor.role).toBe('owner')
    const { ownerId } = await room.byPassword()
    expect(await typeOf(room.test.identity.members.remove(actor, { ownerId }))).toBe('last-owner')
    const change = { ownerId, role: 'admin' } as const
    expect(await typeOf(room.test.identity.members.changeRole(actor, change))).toBe('last-owner')
    await room.configure({ roleMapping: [{ group: 'staff', role: 'auditor' }] })
    const local = await room.signIn(room.newPerson({ email: ownerEmail, groups: ['staff'] }))
    expect(local.owner).toMatchObject({ id: ownerId, role: 'owner' })
    await room.test.identity.setUpSingleSignOn.delete(await room.byPassword())
  })
})

describe('when the provider does not answer as it should', () => {
  it('nobody is signed in, it is asked anew the next time, and owners do without it', async () => {
    verifies('S-44')
    room.test = room.replica()
    room.provider.instead = () => new Response('upstream connect error', { status: 503 })
    const from = { address: room.address() }
    const { type, next } = await problemOf(room.test.identity.singleSignOn.start({}, from))
    expect([type, next]).toEqual(['provider-unavailable', expect.stringContaining('owners can')])
    expect(lastEvent()).toMatchObject({ operation: 'startSingleSignOn', reason: 'HTTP_503' })
    await room.byPassword()
    room.provider.instead = undefined
    const { answer, from: browser } = await room.begin(room.newPerson())
    room.provider.instead = () =>
      new Response('<html>', { headers: { 'content-type': 'text/html' } })
    expect(await typeOf(finish(answer, browser))).toBe('provider-unavailable')
    room.provider.instead = () => Promise.reject(new TypeError('no route'))
    const another = await room.begin(room.newPerson()).catch(() => undefined)
    expect(another).toBeDefined()
  })

  it('is asked for its metadata once, whoever begins at the same time', async () => {
    room.test = room.replica()
    await Promise.all(Array.from({ length: 10 }, () => room.begin(room.newPerson())))
    const asked = room.provider.requests.filter(({ path }) => path.includes('.well-known'))
    expect(asked).toHaveLength(1)
  })

  it('and cannot be flooded: one address begins so many sign-ins and no more', async () => {
    verifies('S-42')
    const from = { address: room.address() }
    const begun = await Promise.allSettled(
      Array.from({ length: 80 }, () => room.test.identity.singleSignOn.start({}, from)),
    )
    expect(begun.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(61)
    const { type, retryAfterSeconds } = await problemOf(
      room.test.identity.singleSignOn.start({}, from),
    )
    expect(type).toBe('too-many-attempts')
    expect(retryAfterSeconds).toBeGreaterThan(0)
    await room.test.identity.singleSignOn.start({}, { address: room.address() })
  })

  it('says that the client is wrong to who can change it, without its secret', async () => {
    verifies('S-38')
    await room.configure({ clientSecret: 'not-the-right-secret-0001' })
    const { answer, from } = await room.begin(room.newPerson())
    const problem = await problemOf(finish(answer, from))
    expect(problem.type).toBe('provider-refused')
    expect(JSON.stringify([problem, problem.detail, room.test.events])).not.toContain(
      'not-the-right',
    )
    expect(lastEvent()).toMatchObject({ reason: 'invalid_client' })
  })
})

describe('the audit log', () => {
  it('says of a sign-in who it was at the provider, and nothing else of what the provider said', async () => {
    verifies('S-38')
    const claims = { phone_number: '+49 30 1', address: 'Elsewhere 1', groups: ['secret-project'] }
    const person = room.newPerson(claims)
    await room.signIn(person)
    const { answer, from } = await room.begin({ ...person, email_verified: false, sub: 'unknown' })
    await problemOf(finish(answer, from))
    const text = JSON.stringify(room.test.events)
    expect(text).toContain(person.sub)
    expect(text).toContain(person.email)
    for (const secret of ['+49', 'Elsewhere', 'secret-project', answer.code, answer.state]) {
      expect(text).not.toContain(secret)
    }
  })
})
