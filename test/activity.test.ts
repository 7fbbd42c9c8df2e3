import { randomBytes } from 'node:crypto'
import type { InputOf, operations } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { eventually, type Scene, startScene } from './fixtures/scene.ts'
import { makeToken } from './fixtures/signed-in.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { verifies } from './verifies.ts'

let database: TestDatabase
let admin: postgres.Sql
let scene: Scene
let secondConnectionId: string
const started = new Date(Date.now() - 60_000)

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  scene = await startScene({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
    // Nobody listens there.
    origins: ['http://127.0.0.1:1'],
  })
  const { vault, agent, upstream, call } = scene
  secondConnectionId = await vault.addConnection({ origins: [upstream.origin], label: 'asking' })
  await vault.addPolicy({
    ...{ agentId: agent.agentId, connectionId: secondConnectionId, approval: 'always' },
  })
  for (let i = 0; i < 6; i += 1) await call(`/slow/${i}`)
  for (let i = 0; i < 2; i += 1) await call(`/lost/${i}`, { origin: 'http://127.0.0.1:1' })
  const [connectionId, url] = [scene.connectionId, `${upstream.origin}/x`]
  // Denied by its method, refused before its connection is found, asked about, tried.
  const calls = [
    { connectionId, url, method: 'DELETE' },
    { connectionId: 'con_nothing', url, method: 'GET' },
    { connectionId: secondConnectionId, url, method: 'GET' },
    { connectionId, url, method: 'GET', dryRun: true },
  ] as const
  for (const input of calls) await agent.client.call('execute', input).catch(() => undefined)
  await eventually(
    async () => (await vault.owner.call('listAudit', { outcome: 'pending' })).entries.length === 0,
    5_000,
  )
})
afterAll(async () => {
  await scene?.stop()
  await admin?.end({ timeout: 1 })
  await database?.stop()
})

const ask = (over: Partial<InputOf<typeof operations.getActivity>> = {}) =>
  scene.vault.owner.call('getActivity', {
    ...{ from: started.toISOString(), to: new Date(Date.now() + 60_000).toISOString() },
    ...{ bucketMinutes: 1, ...over },
  })

describe('GET /api/v1/activity', () => {
  it('counts every attempt once, however it ended; dry runs are none', async () => {
    const { total, buckets, agents, connections } = await ask()
    const counts = { calls: 11, sent: 6, failed: 2, denied: 2, asked: 1 }
    expect(total).toMatchObject(counts)
    for (const name of ['calls', 'sent', 'failed', 'denied', 'asked'] as const) {
      expect(buckets.reduce((sum, bucket) => sum + bucket[name], 0)).toBe(counts[name])
    }
    expect(agents).toMatchObject([{ agentId: scene.agent.agentId, name: 'breaker', calls: 11 }])
    expect(connections).toMatchObject([
      { connectionId: scene.connectionId, calls: 9, sent: 6, denied: 1 },
      { connectionId: secondConnectionId, label: 'asking', calls: 1, asked: 1 },
    ])
  })

  it('tells how long calls took', async () => {
    const { total } = await ask({ agentId: scene.agent.agentId, connectionId: scene.connectionId })
    // The upstream waits for 30 ms.
    expect(total.p95Ms).toBeGreaterThan(25)
    expect(total.p95Ms).toBeGreaterThanOrEqual(total.p50Ms ?? Number.POSITIVE_INFINITY)
    expect((await ask({ connectionId: secondConnectionId })).total).not.toHaveProperty('p50Ms')
  })

  it('narrows to an agent or a connection, and knows nothing of others', async () => {
    verifies('S-09')
    expect((await ask({ connectionId: secondConnectionId })).total.calls).toBe(1)
    expect((await ask({ agentId: 'agt_nobody' })).total.calls).toBe(0)
    await admin`INSERT INTO workspaces (id, name) VALUES ('wsp_other', 'other')`
    await admin`
      INSERT INTO audit_records SELECT 'wsp_other', seq, audit_id || 'x', kind, at, agent_id,
        connection_id, decision, entry, hash, mac FROM audit_records`
    expect((await ask()).total.calls).toBe(11)
  })

  it.each([
    ['to', { to: started.toISOString() }],
    ['from', { from: new Date(Date.now() - 32 * 86_400_000).toISOString(), bucketMinutes: 1440 }],
    ['bucketMinutes', { from: new Date(Date.now() - 86_400_000).toISOString() }],
    ['bucketMinutes', { bucketMinutes: 0 }],
    ['bucketMinutes', { bucketMinutes: 1441 }],
    ['from', { from: 'yesterday' }],
  ])('names %s where it is wrong', async (field, over) => {
    await expect(ask(over)).rejects.toMatchObject({ type: 'invalid-input', fields: [{ field }] })
  })

  it('needs the scope to read the audit log', async () => {
    verifies('S-08')
    const token = await makeToken(scene.vault.url, ['workspace:read', 'agents:read'])
    const narrow = createClient({ baseUrl: scene.vault.url, auth: { kind: 'bearer', token } })
    const input = { from: started.toISOString(), to: new Date().toISOString(), bucketMinutes: 60 }
    await expect(narrow.call('getActivity', input)).rejects.toMatchObject({
      type: 'insufficient-scope',
    })
    await expect(scene.agent.client.call('getActivity', input)).rejects.toMatchObject({
      type: 'unauthenticated',
    })
  })

  it('is no trouble to entries that somebody has spoilt', async () => {
    await admin`ALTER TABLE audit_records DISABLE TRIGGER append_only`
    await admin`UPDATE audit_records SET entry = 'spoilt, "durationMs":e1,"outcome":' WHERE kind = 'outcome'`
    const { total } = await ask()
    expect(total).toMatchObject({ calls: 11, sent: 0 })
  })
})
