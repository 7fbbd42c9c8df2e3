import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type {
  ConnectFlowStore,
  NewConnection,
  Reconnection,
  StoredFlow,
} from '../connections/connect/connect-flow-store.ts'
import type { StoredConnection } from '../connections/connection-store.ts'
import { createConnectFlowStore } from './connect-flows.ts'
import { createExpiredStore } from './expired.ts'
import { connectFlows, connectionTokens, oauthApps } from './oauth-tables.ts'
import { owners } from './owner-tables.ts'
import { connections, workspaces } from './tables.ts'

const at = new Date('2026-11-21T10:00:00.000Z')
const later = new Date(at.getTime() + 600_000)
const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const whose = { workspaceId: 'wsp_1', ownerId: 'own_1' }

const flow = (id: string, over: Partial<StoredFlow> = {}): StoredFlow => ({
  ...{ id, ...whose, method: 'code', status: 'waiting' },
  ...{ sessionHash: bytes('session'), stateHash: bytes(`state ${id}`), sealed: bytes('sealed') },
  ...{ version: 1, service: 'custom', provider: 'acme', label: 'Acme', oauthAppId: 'oap_1' },
  ...{ scopes: ['read'], connectionId: null, userCode: null, verificationUri: null },
  ...{ verificationUriComplete: null, pollAfter: null, pollSeconds: null, problem: null },
  ...{ returnTo: null, createdAt: at, expiresAt: later, finishedAt: null },
  ...over,
})

const connection = (id: string, over: Partial<StoredConnection> = {}): StoredConnection => ({
  ...{ id, workspaceId: 'wsp_1', provider: 'acme', service: 'custom', label: 'Acme' },
  ...{ status: 'healthy', statusReason: null, singleton: false },
  ...{ requestedScopes: ['read'], grantedScopes: ['read'], oauthAppId: 'oap_1' },
  ...{ account: 'a@example.com', accountSubject: 'a', origins: ['https://api.example.com'] },
  ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false, testUrl: null },
  ...{ credentialKind: 'oauth2', credentialHint: '', version: 1, sealed: bytes('credential') },
  ...{ createdAt: at, updatedAt: at, revokedAt: null },
  ...over,
})

const tokens = (connectionId: string, version = 1) => ({
  ...{ connectionId, workspaceId: 'wsp_1', sealed: bytes(`tokens ${version}`), version },
  ...{ hasRefreshToken: true, accessExpiresAt: later, renewedAt: at, keepAliveAt: null },
})

const grant = (
  flowId: string,
  id = 'con_1',
  over: Partial<StoredConnection> = {},
): NewConnection => ({
  ...{ flowId, oauthAppId: 'oap_1', connection: connection(id, over), tokens: tokens(id), now: at },
})

const again = (flowId: string, over: Partial<Reconnection> = {}): Reconnection => ({
  ...{ flowId, oauthAppId: 'oap_1', tokens: tokens('con_1', 2), tokensBefore: 1, now: at },
  at: { workspaceId: 'wsp_1', id: 'con_1', version: 1 },
  changes: { version: 2, sealed: bytes('credential 2'), grantedScopes: ['read', 'write'] },
  ...over,
})

