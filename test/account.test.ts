import { randomBytes } from 'node:crypto'
import { type Operation, type OwnerScope, operations, type Role } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { totpCode } from './fixtures/totp.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from './fixtures/vault.ts'
import { createVisitor, type Visit, type Visitor } from './fixtures/visitor.ts'
import { verifies } from './verifies.ts'

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let owner: Visitor

const all: readonly Operation[] = Object.values(operations)
const memberPassword = 'the first one of a member'

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
  owner = await signedIn()
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await database?.stop()
})

async function signedIn(email = ownerEmail, password = ownerPassword, otp?: string) {
  const visitor = createVisitor(vault.url)
  expect((await visitor.signIn(email, password, otp)).status).toBe(200)
  return visitor
}

async function newMember(email: string, role: Role): Promise<string> {
  await makeFresh()
  const input = { email, password: memberPassword, role }
  const { body } = await owner.ask('POST', '/api/v1/workspace/members', input)
  return (body.member as { id: string }).id
}

const makeFresh = () => admin`UPDATE sessions SET authenticated_at = now()`
const makeStale = () => admin`UPDATE sessions SET authenticated_at = now() - interval '5 minutes'`
const isGood = async (visitor: Visitor) =>
  (await visitor.ask('GET', '/api/v1/session')).status === 200
const sessionsOf = async (visitor: Visitor) => {
  const { body } = await visitor.ask('GET', '/api/v1/sessions')
  return body.sessions as { id: string; current: boolean; method: string; userAgent?: string }[]
}
const pathOf = ({ path }: Operation) => path.replaceAll(/\{\w+\}/g, 'none_00000000000000000000000')
/** Well formed, and of a provider that the vault may not speak to. */
const singleSignOn = {
  ...{ issuer: 'http://10.0.0.1', clientId: 'vault', clientSecret: 'a-secret-of-a-client' },
  label: 'Acme',
}
const outcome = ({ status, body }: Visit) => (status < 400 ? status : body.type)

describe('sessions', () => {
  it('are listed with where they are, in plain characters, and nothing by which to use them', async () => {
    verifies('S-42')
    const email = 'lister@example.com'
    await newMember(email, 'auditor')
    const agent = 'Mozilla/5.0 \u00ad(\u0085X11)\u009b31m'.padEnd(900, 'x')
    const visitor = createVisitor(vault.url, { 'user-agent': agent })
    await visitor.signIn(email, memberPassword)
    const [listed, ...others] = await sessionsOf(visitor)
    expect(others).toEqual([])
    expect(listed).toMatchObject({ current: true, method: 'password', address: '127.0.0.1' })
    expect(listed?.userAgent).toMatch(/^Mozilla\/5\.0 \(X11\)31mx+$/)
    expect(listed?.userAgent).toHaveLength(200)
    expect(JSON.stringify(listed)).not.toContain(visitor.cookie().split('=')[1])
  })

  it('are ended one by one or all the others at once, by their person alone', async () => {
    verifies('S-42', 'S-09')
    const email = 'ender@example.com'
    await newMember(email, 'approver')
    const [one, two, three] = [
      await signedIn(email, memberPassword),
      await signedIn(email, memberPassword),
      await signedIn(email, memberPassword),
    ]
    const [newest, middle] = (await sessionsOf(three)).map(({ id }) => id)
    const foreign = await owner.ask('DELETE', `/api/v1/sessions/${middle}`)
    const none = await owner.ask('DELETE', '/api/v1/sessions/ses_00000000000000000000000000')
    const { requestId: _, ...expected } = none.body
    expect(foreign).toMatchObject({ status: 404, body: expected })
    expect((await three.ask('DELETE', `/api/v1/sessions/${middle}`)).body).toEqual({ ended: true })
    expect([await isGood(one), await isGood(two), await isGood(three)]).toEqual([true, false, true])
    const others = await three.ask('DELETE', '/api/v1/sessions')
    expect(others.body).toEqual({ ended: 1 })
    expect(await isGood(one)).toBe(false)
    expect((await sessionsOf(three)).map(({ id }) => id)).toEqual([newest])
    await three.ask('DELETE', `/api/v1/sessions/${newest}`)
    expect(await isGood(three)).toBe(false)
    expect(await isGood(owner)).toBe(true)
  })
})

