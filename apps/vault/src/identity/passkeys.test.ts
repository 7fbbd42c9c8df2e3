import { randomBytes } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator, type Deviations } from '../../../../test/fixtures/authenticator.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import {
  createTestIdentity,
  issuer,
  prepareInstallation,
  type TestIdentity,
} from '../../../../test/fixtures/identity.ts'
import { verifies } from '../../../../test/verifies.ts'

const password = 'correct horse battery'
const email = 'ada@example.com'

let db: TestDatabase
let test: TestIdentity
let clockMs: number
let lastAddress = 0
const replica = () => createTestIdentity({ ...db, now: () => clockMs })

function from() {
  lastAddress += 1
  return { address: `198.51.${lastAddress >> 8}.${lastAddress & 255}` }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw thrown
  return thrown
}

async function signIn(who = email) {
  const { session } = await test.identity.sessions.signIn({ email: who, password }, from())
  return test.identity.authenticateOwner({ cookie: session.value })
}

async function newMember(name: string) {
  const address = `${name}@example.com`
  const input = { email: address, password, role: 'approver' } as const
  await test.identity.members.add(await signIn(), input)
  return signIn(address)
}

/** A person's new passkey on a device of its own. */
async function newPasskey(owner: Awaited<ReturnType<typeof signIn>>, given: Deviations = {}) {
  const device = createAuthenticator(issuer)
  const { challengeId, options } = await test.identity.passkeys.begin(owner, {})
  const response = device.register(options, given)
  const answer = { challengeId, response, name: 'a key' }
  const { passkey } = await test.identity.passkeys.create(owner, answer)
  return { device, passkey }
}

type Device = ReturnType<typeof createAuthenticator>
async function signInWith(device: Device, given: Deviations = {}, on = test) {
  const { challengeId, options } = await on.identity.passkeySignIn.begin(from())
  const response = device.sign(options, given)
  return on.identity.passkeySignIn.signIn({ challengeId, response }, from())
}

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.owner)
  clockMs = Date.now()
  test = replica()
  const { setupToken = '' } = await test.identity.setup.prepareSetup()
  await test.identity.setup.setUp({ setupToken, email, password }, from())
})
afterAll(async () => db?.stop())

const wrong: readonly [string, Deviations][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['an origin that begins like it', { origin: `${issuer}.evil.example` }],
  ['another domain', { rpId: 'evil.example' }],
  ['another challenge', { challenge: randomBytes(32).toString('base64url') }],
  ['the other ceremony', { type: 'payment.get' }],
  ['a person who was not verified', { flags: 0x01 }],
  ['nobody there', { flags: 0x04 }],
  ['another site around it', { crossOrigin: true, topOrigin: 'https://evil.example' }],
]

