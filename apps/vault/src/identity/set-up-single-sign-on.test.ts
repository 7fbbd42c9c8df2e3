import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  openSettings,
  ownerEmail,
  password,
  problemOf,
  type Settings,
  type SingleSignOnRoom,
  startSingleSignOnRoom,
} from '../../../../test/fixtures/single-sign-on-room.ts'
import { verifies } from '../../../../test/verifies.ts'

const minuteMs = 60_000
const secret = openSettings.clientSecret ?? ''

let room: SingleSignOnRoom

beforeAll(async () => {
  room = await startSingleSignOnRoom()
})
beforeEach(() => room.reset())
afterAll(() => room?.db.stop())

const settings = () => room.test.identity.setUpSingleSignOn
const put = async (change: Partial<Settings>) => {
  const { clientSecret, ...rest } = openSettings
  return settings().put(await room.byPassword(), { ...rest, ...change })
}
const failed = async (work: Promise<unknown>) => {
  const { type, detail } = await problemOf(work)
  return [type, detail]
}
const stored = async () => {
  const [row] = await room.db.database.sql`SELECT * FROM single_sign_on`
  return row as { workspace_id: string; sealed: Uint8Array; version: number }
}

describe('the settings of single sign-on', () => {
  it('are changed by an owner alone, who proved a moment ago who they are', async () => {
    verifies('S-42', 'S-08')
    for (const role of ['admin', 'approver', 'auditor'] as const) {
      const { email } = await room.newMember(role, room.newPerson().email)
      const actor = await room.byPassword(email)
      expect(await failed(settings().put(actor, openSettings))).toContain('insufficient-scope')
      expect(await failed(settings().delete(actor))).toContain('insufficient-scope')
    }
    const actor = await room.byPassword()
    room.clock.nowMs += 5 * minuteMs
    expect(await failed(settings().put(actor, openSettings))).toContain('fresh-sign-in-required')
    expect(await failed(settings().delete(actor))).toContain('fresh-sign-in-required')
    room.clock.nowMs -= 5 * minuteMs
    const { email } = await room.newMember('owner', room.newPerson().email)
    const other = await room.byPassword(email)
    const change = { ownerId: other.ownerId, role: 'admin' } as const
    await room.test.identity.members.changeRole(await room.byPassword(), change)
    // Checked with the owners locked, whatever the session said.
    expect(await failed(settings().put(other, openSettings))).toContain('insufficient-scope')
  })

  it('are shown to every role without the secret, which is nowhere in clear', async () => {
    verifies('S-38')
    const { email } = await room.newMember('auditor', room.newPerson().email)
    const shown = await settings().get(await room.byPassword(email))
    expect(shown).toMatchObject({
      redirectUri: expect.stringMatching(/\/api\/v1\/session\/oidc\/callback$/),
      singleSignOn: { issuer: openSettings.issuer, clientId: 'vault', secretHint: '…7f3a' },
    })
    const [dump] = await room.db.database.sql`
      SELECT row_to_json(s)::text AS text FROM single_sign_on s`
    await put({ label: 'Acme 2' })
    for (const text of [JSON.stringify(shown), dump?.text, JSON.stringify(room.test.events)]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(secret).toString('hex'))
    }
  })

  it('keep the secret that nobody gave anew, for the issuer and client that it was given for', async () => {
    verifies('S-38')
    await put({ label: 'Another name', allowedDomains: ['example.com'] })
    expect((await room.signIn(room.newPerson())).owner.role).toBe('auditor')
    room.provider.requests.length = 0
    room.provider.metadata = { issuer: 'https://evil.example' }
    for (const change of [
      { issuer: 'https://evil.example' },
      { issuer: 'https://id.example.evil.example' },
      { clientId: 'another' },
    ]) {
      const { type, fields } = await problemOf(put(change))
      expect([type, fields?.[0]?.field]).toEqual(['invalid-input', 'clientSecret'])
    }
    // Not even asked who they are.
    expect(room.provider.requests).toEqual([])
  })

  it('are saved only once the provider’s metadata were read, and are its own', async () => {
    verifies('S-31')
    const before = await stored()
    const wrong: [string, Record<string, unknown>][] = [
      ['https://evil.example', { issuer: 'https://evil.example' }],
      ['https://id.example/{tenantid}/v2.0', { issuer: 'https://id.example/{tenantid}/v2.0' }],
      ['lack an endpoint', { token_endpoint: undefined }],
      ['lack an endpoint', { jwks_uri: undefined }],
      ['lack an endpoint', { authorization_endpoint: 'no URL' }],
      ['This origin', { authorization_endpoint: 'javascript:alert(1)' }],
      ['This origin', { userinfo_endpoint: 'file:///etc/passwd' }],
    ]
    for (const [said, metadata] of wrong) {
      room.provider.metadata = metadata
      const [type, detail] = await failed(put({ label: 'Not saved' }))
      expect([type, detail]).toEqual([
        expect.stringMatching(/^(provider-refused|origin-not-allowed)$/),
        expect.stringContaining(said),
      ])
    }
    room.provider.instead = () => new Response('<html>')
    expect(await failed(put({ label: 'Not saved' }))).toContain('provider-unavailable')
    expect(await failed(put({ issuer: 'ftp://id.example', clientSecret: secret }))).toContain(
      'origin-not-allowed',
    )
    expect(await stored()).toEqual(before)
  })

  it('take the issuer as the provider writes it, slash and all', async () => {
    room.provider.metadata = { issuer: 'https://id.example/' }
    const { singleSignOn } = await put({})
    expect(singleSignOn.issuer).toBe('https://id.example/')
    const { answer, from } = await room.begin({
      ...room.newPerson(),
      iss: 'https://id.example/',
    })
    const named = { ...answer, iss: 'https://id.example/' }
    await room.test.identity.singleSignOn.finish(named, from)
  })

  it('count as they were sealed: no column that somebody edits, and no row of another time or place', async () => {
    verifies('S-33')
    const old = await stored()
    await put({ defaultRole: null })
    const { sql } = room.db.database
    const start = () => room.test.identity.singleSignOn.start({}, { address: room.address() })
    await sql`UPDATE single_sign_on SET sealed = ${Buffer.from(old.sealed)}`
    expect(await failed(start())).toContain('credential-unreadable')
    await sql`UPDATE single_sign_on SET version = version + 1`
    expect(await failed(start())).toContain('credential-unreadable')
    expect(room.test.events.at(-1)).toMatchObject({ problem: 'credential-unreadable' })
    // Who signs in here can still do so, and the sign-in page says nothing of what cannot be read.
    expect(await room.test.identity.singleSignOn.readMethods()).toEqual({})
    expect((await room.byPassword()).role).toBe('owner')
    expect(await failed(put({}))).toContain('credential-unreadable')
    await put({ clientSecret: secret })
    await start()
  })

  it('that two owners save at once are one owner’s, and the other is told', async () => {
    const replicas = [room.test, room.replica(), room.replica()]
    const actor = await room.byPassword()
    const saved = await Promise.allSettled(
      replicas.map(({ identity }, at) =>
        identity.setUpSingleSignOn.put(actor, { ...openSettings, label: `Acme ${at}` }),
      ),
    )
    const refused = saved.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(saved.length - refused.length).toBeGreaterThanOrEqual(1)
    expect(refused.map(({ type }) => type)).toEqual(refused.map(() => 'version-conflict'))
  })

  it('of another client end the sessions that the former one began; a new name ends none', async () => {
    verifies('S-42')
    const { cookie } = await room.signIn(room.newPerson())
    await put({ label: 'Another name', clientSecret: 'another-secret-of-the-client' })
    expect(await room.isGood(cookie)).toBe(true)
    await put({ clientId: 'another', clientSecret: secret })
    expect(await room.isGood(cookie)).toBe(false)
  })

  it('may be of a public client, which has no secret', async () => {
    const { singleSignOn } = await put({ clientAuthentication: 'none', clientSecret: secret })
    expect(singleSignOn).toMatchObject({ clientAuthentication: 'none', secretHint: '' })
    expect(await failed(put({}))).toContain('invalid-input')
  })
})

