import type { PolicyDocument } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { type ConnectionStore, createConnectionStore } from './connections.ts'
import { connectionTokens } from './oauth-tables.ts'
import { agents, type connections, policies, workspaces } from './tables.ts'
import { createWorkspaceKeyStore } from './workspace-keys.ts'

const base = Date.parse('2026-11-21T10:00:00.000Z')

const newRow = (id: string, change: Partial<typeof connections.$inferInsert> = {}) => ({
  id,
  workspaceId: 'wsp_1',
  provider: 'custom',
  service: 'custom',
  label: id,
  status: 'healthy' as const,
  statusReason: null,
  singleton: false,
  requestedScopes: [],
  grantedScopes: [],
  oauthAppId: null,
  account: null,
  accountSubject: null,
  origins: ['https://api.example.com'],
  requestHeaders: ['x-a'],
  responseHeaders: [],
  allowEncodedSlash: false,
  testUrl: null,
  credentialKind: 'bearer' as const,
  credentialHint: '••••tery',
  sealed: Buffer.from('sealed'),
  version: 1,
  createdAt: new Date(base),
  updatedAt: new Date(base),
  revokedAt: null,
  ...change,
})

describe('connections in the database', () => {
  let test: TestDatabase
  let store: ConnectionStore
  const entry = { origin: 'https://api.example.com', methods: ['GET' as const], paths: ['/**'] }
  const tools = [{ toolsetId: 'tls_1', allowed: false }]
  const grant = async (
    agentId: string,
    connectionId: string,
    given: Partial<PolicyDocument> = {},
  ) => {
    const plain = { allow: [entry], approval: 'never' as const, limits: {}, windows: [] }
    const document: PolicyDocument = { ...plain, ...given }
    const id = `pol_${agentId}_${connectionId}`
    await test.database.db
      .insert(policies)
      .values({ id, workspaceId: 'wsp_1', agentId, connectionId, document, version: 1 })
  }

  beforeAll(async () => {
    test = await startTestDatabase()
    store = createConnectionStore(test.database)
    const { db } = test.database
    await db.insert(workspaces).values([
      { id: 'wsp_1', name: 'One' },
      { id: 'wsp_2', name: 'Two' },
    ])
    await db.insert(agents).values(
      ['agt_1', 'agt_2'].map((id) => ({
        id,
        workspaceId: 'wsp_1',
        name: id,
        status: 'active' as const,
      })),
    )
  })
  afterAll(() => test.stop())

  it('finds nothing of another workspace, for reading, changing or revoking', async () => {
    verifies('S-09')
    await store.insert(newRow('con_other', { workspaceId: 'wsp_2' }))
    const at = { workspaceId: 'wsp_1', id: 'con_other', version: 1 }
    expect(await store.find('wsp_1', 'con_other')).toBeUndefined()
    expect(await store.update(at, { label: 'x' })).toBeUndefined()
    expect(await store.revoke({ ...at, now: new Date() })).toBeUndefined()
    expect((await store.findSnapshot('con_other'))?.label).toBe('con_other')
  })

  it('keeps exactly what was stored and never lists the sealed credential', async () => {
    const row = newRow('con_exact')
    expect(await store.insert(row)).not.toHaveProperty('sealed')
    expect(await store.find('wsp_1', 'con_exact')).toEqual(row)
    expect(await store.findSnapshot('con_exact')).toEqual(row)
    for (const listed of await store.list('wsp_1', { limit: 10 })) {
      expect(listed).not.toHaveProperty('sealed')
    }
  })

  it('lets one of many concurrent updates of a version win', async () => {
    await store.insert(newRow('con_race'))
    const at = { workspaceId: 'wsp_1', id: 'con_race', version: 1 }
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.update(at, { version: 2, label: `Number ${i}` })),
    )
    const winners = won.filter((row) => row !== undefined && row !== 'no-app')
    expect(winners).toHaveLength(1)
    expect((await store.find('wsp_1', 'con_race'))?.label).toBe(winners[0]?.label)
  })

  it('destroys the sealed credential when it revokes, for good, however often and beside updates', async () => {
    verifies('S-10')
    await store.insert(newRow('con_end'))
    const at = { workspaceId: 'wsp_1', id: 'con_end' }
    const first = await store.revoke({ ...at, now: new Date(base + 1000) })
    expect(first?.connection).toMatchObject({ status: 'revoked', version: 2, credentialHint: '' })
    expect(first?.connection.revokedAt).toEqual(new Date(base + 1000))
    expect((await store.findSnapshot('con_end'))?.sealed).toBeNull()
    expect(await store.revoke({ ...at, now: new Date(base + 9000) })).toEqual(first)
    const change = { sealed: Buffer.from('back'), version: 3, status: 'healthy' as const }
    expect(await store.update({ ...at, version: 2 }, change)).toBeUndefined()
    expect((await store.findSnapshot('con_end'))?.sealed).toBeNull()
  })

  it('destroys the tokens with the credential, and hands them to one of those who revoke at once', async () => {
    verifies('S-10')
    const sealed = Buffer.from('tokens')
    const row = newRow('con_tokens', { credentialKind: 'oauth2' })
    await store.insert(row, {
      ...{ connectionId: row.id, workspaceId: 'wsp_1', sealed, version: 3, hasRefreshToken: true },
      ...{ accessExpiresAt: null, renewedAt: new Date(base), keepAliveAt: null },
    })
    const at = { workspaceId: 'wsp_1', id: row.id, now: new Date(base) }
    const all = await Promise.all([store.revoke(at), store.revoke(at), store.revoke(at)])
    const ended = all.flatMap((one) => (one?.ended === undefined ? [] : [one.ended]))
    expect(ended).toEqual([{ connection: row, tokens: { sealed, version: 3 } }])
    expect(await test.database.db.select().from(connectionTokens)).toEqual([])
  })

  it('revokes for an agent only what that agent has a policy for', async () => {
    verifies('S-09')
    await store.insert(newRow('con_granted'))
    await grant('agt_1', 'con_granted')
    const at = { workspaceId: 'wsp_1', id: 'con_granted', now: new Date() }
    expect(await store.revoke({ ...at, agentId: 'agt_2' })).toBeUndefined()
    expect((await store.findSnapshot('con_granted'))?.status).toBe('healthy')
    expect((await store.revoke({ ...at, agentId: 'agt_1' }))?.connection.status).toBe('revoked')
  })

  it('is not an agent’s to revoke, list or name by its service for a grant, or a denial, of tools', async () => {
    verifies('S-08')
    const agent = { agentId: 'agt_1', workspaceId: 'wsp_1' }
    const allowed = [{ toolsetId: 'tls_1', allowed: true }]
    for (const [id, given] of [
      ['con_tools', { allow: [], tools: allowed }],
      ['con_denied', { allow: [], tools }],
      ['con_both', { allow: [entry], tools: allowed }],
    ] as const) {
      await store.insert(newRow(id, { service: 'tooled' }))
      await grant('agt_1', id, { allow: [...given.allow], tools: [...given.tools] })
    }
    expect(await store.listIdsOfService(agent, 'tooled')).toEqual(['con_both'])
    const listed = await store.listForAgent(agent, { limit: 50 })
    const ids = listed.map(({ connection }) => connection.id)
    expect([
      ids.includes('con_both'),
      ids.includes('con_tools'),
      ids.includes('con_denied'),
    ]).toEqual([true, false, false])
    for (const id of ['con_tools', 'con_denied']) {
      expect(await store.revoke({ ...agent, id, now: new Date() })).toBeUndefined()
      expect((await store.findSnapshot(id))?.status).toBe('healthy')
    }
  })

  it('keeps one connection of a singleton service, and lets the next one in when it is revoked', async () => {
    const gmail = { service: 'solo', singleton: true }
    const stored = await Promise.all(
      ['a', 'b', 'c'].map((id) => store.insert(newRow(`con_solo_${id}`, gmail))),
    )
    const [kept, ...others] = stored.filter((row) => row !== undefined && row !== 'no-app')
    expect(others).toEqual([])
    await store.revoke({ workspaceId: 'wsp_1', id: kept?.id ?? '', now: new Date() })
    expect(await store.insert(newRow('con_solo_d', gmail))).toMatchObject({ id: 'con_solo_d' })
    expect(
      await store.insert(newRow('con_solo_e', { ...gmail, workspaceId: 'wsp_2' })),
    ).toMatchObject({ id: 'con_solo_e' })
  })

  it('names the connections of a service that the agent has a policy for and that are not revoked', async () => {
    const agent = { agentId: 'agt_2', workspaceId: 'wsp_1' }
    for (const [i, id] of ['con_s1', 'con_s2', 'con_s3', 'con_s4'].entries()) {
      await store.insert(newRow(id, { service: 'many', createdAt: new Date(base + i) }))
      if (id !== 'con_s4') await grant('agt_2', id)
    }
    await store.revoke({ workspaceId: 'wsp_1', id: 'con_s2', now: new Date() })
    expect(await store.listIdsOfService(agent, 'many')).toEqual(['con_s3', 'con_s1'])
    expect(await store.listIdsOfService({ ...agent, agentId: 'agt_1' }, 'many')).toEqual([])
    expect(await store.listIdsOfService({ ...agent, workspaceId: 'wsp_2' }, 'many')).toEqual([])
    const listed = await store.listForAgent(agent, { limit: 10 })
    expect(listed.map(({ connection }) => connection.id)).toEqual(['con_s3', 'con_s2', 'con_s1'])
    expect(listed[0]?.policy).toMatchObject({ document: { approval: 'never' } })
  })

  it('pages through connections of one moment and of others, each once and newest first', async () => {
    for (let i = 0; i < 9; i++) {
      const createdAt = new Date(base + Math.floor(i / 3))
      await store.insert(newRow(`con_p${i}`, { workspaceId: 'wsp_2', createdAt, service: 'page' }))
    }
    const whole = await store.list('wsp_2', { limit: 100 })
    const paged: string[] = []
    let after: { createdAtMs: number; id: string } | undefined
    do {
      const page = await store.list('wsp_2', { limit: 2, ...(after && { after }) })
      paged.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      after = last && { createdAtMs: last.createdAt.getTime(), id: last.id }
    } while (after !== undefined)
    expect(paged).toEqual(whole.map(({ id }) => id))
    expect(new Set(paged).size).toBe(paged.length)
    await store.insert(newRow('con_ended', { workspaceId: 'wsp_2', status: 'needs_reauth' }))
    const ended = await store.list('wsp_2', { limit: 100, status: 'needs_reauth' })
    expect(ended.map(({ id }) => id)).toEqual(['con_ended'])
    const newest = paged.filter((id) => id.startsWith('con_p'))
    expect(newest).toEqual([...newest].sort().reverse())
  })

  it('keeps the first of two workspace keys with the same version', async () => {
    const keys = createWorkspaceKeyStore(test.database)
    expect(await keys.list('wsp_1')).toEqual([])
    await keys.insert({ workspaceId: 'wsp_1', version: 1, wrapped: Buffer.from('first') })
    await keys.insert({ workspaceId: 'wsp_1', version: 1, wrapped: Buffer.from('second') })
    expect(await keys.list('wsp_1')).toEqual([{ version: 1, wrapped: Buffer.from('first') }])
  })
})
