import { type InputOf, Problem, type putSingleSignOn } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import {
  createTestIdentity,
  prepareInstallation,
  type TestIdentity,
  issuer as vaultUrl,
} from '../../../../test/fixtures/identity.ts'
import {
  createPaperProvider,
  type PaperClaims,
  type PaperProvider,
} from '../../../../test/fixtures/paper-provider.ts'
import { verifies } from '../../../../test/verifies.ts'

// Signing in at a provider on paper: what it says, and when, is the test's to choose.

const issuer = 'https://id.example'
const client = { clientId: 'vault', clientSecret: 'a-secret-of-the-client-7f3a' }
const redirectUri = `${vaultUrl}/api/v1/session/oidc/callback`
const ownerEmail = 'owner@example.com'
const password = 'correct horse battery'
const minuteMs = 60_000

type Settings = InputOf<typeof putSingleSignOn>
const openSettings: Settings = {
  ...{ issuer, ...client, clientAuthentication: 'client_secret_basic', label: 'Acme', scopes: [] },
  ...{ allowedDomains: [], groupsClaim: 'groups', allowedGroups: [], roleMapping: [] },
  ...{ defaultRole: 'auditor', required: false, assumeEmailVerified: false },
}

let db: TestDatabase
let provider: PaperProvider
let test: TestIdentity
let clockMs: number
let last = 0
const replica = () =>
  createTestIdentity({ ...db, now: () => clockMs, providerFetch: provider.fetch })

const address = () => {
  last += 1
  return `198.51.${last >> 8}.${last & 255}`
}
async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw thrown
  return thrown
}
const typeOf = async (work: Promise<unknown>) => (await problemOf(work)).type

/** Somebody of the provider whom no test had before. */
function newPerson(more: PaperClaims = {}): PaperClaims & { sub: string; email: string } {
  last += 1
  const sub = `person-${last}`
  const auth_time = Math.floor(clockMs / 1000)
  return { sub, email: `${sub}@example.com`, email_verified: true, auth_time, ...more }
}

async function byPassword(email = ownerEmail, on = test) {
  const from = { address: address() }
  const { session } = await on.identity.sessions.signIn({ email, password }, from)
  return on.identity.authenticateOwner({ cookie: session.value })
}
const configure = async (settings: Partial<Settings> = {}) =>
  test.identity.setUpSingleSignOn.put(await byPassword(), { ...openSettings, ...settings })

/** Begins, signs in at the provider, and answers what the browser brings back, with the browser. */
async function begin(claims: PaperClaims, on = test) {
  const from = { address: address() }
  const { output, flow } = await on.identity.singleSignOn.start({}, from)
  const answer = provider.consent(output.authorizationUrl, claims)
  return { answer, from: { ...from, flowCookie: flow.value }, url: output.authorizationUrl }
}
async function signIn(claims: PaperClaims, on = test) {
  const { answer, from } = await begin(claims, on)
  const { output, session } = await on.identity.singleSignOn.finish(answer, from)
  return { ...output.session, cookie: session.value, returnTo: output.returnTo }
}
const asOwner = (cookie: string, on = test) => on.identity.authenticateOwner({ cookie })
const isGood = (cookie: string) =>
  asOwner(cookie).then(
    () => true,
    () => false,
  )
const lastEvent = () => test.events.at(-1)
async function newMember(role: 'owner' | 'admin' | 'approver' | 'auditor', email: string) {
  const input = { email, password, role }
  return (await test.identity.members.add(await byPassword(), input)).member
}
const memberRoles = async () => {
  const { members } = await test.identity.members.list(await byPassword(), { limit: 200 })
  return new Map(members.map(({ email, role }) => [email, role]))
}

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.database)
  clockMs = Date.now()
  provider = await createPaperProvider({ issuer, ...client, now: () => clockMs })
  test = replica()
  const { setupToken = '' } = await test.identity.setup.prepareSetup()
  const input = { setupToken, email: ownerEmail, password }
  await test.identity.setup.setUp(input, { address: address() })
})
afterAll(async () => db?.stop())
beforeEach(async () => {
  clockMs = Date.now()
  Object.assign(provider, { metadata: {}, userinfo: {}, instead: undefined, algorithm: 'RS256' })
  test = replica()
  await configure()
  provider.requests.length = 0
  test.events.length = 0
})

