import { type Operation, operations } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readEvents } from './fixtures/event-reader.ts'
import { addPerson, type Person, signIn } from './fixtures/people.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { totpCode } from './fixtures/totp.ts'
import { ownerEmail, ownerPassword } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// What somebody tries who wants to be somebody else: on two replicas, with a database that can be looked into.

let replicas: Replicas
let admin: postgres.Sql
/** Where the replicas listen; browsers know them by the first one's address alone. */
let urls: readonly [string, string]

beforeAll(async () => {
  // Named and not there: nothing is installed in this file, whatever goes wrong.
  replicas = await startReplicas({ env: { SALLYPORT_UPSTREAM_INSTALL: '/nowhere/npm' } })
  admin = openSuperuser(replicas.database.urls.owner)
  urls = [replicas.first.url, replicas.second.url]
})
beforeEach(() => forgetAttempts())
afterAll(async () => {
  await replicas?.stop()
  await admin?.end({ timeout: 1 })
})

const forgetAttempts = async () => void (await admin`DELETE FROM sign_in_attempts`)
const password = 'a good password to begin with'

interface Asked {
  readonly body?: unknown
  readonly cookie?: string | undefined
  readonly headers?: Record<string, string>
  /** Which replica; the first unless told otherwise. */
  readonly at?: number
}
interface Answer {
  readonly status: number
  readonly type: unknown
  readonly body: Record<string, unknown>
  readonly cookie: string | undefined
}

