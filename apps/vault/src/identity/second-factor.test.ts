import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import {
  createTestIdentity,
  prepareInstallation,
  type TestIdentity,
} from '../../../../test/fixtures/identity.ts'
import { totpCode } from '../../../../test/fixtures/totp.ts'
import { verifies } from '../../../../test/verifies.ts'

const password = 'correct horse battery'
const email = 'ada@example.com'
const stepMs = 30_000

let db: TestDatabase
let test: TestIdentity
let clockMs: number
let lastAddress = 0
let lastPerson = 0
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

async function signIn(who: string, otp?: string, on = test) {
  const input = { email: who, password, ...(otp !== undefined && { otp }) }
  const { session } = await on.identity.sessions.signIn(input, from())
  return on.identity.authenticateOwner({ cookie: session.value })
}

async function newMember() {
  lastPerson += 1
  const address = `person${lastPerson}@example.com`
  const input = { email: address, password, role: 'admin' } as const
  await test.identity.members.add(await signIn(email), input)
  return signIn(address)
}

/** A person who signs in with codes from now on. */
async function newCodeUser() {
  const owner = await newMember()
  const { secret, uri } = await test.identity.secondFactor.begin(owner)
  // Each code counts once: what confirms is from the past, so that those of now are left.
  const otp = totpCode(secret, clockMs - stepMs)
  const { recoveryCodes } = await test.identity.secondFactor.confirm(owner, { otp }, from())
  const code = (steps = 0) => totpCode(secret, clockMs + steps * stepMs)
  return { owner, email: owner.email, secret, uri, recoveryCodes, code }
}

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.owner)
  clockMs = Math.floor(Date.now() / stepMs) * stepMs
  test = replica()
  const { setupToken = '' } = await test.identity.setup.prepareSetup()
  await test.identity.setup.setUp({ setupToken, email, password }, from())
})
afterAll(async () => db?.stop())
beforeEach(() => {
  clockMs += 10 * stepMs
})