describe('a fresh sign-in', () => {
  const bodies: Record<string, unknown> = {
    createToken: { name: 'x', scopes: ['agents:read'], expiresInDays: 1 },
    addMember: { email: 'fresh@example.com', password: memberPassword, role: 'auditor' },
    changeMemberRole: { role: 'auditor' },
    createInvitation: { email: 'fresher@example.com', role: 'auditor' },
    createPasskey: { challengeId: 'chl_1', response: {}, name: 'x' },
    putSingleSignOn: singleSignOn,
    createNotificationChannel: { target: { kind: 'ntfy', topic: 'fresh' } },
    finishLinking: { code: 'AAAA-AAAA' },
  }
  const reaching = () =>
    all.filter(
      ({ demand, problems }) => demand === 'account' && problems.includes('fresh-sign-in-required'),
    )

  it('is asked for by each operation that gives somebody more, and by no token to be had', async () => {
    verifies('S-42', 'S-08')
    expect(reaching().map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        ...['createToken', 'addMember', 'changeMemberRole', 'removeMember', 'createInvitation'],
        ...['beginPasskey', 'createPasskey', 'deletePasskey'],
        ...['beginTotp', 'disableTotp', 'renewRecoveryCodes'],
      ]),
    )
    await makeStale()
    const token = createVisitor(vault.url, { authorization: `Bearer ${vault.ownerToken}` })
    for (const operation of reaching()) {
      const body = operation.method === 'DELETE' ? undefined : (bodies[operation.id] ?? {})
      const refused = await owner.ask(operation.method, pathOf(operation), body)
      expect([operation.id, outcome(refused)]).toEqual([operation.id, 'fresh-sign-in-required'])
      expect(refused.body.next).toContain('/api/v1/session/reauthenticate')
      const byToken = await token.ask(operation.method, pathOf(operation), body)
      expect([operation.id, outcome(byToken)]).toEqual([operation.id, 'session-required'])
    }
    await makeFresh()
    for (const operation of reaching()) {
      const body = operation.method === 'DELETE' ? undefined : (bodies[operation.id] ?? {})
      const passed = outcome(await owner.ask(operation.method, pathOf(operation), body))
      expect([operation.id, passed]).not.toEqual([operation.id, 'fresh-sign-in-required'])
    }
  })

  it('is needed by a session to send a credential further, and not to send it less far', async () => {
    verifies('S-42')
    const origins = ['http://127.0.0.1:9', 'http://127.0.0.1:10']
    const id = await vault.addConnection({ origins: origins.slice(0, 1) })
    const patch = (visitor: Visitor, body: unknown) =>
      visitor.ask('PATCH', `/api/v1/connections/${id}`, body).then(outcome)
    const credential = { kind: 'bearer', token: 'another-secret-0123456789' }
    await makeStale()
    expect(await patch(owner, { origins })).toBe('fresh-sign-in-required')
    expect(await patch(owner, { credential })).toBe('fresh-sign-in-required')
    expect(await patch(owner, { label: 'renamed', origins: origins.slice(0, 1) })).toBe(200)
    const token = createVisitor(vault.url, { authorization: `Bearer ${vault.ownerToken}` })
    expect(await patch(token, { origins })).toBe(200)
    await makeFresh()
    expect(await patch(owner, { credential })).toBe(200)
  })

  it('is had by proving the password again, which renews the session', async () => {
    verifies('S-42')
    const visitor = await signedIn()
    const before = visitor.cookie()
    await makeStale()
    const ask = (body: unknown) => visitor.ask('POST', '/api/v1/session/reauthenticate', body)
    expect(outcome(await ask({ password: 'wrong' }))).toBe('invalid-credentials')
    expect(outcome(await ask({}))).toBe('invalid-input')
    const renewed = await ask({ password: ownerPassword })
    expect(renewed.status).toBe(200)
    expect(Date.now() - Date.parse(String(renewed.body.authenticatedAt))).toBeLessThan(60_000)
    expect(visitor.cookie()).not.toBe(before)
    const passed = await visitor.ask('POST', '/api/v1/tokens', bodies.createToken)
    expect(passed.status).toBe(201)
    visitor.become(before)
    expect(await isGood(visitor)).toBe(false)
    await makeFresh()
  })
})

