import { randomBytes } from 'node:crypto'
import { defaultAlertSettings, type InputOf, type operations } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { type EventReader, readEvents } from './fixtures/event-reader.ts'
import { type HoldingUpstream, startHoldingUpstream } from './fixtures/holding-upstream.ts'
import { eventually } from './fixtures/scene.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let upstream: HoldingUpstream
let events: EventReader
/** The watch looks every few seconds. */
const soonMs = 15_000

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  upstream = await startHoldingUpstream()
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    },
  })
  events = await readEvents(vault.url, { authorization: `Bearer ${vault.ownerToken}` })
})
afterAll(async () => {
  events?.close()
  await vault?.stop()
  await upstream?.close()
  await admin?.end({ timeout: 1 })
  await database?.stop()
})

interface Player {
  readonly agent: TestAgent
  readonly call: (method: 'GET' | 'DELETE', path?: string) => Promise<string>
}

/** An agent that may GET from the upstream; `call` answers how it ended. */
async function createPlayer(name: string, limits: object = {}): Promise<Player> {
  const agent = await vault.createAgentWithKey(name)
  const connectionId = await vault.addConnection({ origins: [upstream.origin], label: name })
  await vault.addPolicy({ agentId: agent.agentId, connectionId, limits })
  return {
    agent,
    async call(method, path = '/x') {
      const input = { connectionId, method, url: upstream.origin + path }
      const answer = agent.client.call('execute', input, { timeoutMs: 30_000 })
      return answer.then(
        () => 'answered',
        (error: unknown) => (error instanceof Error && 'type' in error ? String(error.type) : 'x'),
      )
    },
  }
}

async function repeat(count: number, work: () => Promise<string>): Promise<string[]> {
  const ends: string[] = []
  for (let n = 0; n < count; n += 1) ends.push(await work())
  return ends
}

const list = async (over: Partial<InputOf<typeof operations.listAlerts>> = {}) =>
  vault.owner.call('listAlerts', { limit: 50, ...over })
const alertsOf = async ({ agent }: Player) => (await list({ agentId: agent.agentId })).alerts
const putSettings = (over: Partial<typeof defaultAlertSettings>) =>
  vault.owner.call('putAlertSettings', { ...defaultAlertSettings, ...over })
const auditOf = async (operation: string) =>
  (await vault.owner.call('listAudit', { limit: 50, operation })).entries

describe('an agent that does what it does not usually do', () => {
  it('raises an alert when it is refused again and again, which screens hear of and a person acknowledges', async () => {
    const player = await createPlayer('prober')
    expect(new Set(await repeat(25, () => player.call('DELETE')))).toEqual(
      new Set(['policy-denied']),
    )
    expect(await eventually(async () => (await alertsOf(player)).length > 0, soonMs)).toBe(true)
    const [alert] = await alertsOf(player)
    expect(alert).toMatchObject({
      ...{ kind: 'many_denials', status: 'open', agentDisabled: false },
      agent: { id: player.agent.agentId, name: 'prober' },
      connection: { label: 'prober' },
    })
    expect(alert?.sentence).toMatch(/^Was refused \d+ times in 15 minutes; .*20/)
    const told = () => events.told().some(({ noun }) => noun === 'alerts')
    expect(await eventually(told, 5_000)).toBe(true)
    expect((await list()).openCount).toBeGreaterThan(0)
    const alertId = alert?.id ?? ''
    const first = await vault.owner.call('acknowledgeAlert', { alertId })
    expect(first.alert).toMatchObject({
      status: 'acknowledged',
      acknowledgedBy: { email: 'owner@example.com' },
    })
    expect(await vault.owner.call('acknowledgeAlert', { alertId })).toEqual(first)
    expect(await auditOf('acknowledgeAlert')).toMatchObject([
      { agentId: player.agent.agentId, detail: { alertId, kind: 'many_denials' } },
    ])
    expect((await list({ status: 'open', agentId: player.agent.agentId })).alerts).toEqual([])
  })

  it('raises one alert for a limit, however many requests it refuses', async () => {
    const player = await createPlayer('eager', { perDay: 2 })
    const ends = await repeat(12, () => player.call('GET'))
    expect(ends.filter((end) => end === 'limit-exceeded')).toHaveLength(10)
    expect(await eventually(async () => (await alertsOf(player)).length > 0, soonMs)).toBe(true)
    await repeat(5, () => player.call('GET'))
    const counted = async () => (await alertsOf(player))[0]?.observed === 15
    expect(await eventually(counted, soonMs)).toBe(true)
    expect((await alertsOf(player)).map(({ kind }) => kind)).toEqual(['limit_reached'])
    const input = { agentId: player.agent.agentId }
    expect(await vault.owner.call('acknowledgeAlerts', input)).toEqual({ acknowledged: 1 })
    expect(await vault.owner.call('acknowledgeAlerts', input)).toEqual({ acknowledged: 0 })
  })

  it('is disabled by itself where its owner wants that, running calls included, until it is enabled again', async () => {
    verifies('S-10')
    await putSettings({ freezeOn: ['many_denials', 'many_denials'] })
    expect((await vault.owner.call('getAlertSettings', {})).alertSettings).toEqual({
      ...defaultAlertSettings,
      freezeOn: ['many_denials'],
    })
    const [player, other] = [await createPlayer('rogue'), await createPlayer('bystander')]
    const running = player.call('GET', '/hold/1')
    expect(await eventually(() => upstream.holding() === 1, 5_000)).toBe(true)
    await repeat(25, () => player.call('DELETE'))
    expect(await running).toBe('request-stopped')
    expect(['invalid-client', 'unauthenticated']).toContain(await player.call('GET'))
    const { agentId } = player.agent
    expect((await vault.owner.call('getAgent', { agentId })).agent.status).toBe('disabled')
    expect(await other.call('GET')).toBe('answered')
    const isSaid = async () => (await alertsOf(player))[0]?.agentDisabled === true
    expect(await eventually(isSaid, 5_000)).toBe(true)
    const [alert] = await alertsOf(player)
    const [recorded] = await auditOf('autoDisableAgent')
    expect(recorded).toMatchObject({
      agentId,
      detail: { alertId: alert?.id, kind: 'many_denials' },
    })
    expect(recorded).not.toHaveProperty('ownerId')
    await vault.owner.call('enableAgent', { agentId })
    await repeat(25, () => player.call('DELETE'))
    // Judged, and left alone: whoever enabled it has just looked.
    const seen = async () => ((await alertsOf(player))[0]?.observed ?? 0) >= 50
    expect(await eventually(seen, soonMs)).toBe(true)
    expect(await player.call('GET')).toBe('answered')
  })
})

