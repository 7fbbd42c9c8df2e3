import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PaperClaims } from '../../../../test/fixtures/paper-provider.ts'
import {
  password,
  problemOf,
  type SingleSignOnRoom,
  startSingleSignOnRoom,
} from '../../../../test/fixtures/single-sign-on-room.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { requireFreshSignIn } from './require-fresh-sign-in.ts'

// Proving again at the provider who one is, and what a session is worth that the provider began.

const minuteMs = 60_000

let room: SingleSignOnRoom

beforeAll(async () => {
  room = await startSingleSignOnRoom()
})
beforeEach(() => room.reset())
afterAll(() => room?.db.stop())

const typeOf = async (work: Promise<unknown>) => (await problemOf(work)).type
const isFresh = (owner: AuthenticatedOwner) => {
  try {
    requireFreshSignIn(owner, room.clock.nowMs)
    return true
  } catch {
    return false
  }
}
const provedAt = (atMs: number) => ({ auth_time: Math.floor(atMs / 1000) })

/** Begins in a session, and answers what the provider sends back, with the browser. */
async function again(cookie: string, claims: PaperClaims) {
  const { singleSignOn } = room.test.identity
  const from = { address: room.address(), cookie }
  const begun = await singleSignOn.startAgain(await room.asOwner(cookie), {}, from)
  const answer = room.provider.consent(begun.output.authorizationUrl, claims)
  const browser = { ...from, flowCookie: begun.flow.value }
  return { url: begun.output.authorizationUrl, answer, browser }
}
const finish: SingleSignOnRoom['test']['identity']['singleSignOn']['finish'] = (answer, from) =>
  room.test.identity.singleSignOn.finish(answer, from)

describe('a session that the provider began', () => {
  it('is as fresh as the provider says that its person is', async () => {
    verifies('S-42')
    const { nowMs } = room.clock
    const times: [number | undefined, boolean][] = [
      [nowMs, true],
      [nowMs - 4 * minuteMs, true],
      [nowMs - 5 * minuteMs - 1000, false],
      [nowMs - 600 * minuteMs, false],
      [nowMs + 30_000, true],
      [nowMs + 2 * minuteMs, false],
      [undefined, false],
    ]
    for (const [atMs, expected] of times) {
      const claims = atMs === undefined ? { auth_time: undefined } : provedAt(atMs)
      const { cookie } = await room.signIn(room.newPerson(claims))
      expect([atMs, isFresh(await room.asOwner(cookie))]).toEqual([atMs, expected])
    }
  })

  it('says nothing of when where the provider does not', async () => {
    const { authenticatedAt } = await room.signIn(room.newPerson({ auth_time: undefined }))
    expect(authenticatedAt).toBeUndefined()
  })

  it('stays one, and ends when it would have, however its person proves here that they are there', async () => {
    verifies('S-42')
    const person = room.newPerson()
    await room.newMember('admin', person.email)
    const { cookie, expiresAt } = await room.signIn(person)
    room.clock.nowMs += 6 * minuteMs
    const before = await room.asOwner(cookie)
    expect(isFresh(before)).toBe(false)
    const from = { address: room.address() }
    const renewed = await room.test.identity.reauthenticate(before, { password }, from)
    const after = await room.asOwner(renewed.session.value)
    expect(isFresh(after)).toBe(true)
    expect(after.method).toBe('oidc')
    expect(renewed.output.expiresAt).toBe(expiresAt)
    expect(renewed.session.expiresAtMs).toBe(new Date(expiresAt).getTime())
    const input = { currentPassword: password, newPassword: 'another correct horse' }
    const { session } = await room.test.identity.sessions.changePassword(after, input, from)
    expect((await room.asOwner(session.value)).method).toBe('oidc')
    await room.test.identity.setUpSingleSignOn.delete(await room.byPassword())
    expect(await room.isGood(session.value)).toBe(false)
  })
})