describe('one-time codes', () => {
  it('are set up, asked for, stood in for by a recovery code, and ended', async () => {
    verifies('S-42')
    const email = 'coder@example.com'
    await newMember(email, 'admin')
    const visitor = await signedIn(email, memberPassword)
    const { body } = await visitor.ask('POST', '/api/v1/totp', {})
    const { secret, uri } = body as { secret: string; uri: string }
    expect(uri).toMatch(/^otpauth:\/\/totp\/Sallyport:coder%40example\.com\?/)
    expect(new URL(uri).searchParams.get('secret')).toBe(secret)
    const atMs = Date.now()
    const confirmed = await visitor.ask('POST', '/api/v1/totp/confirm', {
      otp: totpCode(secret, atMs),
    })
    const codes = confirmed.body.recoveryCodes as string[]
    expect(new Set(codes).size).toBe(10)
    const elsewhere = createVisitor(vault.url)
    const enter = async (otp?: string) =>
      outcome(await elsewhere.signIn(email, memberPassword, otp))
    expect(await enter()).toBe('otp-required')
    expect(elsewhere.cookie()).toBe('')
    expect(await enter(totpCode(secret, atMs))).toBe('invalid-credentials')
    expect(await enter(totpCode(secret, atMs + 30_000))).toBe(200)
    expect([await enter(codes[0]), await enter(codes[0])]).toEqual([200, 'invalid-credentials'])
    const account = await visitor.ask('GET', '/api/v1/account')
    expect(account.body.account).toMatchObject({ email, totp: true, recoveryCodesLeft: 9 })
    expect((await visitor.ask('DELETE', '/api/v1/totp')).body).toEqual({ disabled: true })
    expect([await isGood(elsewhere), await enter()]).toEqual([false, 200])
    const { body: log } = await owner.ask('GET', '/api/v1/audit?limit=200')
    expect(JSON.stringify(log)).toContain('disableTotp')
    for (const secretText of [secret, ...codes])
      expect(JSON.stringify(log)).not.toContain(secretText)
    expect(vault.output()).not.toContain(secret)
  })
})

describe('an invitation', () => {
  it('brings a person in by its link, with a password of their own', async () => {
    verifies('S-42')
    await makeFresh()
    const input = { email: 'guest@example.com', role: 'approver' }
    const { body } = await owner.ask('POST', '/api/v1/workspace/invitations', input)
    const link = new URL(String(body.invitationUrl))
    expect([link.pathname, link.search]).toEqual(['/invite', ''])
    const token = new URLSearchParams(link.hash.slice(1)).get('token')
    const guest = createVisitor(vault.url)
    const seen = await guest.ask('POST', '/api/v1/invitations/read', { token })
    expect(seen.body).toMatchObject({ ...input, invitedBy: ownerEmail })
    const accept = (visitor: Visitor) =>
      visitor.ask('POST', '/api/v1/invitations/accept', { token, password: 'a password of my own' })
    const joined = await accept(guest)
    expect(joined).toMatchObject({ status: 201, body: { owner: input } })
    expect(await isGood(guest)).toBe(true)
    expect(outcome(await accept(createVisitor(vault.url)))).toBe('invalid-invitation')
    await signedIn(input.email, 'a password of my own')
    const { body: log } = await owner.ask('GET', '/api/v1/audit?limit=200')
    expect(JSON.stringify(log)).not.toContain(String(token).slice(4))
    expect(vault.output()).not.toContain(String(token).slice(4))
  })
})

