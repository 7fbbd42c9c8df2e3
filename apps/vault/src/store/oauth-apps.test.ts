import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { OAuthAppStore, StoredOAuthApp } from '../connections/oauth-apps/oauth-app-store.ts'
import { createOAuthAppStore, lockOAuthApp } from './oauth-apps.ts'
import { connections, workspaces } from './tables.ts'

const at = new Date('2026-11-21T10:00:00.000Z')

const app = (id: string, over: Partial<StoredOAuthApp> = {}): StoredOAuthApp => ({
  ...{ id, workspaceId: 'wsp_1', provider: id, name: id, clientId: 'client' },
  ...{ clientAuthentication: 'client_secret_basic', secretHint: '', parameters: {} },
  ...{ issuer: null, authorizationEndpoint: null, tokenEndpoint: null },
  ...{ revocationEndpoint: null, deviceAuthorizationEndpoint: null },
  ...{ sealed: new Uint8Array([1, 2]), version: 1, createdAt: at, updatedAt: at },
  ...over,
})

const connection = (id: string, oauthAppId: string, status: 'healthy' | 'revoked' = 'healthy') => ({
  ...{ id, workspaceId: 'wsp_1', provider: 'google', service: 'google-gmail', label: 'mail' },
  ...{ status, singleton: false, grantedScopes: [], origins: [], oauthAppId },
  ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false },
  ...{ credentialKind: 'oauth2' as const, credentialHint: '', version: 1 },
})

describe('OAuth clients in the database', () => {
  let test: TestDatabase
  let store: OAuthAppStore

  beforeAll(async () => {
    test = await startTestDatabase()
    store = createOAuthAppStore(test.database)
  })
  afterAll(() => test?.stop())

  beforeEach(async () => {
    const { db } = test.database
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
  })

  it('keeps one for each provider of a workspace, also of ten that are made at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.insert(app(`oap_${n}`, { provider: 'google' }))),
    )
    expect(made.filter(Boolean)).toHaveLength(1)
    expect(await store.insert(app('oap_x', { provider: 'google', workspaceId: 'wsp_2' }))).toBe(
      true,
    )
    expect(await store.listProviders('wsp_1')).toEqual(['google'])
  })

  it('shows, changes and deletes nothing of another workspace', async () => {
    verifies('S-09')
    await store.insert(app('oap_1'))
    expect(await store.find('wsp_2', 'oap_1')).toBeUndefined()
    expect(await store.findByProvider('wsp_2', 'oap_1')).toBeUndefined()
    expect(await store.list('wsp_2', { limit: 10 })).toEqual([])
    expect(await store.listProviders('wsp_2')).toEqual([])
    const elsewhere = { workspaceId: 'wsp_2', id: 'oap_1', version: 1, onlyUnused: false }
    expect(await store.update(elsewhere, { name: 'mine', updatedAt: at })).toBe('changed')
    expect(await store.delete(elsewhere)).toBe('not-found')
    expect((await store.find('wsp_1', 'oap_1'))?.name).toBe('oap_1')
  })

  it('counts the connections that use it and are not revoked, and lists newest first without what is sealed', async () => {
    await store.insert(app('oap_1'))
    await store.insert(app('oap_2', { createdAt: new Date(at.getTime() + 1) }))
    await test.database.db
      .insert(connections)
      .values([
        connection('con_1', 'oap_1'),
        connection('con_2', 'oap_1'),
        connection('con_3', 'oap_1', 'revoked'),
      ])
    const listed = await store.list('wsp_1', { limit: 10 })
    expect(listed.map(({ id, connections: used }) => [id, used])).toEqual([
      ['oap_2', 0],
      ['oap_1', 2],
    ])
    expect(listed[0]).not.toHaveProperty('sealed')
    expect((await store.find('wsp_1', 'oap_1'))?.connections).toBe(2)
  })

  it('takes a change for the version that was read, and for no other', async () => {
    await store.insert(app('oap_1'))
    const ref = { workspaceId: 'wsp_1', id: 'oap_1', version: 1, onlyUnused: false }
    const change = { version: 2, sealed: new Uint8Array([3]), updatedAt: at }
    expect(await store.update(ref, change)).toMatchObject({ id: 'oap_1', version: 2 })
    expect(await store.update(ref, change)).toBe('changed')
  })

  it('leads an app elsewhere, or deletes it, only while nobody uses it', async () => {
    await store.insert(app('oap_1'))
    await test.database.db.insert(connections).values(connection('con_1', 'oap_1'))
    const ref = { workspaceId: 'wsp_1', id: 'oap_1', version: 1, onlyUnused: true }
    const change = { tokenEndpoint: 'https://evil.example', updatedAt: at }
    expect(await store.update(ref, change)).toBe('in-use')
    expect(await store.delete(ref)).toBe('in-use')
    expect((await store.find('wsp_1', 'oap_1'))?.tokenEndpoint).toBeNull()
    await test.database.db
      .update(connections)
      .set({ status: 'revoked' })
      .where(eq(connections.id, 'con_1'))
    expect(await store.update(ref, change)).toMatchObject({ tokenEndpoint: 'https://evil.example' })
    expect(await store.delete(ref)).toBe('deleted')
  })

  it('is not deleted under a connection that is just being made with it', async () => {
    await store.insert(app('oap_1'))
    const ref = { workspaceId: 'wsp_1', id: 'oap_1' }
    let deleting: Promise<unknown> | undefined
    await test.database.transaction(async (tx) => {
      expect(await lockOAuthApp(tx, ref)).toBe(true)
      deleting = store.delete(ref)
      await tx.insert(connections).values(connection('con_1', 'oap_1'))
    })
    expect(await deleting).toBe('in-use')
  })
})