describe('one-time codes', () => {
  it('are asked for only once one was shown to work', async () => {
    const owner = await newMember()
    const first = await test.identity.secondFactor.begin(owner)
    await signIn(owner.email)
    // Begun anew: the secret of before is worth nothing any more.
    const { secret } = await test.identity.secondFactor.begin(owner)
    const confirm = (otp: string) => test.identity.secondFactor.confirm(owner, { otp }, from())
    const stale = totpCode(first.secret, clockMs)
    expect((await problemOf(confirm(stale))).type).toBe('invalid-credentials')
    await signIn(owner.email)
    const { recoveryCodes } = await confirm(totpCode(secret, clockMs))
    expect(recoveryCodes).toHaveLength(10)
    expect((await problemOf(signIn(owner.email))).type).toBe('otp-required')
    expect((await problemOf(confirm(totpCode(secret, clockMs)))).type).toBe('totp-already-enabled')
    expect((await problemOf(test.identity.secondFactor.begin(owner))).type).toBe(
      'totp-already-enabled',
    )
  })

  it('are kept where nobody who reads the database can use them', async () => {
    verifies('S-33')
    const person = await newCodeUser()
    const [row] = await db.database.sql`SELECT row_to_json(o)::text AS text,
      encode(totp_sealed, 'hex') AS sealed FROM owners o WHERE email = ${person.email}`
    const { secret } = person
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
    const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
    const hex = (bits.match(/.{8}/g) ?? [])
      .map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0'))
      .join('')
    for (const found of [row?.text, row?.sealed]) {
      expect(found).not.toContain(secret)
      expect(found).not.toContain(hex)
    }
    const codes = JSON.stringify(await db.database.sql`SELECT row_to_json(r) FROM recovery_codes r`)
    for (const code of person.recoveryCodes) expect(codes).not.toContain(code)
    // Moved to another person it opens nothing.
    const other = await newCodeUser()
    await db.database
      .sql`UPDATE owners SET totp_sealed = (SELECT totp_sealed FROM owners WHERE email = ${person.email})
      WHERE email = ${other.email}`
    expect((await problemOf(signIn(other.email, other.code()))).type).toBe('credential-unreadable')
  })

  it('count once each, and none from before the last one, over all replicas', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    const replicas = [test, replica(), replica()]
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) => signIn(person.email, person.code(), replicas[i % 3])),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const steps of [0, -1]) {
      const again = await problemOf(signIn(person.email, person.code(steps)))
      expect(again.type).toBe('invalid-credentials')
    }
    await signIn(person.email, person.code(1))
  })

  it('are taken a step early or late, and no more; a wrong one answers like a wrong password', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    const { detail: wrongPassword } = await problemOf(
      test.identity.sessions.signIn({ email: person.email, password: 'x' }, from()),
    )
    for (const otp of [person.code(2), person.code(-2), '000', '', 'abcdef', '\u0000']) {
      const problem = await problemOf(signIn(person.email, otp))
      if (problem.type === 'too-many-attempts') break
      expect(problem).toMatchObject({ type: 'invalid-credentials', detail: wrongPassword })
    }
    clockMs += 30 * 60_000
    await signIn(person.email, ` ${person.code(1).slice(0, 3)} ${person.code(1).slice(3)}`)
  })

  it('are not to be guessed: wrong ones count, and asking for one in between does not help', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    const types: string[] = []
    for (let i = 0; i < 8; i += 1) {
      // The right password alone is no guess, and makes none of the guesses undone.
      types.push((await problemOf(signIn(person.email))).type)
      types.push((await problemOf(signIn(person.email, '000000'))).type)
    }
    expect(types.slice(0, 10)).toEqual(
      Array(5).fill(['otp-required', 'invalid-credentials']).flat(),
    )
    expect(types.slice(11)).toEqual(Array(5).fill('too-many-attempts'))
    expect((await problemOf(signIn(person.email, person.code()))).type).toBe('too-many-attempts')
  })

  it('count for nothing where the password is wrong, and are not used up by it', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    for (const otp of [person.code(), person.recoveryCodes[0] ?? '', undefined]) {
      const input = { email: person.email, password: 'wrong', ...(otp !== undefined && { otp }) }
      const problem = await problemOf(test.identity.sessions.signIn(input, from()))
      expect(problem.type).toBe('invalid-credentials')
    }
    await signIn(person.email, person.code())
    await signIn(person.email, person.recoveryCodes[0])
  })

  it('end the other sessions when they are begun and ended, and take a fresh sign-in', async () => {
    verifies('S-42')
    const owner = await newMember()
    const elsewhere = await signIn(owner.email)
    const { secondFactor } = test.identity
    const { secret } = await secondFactor.begin(owner)
    const otp = totpCode(secret, clockMs)
    await secondFactor.confirm(owner, { otp }, from())
    const isOver = async (person: typeof owner) =>
      (await test.identity.recheckOwner(person)) === undefined
    expect([await isOver(elsewhere), await isOver(owner)]).toEqual([true, false])

    const later = await signIn(owner.email, totpCode(secret, clockMs + stepMs))
    clockMs += 5 * 60_000
    expect((await problemOf(secondFactor.disable(owner))).type).toBe('fresh-sign-in-required')
    expect((await problemOf(secondFactor.renewRecoveryCodes(owner))).type).toBe(
      'fresh-sign-in-required',
    )
    expect((await problemOf(secondFactor.begin(owner))).type).toBe('fresh-sign-in-required')
    const fresh = { ...owner, authenticatedAtMs: clockMs }
    await secondFactor.disable(fresh)
    expect([await isOver(later), await isOver(owner)]).toEqual([true, false])
    await signIn(owner.email)
    expect((await problemOf(secondFactor.disable(fresh))).type).toBe('totp-not-enabled')
    expect((await problemOf(secondFactor.renewRecoveryCodes(fresh))).type).toBe('totp-not-enabled')
    expect((await problemOf(secondFactor.confirm(fresh, { otp }, from()))).type).toBe(
      'totp-not-enabled',
    )
  })

  it('cannot be got round by changing the password: that alone is no fresh sign-in', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    clockMs += 6 * 60_000
    const { sessions } = test.identity
    const change = { currentPassword: password, newPassword: 'another long password' }
    const { session } = await sessions.changePassword(person.owner, change, from())
    const renewed = await test.identity.authenticateOwner({ cookie: session.value })
    expect((await problemOf(test.identity.secondFactor.disable(renewed))).type).toBe(
      'fresh-sign-in-required',
    )
  })

  it('are asked for by reauthenticating with a password as well', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    const again = (otp?: string) =>
      test.identity.reauthenticate(
        person.owner,
        { password, ...(otp !== undefined && { otp }) },
        from(),
      )
    expect((await problemOf(again())).type).toBe('otp-required')
    expect((await problemOf(again('000000'))).type).toBe('invalid-credentials')
    const { session, output } = await again(person.code())
    expect(output.authenticatedAt).toBe(new Date(clockMs).toISOString())
    await test.identity.authenticateOwner({ cookie: session.value })
    expect(await test.identity.recheckOwner(person.owner)).toBeUndefined()
    // The session that was replaced begets no other one.
    expect((await problemOf(again(person.code(1)))).type).toBe('invalid-credentials')
  })
})

describe('recovery codes', () => {
  it('stand in for a code, each once, however many try it at once', async () => {
    verifies('S-42')
    const person = await newCodeUser()
    const [code = '', next = ''] = person.recoveryCodes
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => signIn(person.email, code.toUpperCase())),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const left = async () => (await test.identity.readAccount(person.owner, {})).account
    expect(await left()).toMatchObject({ totp: true, recoveryCodesLeft: 9 })
    await signIn(person.email, next)
    expect(await left()).toMatchObject({ recoveryCodesLeft: 8 })
  })

  it('are another person’s never, and end when new ones are made', async () => {
    verifies('S-42')
    const [one, other] = [await newCodeUser(), await newCodeUser()]
    const foreign = await problemOf(signIn(one.email, other.recoveryCodes[0]))
    expect(foreign.type).toBe('invalid-credentials')
    const { recoveryCodes } = await test.identity.secondFactor.renewRecoveryCodes(one.owner)
    const old = await problemOf(signIn(one.email, one.recoveryCodes[0]))
    expect(old.type).toBe('invalid-credentials')
    await signIn(one.email, recoveryCodes[0])
  })
})