describe('attempts to connect in the database', () => {
  let test: TestDatabase
  let store: ConnectFlowStore

  beforeAll(async () => {
    test = await startTestDatabase()
    store = createConnectFlowStore(test.database)
  })
  afterAll(() => test?.stop())

  beforeEach(async () => {
    const { db } = test.database
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    await db.insert(owners).values(
      ['own_1', 'own_2'].map((id) => ({
        ...{ id, workspaceId: 'wsp_1', email: `${id}@example.com` },
        ...{ role: 'owner' as const, passwordHash: 'x' },
      })),
    )
    await db.insert(oauthApps).values({
      ...{ id: 'oap_1', workspaceId: 'wsp_1', provider: 'acme', name: 'Acme', clientId: 'c' },
      ...{ clientAuthentication: 'none' as const, secretHint: '', parameters: {} },
      ...{ sealed: bytes('app'), version: 1 },
    })
  })

  const rows = async () => ({
    connections: await test.database.db.select().from(connections),
    tokens: await test.database.db.select().from(connectionTokens),
  })
  const statusOf = async (id: string) => (await store.find(whose, id))?.status

  it('lets a person have so many waiting and no more, however many are begun at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => store.insert(flow(`flw_${n}`), 5)),
    )
    expect(outcomes.filter((one) => one === 'inserted')).toHaveLength(5)
    expect(outcomes.filter((one) => one === 'too-many')).toHaveLength(7)
    expect(await store.insert(flow('flw_o', { ownerId: 'own_2' }), 5)).toBe('inserted')
  })

  it('does not count what is over or was used', async () => {
    await store.insert(flow('flw_1', { expiresAt: at, createdAt: new Date(at.getTime() - 1) }), 1)
    await store.insert(flow('flw_2'), 1)
    expect(await store.insert(flow('flw_3'), 1)).toBe('too-many')
    await store.claim({ id: 'flw_2', version: 1, now: at })
    expect(await store.insert(flow('flw_3'), 1)).toBe('inserted')
  })

  it('begins none with an app that is gone', async () => {
    expect(await store.insert(flow('flw_1', { oauthAppId: 'oap_none' }), 5)).toBe('gone')
  })

  it('is found by its maker alone', async () => {
    verifies('S-09')
    await store.insert(flow('flw_1'), 5)
    expect(await store.find(whose, 'flw_1')).toMatchObject({ id: 'flw_1' })
    for (const other of [
      { workspaceId: 'wsp_1', ownerId: 'own_2' },
      { workspaceId: 'wsp_2', ownerId: 'own_1' },
    ]) {
      expect(await store.find(other, 'flw_1')).toBeUndefined()
      expect(await store.delete(other, 'flw_1')).toBe(false)
    }
    expect(await store.findByState(bytes('state flw_1'))).toMatchObject({ id: 'flw_1' })
    expect(await store.findByState(bytes('state flw_2'))).toBeUndefined()
  })

  it('is used by one of twenty who try at once', async () => {
    verifies('S-31')
    await store.insert(flow('flw_1'), 5)
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => store.claim({ id: 'flw_1', version: 1, now: at })),
    )
    expect(claims.filter(Boolean)).toHaveLength(1)
    expect(await store.find(whose, 'flw_1')).toMatchObject({ status: 'waiting', sealed: null })
  })

  it.each([
    ['in another state', { version: 2 }, at],
    ['over', {}, later],
    ['ended', { status: 'failed' as const }, at],
    ['connected', { status: 'connected' as const }, at],
    ['used', { finishedAt: at }, at],
  ])('cannot be used once it is %s', async (_name, over, now) => {
    verifies('S-31')
    await store.insert(flow('flw_1', over), 5)
    expect(await store.claim({ id: 'flw_1', version: 1, now })).toBe(false)
    const bound = { sessionHash: null, stateHash: null, sealed: bytes('s'), version: 9 }
    expect(await store.bind({ id: 'flw_1', version: 1, now }, bound)).toBeUndefined()
  })

  it('that is bound anew is found by its new state, and no more by the one before', async () => {
    verifies('S-31')
    await store.insert(flow('flw_1'), 5)
    const bound = {
      ...{ sessionHash: bytes('other'), stateHash: bytes('new'), sealed: bytes('s'), version: 2 },
    }
    const claims = await Promise.all([
      store.bind({ id: 'flw_1', version: 1, now: at }, bound),
      store.bind({ id: 'flw_1', version: 1, now: at }, { ...bound, stateHash: bytes('newer') }),
    ])
    expect(claims.filter((one) => one !== undefined)).toHaveLength(1)
    expect(await store.findByState(bytes('state flw_1'))).toBeUndefined()
  })

  it('is asked about by one at a time, and not before it is time', async () => {
    await store.insert(flow('flw_1', { method: 'device', pollAfter: at, pollSeconds: 5 }), 5)
    const turn = { id: 'flw_1', version: 1, until: new Date(at.getTime() + 15_000) }
    expect(await store.takePoll({ ...turn, now: new Date(at.getTime() - 1) })).toBe(false)
    const turns = await Promise.all(
      Array.from({ length: 8 }, () => store.takePoll({ ...turn, now: at })),
    )
    expect(turns.filter(Boolean)).toHaveLength(1)
    await store.putOff('flw_1', { pollAfter: at, pollSeconds: 10 })
    expect(await store.takePoll({ ...turn, now: at })).toBe(true)
    expect((await store.find(whose, 'flw_1'))?.pollSeconds).toBe(10)
  })

  it('makes the connection together with its tokens and its own end', async () => {
    await store.insert(flow('flw_1'), 5)
    await store.claim({ id: 'flw_1', version: 1, now: at })
    const made = await store.connect(grant('flw_1'))
    expect(made).toMatchObject({ id: 'con_1', status: 'healthy' })
    expect(made).not.toHaveProperty('sealed')
    expect(await rows()).toMatchObject({
      connections: [{ id: 'con_1', account: 'a@example.com' }],
      tokens: [{ connectionId: 'con_1', version: 1, hasRefreshToken: true }],
    })
    expect(await store.find(whose, 'flw_1')).toMatchObject({
      ...{ status: 'connected', connectionId: 'con_1', sealed: null },
    })
    expect(await store.findTokensVersion('con_1')).toBe(1)
  })

  it('leaves nothing half made where it was given up, or its app deleted, meanwhile', async () => {
    await store.insert(flow('flw_1'), 5)
    await store.insert(flow('flw_2'), 5)
    await store.delete(whose, 'flw_1')
    expect(await store.connect(grant('flw_1'))).toBe('gone')
    await test.database.db.delete(oauthApps).where(eq(oauthApps.id, 'oap_1'))
    expect(await store.connect(grant('flw_2'))).toBe('gone')
    expect(await rows()).toEqual({ connections: [], tokens: [] })
  })

  it('connects a singleton once, and of two at once one', async () => {
    for (const id of ['flw_1', 'flw_2']) await store.insert(flow(id), 5)
    const only = { singleton: true, service: 'notion' }
    const outcomes = await Promise.all([
      store.connect(grant('flw_1', 'con_1', only)),
      store.connect(grant('flw_2', 'con_2', only)),
    ])
    expect(outcomes.filter((one) => one === 'exists')).toHaveLength(1)
    expect((await rows()).tokens).toHaveLength(1)
    expect(await store.isTaken('wsp_1', 'notion')).toBe(true)
    expect(await store.isTaken('wsp_2', 'notion')).toBe(false)
    const statuses = [await statusOf('flw_1'), await statusOf('flw_2')]
    expect(statuses.toSorted()).toEqual(['connected', 'waiting'])
  })

  it('connects the same row anew, with the tokens in the place of those that were read', async () => {
    await store.insert(flow('flw_1'), 5)
    await store.connect(grant('flw_1'))
    await store.insert(flow('flw_2'), 5)
    await test.database.db
      .update(connectionTokens)
      .set({ leasedBy: 'somebody', failures: 3, failure: 'provider-unavailable' })
    expect(await store.reconnect(again('flw_2'))).toMatchObject({
      ...{ id: 'con_1', version: 2, grantedScopes: ['read', 'write'] },
    })
    expect((await rows()).tokens).toMatchObject([
      { version: 2, leasedBy: null, failures: 0, failure: null },
    ])
    expect(await store.find(whose, 'flw_2')).toMatchObject({
      ...{ status: 'connected', connectionId: 'con_1' },
    })
  })

  it.each([
    ['the connection', { at: { workspaceId: 'wsp_1', id: 'con_1', version: 7 } }],
    ['its tokens', { tokensBefore: 7 }],
    ['its tokens, that are new,', { tokensBefore: undefined }],
    ['the workspace', { at: { workspaceId: 'wsp_2', id: 'con_1', version: 1 } }],
  ])('changes nothing where %s changed meanwhile', async (what, over) => {
    await store.insert(flow('flw_1'), 5)
    await store.connect(grant('flw_1'))
    await store.insert(flow('flw_2'), 5)
    const before = await rows()
    const outcome = await store.reconnect(again('flw_2', over))
    expect(outcome).toBe(what === 'the workspace' ? 'gone' : 'changed')
    expect(await rows()).toEqual(before)
    expect(await statusOf('flw_2')).toBe('waiting')
  })

  it('brings nothing back that was revoked', async () => {
    await store.insert(flow('flw_1'), 5)
    await store.connect(grant('flw_1'))
    await test.database.db.update(connections).set({ status: 'revoked', sealed: null })
    await store.insert(flow('flw_2'), 5)
    expect(await store.reconnect(again('flw_2'))).toBe('changed')
    expect((await rows()).connections).toMatchObject([{ status: 'revoked', sealed: null }])
  })

  it('says why it came to nothing, once', async () => {
    await store.insert(flow('flw_1'), 5)
    const problem = { type: 'provider-refused', detail: 'No.', next: 'Ask.' }
    await store.fail('flw_1', problem, at)
    await store.fail('flw_1', { type: 'internal-error', detail: 'other' }, at)
    expect(await store.find(whose, 'flw_1')).toMatchObject({
      ...{ status: 'failed', problem, sealed: null },
    })
  })

  it('knows whether another connection may live on the same grant', async () => {
    await store.insert(flow('flw_1'), 5)
    await store.connect(grant('flw_1'))
    const shared = (subject: string | undefined, workspaceId = 'wsp_1') =>
      store.isShared({ workspaceId, oauthAppId: 'oap_1', subject })
    expect(await shared('a')).toBe(true)
    expect(await shared('b')).toBe(false)
    expect(await shared(undefined)).toBe(true)
    expect(await shared('a', 'wsp_2')).toBe(false)
    await test.database.db.update(connections).set({ accountSubject: null })
    expect(await shared('b')).toBe(true)
    await test.database.db.update(connections).set({ status: 'revoked' })
    expect(await shared('a')).toBe(false)
  })

  it('goes with its maker, and an hour after it is over', async () => {
    const over = { createdAt: new Date(0), expiresAt: new Date(1) }
    await store.insert(flow('flw_1', over), 5)
    await store.insert(flow('flw_2', { expiresAt: new Date(Date.now() - 1000) }), 5)
    const limits = { sessionIdleMs: 1, attemptsForgottenAfterMs: 1 }
    await createExpiredStore(test.database).removeExpired({ nowMs: Date.now(), ...limits })
    expect(await statusOf('flw_1')).toBeUndefined()
    expect(await statusOf('flw_2')).toBe('waiting')
    await test.database.db.delete(owners).where(eq(owners.id, 'own_1'))
    expect(await test.database.db.select().from(connectFlows)).toEqual([])
  })
})