describe('proving again at the provider who one is', () => {
  it('asks the provider to ask the person, renews the session, and makes it fresh', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const { cookie } = await room.signIn(person)
    room.clock.nowMs += 6 * minuteMs
    expect(isFresh(await room.asOwner(cookie))).toBe(false)
    const claims = { ...person, ...provedAt(room.clock.nowMs) }
    const { url, answer, browser } = await again(cookie, claims)
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      ...{ prompt: 'login', max_age: '0', login_hint: person.email },
    })
    const { session } = await finish(answer, browser)
    expect(isFresh(await room.asOwner(session.value))).toBe(true)
    expect(await room.isGood(cookie)).toBe(false)
    expect(room.test.events.at(-1)?.detail).toMatchObject({ purpose: 'reauthenticate' })
  })

  it('takes no word of an earlier time, of a later one, or none at all', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const { cookie } = await room.signIn(person)
    const { nowMs } = room.clock
    for (const claims of [
      provedAt(nowMs - 61_000 - 1000),
      provedAt(nowMs - 60 * minuteMs),
      provedAt(nowMs + 5 * minuteMs),
      { auth_time: undefined },
      { auth_time: String(Math.floor(nowMs / 1000)) },
    ]) {
      const { answer, browser } = await again(cookie, { ...person, ...claims })
      const problem = await problemOf(finish(answer, browser))
      expect(problem.type).toMatch(/^(authorization-refused|provider-unavailable)$/)
    }
    expect(await room.isGood(cookie)).toBe(true)
  })

  it('is for the session that began it, while it lasts', async () => {
    verifies('S-31', 'S-42')
    const person = room.newPerson()
    const [one, two] = [await room.signIn(person), await room.signIn(person)]
    const elsewhere = await again(one.cookie, person)
    for (const cookie of [two.cookie, undefined, '', 'x', 'A'.repeat(43)]) {
      const { answer, browser } = await again(one.cookie, person)
      expect(await typeOf(finish(answer, { ...browser, cookie }))).toBe('connect-flow-refused')
    }
    await room.test.identity.sessions.signOut(await room.asOwner(one.cookie))
    expect(await typeOf(finish(elsewhere.answer, elsewhere.browser))).toBe('connect-flow-refused')
    expect(room.test.events.at(-1)).toMatchObject({ reason: 'session-gone' })
    expect(await room.isGood(two.cookie)).toBe(true)
  })

  it('as somebody else, known or not, changes nothing', async () => {
    verifies('S-42')
    const [person, other] = [room.newPerson(), room.newPerson()]
    const { cookie } = await room.signIn(person)
    await room.signIn(other)
    for (const claims of [other, room.newPerson()]) {
      const { answer, browser } = await again(cookie, claims)
      expect(await typeOf(finish(answer, browser))).toBe('sign-in-refused')
      expect(room.test.events.at(-1)).toMatchObject({ reason: 'other-person' })
    }
    expect((await room.asOwner(cookie)).email).toBe(person.email)
  })

  it('makes no session of a sign-in, and no sign-in of a session', async () => {
    verifies('S-31')
    const person = room.newPerson()
    const { cookie } = await room.signIn(person)
    const signingIn = await room.begin(person)
    const { answer, browser } = await again(cookie, person)
    expect(await typeOf(finish(answer, signingIn.from))).toBe('connect-flow-refused')
    expect(await typeOf(finish(signingIn.answer, browser))).toBe('connect-flow-refused')
  })

  it('is not for tokens', async () => {
    verifies('S-08')
    const { cookie } = await room.signIn(room.newPerson())
    const input = { name: 'x', scopes: ['agents:read' as const], expiresInDays: 1 }
    const { secret } = await room.test.identity.ownerTokens.create(
      await room.asOwner(cookie),
      input,
    )
    const owner = await room.test.identity.authenticateOwner({ bearer: secret })
    const from = { address: room.address() }
    const { singleSignOn } = room.test.identity
    expect(await typeOf(singleSignOn.startAgain(owner, {}, from))).toBe('session-required')
  })
})