/** What each role may do, as the dashboard's help says it; the operations themselves have to agree. */
const mayOf: Record<Role, (scope: OwnerScope) => boolean> = {
  owner: () => true,
  admin: () => true,
  approver: (scope) =>
    /^(agents|connections|policies|tools|workspace|activity):read$|^(capabilities|approvals):/.test(
      scope,
    ),
  auditor: (scope) => scope.endsWith(':read'),
}
const ownersAlone = [
  ...['addMember', 'changeMemberRole', 'removeMember', 'createInvitation', 'deleteInvitation'],
  ...['putSingleSignOn', 'deleteSingleSignOn'],
]

describe('roles', () => {
  it.each(['owner', 'admin', 'approver', 'auditor'] as const)(
    'let an %s do exactly what is theirs, by every operation',
    async (role) => {
      verifies('S-42', 'S-08')
      const email = `role-${role}@example.com`
      await newMember(email, role)
      const bodies: Record<string, unknown> = {
        addMember: { email, password: memberPassword, role: 'auditor' },
        changeMemberRole: { role: 'owner' },
        createInvitation: { email, role: 'owner' },
        putSingleSignOn: singleSignOn,
      }
      // What is their own ends what the others need.
      const last = ['signOut', 'endOtherSessions', 'changePassword']
      const theirs = all.filter(({ demand, id }) => demand !== undefined && !last.includes(id))
      const visitor = await signedIn(email, memberPassword)
      for (const { id, demand, ...operation } of theirs) {
        // Nothing is frozen for the tests that come after.
        if (/freeze/i.test(id) && mayOf[role]('workspace:write')) continue
        const body = ['GET', 'DELETE'].includes(operation.method) ? undefined : (bodies[id] ?? {})
        const answer = await visitor.ask(
          operation.method,
          pathOf({ id, ...operation } as Operation),
          body,
        )
        const isOut = answer.status === 403 && answer.body.type === 'insufficient-scope'
        const may =
          demand === 'account'
            ? role === 'owner' || !ownersAlone.includes(id)
            : demand !== undefined && mayOf[role](demand)
        expect([role, id, isOut]).toEqual([role, id, !may])
        expect([role, id, answer.status < 500]).toEqual([role, id, true])
      }
      expect(await isGood(visitor)).toBe(true)
    },
  )
})

describe('the vault’s own address', () => {
  it('is localhost too, where passkeys are to be had; agents sign for the other all the same', async () => {
    verifies('S-42')
    const { port } = new URL(vault.url)
    const named = createVisitor(`http://localhost:${port}`)
    expect((await named.signIn(ownerEmail, ownerPassword)).status).toBe(200)
    const offered = async (visitor: Visitor) =>
      ((await visitor.ask('GET', '/api/v1/account')).body.account as Record<string, unknown>)
        .passkeysOffered
    expect([await offered(named), await offered(owner)]).toEqual([true, false])
    const begin = (visitor: Visitor) => visitor.ask('POST', '/api/v1/session/passkey/options', {})
    expect((await begin(named)).body.options).toMatchObject({
      rpId: 'localhost',
      userVerification: 'required',
    })
    const refused = await begin(createVisitor(vault.url))
    expect(outcome(refused)).toBe('passkey-refused')
    expect(refused.body.next).toContain(`http://localhost:${port}`)
    const metadata = await named.ask('GET', '/.well-known/oauth-authorization-server')
    expect(metadata.body.issuer).toBe(vault.url)
    const [byV6] = await Promise.allSettled([fetch(`http://[::1]:${port}/healthz`)])
    // Nobody else can be there: the vault is, or the machine has no such address.
    if (byV6.status === 'fulfilled') expect(byV6.value.status).toBe(200)
  })
})