describe('the answer of the provider', () => {
  it('is taken in the browser that began it, and once', async () => {
    verifies('S-31', 'S-42')
    const { answer, from } = await begin(newPerson())
    const others = [undefined, '', 'x', 'A'.repeat(43), (await begin(newPerson())).from.flowCookie]
    for (const flowCookie of others) {
      const stolen = test.identity.singleSignOn.finish(answer, { address: address(), flowCookie })
      expect(await typeOf(stolen)).toBe('connect-flow-refused')
    }
    expect(provider.requests.filter(({ path }) => path === '/token')).toEqual([])
    const at = [test, replica(), test, replica()]
    const answers = await Promise.allSettled(
      at.map(({ identity }) => identity.singleSignOn.finish(answer, from)),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(provider.requests.filter(({ path }) => path === '/token')).toHaveLength(1)
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe(
      'connect-flow-refused',
    )
  })

  it('is refused in one way whatever is wrong with it, and the log says what', async () => {
    verifies('S-31', 'S-42')
    const { answer, from } = await begin(newPerson())
    const late = await begin(newPerson())
    const none = { address: address(), flowCookie: undefined }
    const reasons: [string, () => Promise<unknown>][] = [
      ['unknown', () => test.identity.singleSignOn.finish({ ...answer, state: 'x' }, from)],
      ['unknown', () => test.identity.singleSignOn.finish({ ...answer, state: '\u0000' }, from)],
      [
        'unknown',
        () => test.identity.singleSignOn.finish({ ...answer, state: 'A'.repeat(43) }, from),
      ],
      ['no-cookie', () => test.identity.singleSignOn.finish(answer, none)],
      ['other-browser', () => test.identity.singleSignOn.finish(answer, late.from)],
      [
        'other-issuer',
        () => test.identity.singleSignOn.finish({ ...answer, iss: 'https://evil.example' }, from),
      ],
      ['unknown', () => test.identity.singleSignOn.finish(answer, from)],
    ]
    const told = new Set<string>()
    for (const [reason, finish] of reasons) {
      const { type, detail, next } = await problemOf(finish())
      told.add(`${type} ${detail} ${next}`)
      expect(lastEvent()).toMatchObject({ outcome: 'refused', problem: type, reason })
    }
    clockMs += 10 * minuteMs
    const { type, detail, next } = await problemOf(
      test.identity.singleSignOn.finish(late.answer, late.from),
    )
    expect(lastEvent()).toMatchObject({ reason: 'expired' })
    expect([...told]).toEqual([`${type} ${detail} ${next}`])
    expect(type).toBe('connect-flow-refused')
    expect(provider.requests.filter(({ path }) => path === '/token')).toEqual([])
  })

  it('has to name the provider where its metadata promise so, and may else leave it out', async () => {
    verifies('S-31')
    const promised = await begin(newPerson())
    const { iss, ...silent } = promised.answer
    expect(await typeOf(test.identity.singleSignOn.finish(silent, promised.from))).toBe(
      'connect-flow-refused',
    )
    provider.metadata = { authorization_response_iss_parameter_supported: false }
    test = replica()
    const { answer, from } = await begin(newPerson())
    await test.identity.singleSignOn.finish({ ...answer, iss: undefined }, from)
    const wrong = await begin(newPerson())
    const named = { ...wrong.answer, iss: `${issuer}/` }
    expect(await typeOf(test.identity.singleSignOn.finish(named, wrong.from))).toBe(
      'connect-flow-refused',
    )
  })

  it('of somebody who said no signs nobody in, and is used up', async () => {
    const { answer, from } = await begin(newPerson())
    const { code, ...rest } = answer
    const denied = { ...rest, error: 'access_denied', error_description: '<b>no</b>' }
    expect(await typeOf(test.identity.singleSignOn.finish(denied, from))).toBe(
      'authorization-refused',
    )
    expect(lastEvent()).toMatchObject({ reason: 'access_denied' })
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe(
      'connect-flow-refused',
    )
    const empty = await begin(newPerson())
    const { code: _, ...codeless } = empty.answer
    expect(await typeOf(test.identity.singleSignOn.finish(codeless, empty.from))).toBe(
      'connect-flow-refused',
    )
  })

  it('with the code of somebody else’s sign-in proves nothing: PKCE and nonce are this browser’s', async () => {
    verifies('S-31', 'S-42')
    const mine = await begin(newPerson())
    const theirs = await begin(newPerson())
    const mixed = { ...mine.answer, code: theirs.answer.code }
    expect(await typeOf(test.identity.singleSignOn.finish(mixed, mine.from))).toBe(
      'authorization-refused',
    )
  })

  it('is refused once the settings are others', async () => {
    verifies('S-42')
    const { answer, from } = await begin(newPerson())
    await configure({ label: 'Acme again' })
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe(
      'connect-flow-refused',
    )
    expect(lastEvent()).toMatchObject({ reason: 'settings-changed' })
    const during = await begin(newPerson())
    provider.instead = async (path) => {
      if (path === '/token') {
        provider.instead = undefined
        await configure({ defaultRole: null })
      }
      return undefined
    }
    expect(await typeOf(test.identity.singleSignOn.finish(during.answer, during.from))).toBe(
      'sign-in-refused',
    )
    expect(lastEvent()).toMatchObject({ reason: 'settings-changed' })
  })

  it('leaves nothing in the database by which it could be finished', async () => {
    verifies('S-38', 'S-42')
    const { answer, from, url } = await begin(newPerson())
    const [row] = await db.database.sql`SELECT row_to_json(f)::text AS text FROM sign_in_flows f
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
    clockMs += 11 * minuteMs
    // By the database's clock too it has to be over.
    await db.database.sql`UPDATE sign_in_flows SET expires_at = now() - interval '1 minute'`
    await test.identity.removeExpired()
    expect(await db.database.sql`SELECT 1 FROM sign_in_flows`).toHaveLength(0)
  })
})

describe('an ID token', () => {
  const refused: [string, () => PaperClaims, number?][] = [
    ['of another party', () => ({ azp: 'another-client' })],
    ['for others as well', () => ({ aud: ['vault', 'another'] })],
    ['for nobody', () => ({ aud: undefined })],
    ['issued in ten minutes', () => ({ iat: Math.floor(clockMs / 1000) + 600 })],
    ['issued an hour ago', () => ({ iat: Math.floor(clockMs / 1000) - 3600 })],
    ['that names another nonce', () => ({ nonce: 'another' })],
    ['that has ended', () => ({ exp: Math.floor(Date.now() / 1000) - 31 })],
    ['of an issuer that only begins alike', () => ({ iss: `${issuer}.evil.example` })],
    ['whose subject is a number', () => ({ sub: 7 })],
  ]
  it.each(refused)('%s signs nobody in', async (_name, change) => {
    verifies('S-31', 'S-42')
    const { answer, from } = await begin({ ...newPerson(), ...change() })
    const problem = await problemOf(test.identity.singleSignOn.finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
    expect(lastEvent()).toMatchObject({ outcome: 'refused', problem: problem.type })
  })

  it.each(['none', 'HS256', 'RS512'])(
    'that names the algorithm %s signs nobody in',
    async (name) => {
      verifies('S-31', 'S-42')
      provider.algorithm = name
      const { answer, from } = await begin(newPerson())
      const problem = await problemOf(test.identity.singleSignOn.finish(answer, from))
      expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
    },
  )

  it('is signed by a key of the provider’s', async () => {
    verifies('S-31', 'S-42')
    provider.instead = (path) => (path === '/jwks' ? Response.json({ keys: [] }) : undefined)
    test = replica()
    const { answer, from } = await begin(newPerson())
    const problem = await problemOf(test.identity.singleSignOn.finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
  })

  it('may leave address and groups to userinfo, of the same subject alone', async () => {
    verifies('S-42')
    await configure({ allowedGroups: ['staff'] })
    const { sub, email } = newPerson()
    provider.userinfo = { sub, email, email_verified: true, groups: 'staff' }
    expect((await signIn({ sub })).owner.email).toBe(email)
    provider.userinfo = { ...provider.userinfo, sub: 'somebody else' }
    const { answer, from } = await begin({ sub })
    const problem = await problemOf(test.identity.singleSignOn.finish(answer, from))
    expect(problem.type).toMatch(/^provider-(refused|unavailable)$/)
  })
})

describe('somebody who comes for the first time', () => {
  it('becomes one member, however many of their browsers come at once', async () => {
    verifies('S-42')
    const person = newPerson()
    const replicas = [test, replica(), replica(), test]
    const sessions = await Promise.all(replicas.map((on) => signIn(person, on)))
    expect(new Set(sessions.map(({ owner }) => owner.id)).size).toBe(1)
    const kinds = test.events.concat(...replicas.slice(1, 3).map(({ events }) => events))
    expect(kinds.filter(({ detail }) => detail?.account === 'create')).toHaveLength(1)
  })

  it('has no password: signing in with one fails like a wrong one', async () => {
    verifies('S-42')
    const { email } = (await signIn(newPerson())).owner
    await newMember('auditor', 'has-one@example.com')
    const wrong = async (who: string, secret: string) => {
      const input = { email: who, password: secret }
      const { type, detail, next } = await problemOf(
        test.identity.sessions.signIn(input, { address: address() }),
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
    const { email, ...person } = newPerson()
    const member = await newMember('approver', email)
    const unverified = await begin({ ...person, email, email_verified: false })
    expect(
      await typeOf(test.identity.singleSignOn.finish(unverified.answer, unverified.from)),
    ).toBe('sign-in-refused')
    const { owner } = await signIn({ ...person, email })
    expect(owner).toMatchObject({ id: member.id, role: 'approver' })
    expect(lastEvent()).toMatchObject({
      ...{ outcome: 'done', ownerId: member.id },
      detail: { account: 'link', subject: person.sub, email },
    })
    const usurper = await begin({ ...newPerson(), email })
    expect(await typeOf(test.identity.singleSignOn.finish(usurper.answer, usurper.from))).toBe(
      'sign-in-refused',
    )
    expect(lastEvent()).toMatchObject({ reason: 'linked-elsewhere' })
    const moved = await signIn({ ...person, email: ownerEmail })
    expect(moved.owner).toMatchObject({ id: member.id, email, role: 'approver' })
  })

  it('uses up their invitation, as long as who made it is an owner', async () => {
    verifies('S-42')
    await configure({ defaultRole: null })
    const [person, other] = [newPerson(), newPerson()]
    const inviter = await newMember('owner', newPerson().email)
    const actor = await byPassword(inviter.email)
    const invite = (email: string) =>
      test.identity.invitations.create(actor, { email, role: 'approver' })
    const { invitationUrl } = await invite(person.email)
    expect((await signIn(person)).owner.role).toBe('approver')
    expect(lastEvent()?.detail).toMatchObject({ account: 'create', role: 'approver' })
    const token = invitationUrl.split('token=')[1] ?? ''
    const accepted = test.identity.invitations.accept({ token, password }, { address: address() })
    expect(await typeOf(accepted)).toBe('invalid-invitation')
    await invite(other.email)
    const change = { ownerId: inviter.id, role: 'admin' } as const
    await test.identity.members.changeRole(await byPassword(), change)
    const { answer, from } = await begin(other)
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'not-invited' })
  })
})

describe('a member', () => {
  it('whom an owner removed does not come back, under this name or another, unless they are invited', async () => {
    verifies('S-42')
    const person = newPerson()
    const { owner, cookie } = await signIn(person)
    await test.identity.members.remove(await byPassword(), { ownerId: owner.id })
    expect(await isGood(cookie)).toBe(false)
    for (const again of [
      person,
      { ...person, email: newPerson().email },
      { ...person, sub: newPerson().sub },
    ]) {
      const { answer, from } = await begin(again)
      expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe('sign-in-refused')
      expect(lastEvent()).toMatchObject({ reason: 'removed' })
    }
    const invitation = { email: person.email, role: 'approver' } as const
    await test.identity.invitations.create(await byPassword(), invitation)
    expect((await signIn(person)).owner.role).toBe('approver')
  })

  it('who was removed while they were at the provider does not come in', async () => {
    verifies('S-42')
    const person = newPerson()
    const { owner } = await signIn(person)
    const { answer, from } = await begin(person)
    await test.identity.members.remove(await byPassword(), { ownerId: owner.id })
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe('sign-in-refused')
  })

  it('whose group is gone is out, with every session that the provider began', async () => {
    verifies('S-42')
    await configure({ allowedGroups: ['staff'] })
    const person = newPerson({ groups: ['staff'] })
    const { cookie } = await signIn(person)
    const { answer, from } = await begin({ ...person, groups: ['other'] })
    expect(await isGood(cookie)).toBe(true)
    expect(await typeOf(test.identity.singleSignOn.finish(answer, from))).toBe('sign-in-refused')
    expect(lastEvent()).toMatchObject({ reason: 'group-not-allowed' })
    expect(await isGood(cookie)).toBe(false)
  })

  it('whose role changes with their groups loses their other sessions and their tokens', async () => {
    verifies('S-42')
    const roleMapping = [
      { group: 'leads', role: 'admin' as const },
      { group: 'staff', role: 'approver' as const },
    ]
    await configure({ roleMapping })
    const person = newPerson({ groups: ['leads', 'staff'] })
    const before = await signIn(person)
    expect(before.owner.role).toBe('admin')
    const token = { name: 'x', scopes: ['agents:read' as const], expiresInDays: 1 }
    const { secret } = await test.identity.ownerTokens.create(await asOwner(before.cookie), token)
    const same = await signIn(person)
    expect(await isGood(before.cookie)).toBe(true)
    const after = await signIn({ ...person, groups: ['staff'] })
    expect(after.owner.role).toBe('approver')
    expect(lastEvent()?.detail).toMatchObject({ roleBefore: 'admin', role: 'approver' })
    expect([await isGood(before.cookie), await isGood(same.cookie)]).toEqual([false, false])
    expect(await isGood(after.cookie)).toBe(true)
    expect(await typeOf(test.identity.authenticateOwner({ bearer: secret }))).toBe(
      'unauthenticated',
    )
    const gone = await begin({ ...person, groups: [] })
    await test.identity.singleSignOn.finish(gone.answer, gone.from)
    expect((await memberRoles()).get(person.email)).toBe('auditor')
  })

  it('who is the last owner with a password cannot be removed or made less by any way', async () => {
    verifies('S-42')
    await configure({ roleMapping: [{ group: 'board', role: 'owner' }] })
    const board = await signIn(newPerson({ groups: ['board'] }))
    const actor = await asOwner(board.cookie)
    expect(actor.role).toBe('owner')
    const { ownerId } = await byPassword()
    expect(await typeOf(test.identity.members.remove(actor, { ownerId }))).toBe('last-owner')
    const change = { ownerId, role: 'admin' } as const
    expect(await typeOf(test.identity.members.changeRole(actor, change))).toBe('last-owner')
    await configure({ roleMapping: [{ group: 'staff', role: 'auditor' }] })
    const local = await signIn(newPerson({ email: ownerEmail, groups: ['staff'] }))
    expect(local.owner).toMatchObject({ id: ownerId, role: 'owner' })
    await test.identity.setUpSingleSignOn.delete(await byPassword())
  })
})

describe('when the provider does not answer as it should', () => {
  it('nobody is signed in, it is asked anew the next time, and owners do without it', async () => {
    verifies('S-44')
    test = replica()
    provider.instead = () => new Response('upstream connect error', { status: 503 })
    const from = { address: address() }
    const { type, next } = await problemOf(test.identity.singleSignOn.start({}, from))
    expect([type, next]).toEqual(['provider-unavailable', expect.stringContaining('owners can')])
    await byPassword()
    provider.instead = undefined
    const { answer, from: browser } = await begin(newPerson())
    provider.instead = () => new Response('<html>', { headers: { 'content-type': 'text/html' } })
    expect(await typeOf(test.identity.singleSignOn.finish(answer, browser))).toBe(
      'provider-unavailable',
    )
    provider.instead = () => Promise.reject(new TypeError('no route'))
    const another = await begin(newPerson()).catch(() => undefined)
    expect(another).toBeDefined()
  })

  it('is asked for its metadata once, whoever begins at the same time', async () => {
    test = replica()
    await Promise.all(Array.from({ length: 10 }, () => begin(newPerson())))
    const asked = provider.requests.filter(({ path }) => path.includes('.well-known'))
    expect(asked).toHaveLength(1)
  })

  it('and cannot be flooded: one address begins so many sign-ins and no more', async () => {
    verifies('S-42')
    const from = { address: address() }
    const begun = await Promise.allSettled(
      Array.from({ length: 80 }, () => test.identity.singleSignOn.start({}, from)),
    )
    expect(begun.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(61)
    const { type, retryAfterSeconds } = await problemOf(test.identity.singleSignOn.start({}, from))
    expect(type).toBe('too-many-attempts')
    expect(retryAfterSeconds).toBeGreaterThan(0)
    await test.identity.singleSignOn.start({}, { address: address() })
  })

  it('says that the client is wrong to who can change it, without its secret', async () => {
    verifies('S-38')
    await configure({ clientSecret: 'not-the-right-secret-0001' })
    const { answer, from } = await begin(newPerson())
    const problem = await problemOf(test.identity.singleSignOn.finish(answer, from))
    expect(problem.type).toBe('provider-refused')
    expect(JSON.stringify([problem, problem.detail, test.events])).not.toContain('not-the-right')
    expect(lastEvent()).toMatchObject({ reason: 'invalid_client' })
  })
})

describe('the audit log', () => {
  it('says of a sign-in who it was at the provider, and nothing else of what the provider said', async () => {
    verifies('S-38')
    const claims = { phone_number: '+49 30 1', address: 'Elsewhere 1', groups: ['secret-project'] }
    const person = newPerson(claims)
    await signIn(person)
    const { answer, from } = await begin({ ...person, email_verified: false, sub: 'unknown' })
    await problemOf(test.identity.singleSignOn.finish(answer, from))
    const text = JSON.stringify(test.events)
    expect(text).toContain(person.sub)
    expect(text).toContain(person.email)
    for (const secret of ['+49', 'Elsewhere', 'secret-project', answer.code, answer.state]) {
      expect(text).not.toContain(secret)
    }
  })
})