describe('the end of single sign-on', () => {
  it('ends its sessions and open sign-ins, and forgets whose account is whose', async () => {
    verifies('S-42')
    const person = room.newPerson()
    const { cookie, owner } = await room.signIn(person)
    const { email } = await room.newMember('approver', room.newPerson().email)
    const local = await room.byPassword(email)
    const { answer, from } = await room.begin(person)
    await settings().delete(await room.byPassword())
    expect(await room.isGood(cookie)).toBe(false)
    expect(await room.test.identity.recheckOwner(local)).toBeDefined()
    const { singleSignOn } = room.test.identity
    expect(await failed(singleSignOn.finish(answer, from))).toContain('connect-flow-refused')
    expect(await failed(singleSignOn.start({}, from))).toContain('single-sign-on-not-found')
    expect(await singleSignOn.readMethods()).toEqual({})
    expect(await failed(settings().delete(await room.byPassword()))).toContain(
      'single-sign-on-not-found',
    )
    // Another provider knows the same person by another name.
    await put({ clientSecret: secret })
    const again = await room.signIn({ ...person, sub: room.newPerson().sub })
    expect(again.owner.id).toBe(owner.id)
  })
})

describe('single sign-on that is demanded', () => {
  const signIn = (email: string) =>
    room.test.identity.sessions.signIn({ email, password }, { address: room.address() })

  it('lets nobody but owners in by password, and tells it only to who knows the password', async () => {
    verifies('S-42')
    const { email } = await room.newMember('admin', room.newPerson().email)
    await put({ required: true })
    const { type, next } = await problemOf(signIn(email))
    expect([type, next]).toEqual(['sign-in-refused', expect.stringContaining('Sign in with Acme')])
    expect(room.test.events.at(-1)).toMatchObject({
      ...{ operation: 'signIn', outcome: 'refused', reason: 'single-sign-on-required' },
    })
    const wrong = { email, password: 'a wrong password' }
    const guess = room.test.identity.sessions.signIn(wrong, { address: room.address() })
    expect(await failed(guess)).toContain('invalid-credentials')
    expect((await signIn(ownerEmail)).output.owner.role).toBe('owner')
    expect((await room.signIn(room.newPerson({ email }))).owner.email).toBe(email)
  })

  it('is no guess: it holds nobody back, whoever tries', async () => {
    const { email } = await room.newMember('admin', room.newPerson().email)
    await put({ required: true })
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect(await failed(signIn(email))).toContain('sign-in-refused')
    }
  })

  it('accepts invitations by the provider alone, but for an owner’s', async () => {
    verifies('S-42')
    await put({ required: true })
    const invited = async (role: 'admin' | 'owner') => {
      const { email } = room.newPerson()
      const actor = await room.byPassword()
      const made = await room.test.identity.invitations.create(actor, { email, role })
      const token = made.invitationUrl.split('token=')[1] ?? ''
      return { email, accept: () => accept(token) }
    }
    const accept = (token: string) =>
      room.test.identity.invitations.accept({ token, password }, { address: room.address() })
    const admin = await invited('admin')
    expect(await failed(admin.accept())).toContain('sign-in-refused')
    expect((await room.signIn(room.newPerson({ email: admin.email }))).owner.role).toBe('admin')
    expect((await (await invited('owner')).accept()).output.owner.role).toBe('owner')
  })

  it('leaves sessions and tokens as they are; what renews a session does not lengthen it', async () => {
    verifies('S-42')
    const { email } = await room.newMember('admin', room.newPerson().email)
    const person = await room.byPassword(email)
    await put({ required: true })
    room.clock.nowMs += 20 * minuteMs
    const from = { address: room.address() }
    const { output, session } = await room.test.identity.reauthenticate(person, { password }, from)
    expect(output.authenticatedAt).toBe(new Date(room.clock.nowMs).toISOString())
    expect(new Date(output.expiresAt).getTime()).toBe(person.expiresAtMs)
    const renewed = await room.asOwner(session.value)
    expect(renewed).toMatchObject({ method: 'password', expiresAtMs: person.expiresAtMs })
    const input = { currentPassword: password, newPassword: 'another correct horse' }
    const changed = await room.test.identity.sessions.changePassword(renewed, input, from)
    expect(new Date(changed.output.expiresAt).getTime()).toBe(person.expiresAtMs)
  })

  it('stays demanded where the settings cannot be read', async () => {
    verifies('S-42', 'S-33')
    const { email } = await room.newMember('admin', room.newPerson().email)
    await room.db.database.sql`UPDATE single_sign_on SET version = version + 1`
    expect(await failed(signIn(email))).toContain('credential-unreadable')
    expect((await signIn(ownerEmail)).output.owner.role).toBe('owner')
    await put({ clientSecret: secret })
  })
})