describe('adding a passkey', () => {
  it('takes a person who signed in a moment ago, by a session', async () => {
    verifies('S-42')
    const owner = await signIn()
    const stale = { ...owner, authenticatedAtMs: clockMs - 5 * 60_000 }
    const { identity } = test
    expect((await problemOf(identity.passkeys.begin(stale, {}))).type).toBe(
      'fresh-sign-in-required',
    )
    expect(
      (
        await problemOf(
          identity.passkeys.create(stale, { challengeId: 'chl_1', response: {}, name: 'x' }),
        )
      ).type,
    ).toBe('fresh-sign-in-required')
    expect((await problemOf(identity.passkeys.delete(stale, { passkeyId: 'pky_1' }))).type).toBe(
      'fresh-sign-in-required',
    )
  })

  it.each([
    ...wrong.slice(0, -1),
    ['a certificate, which would be asked after', certificate({ x5c: [randomBytes(300)] })],
    ['another form of attestation', { attestation: { fmt: 'apple', attStmt: new Map() } }],
  ] as [string, Deviations][])('is refused for %s, in the one sentence', async (_, given) => {
    verifies('S-42', 'S-17')
    const owner = await signIn()
    const { challengeId, options } = await test.identity.passkeys.begin(owner, {})
    const response = createAuthenticator(issuer).register(options, given)
    const refusal = test.identity.passkeys.create(owner, { challengeId, response, name: 'x' })
    expect(await problemOf(refusal)).toMatchObject({
      type: 'passkey-refused',
      detail: 'The passkey was not accepted.',
    })
  })

  it('takes one answer to a challenge, of the person who asked, within five minutes', async () => {
    verifies('S-42')
    const [owner, other] = [await signIn(), await newMember('nosy')]
    const { identity } = test
    const ask = () => identity.passkeys.begin(owner, {})
    const create = (by: typeof owner, asked: Awaited<ReturnType<typeof ask>>) => {
      const response = createAuthenticator(issuer).register(asked.options)
      const { challengeId } = asked
      return identity.passkeys.create(by, { challengeId, response, name: 'x' })
    }
    const mine = await ask()
    expect((await problemOf(create(other, mine))).type).toBe('passkey-refused')
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => create(owner, mine)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const late = await ask()
    clockMs += 5 * 60_000
    expect((await problemOf(create(await signIn(), late))).type).toBe('passkey-refused')
  })

  it('leaves no challenge behind that is over', async () => {
    await test.identity.passkeySignIn.begin(from())
    const rows = () => db.database.sql`SELECT id FROM challenges`
    await test.identity.removeExpired()
    expect((await rows()).length).toBeGreaterThan(0)
    await db.database.sql`UPDATE challenges SET expires_at = now() - interval '1 s'`
    await test.identity.removeExpired()
    expect(await rows()).toHaveLength(0)
  })

  it('knows no device twice, and tells the browser which it knows', async () => {
    const owner = await signIn()
    const { device } = await newPasskey(owner)
    const { challengeId, options } = await test.identity.passkeys.begin(owner, {})
    expect(JSON.stringify(options.excludeCredentials)).toContain(device.credentialId)
    expect(options).toMatchObject({
      rp: { id: 'vault.example' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    const again = { challengeId, response: device.register(options), name: 'again' }
    expect((await problemOf(test.identity.passkeys.create(owner, again))).type).toBe(
      'passkey-refused',
    )
  })

  it('ends at twenty, however many are added at once', async () => {
    const owner = await newMember('collector')
    const devices = Array.from({ length: 20 }, () => newPasskey(owner))
    await Promise.allSettled(devices)
    for (let more = 0; more < 20; more += 1) {
      const { passkeys } = await test.identity.passkeys.list(owner, { limit: 50 })
      if (passkeys.length === 20) break
      await newPasskey(owner)
    }
    expect((await problemOf(newPasskey(owner))).type).toBe('invalid-input')
  })
})

function certificate(members: Record<string, unknown>): Deviations {
  const attStmt = new Map<string, unknown>([
    ['alg', -7],
    ['sig', randomBytes(70)],
    ...Object.entries(members),
  ])
  return { attestation: { fmt: 'packed', attStmt } }
}

describe('signing in with a passkey', () => {
  it('needs no name and no code, begins a session, and is noted', async () => {
    verifies('S-42')
    const owner = await signIn()
    const { device, passkey } = await newPasskey(owner)
    clockMs += 1000
    const { output, session } = await signInWith(device)
    expect(output).toMatchObject({
      owner: { email },
      authenticatedAt: new Date(clockMs).toISOString(),
    })
    const signedIn = await test.identity.authenticateOwner({ cookie: session.value })
    const { sessions } = await test.identity.sessionList.list(signedIn, { limit: 50 })
    expect(sessions.find(({ current }) => current)).toMatchObject({ method: 'passkey' })
    const { passkeys } = await test.identity.passkeys.list(signedIn, { limit: 50 })
    expect(passkeys.find(({ id }) => id === passkey.id)?.lastUsedAt).toBe(
      new Date(clockMs).toISOString(),
    )
  })

  it.each([
    ...wrong,
    ['another key', { otherKey: true }],
    ['another person’s handle', { userHandle: Buffer.from('own_other').toString('base64url') }],
    ['a counter that stood still', { counter: 1 }],
    ['a counter that went back', { counter: 0 }],
  ] as [string, Deviations][])(
    'is refused for %s, in the one sentence, and recorded',
    async (_, given) => {
      verifies('S-42')
      const { device } = await newPasskey(await signIn())
      await signInWith(device)
      test.events.length = 0
      const problem = await problemOf(signInWith(device, given))
      expect(problem).toMatchObject({
        type: 'passkey-refused',
        detail: 'The passkey was not accepted.',
      })
      const named = given.userHandle === undefined
      expect(test.events.filter(({ problem: type }) => type === 'passkey-refused')).toHaveLength(
        named ? 1 : 0,
      )
      // A try that failed takes nothing from the person.
      await signInWith(device)
    },
  )

  it('is refused for a device that nobody knows, and for garbage, in the same sentence', async () => {
    verifies('S-42')
    const { challengeId, options } = await test.identity.passkeySignIn.begin(from())
    const stranger = createAuthenticator(issuer).sign(options)
    const response = { clientDataJSON: 'AA', authenticatorData: 'AA', signature: 'AA' }
    for (const answer of [
      stranger,
      {},
      { id: 'x', rawId: 'x', type: 'public-key', response: {} },
      { id: '\u0000', rawId: '\u0000', type: 'public-key', response },
      { id: 'A'.repeat(2000), rawId: 'A', type: 'public-key', response },
      { ...stranger, response: null },
      JSON.parse('{"__proto__":{"id":"x"}}'),
    ]) {
      const refusal = test.identity.passkeySignIn.signIn({ challengeId, response: answer }, from())
      expect((await problemOf(refusal)).detail).toBe('The passkey was not accepted.')
    }
  })

  it('takes a signed answer once, however often and wherever it is sent', async () => {
    verifies('S-42')
    const { device } = await newPasskey(await signIn())
    const replicas = [test, replica(), replica()]
    const { challengeId, options } = await test.identity.passkeySignIn.begin(from())
    const response = device.sign(options)
    const tries = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) =>
        (replicas[i % 3] ?? test).identity.passkeySignIn.signIn({ challengeId, response }, from()),
      ),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('lets a device without a counter in, again and again', async () => {
    const { device } = await newPasskey(await signIn(), { counter: 0 })
    for (let i = 0; i < 3; i += 1) await signInWith(device, { counter: 0 })
  })

  it('is over for a passkey that was removed, whose other sessions end with it', async () => {
    verifies('S-42')
    const owner = await signIn()
    const { device, passkey } = await newPasskey(owner)
    const elsewhere = await signInWith(device)
    const other = await newMember('meddler')
    const ref = { passkeyId: passkey.id }
    expect((await problemOf(test.identity.passkeys.delete(other, ref))).type).toBe(
      'passkey-not-found',
    )
    await test.identity.passkeys.delete(owner, ref)
    await problemOf(test.identity.authenticateOwner({ cookie: elsewhere.session.value }))
    expect((await problemOf(signInWith(device))).type).toBe('passkey-refused')
    await test.identity.sessions.getSession(owner)
  })

  it('is held back from one address after many that were wrong', async () => {
    verifies('S-42')
    const address = '203.0.113.7'
    const types: string[] = []
    for (let i = 0; i < 32; i += 1) {
      const answer = { challengeId: `chl_${i}`, response: {} }
      types.push((await problemOf(test.identity.passkeySignIn.signIn(answer, { address }))).type)
    }
    expect(types.slice(0, 31)).toEqual(Array(31).fill('passkey-refused'))
    expect(types[31]).toBe('too-many-attempts')
    const asked: unknown[] = []
    for (let i = 0; i < 62; i += 1) {
      const work = test.identity.passkeySignIn.begin({ address })
      asked.push(
        await work.then(
          () => 'asked',
          (error: Problem) => error.type,
        ),
      )
    }
    expect(asked.slice(0, 61)).toEqual(Array(61).fill('asked'))
    expect(asked[61]).toBe('too-many-attempts')
    clockMs += 900_000
  })
})

describe('proving with a passkey that one is still there', () => {
  it('renews the session, by one’s own passkey alone', async () => {
    verifies('S-42')
    const owner = await signIn()
    const { device } = await newPasskey(owner)
    const other = await newMember('lookalike')
    const theirs = await newPasskey(other)
    clockMs += 6 * 60_000
    const { passkeySignIn } = test.identity
    const answer = async (by: Device) => {
      const { challengeId, options } = await passkeySignIn.beginReauthentication(owner, {})
      return { challengeId, response: by.sign(options) }
    }
    const foreign = passkeySignIn.reauthenticate(owner, await answer(theirs.device), from())
    expect((await problemOf(foreign)).type).toBe('passkey-refused')
    // A challenge of signing in is none of this, nor the other way round.
    const { challengeId, options } = await passkeySignIn.begin(from())
    const mixed = { challengeId, response: device.sign(options) }
    await problemOf(passkeySignIn.reauthenticate(owner, mixed, from()))
    await problemOf(passkeySignIn.signIn(await answer(device), from()))

    const { session } = await passkeySignIn.reauthenticate(owner, await answer(device), from())
    const renewed = await test.identity.authenticateOwner({ cookie: session.value })
    expect(renewed.authenticatedAtMs).toBe(clockMs)
    // The session that asked is gone, and so is what could be done with it.
    const again = passkeySignIn.reauthenticate(owner, await answer(device), from())
    expect((await problemOf(again)).type).toBe('passkey-refused')
  })

  it('says so where there is none', async () => {
    const owner = await newMember('bare')
    const work = test.identity.passkeySignIn.beginReauthentication(owner, {})
    expect((await problemOf(work)).type).toBe('passkey-not-found')
  })
})

describe('an address that can have no passkeys', () => {
  it('says where there are some', async () => {
    const local = createTestIdentity({ ...db, pagesUrl: 'http://localhost:4770' })
    const problem = await problemOf(
      local.identity.passkeySignIn.begin({ ...from(), host: '127.0.0.1:4770' }),
    )
    expect(problem.type).toBe('passkey-refused')
    expect(problem.next).toContain('http://localhost:4770')
    const owner = await signIn()
    const offered = async (host: string) =>
      (await local.identity.readAccount(owner, { host })).account.passkeysOffered
    expect([await offered('127.0.0.1:4770'), await offered('localhost:4770')]).toEqual([
      false,
      true,
    ])
  })
})