describe('alerts and their settings', () => {
  it('of another workspace are none of the caller’s', async () => {
    verifies('S-09')
    await admin`INSERT INTO workspaces (id, name) VALUES ('wsp_other', 'other')`
    await admin`
      INSERT INTO agents (id, workspace_id, name, status) VALUES ('agt_other', 'wsp_other', 'x', 'active')`
    await admin`
      INSERT INTO alerts (id, workspace_id, agent_id, kind, sentence, last_at)
      VALUES ('alr_other', 'wsp_other', 'agt_other', 'burst', 'x', now())`
    const problems = ['alr_other', 'alr_nothing'].map((alertId) =>
      vault.owner.call('acknowledgeAlert', { alertId }).catch((error: unknown) => error),
    )
    const [theirs, nobodys] = (await Promise.all(problems)).map((problem) => {
      const { type, detail, status } = Object(problem)
      return { type, detail, status }
    })
    expect(theirs).toMatchObject({ type: 'alert-not-found', status: 404 })
    expect(nobodys).toEqual(theirs)
    expect((await list({ agentId: 'agt_other' })).alerts).toEqual([])
    const input = { agentId: 'agt_other' }
    expect(await vault.owner.call('acknowledgeAlerts', input)).toEqual({ acknowledged: 0 })
    await admin`INSERT INTO alert_settings (workspace_id, settings) VALUES ('wsp_other', '{"timezone":"theirs"}')`
    await putSettings({ timezone: 'Europe/Berlin' })
    expect((await vault.owner.call('getAlertSettings', {})).alertSettings.timezone).toBe(
      'Europe/Berlin',
    )
  })

  it.each([
    ['timezone', { timezone: 'Mars/Olympus' }],
    ['timezone', { timezone: '' }],
    ['freezeOn.0', { freezeOn: ['boredom'] }],
    ['sensitivity.burst', { sensitivity: { ...defaultAlertSettings.sensitivity, burst: 'some' } }],
  ])('name %s where it is wrong', async (field, over) => {
    const input = { ...defaultAlertSettings, ...over } as typeof defaultAlertSettings
    await expect(vault.owner.call('putAlertSettings', input)).rejects.toMatchObject({
      ...{ type: 'invalid-input', fields: [{ field }] },
    })
  })

  it('are recorded when they change', async () => {
    await putSettings({ freezeOn: ['burst'] })
    const [entry] = await auditOf('putAlertSettings')
    expect(entry).toMatchObject({
      detail: { freezeOn: ['burst'], timezone: 'UTC', volume: 'normal' },
    })
    expect(entry?.ownerId).toMatch(/^own_/)
  })
})