/** Asks as one of the vault's own pages does. */
async function ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { body, cookie, headers, at = 0 } = asked
  const answer = await fetch(`${urls[at % 2]}${path}`, {
    method,
    headers: {
      origin: urls[0],
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(cookie !== undefined && { cookie }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  const set = answer.headers.getSetCookie()[0]?.split(';', 1)[0]
  return { status: answer.status, type: parsed.type, body: parsed, cookie: set }
}
const post = (path: string, asked: Asked) => ask('POST', path, asked)
const session = (body: object, more: Asked = {}) => post('/api/v1/session', { body, ...more })
const isGood = async (cookie: string | undefined, at = 0) =>
  (await ask('GET', '/api/v1/session', { cookie, at })).status === 200
const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).toSorted()
const newPerson = () => addPerson(replicas.first, 'auditor')

/** Has a person use one-time codes; what it answers has not been used to sign in yet. */
async function useCodes(person: Person) {
  const begun = await post('/api/v1/totp', { cookie: person.cookie, body: {} })
  const secret = String(begun.body.secret)
  const otp = totpCode(secret, Date.now())
  const confirmed = await post('/api/v1/totp/confirm', { cookie: person.cookie, body: { otp } })
  expect(confirmed.status).toBe(200)
  return { secret, recoveryCodes: confirmed.body.recoveryCodes as string[], usedOtp: otp }
}

describe('a cookie', () => {
  it('that was planted beside the person’s own is not taken, nor is theirs then', async () => {
    verifies('S-42')
    const [victim, attacker] = [await signIn(replicas.first), await newPerson()]
    for (const cookie of [
      `${attacker.cookie}; ${victim.cookie}`,
      `${victim.cookie}; ${attacker.cookie}`,
      `${victim.cookie}; theme=dark; ${attacker.cookie}`,
      `${victim.cookie};sallyport =${attacker.cookie.split('=')[1]}`,
      `${victim.cookie}; sallyport=`,
    ]) {
      for (const [method, path] of [
        ['GET', '/api/v1/session'],
        ['POST', '/api/v1/agents'],
      ] as const) {
        const { status, type } = await ask(method, path, {
          cookie,
          ...(method === 'POST' && { body: {} }),
        })
        expect([cookie, method, status, type]).toEqual([cookie, method, 401, 'unauthenticated'])
      }
    }
    // It is no way to end somebody's session either.
    expect([await isGood(victim.cookie), await isGood(attacker.cookie)]).toEqual([true, true])
    expect(await isGood(`theme=dark; ${victim.cookie}; sallyport2=x`)).toBe(true)
  })

  it('that was there before somebody signed in is never theirs afterwards', async () => {
    verifies('S-42')
    const chosen = `sallyport=${'A'.repeat(43)}`
    const attacker = await newPerson()
    for (const cookie of [chosen, attacker.cookie]) {
      const { cookie: given } = await session(
        { email: ownerEmail, password: ownerPassword },
        { cookie },
      )
      expect(given).toMatch(/^sallyport=[\w-]{43}$/)
      expect(given).not.toBe(cookie)
      expect([await isGood(cookie), await isGood(given)]).toEqual([false, true])
    }
  })

  it('is used by the vault’s own pages alone, for reading too', async () => {
    verifies('S-42')
    const { cookie } = await signIn(replicas.first)
    const reads = Object.values(operations).filter(
      (operation: Operation) => operation.caller[0] === 'owner' && operation.method === 'GET',
    )
    for (const site of ['cross-site', 'same-site', 'same-origin, cross-site', '']) {
      for (const { id, path } of reads) {
        const at = path.replaceAll(/\{\w+\}/g, 'none_00000000000000000000000000')
        const { status, type } = await ask('GET', at, {
          cookie,
          headers: { 'sec-fetch-site': site },
        })
        expect([site, id, status, type]).toEqual([site, id, 403, 'cross-origin-refused'])
      }
    }
    for (const site of ['same-origin', 'none']) {
      const { status } = await ask('GET', '/api/v1/session', {
        cookie,
        headers: { 'sec-fetch-site': site },
      })
      expect(status).toBe(200)
    }
  })

  it('does not let another page, or HEAD, end what a person’s own page listens to', async () => {
    verifies('S-42')
    const { cookie } = await signIn(replicas.first)
    const own = await readEvents(urls[0], { cookie })
    const path = `${urls[0]}/api/v1/events`
    for (let i = 0; i < 12; i += 1) {
      await fetch(path, { method: 'HEAD', headers: { cookie } })
      await fetch(path, { headers: { cookie, 'sec-fetch-site': 'same-site' } }).then((answer) =>
        answer.text(),
      )
    }
    await replicas.first.owner.call('createAgent', { name: 'heard of' })
    await expect.poll(() => JSON.stringify(own.told())).toContain('agents')
    expect(own.isOver()).toBe(false)
    own.close()
  })

  it('cannot be got under a name that is not the vault’s, whoever it leads to', async () => {
    verifies('S-42')
    // What a page at a name of the attacker's sends once that name resolves to the vault (DNS rebinding).
    for (const origin of ['http://evil.example', `http://evil.example:${new URL(urls[0]).port}`]) {
      const host = new URL(origin).host
      for (const headers of [
        { origin, host },
        { host, origin: 'null' },
        { host, 'sec-fetch-site': 'same-site', origin: '' },
      ]) {
        const { status, type, cookie } = await session(
          { email: ownerEmail, password: ownerPassword },
          { headers },
        )
        expect([status, type, cookie]).toEqual([403, 'cross-origin-refused', undefined])
      }
    }
  })
})

describe('guessing', () => {
  /** Free attempts, the first that has to be waited after, and those for which a slow machine waited long enough. */
  const triedMax = 8
  const guesses = 20

  it('is held back whatever is guessed and wherever, by many at once on both replicas', async () => {
    verifies('S-42')
    const plain = await newPerson()
    const coded = await newPerson()
    const beginning = await newPerson()
    const { secret } = await useCodes(coded)
    await post('/api/v1/totp', { cookie: beginning.cookie, body: {} })
    const { email } = coded
    const right = { password: coded.password, otp: totpCode(secret, Date.now() + 30_000) }
    const wrong = (index: number) => String(index).padStart(6, '9')
    const ways: Record<string, (index: number) => Promise<Answer>> = {
      'a password': (at) => session({ email: plain.email, password: `not it ${at}` }, { at }),
      'a code': (at) => session({ email, password: coded.password, otp: wrong(at) }, { at }),
      'a recovery code': (at) =>
        session({ email, password: coded.password, otp: `0000-0000-0000-00${10 + at}` }, { at }),
      'a password again': (at) =>
        post('/api/v1/session/reauthenticate', {
          cookie: plain.cookie,
          at,
          body: { password: `no ${at}` },
        }),
      'a code again': (at) =>
        post('/api/v1/session/reauthenticate', {
          ...{ cookie: coded.cookie, at },
          body: { password: coded.password, otp: wrong(at) },
        }),
      'the current password': (at) =>
        post('/api/v1/session/password', {
          ...{ cookie: plain.cookie, at },
          body: { currentPassword: `no ${at}`, newPassword: 'a password of the guesser' },
        }),
      'the first code': (at) =>
        post('/api/v1/totp/confirm', { cookie: beginning.cookie, at, body: { otp: wrong(at) } }),
    }
    for (const [what, guess] of Object.entries(ways)) {
      await forgetAttempts()
      const answers = await times(guesses, guess)
      const tried = answers.filter(({ status }) => status !== 429)
      expect([what, tried.length <= triedMax, tried.length > 0]).toEqual([what, true, true])
      expect([what, ...new Set(answers.map(({ type }) => type))].toSorted()).toEqual(
        [what, 'invalid-credentials', 'too-many-attempts'].toSorted(),
      )
    }
    // Knowing half of it does not begin the count anew, nor does the right code while it has to be waited.
    await forgetAttempts()
    for (let i = 0; i < 12; i += 1) {
      await session({ email, password: coded.password, otp: wrong(i) }, { at: i })
      await session({ email, password: coded.password }, { at: i })
    }
    expect((await session({ email, ...right })).status).toBe(429)
  })

  it('goes on to be held back though the guesser signs in elsewhere in between', async () => {
    verifies('S-42')
    const [victim, guesser] = [await newPerson(), await newPerson()]
    const answers: Answer[] = []
    for (let i = 0; i < 10; i += 1) {
      answers.push(await session({ email: victim.email, password: `no ${i}` }, { at: i }))
      await session({ email: guesser.email, password: guesser.password }, { at: i })
    }
    expect(answers.filter(({ status }) => status !== 429).length).toBeLessThanOrEqual(triedMax)
  })

  it('takes a code once, also when it comes several times at the same moment', async () => {
    verifies('S-42')
    const person = await newPerson()
    const { secret, recoveryCodes, usedOtp } = await useCodes(person)
    const { email } = person
    expect((await session({ email, password: person.password, otp: usedOtp })).status).toBe(401)
    for (const otp of [totpCode(secret, Date.now() + 30_000), recoveryCodes[0] ?? '']) {
      await forgetAttempts()
      const answers = await times(5, (at) =>
        session({ email, password: person.password, otp }, { at }),
      )
      expect(statuses(answers)).toEqual([200, 401, 401, 401, 401])
      await forgetAttempts()
      expect((await session({ email, password: person.password, otp }, { at: 1 })).status).toBe(401)
    }
    // Nor for proving again who one is.
    const { cookie } = await session({ email, password: person.password, otp: recoveryCodes[1] })
    for (const otp of recoveryCodes.slice(0, 2)) {
      const again = { password: person.password, otp }
      expect((await post('/api/v1/session/reauthenticate', { cookie, body: again })).status).toBe(
        401,
      )
    }
  })

  it('takes no recovery code that newer ones replaced, and none of another person', async () => {
    verifies('S-42')
    const [person, other] = [await newPerson(), await newPerson()]
    const [{ recoveryCodes }, others] = [await useCodes(person), await useCodes(other)]
    const renewed = await post('/api/v1/recovery-codes', { cookie: person.cookie, body: {} })
    expect(renewed.status).toBe(200)
    for (const otp of [recoveryCodes[0], others.recoveryCodes[0]]) {
      const { email } = person
      expect((await session({ email, password: person.password, otp })).status).toBe(401)
    }
  })
})

describe('what ends sessions', () => {
  it('ends those too that begin at the same moment with what is no longer enough', async () => {
    verifies('S-42')
    const person = await newPerson()
    let { cookie } = person as { cookie: string | undefined }
    let current = person.password
    for (let round = 0; round < 4; round += 1) {
      await forgetAttempts()
      const next = `${password} ${round}`
      const [changed, ...begun] = await Promise.all([
        post('/api/v1/session/password', {
          ...{ cookie, at: round },
          body: { currentPassword: current, newPassword: next },
        }),
        ...Array.from({ length: 4 }, (_, at) =>
          session({ email: person.email, password: current }, { at }),
        ),
      ])
      expect(changed.status).toBe(200)
      expect(await times(4, (i) => isGood(begun[i]?.cookie, i))).toEqual([
        false,
        false,
        false,
        false,
      ])
      cookie = changed.cookie
      current = next
      expect(await isGood(cookie, 1)).toBe(true)
    }
    await forgetAttempts()
    const { secret } = (await post('/api/v1/totp', { cookie, body: {} })).body
    const otp = totpCode(String(secret), Date.now())
    const [confirmed, ...begun] = await Promise.all([
      post('/api/v1/totp/confirm', { cookie, body: { otp } }),
      ...Array.from({ length: 3 }, (_, at) =>
        session({ email: person.email, password: current }, { at }),
      ),
    ])
    expect(confirmed.status).toBe(200)
    expect(await times(3, (i) => isGood(begun[i]?.cookie, i))).toEqual([false, false, false])
  })

  it('holds on every replica at once', async () => {
    verifies('S-42', 'S-08')
    const owner = await signIn(replicas.first)
    const member = (person: Person) => `/api/v1/workspace/members/${person.id}`
    const withCodes = async (person: Person) => {
      const { secret } = await useCodes(person)
      const otp = totpCode(secret, Date.now() + 30_000)
      return (await session({ email: person.email, password: person.password, otp })).cookie
    }
    /** Each answers the sessions that have to be over afterwards. */
    const ways: Record<string, (person: Person) => Promise<(string | undefined)[]>> = {
      'signing out': async ({ cookie }) => {
        await ask('DELETE', '/api/v1/session', { cookie })
        return [cookie]
      },
      'removing the person': async (person) => {
        await ask('DELETE', member(person), { cookie: owner.cookie })
        return [person.cookie]
      },
      'changing the role': async (person) => {
        await ask('PATCH', member(person), { cookie: owner.cookie, body: { role: 'admin' } })
        return [person.cookie]
      },
      'ending the others': async (person) => {
        const { cookie } = await session({ email: person.email, password: person.password })
        await ask('DELETE', '/api/v1/sessions', { cookie })
        return [person.cookie]
      },
      'ending it by its id': async (person) => {
        const listed = await ask('GET', '/api/v1/sessions', { cookie: person.cookie })
        const [{ id } = { id: '' }] = listed.body.sessions as { id: string }[]
        await ask('DELETE', `/api/v1/sessions/${id}`, { cookie: person.cookie })
        return [person.cookie]
      },
      'proving again who one is': async ({ cookie, password: own }) => {
        await post('/api/v1/session/reauthenticate', { cookie, body: { password: own } })
        return [cookie]
      },
      'using codes from now on': async (person) => {
        const { cookie } = await session({ email: person.email, password: person.password })
        await useCodes(person)
        return [cookie]
      },
      'using codes no longer': async (person) => {
        const cookie = await withCodes(person)
        await ask('DELETE', '/api/v1/totp', { cookie })
        return [person.cookie]
      },
    }
    for (const [what, end] of Object.entries(ways)) {
      await forgetAttempts()
      for (const cookie of await end(await newPerson())) {
        expect(cookie).toMatch(/^sallyport=[\w-]{43}$/)
        expect([what, await isGood(cookie, 0), await isGood(cookie, 1)]).toEqual([
          what,
          false,
          false,
        ])
      }
    }
  })

  it('cannot be put off: neither renewing nor half a proof makes a session last longer', async () => {
    verifies('S-42')
    const person = await newPerson()
    await useCodes(person)
    await admin`UPDATE sessions SET expires_at = now() + interval '5 minutes', authenticated_at = now() - interval '1 hour'
      WHERE owner_id = ${person.id}`
    const changed = await post('/api/v1/session/password', {
      cookie: person.cookie,
      body: { currentPassword: person.password, newPassword: password },
    })
    expect(changed.status).toBe(200)
    const [row] = await admin<{ minutes: number; fresh: boolean }[]>`
      SELECT (extract(epoch FROM expires_at - now()) / 60)::float8 AS minutes,
             authenticated_at > now() - interval '30 minutes' AS fresh
      FROM sessions WHERE owner_id = ${person.id}`
    expect(row?.minutes).toBeLessThanOrEqual(5)
    expect(row?.fresh).toBe(false)
  })
})

describe('a session whose person signed in a while ago', () => {
  it('does nothing that reaches far, and leaves everything as it was', async () => {
    verifies('S-42')
    const owner = await signIn(replicas.first)
    const person = await newPerson()
    const connectionId = await replicas.first.addConnection({ origins: ['http://127.0.0.1:9'] })
    const clientSecret = 'a-client-secret-7f3a'
    const app = { provider: 'github', clientId: 'ours', clientSecret }
    const { oauthApp } = await replicas.first.owner.call('createOAuthApp', app)
    const { source } = await replicas.first.owner.call('createSource', {
      ...{ name: 'theirs', dialect: 'postgres', host: '127.0.0.1', port: 9, tls: 'off' },
      ...{ database: 'shop', user: 'reader' },
    })
    const { server } = await replicas.first.owner.call('createMcpServer', {
      ...{ name: 'ours', transport: 'http', url: 'http://127.0.0.1:9/mcp', enabled: false },
    })
    const target = { kind: 'webhook', url: 'http://127.0.0.1:9/log' } as const
    const { stream } = await replicas.first.owner.call('createAuditStream', { target })
    await replicas.first.owner.call('freezeWorkspace', {})
    const none = 'none_00000000000000000000000000'
    const passkey = { challengeId: none, response: {}, name: 'theirs' }
    const member = { ownerId: person.id }
    const inputs: Record<string, Record<string, unknown>> = {
      addMember: { email: 'x@example.com', password, role: 'owner' },
      changeMemberRole: { ...member, role: 'owner' },
      removeMember: member,
      createInvitation: { email: 'x@example.com', role: 'owner' },
      createToken: { name: 'theirs', scopes: ['agents:write'], expiresInDays: 1 },
      ...{ beginPasskey: {}, createPasskey: passkey, deletePasskey: { passkeyId: none } },
      ...{ beginTotp: {}, disableTotp: {}, renewRecoveryCodes: {}, unfreezeWorkspace: {} },
      putSingleSignOn: { issuer: 'https://127.0.0.1', clientId: 'theirs', label: 'Theirs' },
      deleteSingleSignOn: {},
      createNotificationChannel: { target: { kind: 'ntfy', topic: 'theirs' } },
      putMailServer: { host: '127.0.0.1', port: 25, security: 'none', from: 'x@example.com' },
      ...{
        startLinking: { channelId: none },
        finishLinking: { channelId: none, code: 'AAAA-AAAA' },
      },
      updateSource: { sourceId: source.id, host: '127.0.0.2' },
      updateConnection: { connectionId, origins: ['http://127.0.0.1:9', 'http://127.0.0.2:9'] },
      updateOAuthApp: { oauthAppId: oauthApp.id, clientSecret: 'a-client-secret-of-theirs' },
      createMcpServer: { name: 'theirs', transport: 'http', url: 'http://127.0.0.2:9/mcp' },
      updateMcpServer: { serverId: server.id, url: 'http://127.0.0.2:9/mcp' },
      testMcpServerDraft: { serverId: server.id, url: 'http://127.0.0.2:9/mcp' },
      signInToMcpServer: { serverId: server.id },
      installMcpPackage: { package: 'theirs', installer: 'npm' },
      putVariable: { name: 'THEIRS', value: 'a-value-of-theirs' },
      createAuditStream: { target: { ...target, url: 'http://127.0.0.2:9/log' } },
      updateAuditStream: {
        ...{ streamId: stream.id, version: stream.version },
        target: { ...target, url: 'http://127.0.0.2:9/log' },
      },
    }
    // Approving demands it where the policy says so: `approvals.test.ts`.
    const demanding = Object.values(operations).filter(
      ({ id, problems }) =>
        id !== 'approveRequest' &&
        (problems as readonly string[]).includes('fresh-sign-in-required'),
    )
    expect(Object.keys(inputs).toSorted()).toEqual(demanding.map(({ id }) => id).toSorted())
    const counts = () => admin`
      SELECT (SELECT count(*) FROM owners) AS owners, (SELECT count(*) FROM owner_tokens) AS tokens,
             (SELECT count(*) FROM single_sign_on) AS providers,
             (SELECT count(*) FROM notification_channels) AS channels, (SELECT count(*) FROM mail_servers) AS mail,
             (SELECT count(*) FROM invitations) AS invitations, (SELECT count(*) FROM challenges) AS challenges,
             (SELECT string_agg(role, ',' ORDER BY id) FROM owners) AS roles,
             (SELECT count(*) FROM owners WHERE totp_sealed IS NOT NULL) AS secrets,
             (SELECT string_agg(version::text, ',' ORDER BY id) FROM connections) AS versions,
             (SELECT string_agg(version::text, ',' ORDER BY id) FROM oauth_apps) AS apps,
             (SELECT count(*) FROM variables) AS variables, (SELECT string_agg(name || url, ',' ORDER BY id) FROM mcp_servers) AS servers,
             (SELECT string_agg(version::text, ',' ORDER BY id) FROM audit_streams) AS streams,
             (SELECT count(*) FROM workspaces WHERE frozen_at IS NULL) AS thawed`
    const before = await counts()
    for (const shift of ['-5 minutes -1 second', '-11 hours', '1 minute']) {
      await admin`UPDATE sessions SET authenticated_at = now() + ${shift}::interval`
      for (const { id, method, path } of demanding) {
        const rest = { ...inputs[id] }
        const at = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
          const value = String(rest[name])
          delete rest[name]
          return value
        })
        const body = method === 'DELETE' ? {} : { body: rest }
        const { status, type } = await ask(method, at, { cookie: owner.cookie, ...body })
        expect([shift, id, status, type]).toEqual([shift, id, 403, 'fresh-sign-in-required'])
      }
    }
    expect(await counts()).toEqual(before)
    await replicas.first.owner.call('unfreezeWorkspace', {})
  })
})

