import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
const dayMs = 86_400_000

let db: TestDatabase
let test: TestIdentity
let clockMs: number
let lastAddress = 0

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

async function invite(who: string, role: 'owner' | 'auditor' = 'auditor', by = signIn()) {
  const made = await test.identity.invitations.create(await by, { email: who, role })
  return { ...made, token: made.invitationUrl.split('#token=')[1] ?? '' }
}
const accept = (token: string, on = test) =>
  on.identity.invitations.accept({ token, password: 'a password of my own' }, from())
const read = (token: string) => test.identity.invitations.read({ token })

beforeAll(async () => {
  db = await startTestDatabase()
  await prepareInstallation(db.owner)
  clockMs = Date.now()
  test = createTestIdentity({ ...db, now: () => clockMs })
  const { setupToken = '' } = await test.identity.setup.prepareSetup()
  await test.identity.setup.setUp({ setupToken, email, password, workspace: 'Acme' }, from())
})
afterAll(async () => db?.stop())

describe('an invitation', () => {
  it('says what it is for, makes the person once, and signs them in', async () => {
    verifies('S-42')
    const { invitation, invitationUrl, token } = await invite('Bo@Example.com')
    expect(invitationUrl).toMatch(
      new RegExp(`^${issuer.replaceAll('.', '\\.')}/invite#token=spi_[A-Za-z0-9_-]{43}$`),
    )
    expect(await read(token)).toEqual({
      email: 'bo@example.com',
      role: 'auditor',
      workspace: 'Acme',
      invitedBy: email,
      expiresAt: new Date(clockMs + 7 * dayMs).toISOString(),
    })
    const other = createTestIdentity({ ...db, now: () => clockMs })
    const replicas = [test, other]
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => accept(token, replicas[i % 2])),
    )
    const made = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(made).toHaveLength(1)
    expect(made[0]?.output).toMatchObject({
      owner: { email: 'bo@example.com', role: 'auditor' },
      workspace: { name: 'Acme' },
    })
    const person = await test.identity.authenticateOwner({
      cookie: made[0]?.session.value ?? '',
    })
    expect(person).toMatchObject({ email: 'bo@example.com', role: 'auditor' })
    const { sessions } = await test.identity.sessionList.list(person, { limit: 5 })
    expect(sessions).toMatchObject([{ method: 'invitation', current: true }])
    const events = [...test.events, ...other.events]
    expect(events.map(({ operation }) => operation)).toContain('acceptInvitation')
    const stored = JSON.stringify([
      await db.database.sql`SELECT row_to_json(i) FROM invitations i`,
      events,
    ])
    expect(stored).not.toContain(token.slice(4))
    const left = await test.identity.invitations.list(await signIn(), { limit: 50 })
    expect(left.invitations.map(({ id }) => id)).not.toContain(invitation.id)
  })

  it('answers one thing when it is used, over, withdrawn, replaced, made up or from who is no owner any more', async () => {
    verifies('S-42')
    const used = await invite('used@example.com')
    await accept(used.token)
    const over = await invite('over@example.com')
    clockMs += 7 * dayMs
    const withdrawn = await invite('withdrawn@example.com')
    await test.identity.invitations.delete(await signIn(), {
      invitationId: withdrawn.invitation.id,
    })
    const replaced = await invite('replaced@example.com')
    const replacing = await invite('replaced@example.com', 'owner')
    const input = { email: 'second@example.com', password, role: 'owner' } as const
    const { member } = await test.identity.members.add(await signIn(), input)
    const demoted = await invite('demoted@example.com', 'owner', signIn('second@example.com'))
    const ref = { ownerId: member.id }
    await test.identity.members.changeRole(await signIn(), { ...ref, role: 'admin' })
    const tokens = [used, over, withdrawn, replaced, demoted].map(({ token }) => token)
    const madeUp = ['', 'spi_', `spi_${'A'.repeat(43)}`, tokens[0]?.slice(4) ?? '', '\u0000', '💥']
    const answers = new Set<string>()
    for (const token of [...tokens, ...madeUp]) {
      for (const work of [read, accept]) {
        const { type, detail, next } = await problemOf(work(token))
        answers.add(`${type} ${detail} ${next}`)
      }
    }
    expect([...answers]).toHaveLength(1)
    expect([...answers][0]).toMatch(/^invalid-invitation /)
    expect((await read(replacing.token)).role).toBe('owner')
  })

  it('is for an address that nobody has, now and when it is accepted', async () => {
    const taken = test.identity.invitations.create(await signIn(), { email, role: 'admin' })
    expect((await problemOf(taken)).type).toBe('email-taken')
    const { token } = await invite('late@example.com')
    const input = { email: 'late@example.com', password, role: 'auditor' } as const
    await test.identity.members.add(await signIn(), input)
    expect((await problemOf(accept(token))).type).toBe('email-taken')
  })

  it('is made and withdrawn by owners alone, from a session, and made only after a fresh sign-in', async () => {
    verifies('S-08', 'S-42')
    const input = { email: 'x@example.com', role: 'auditor' } as const
    const owner = await signIn()
    const { invitation } = await invite('open@example.com')
    const ref = { invitationId: invitation.id }
    const { invitations } = test.identity
    for (const role of ['admin', 'approver', 'auditor'] as const) {
      const actor = { ...owner, role }
      expect((await problemOf(invitations.create(actor, input))).type).toBe('insufficient-scope')
      expect((await problemOf(invitations.delete(actor, ref))).type).toBe('insufficient-scope')
    }
    const token = { ...owner, via: 'token' as const }
    expect((await problemOf(invitations.create(token, input))).type).toBe('session-required')
    expect((await problemOf(invitations.delete(token, ref))).type).toBe('session-required')
    const stale = { ...owner, authenticatedAtMs: clockMs - 5 * 60_000 }
    expect((await problemOf(invitations.create(stale, input))).type).toBe('fresh-sign-in-required')
    for (const invitationId of ['inv_none', '', '\u0000']) {
      const none = await problemOf(invitations.delete(owner, { invitationId }))
      expect(none.type).toBe('invitation-not-found')
    }
    const elsewhere = { ...owner, workspaceId: 'wsp_other' }
    expect((await problemOf(invitations.delete(elsewhere, ref))).type).toBe('invitation-not-found')
    expect((await invitations.list(elsewhere, { limit: 50 })).invitations).toEqual([])
  })

  it('is listed while it is open, page by page, and removed by the job when it is over', async () => {
    const open = async () => {
      const ids: string[] = []
      let cursor: string | undefined
      for (let page = 0; page < 300; page += 1) {
        const input = { limit: 2, ...(cursor !== undefined && { cursor }) }
        const answer = await test.identity.invitations.list(await signIn(), input)
        ids.push(...answer.invitations.map(({ email: address }) => address))
        cursor = answer.nextCursor
        if (cursor === undefined) break
      }
      return ids
    }
    for (let i = 0; i < 5; i += 1) await invite(`p${i}@example.com`)
    const before = await open()
    expect(new Set(before).size).toBe(before.length)
    expect(before.filter((address) => /^p\d@/.test(address))).toHaveLength(5)
    await db.database.sql`UPDATE invitations SET expires_at = now() - interval '1 s'`
    await test.identity.removeExpired()
    expect(await open()).toEqual([])
    const [row] = await db.database.sql`SELECT count(*)::int AS left FROM invitations`
    expect(row?.left).toBe(0)
  })
})
