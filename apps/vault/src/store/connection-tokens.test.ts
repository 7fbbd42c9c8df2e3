import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { RenewedTokens, TokenStore } from '../connections/tokens/token-store.ts'
import { createTokenStore } from './connection-tokens.ts'
import { createConnectionStore } from './connections.ts'
import { type Database, openDatabase } from './database.ts'
import { connectionTokens, oauthApps } from './oauth-tables.ts'
import { connections, workspaces } from './tables.ts'

const leaseMs = 25_000
const connectionId = 'con_1'
const at = (leaseId: string, version = 1) => ({ connectionId, version, leaseId })
const renewed = (change: Partial<RenewedTokens> = {}): RenewedTokens => ({
  sealed: Buffer.from('new'),
  version: 2,
  hasRefreshToken: true,
  lifeMs: 3_600_000,
  keepAliveMs: 86_400_000,
  ...change,
})

describe('the tokens of connections in the database', () => {
  let test: TestDatabase
  let second: Database
  let store: TokenStore
  let other: TokenStore

  beforeAll(async () => {
    test = await startTestDatabase()
    second = openDatabase({ url: test.urls.app, maxConnections: 4, applicationName: 'second' })
    store = createTokenStore(test.database)
    other = createTokenStore(second)
    await test.database.db.insert(workspaces).values({ id: 'wsp_1', name: 'One' })
    await test.database.db.insert(oauthApps).values({
      ...{ id: 'oap_1', workspaceId: 'wsp_1', provider: 'acme', name: 'Acme', clientId: 'c' },
      ...{ clientAuthentication: 'none', secretHint: '', parameters: {}, version: 1 },
      sealed: Buffer.from('app'),
    })
  })
  beforeEach(async () => {
    await test.database.db.delete(connections)
    await make(connectionId)
  })
  afterAll(async () => {
    await second?.close()
    await test?.stop()
  })

  async function make(
    id: string,
    change: Partial<typeof connectionTokens.$inferInsert> = {},
    kind: 'oauth2' | 'jwt-service-account' = 'oauth2',
  ) {
    await test.database.db.insert(connections).values({
      ...{ id, workspaceId: 'wsp_1', provider: 'acme', service: 'custom', label: id, version: 4 },
      ...{ status: 'healthy', singleton: false, grantedScopes: [], requestHeaders: [] },
      ...{ origins: ['https://b.example', 'https://a.example'], responseHeaders: [] },
      ...{ allowEncodedSlash: false, testUrl: null, credentialKind: kind, credentialHint: '' },
      ...{ sealed: Buffer.from('credential'), oauthAppId: kind === 'oauth2' ? 'oap_1' : null },
    })
    await test.database.db.insert(connectionTokens).values({
      ...{ connectionId: id, workspaceId: 'wsp_1', sealed: Buffer.from('old'), version: 1 },
      ...{ hasRefreshToken: true, renewedAt: new Date() },
      ...change,
    })
  }
  const set = (change: object, id = connectionId) =>
    test.database.db
      .update(connectionTokens)
      .set(change)
      .where(eq(connectionTokens.connectionId, id))
  const inS = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`
  const row = async (id = connectionId) => {
    const [found] = await test.database.db
      .select()
      .from(connectionTokens)
      .where(eq(connectionTokens.connectionId, id))
    return found
  }
  const connection = async () => {
    const [found] = await test.database.db.select().from(connections).limit(1)
    return found
  }

  it('are read with their connection, and every time as what is left of it by the database’s clock', async () => {
    await set({
      ...{ renewedAt: inS(-600), accessExpiresAt: inS(3000), leasedBy: 'me' },
      ...{
        leasedUntil: inS(20),
        nextAttemptAt: inS(-30),
        failures: 2,
        failure: 'provider-refused',
      },
    })
    const found = await store.find(connectionId)
    expect(found).toMatchObject({
      connection: {
        ...{ id: connectionId, workspaceId: 'wsp_1', provider: 'acme', version: 4 },
        ...{ status: 'healthy', credentialKind: 'oauth2', sealed: Buffer.from('credential') },
        origins: ['https://b.example', 'https://a.example'],
      },
      ...{ sealed: Buffer.from('old'), version: 1, hasRefreshToken: true, leasedBy: 'me' },
      ...{ failures: 2, failure: 'provider-refused', failureMessage: null },
    })
    const about = (ms: number | null | undefined) => Math.round((ms ?? 0) / 10_000) * 10_000
    expect(about(found?.leftMs)).toBe(3_000_000)
    expect(about(found?.lifeMs)).toBe(3_600_000)
    expect(about(found?.ageMs)).toBe(600_000)
    expect(about(found?.leaseLeftMs)).toBe(20_000)
    expect(about(found?.attemptInMs)).toBe(-30_000)
    expect(await store.find('con_none')).toBeUndefined()
  })

  it('have no end, no lease and no wait where there is none', async () => {
    expect(await store.find(connectionId)).toMatchObject({
      ...{ leftMs: null, lifeMs: null, leasedBy: null, leaseLeftMs: null, attemptInMs: null },
    })
  })

  describe('a lease', () => {
    it('is given to one of many who want it at once, on two replicas', async () => {
      verifies('S-32')
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 === 0 ? store : other).lease({ ...at(`lease_${n}`), leaseMs }),
        ),
      )
      const won = all.flatMap((leased, n) => (leased === false ? [] : [{ leased, n }]))
      expect(won).toMatchObject([{ leased: { wasLeft: false } }])
      expect(await row()).toMatchObject({ leasedBy: `lease_${won[0]?.n}`, version: 1 })
    })

    it.each([
      ['another version', { version: 2 }],
      ['a lease that runs', { leasedBy: 'other', leasedUntil: inS(20) }],
      ['an attempt that may not be made yet', { nextAttemptAt: inS(20) }],
    ])('is not given for %s', async (_, change) => {
      verifies('S-32')
      await set(change)
      expect(await store.lease({ ...at('mine'), leaseMs })).toBe(false)
    })

    it.each(['needs_reauth', 'revoked'] as const)(
      'is not given where the connection is %s',
      async (status) => {
        await test.database.db.update(connections).set({ status })
        expect(await store.lease({ ...at('mine'), leaseMs })).toBe(false)
        expect(await store.lease({ ...at('mine'), connectionId: 'con_none', leaseMs })).toBe(false)
      },
    )

    it('that ran out is given to the next, who is told that it was left', async () => {
      verifies('S-43')
      await set({ leasedBy: 'dead', leasedUntil: inS(-1), nextAttemptAt: inS(-1) })
      expect(await store.lease({ ...at('mine'), leaseMs })).toEqual({ wasLeft: true })
      expect(await store.lease({ ...at('other'), leaseMs })).toBe(false)
    })

    it('of a process that is known to be gone can be ended, and still tells that it was left', async () => {
      verifies('S-43')
      await store.lease({ ...at('dead'), leaseMs })
      await store.expireLeases()
      expect(await store.lease({ ...at('mine'), leaseMs })).toEqual({ wasLeft: true })
    })
  })

  describe('a save', () => {
    it('puts the new in the place of the version that it was got with, once', async () => {
      verifies('S-32')
      await store.lease({ ...at('mine'), leaseMs })
      await set({ failures: 3, failure: 'x', failureMessage: 'y', nextAttemptAt: inS(5) })
      const saved = await Promise.all([
        store.save(at('mine'), renewed()),
        other.save(at('mine'), renewed({ sealed: Buffer.from('other') })),
      ])
      expect(saved.filter(Boolean)).toHaveLength(1)
      const found = await row()
      expect(found).toMatchObject({
        ...{ version: 2, hasRefreshToken: true, leasedBy: null, leasedUntil: null },
        ...{ failures: 0, failure: null, failureMessage: null, nextAttemptAt: null },
      })
      const lifeMs = (found?.accessExpiresAt?.getTime() ?? 0) - (found?.renewedAt.getTime() ?? 0)
      expect(lifeMs).toBe(3_600_000)
      expect(found?.keepAliveAt).toBeInstanceOf(Date)
    })

    it('keeps no end where there is none', async () => {
      await store.save(at('mine'), renewed({ lifeMs: null, keepAliveMs: null }))
      expect(await row()).toMatchObject({ accessExpiresAt: null, keepAliveAt: null })
    })

    it('happens though the lease has gone to somebody else, whose lease stays', async () => {
      verifies('S-32')
      await set({ leasedBy: 'other', leasedUntil: inS(20) })
      expect(await store.save(at('mine'), renewed())).toBe(true)
      expect(await row()).toMatchObject({ version: 2, leasedBy: 'other' })
    })

    it('changes nothing of another version, and brings nothing back that was revoked', async () => {
      verifies('S-10')
      expect(await store.save(at('mine', 7), renewed())).toBe(false)
      const connectionStore = createConnectionStore(test.database)
      await connectionStore.revoke({ workspaceId: 'wsp_1', id: connectionId, now: new Date() })
      expect(await store.save(at('mine'), renewed())).toBe(false)
      expect(await row()).toBeUndefined()
      expect(await connection()).toMatchObject({ status: 'revoked', sealed: null })
    })

    it('heals a connection that was found dead meanwhile, and touches no other', async () => {
      await test.database.db
        .update(connections)
        .set({ status: 'needs_reauth', statusReason: 'so it seemed' })
      expect(await store.save(at('mine', 7), renewed())).toBe(false)
      expect(await connection()).toMatchObject({ status: 'needs_reauth' })
      expect(await store.save(at('mine'), renewed())).toBe(true)
      expect(await connection()).toMatchObject({
        status: 'healthy',
        statusReason: null,
        version: 4,
      })
    })
  })

  describe('a failure', () => {
    const failure = { problem: 'provider-refused', message: 'No.', retryMs: 60_000 }

    it('is noted, ends the lease, and is heeded', async () => {
      await store.lease({ ...at('mine'), leaseMs })
      await store.fail(at('mine'), { ...failure, keepsMark: false })
      expect(await row()).toMatchObject({
        ...{ failures: 1, failure: 'provider-refused', failureMessage: 'No.' },
        ...{ leasedBy: null, leasedUntil: null, failedAt: expect.any(Date) },
      })
      expect(await other.lease({ ...at('other'), leaseMs })).toBe(false)
      await set({ nextAttemptAt: inS(-1) })
      expect(await other.lease({ ...at('other'), leaseMs })).toEqual({ wasLeft: false })
    })

    it('after a lost answer leaves the mark', async () => {
      await store.lease({ ...at('mine'), leaseMs })
      await store.fail(at('mine'), { ...failure, retryMs: 0, keepsMark: true })
      expect(await other.lease({ ...at('other'), leaseMs })).toEqual({ wasLeft: true })
    })

    it('of who has no lease any more changes nothing', async () => {
      await store.lease({ ...at('mine'), leaseMs })
      await store.fail(at('other'), { ...failure, keepsMark: false })
      await store.fail(at('mine', 2), { ...failure, keepsMark: false })
      expect(await row()).toMatchObject({ failures: 0, leasedBy: 'mine' })
    })

    it('counts no more once the OAuth app was changed', async () => {
      await store.lease({ ...at('mine'), leaseMs })
      await store.fail(at('mine'), { ...failure, keepsMark: false })
      await store.forgetFailures('oap_other')
      expect(await row()).toMatchObject({ failures: 1 })
      await store.forgetFailures('oap_1')
      expect(await row()).toMatchObject({ failures: 0, nextAttemptAt: null })
    })
  })

  describe('an end', () => {
    it('asks the owner once, and keeps the tokens', async () => {
      verifies('S-32')
      await store.lease({ ...at('mine'), leaseMs })
      const ended = await Promise.all([
        store.end({ ...at('mine'), reason: 'Withdrawn.' }),
        other.end({ ...at('mine'), reason: 'Withdrawn.' }),
      ])
      expect(ended.filter(Boolean)).toHaveLength(1)
      expect(await connection()).toMatchObject({
        ...{ status: 'needs_reauth', statusReason: 'Withdrawn.', version: 4 },
      })
      expect(await row()).toMatchObject({ sealed: Buffer.from('old'), leasedBy: null, version: 1 })
    })

    it('is for who holds the lease of this version; without a lease for this version alone', async () => {
      await set({ leasedBy: 'other', leasedUntil: inS(20) })
      const reason = 'Withdrawn.'
      expect(await store.end({ ...at('mine'), reason })).toBe(false)
      expect(await store.end({ ...at('other', 2), reason })).toBe(false)
      expect(await store.end({ connectionId, version: 2, reason })).toBe(false)
      expect(await connection()).toMatchObject({ status: 'healthy', statusReason: null })
      expect(await store.end({ connectionId, version: 1, reason })).toBe(true)
    })

    it('brings back nothing that was revoked', async () => {
      await store.lease({ ...at('mine'), leaseMs })
      await test.database.db.update(connections).set({ status: 'revoked' })
      expect(await store.end({ ...at('mine'), reason: 'Withdrawn.' })).toBe(false)
      expect(await connection()).toMatchObject({ status: 'revoked' })
    })
  })

  it('are kept alive where it is time, they are healthy, and nobody is at it, the most overdue first', async () => {
    const due = { keepAliveAt: inS(-60) }
    await set(due)
    await make('con_most', { keepAliveAt: new Date(0) })
    await make('con_later', { keepAliveAt: new Date(Date.now() + 86_400_000) })
    await make('con_never')
    await make('con_leased', { keepAliveAt: new Date(0) })
    await set({ leasedBy: 'x', leasedUntil: inS(20) }, 'con_leased')
    await make('con_waits', { keepAliveAt: new Date(0) })
    await set({ nextAttemptAt: inS(20) }, 'con_waits')
    await make('con_dead', { keepAliveAt: new Date(0) })
    await test.database.db
      .update(connections)
      .set({ status: 'needs_reauth' })
      .where(eq(connections.id, 'con_dead'))
    expect(await store.listToKeepAlive(20)).toEqual([
      { connectionId: 'con_most', version: 1 },
      { connectionId, version: 1 },
    ])
    expect(await store.listToKeepAlive(1)).toHaveLength(1)
  })

  it('are not kept alive while their workspace is frozen, and are afterwards', async () => {
    verifies('S-10')
    const freeze = (frozenAt: Date | null) => test.database.db.update(workspaces).set({ frozenAt })
    await set({ keepAliveAt: inS(-60) })
    await freeze(new Date())
    expect(await store.listToKeepAlive(20)).toEqual([])
    await freeze(null)
    expect(await store.listToKeepAlive(20)).toHaveLength(1)
  })

  it('are described without a secret', async () => {
    verifies('S-38')
    const day = (n: number) => new Date(Date.UTC(2026, 10, n))
    await set({ renewedAt: day(1), accessExpiresAt: day(2), hasRefreshToken: false })
    await make('con_failed', {
      ...{ renewedAt: day(1), failure: 'provider-refused', failureMessage: 'No.' },
      ...{ failedAt: day(3), nextAttemptAt: day(4) },
    })
    await make('con_account', { renewedAt: day(1), hasRefreshToken: false }, 'jwt-service-account')
    const described = await store.describe([connectionId, 'con_failed', 'con_account', 'con_none'])
    expect(Object.fromEntries(described)).toEqual({
      [connectionId]: {
        renewable: false,
        lastRenewedAt: day(1).toISOString(),
        accessTokenExpiresAt: day(2).toISOString(),
      },
      con_failed: {
        renewable: true,
        lastRenewedAt: day(1).toISOString(),
        lastFailure: {
          ...{ problem: 'provider-refused', message: 'No.', at: day(3).toISOString() },
          nextAttemptAt: day(4).toISOString(),
        },
      },
      con_account: { renewable: true, lastRenewedAt: day(1).toISOString() },
    })
    expect(await store.describe([])).toEqual(new Map())
  })
})
