import type { Role } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PaperClaims } from '../../../../test/fixtures/paper-provider.ts'
import {
  openSettings,
  problemOf,
  type SingleSignOnRoom,
  startSingleSignOnRoom,
} from '../../../../test/fixtures/single-sign-on-room.ts'
import { verifies } from '../../../../test/verifies.ts'

// Ways around single sign-on that people might try who have, or had, an account at the provider.

let room: SingleSignOnRoom

beforeAll(async () => {
  room = await startSingleSignOnRoom()
})
beforeEach(() => room.reset())
afterAll(() => room?.db.stop())

const typeOf = async (work: Promise<unknown>) => (await problemOf(work)).type
const reason = () => room.test.events.at(-1)?.reason
const byBearer = (bearer: string) => room.test.identity.authenticateOwner({ bearer })
const tokenOf = async (cookie: string) => {
  const wanted = { name: 'x', scopes: ['agents:read' as const], expiresInDays: 90 }
  return (await room.test.identity.ownerTokens.create(await room.asOwner(cookie), wanted)).secret
}
const refusedFor = async (claims: PaperClaims) => {
  expect(await typeOf(room.signIn(claims))).toBe('sign-in-refused')
  return reason()
}
const memberOf = async (email: string) => {
  const page = await room.test.identity.members.list(await room.byPassword(), { limit: 200 })
  return page.members.find((member) => member.email === email)
}

describe('a role that a group gave', () => {
  const roleMapping = [{ group: 'board', role: 'owner' as const }]

  it.each([
    ['no group gives them any', {}, 'no-role'],
    ['they may not sign in without', { allowedGroups: ['board'] }, 'group-not-allowed'],
  ])('is not kept for the password of somebody who was refused: %s', async (...[, set, why]) => {
    verifies('S-42')
    await room.configure({ roleMapping, defaultRole: null, ...set })
    const { email, id } = await room.newMember('approver', room.newPerson().email)
    const person = room.newPerson({ email, groups: ['board'] })
    const { cookie, owner } = await room.signIn(person)
    expect(owner.role).toBe('owner')
    const secret = await tokenOf(cookie)
    const local = await room.byPassword(email)
    expect(await refusedFor({ ...person, groups: [] })).toBe(why)
    expect(room.test.events.at(-1)).toMatchObject({
      ownerId: id,
      detail: { roleBefore: 'owner', role: 'auditor' },
    })
    expect(await typeOf(byBearer(secret))).toBe('unauthenticated')
    expect(await room.test.identity.recheckOwner(local)).toBeUndefined()
    expect((await room.byPassword(email)).role).toBe('auditor')
    // Nor where everybody else has to come from the provider: only owners may do without it.
    await room.configure({ roleMapping, defaultRole: null, required: true, ...set })
    expect(await typeOf(room.byPassword(email))).toBe('sign-in-refused')
    await room.configure({ roleMapping, defaultRole: null, ...set })
    expect((await room.signIn(person)).owner.role).toBe('owner')
  })

  it('stays with a group that still gives it, and what a person gave stays whoever is refused', async () => {
    const person = room.newPerson({ groups: ['board'] })
    await room.configure({ roleMapping })
    await room.signIn(person)
    await room.configure({ roleMapping, allowedDomains: ['elsewhere.example'] })
    expect(await refusedFor(person)).toBe('domain-not-allowed')
    expect((await memberOf(person.email))?.role).toBe('owner')
    const { email } = await room.newMember('admin', 'known@elsewhere.example')
    const other = room.newPerson({ email, groups: [] })
    await room.signIn(other)
    await room.configure({ roleMapping, allowedGroups: ['board'] })
    expect(await refusedFor(other)).toBe('group-not-allowed')
    expect((await memberOf(email))?.role).toBe('admin')
  })
})