describe('an invitation', () => {
  let owner: Person
  beforeEach(async () => {
    owner = await signIn(replicas.first)
  })
  const invite = async (
    by: Person,
    role = 'auditor',
    email = `invited-${crypto.randomUUID()}@example.com`,
  ) => {
    const made = await post('/api/v1/workspace/invitations', {
      cookie: by.cookie,
      body: { email, role },
    })
    const url = String(made.body.invitationUrl)
    const { id } = (made.body.invitation ?? {}) as { id?: string }
    return { ...made, email, id: String(id), token: url.split('#token=')[1] ?? '' }
  }
  const read = (token: string, at = 0) => post('/api/v1/invitations/read', { body: { token }, at })
  const accept = (token: string, more: object = {}, at = 0) =>
    post('/api/v1/invitations/accept', { body: { token, password, ...more }, at })
  const peopleCount = async () =>
    Number((await admin`SELECT count(*) AS people FROM owners`)[0]?.people)

  it('makes one person, however many accept it at once', async () => {
    verifies('S-42')
    const { token } = await invite(owner)
    const before = await peopleCount()
    const answers = await times(6, (at) => accept(token, {}, at))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(answers.map(({ type }) => type))).toEqual(
      new Set([undefined, 'invalid-invitation']),
    )
    expect(await peopleCount()).toBe(before + 1)
  })

  it('is worth nothing once it is used, over, withdrawn, replaced, or its maker may not make it any more', async () => {
    verifies('S-42')
    const maker = await addPerson(replicas.first, 'owner')
    const gone = await addPerson(replicas.first, 'owner')
    const ways: Record<string, () => Promise<string>> = {
      'made up': async () => `${(await invite(owner)).token.slice(0, -3)}AAA`,
      'of another kind': async () => replicas.first.ownerToken,
      used: async () => {
        const { token } = await invite(owner)
        await accept(token)
        return token
      },
      over: async () => {
        const { token, id } = await invite(owner)
        await admin`UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = ${id}`
        return token
      },
      withdrawn: async () => {
        const { token, id } = await invite(owner)
        await ask('DELETE', `/api/v1/workspace/invitations/${id}`, { cookie: owner.cookie })
        return token
      },
      replaced: async () => {
        const { token, email } = await invite(owner)
        await invite(owner, 'owner', email)
        return token
      },
      'of somebody demoted': async () => {
        const { token } = await invite(maker)
        await ask('PATCH', `/api/v1/workspace/members/${maker.id}`, {
          cookie: owner.cookie,
          body: { role: 'admin' },
        })
        return token
      },
      'of somebody removed': async () => {
        const { token } = await invite(gone)
        await ask('DELETE', `/api/v1/workspace/members/${gone.id}`, { cookie: owner.cookie })
        return token
      },
    }
    for (const [what, make] of Object.entries(ways)) {
      const token = await make()
      expect([what, token.length > 40]).toEqual([what, true])
      const before = await peopleCount()
      const answers = [
        await read(token),
        await read(token, 1),
        await accept(token),
        await accept(token, {}, 1),
      ]
      const told = answers.map(({ status, body: { requestId: _, ...body } }) => ({ status, body }))
      expect([what, told]).toEqual([what, told.map(() => told[0])])
      expect([what, answers[0]?.type, answers[0]?.cookie]).toEqual([
        what,
        'invalid-invitation',
        undefined,
      ])
      expect(await peopleCount()).toBe(before)
    }
  })

  it('gives the role and the address that an owner wrote, whatever is sent along', async () => {
    verifies('S-42', 'S-08')
    const { token, email } = await invite(owner, 'auditor')
    for (const more of [
      { role: 'owner' },
      { email: ownerEmail },
      { workspaceId: 'wsp_other' },
      { ownerId: owner.id },
      { __proto__: null, constructor: { role: 'owner' } },
    ]) {
      expect((await accept(token, more)).type).toBe('invalid-input')
    }
    const { status, cookie, body } = await accept(token)
    expect([status, body.owner]).toMatchObject([201, { email, role: 'auditor' }])
    expect((await invite({ ...owner, cookie: String(cookie) }, 'owner')).type).toBe(
      'insufficient-scope',
    )
  })

  it('for an address that somebody has by now changes nothing for them', async () => {
    verifies('S-42')
    const { token, email } = await invite(owner, 'owner')
    const added = await post('/api/v1/workspace/members', {
      cookie: owner.cookie,
      body: { email, password: 'the one they were given', role: 'auditor' },
    })
    expect(added.status).toBe(201)
    const taken = await accept(token)
    expect([taken.type, taken.cookie]).toEqual(['email-taken', undefined])
    expect((await session({ email, password })).status).toBe(401)
    const own = await session({ email, password: 'the one they were given' })
    expect(own.body.owner).toMatchObject({ role: 'auditor' })
    // An address is one however it is written.
    expect((await invite(owner, 'owner', email.toUpperCase())).type).toBe('email-taken')
  })

  it('is made, and withdrawn, by an owner alone', async () => {
    verifies('S-08')
    const { id } = await invite(owner)
    for (const role of ['admin', 'approver', 'auditor'] as const) {
      const person = await addPerson(replicas.first, role)
      expect((await invite(person)).type).toBe('insufficient-scope')
      const path = `/api/v1/workspace/invitations/${id}`
      expect((await ask('DELETE', path, { cookie: person.cookie })).type).toBe('insufficient-scope')
    }
    const headers = { authorization: `Bearer ${replicas.first.ownerToken}` }
    const body = { email: 'y@example.com', role: 'owner' }
    expect((await post('/api/v1/workspace/invitations', { body, headers })).type).toBe(
      'session-required',
    )
  })
})