describe('somebody who is refused', () => {
  it('keeps no token that they made while they might come in', async () => {
    verifies('S-42')
    const person = room.newPerson({ groups: ['staff'] })
    await room.configure({ allowedGroups: ['staff'] })
    const { cookie } = await room.signIn(person)
    const secret = await tokenOf(cookie)
    expect(await byBearer(secret)).toMatchObject({ email: person.email })
    expect(await refusedFor({ ...person, groups: [] })).toBe('group-not-allowed')
    expect(await typeOf(byBearer(secret))).toBe('unauthenticated')
  })

  it('as another than who asks to prove it loses nothing: nothing was said against them', async () => {
    const [one, other] = [room.newPerson(), room.newPerson()]
    const { cookie } = await room.signIn(one)
    const others = await room.signIn(other)
    const from = { address: room.address(), cookie }
    const { singleSignOn } = room.test.identity
    const { output, flow } = await singleSignOn.startAgain(await room.asOwner(cookie), {}, from)
    const answer = room.provider.consent(output.authorizationUrl, other)
    const finished = singleSignOn.finish(answer, { ...from, flowCookie: flow.value })
    expect(await typeOf(finished)).toBe('sign-in-refused')
    expect(reason()).toBe('other-person')
    expect(await room.isGood(others.cookie)).toBe(true)
  })
})

describe('somebody who was removed', () => {
  it.each(['at the provider', 'by its link'])(
    'does not come back by an invitation from before: %s',
    async (way) => {
      verifies('S-42')
      const person = room.newPerson()
      const { email } = person
      const invited = { email, role: 'admin' as Role }
      const { invitations, members } = room.test.identity
      const made = await invitations.create(await room.byPassword(), invited)
      const { id: ownerId } = await room.newMember('approver', email)
      await room.signIn(person)
      await members.remove(await room.byPassword(), { ownerId })
      if (way === 'at the provider') {
        expect(await refusedFor(person)).toBe('removed')
      } else {
        const token = made.invitationUrl.split('token=')[1] ?? ''
        const accepted = invitations.accept(
          { token, password: 'a password of mine' },
          { address: room.address() },
        )
        expect(await typeOf(accepted)).toBe('invalid-invitation')
      }
      await invitations.create(await room.byPassword(), { email, role: 'auditor' })
      expect((await room.signIn(person)).owner.role).toBe('auditor')
    },
  )
})

describe('settings that were ended and made anew', () => {
  const remake = async () => {
    const { setUpSingleSignOn } = room.test.identity
    await setUpSingleSignOn.delete(await room.byPassword())
    room.clock.nowMs += 1
    await setUpSingleSignOn.put(await room.byPassword(), openSettings)
  }

  it('let nobody in whose answer was on its way from the provider of before', async () => {
    verifies('S-42')
    const { setUpSingleSignOn } = room.test.identity
    await setUpSingleSignOn.delete(await room.byPassword())
    await setUpSingleSignOn.put(await room.byPassword(), openSettings)
    const { answer, from } = await room.begin(room.newPerson())
    room.provider.instead = async (path) => {
      if (path === '/token') {
        room.provider.instead = undefined
        await remake()
      }
      return undefined
    }
    const finished = room.test.identity.singleSignOn.finish(answer, from)
    expect(await typeOf(finished)).toBe('sign-in-refused')
    expect(reason()).toBe('settings-changed')
  })

  it('take no answer to a sign-in that was begun under those of before', async () => {
    verifies('S-42')
    const { setUpSingleSignOn } = room.test.identity
    await setUpSingleSignOn.delete(await room.byPassword())
    await setUpSingleSignOn.put(await room.byPassword(), openSettings)
    room.test = room.replica()
    // The provider is slow to say where to send people, and the settings are replaced meanwhile.
    room.provider.instead = async (path) => {
      if (path.endsWith('openid-configuration')) {
        room.provider.instead = undefined
        await remake()
      }
      return undefined
    }
    const { answer, from } = await room.begin(room.newPerson())
    const finished = room.test.identity.singleSignOn.finish(answer, from)
    expect(await typeOf(finished)).toBe('connect-flow-refused')
    expect(reason()).toBe('settings-changed')
  })
})
