import { type AlertSettings, defaultAlertSettings } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createWatch, type WatchNeeds } from '../alerts/watch.ts'
import { createAlertWatchStore } from './alert-watch.ts'
import { createAlertStore } from './alerts.ts'
import { alerts, notificationChannels } from './notify-tables.ts'
import { agents, workspaces } from './tables.ts'

const nowMs = Date.now()
const by = { ownerId: 'own_1', email: 'a@example.com', at: new Date(nowMs) }
const minuteMs = 60_000

interface Record {
  readonly kind?: 'intent' | 'refusal' | 'outcome' | 'event'
  readonly agentId?: string | null
  readonly atMs?: number
  readonly auditId?: string
  readonly entry?: object
}

describe('watching audit logs in the database', () => {
  let test: TestDatabase

  beforeAll(async () => {
    test = await startTestDatabase()
  })
  afterAll(() => test?.stop())

  beforeEach(async () => {
    const { db } = test.database
    await test.owner.sql`delete from audit_heads`
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    await db.insert(agents).values([
      { id: 'agt_1', workspaceId: 'wsp_1', name: 'one', status: 'active' },
      { id: 'agt_2', workspaceId: 'wsp_1', name: 'two', status: 'active' },
      { id: 'agt_3', workspaceId: 'wsp_1', name: 'three', status: 'active' },
      { id: 'agt_x', workspaceId: 'wsp_2', name: 'x', status: 'active' },
    ])
  })

  /** Logs are kept for ever: each test writes where the one before ended. */
  const ends = new Map<string, number>()

  async function write(records: readonly Record[], workspaceId = 'wsp_1'): Promise<void> {
    const { sql } = test.database
    const before = ends.get(workspaceId) ?? 0
    const rows = records.map(
      ({ kind = 'refusal', agentId = 'agt_1', atMs = nowMs, auditId, entry }, n) => {
        const id = auditId ?? `aud_${workspaceId}_${before + n + 1}`
        const operation = 'execute'
        const text = JSON.stringify({ v: 1, operation, problem: 'policy-denied', ...entry })
        return { seq: before + n + 1, id, kind, at: new Date(atMs).toISOString(), agentId, text }
      },
    )
    await sql`
      insert into audit_records (workspace_id, seq, audit_id, kind, at, agent_id, entry, hash, mac)
      select ${workspaceId}, seq, id, kind, at, agent_id, entry, '', ''
      from json_to_recordset(${JSON.stringify(rows.map(({ agentId, text, ...row }) => ({ ...row, agent_id: agentId, entry: text })))}::text::json)
        as r(seq bigint, id text, kind text, at timestamptz, agent_id text, entry text)`
    ends.set(workspaceId, before + rows.length)
    await sql`
      insert into audit_heads (workspace_id, seq, hash, mac)
      values (${workspaceId}, ${before + rows.length}, '', '')
      on conflict (workspace_id) do update set seq = excluded.seq`
  }

  /** As of now: what stood in the log before is no part of the test. */
  async function begin(...workspaceIds: string[]): Promise<void> {
    for (const id of workspaceIds) {
      await test.database.sql`
        insert into alert_cursors (workspace_id, seq) values (${id}, ${ends.get(id) ?? 0})`
    }
  }

  function createReplica(holder = 'aud_a', over: Partial<WatchNeeds> = {}) {
    const disabled: string[] = []
    const events: object[] = []
    const failures: unknown[] = []
    const store = createAlertWatchStore(test.database)
    const ids = { next: 0 }
    const watch = createWatch({
      store,
      holder,
      newId: (kind) => `${kind === 'alert' ? 'alr' : 'aud'}_${holder}${ids.next++}`,
      now: () => nowMs,
      async disableAgent({ agentId }) {
        disabled.push(agentId)
        return true
      },
      audit: { record: async (event) => void events.push(event) },
      onFailure: (error) => void failures.push(error),
      ...over,
    })
    return { ...watch, store, disabled, events, failures }
  }

  const all = () => test.database.db.select().from(alerts).orderBy(alerts.agentId, alerts.kind)
  const many = (count: number, make: (n: number) => Record = () => ({})) =>
    Array.from({ length: count }, (_, n) => make(n))
  const setUp = (settings: Partial<AlertSettings>) =>
    createAlertStore(test.database).putSettings('wsp_1', { ...defaultAlertSettings, ...settings })

  it('raises one alert for what goes on, and moves it', async () => {
    await begin('wsp_1')
    const { run, failures } = createReplica()
    await write(many(25))
    await run()
    const [first] = await all()
    expect(first).toMatchObject({
      ...{ agentId: 'agt_1', kind: 'many_denials', observed: 25, agentDisabled: false },
      sentence: 'Was refused 25 times in 15 minutes; more than 20 is always told of.',
    })
    await write(many(10, () => ({ atMs: nowMs + minuteMs })))
    await run()
    await run()
    const again = await all()
    expect(again).toHaveLength(1)
    expect(again[0]).toMatchObject({ id: first?.id, observed: 35, createdAt: first?.createdAt })
    expect(again[0]?.lastAt.getTime()).toBe(nowMs + minuteMs)
    expect(failures).toEqual([])
  })

  it('raises nothing anew that somebody has just looked at, and tells of it again when it begins again', async () => {
    await begin('wsp_1')
    const { run } = createReplica()
    await write(many(25, () => ({ atMs: nowMs - 180 * minuteMs })))
    await run()
    await createAlertStore(test.database).acknowledgeAll('wsp_1', by, undefined)
    await write(many(5, () => ({ atMs: nowMs - 170 * minuteMs })))
    await run()
    expect(await all()).toHaveLength(1)
    await write(many(25))
    await run()
    expect(await all()).toHaveLength(2)
  })

  it('tells of a limit once, however many requests it refuses', async () => {
    await begin('wsp_1')
    const { run } = createReplica()
    const entry = { problem: 'limit-exceeded', reason: 'The limit perDay is used up. 9 s' }
    for (let round = 0; round < 3; round += 1) {
      await write(many(40, (n) => ({ entry, atMs: nowMs - (9 - round * 3) * 60 * minuteMs + n })))
      await run()
      await createAlertStore(test.database).acknowledgeAll('wsp_1', by, undefined)
    }
    const raised = await all()
    expect(raised.map(({ kind, observed }) => [kind, observed])).toEqual([['limit_reached', 120]])
  })

  it('judges each part of a log once, however many replicas watch', async () => {
    await begin('wsp_1', 'wsp_2')
    const replicas = ['a', 'b', 'c', 'd'].map((name) => createReplica(name))
    const limited = { entry: { problem: 'limit-exceeded', reason: 'perDay' } }
    for (let round = 0; round < 4; round += 1) {
      await write(many(1_500, () => limited))
      await write(
        many(300, () => ({ ...limited, agentId: 'agt_x' })),
        'wsp_2',
      )
      await Promise.all(replicas.map(({ run }) => run()))
    }
    await replicas[0]?.run()
    const raised = (await all()).filter(({ kind }) => kind === 'limit_reached')
    expect(raised.map(({ agentId, observed }) => [agentId, observed])).toEqual([
      ['agt_1', 6_000],
      ['agt_x', 1_200],
    ])
    expect(replicas.flatMap(({ failures }) => failures)).toEqual([])
  })

  it('writes nothing down where another replica took over meanwhile', async () => {
    await begin('wsp_1')
    const store = createAlertWatchStore(test.database)
    await write(many(10))
    const claim = await store.claim('wsp_1', 'slow', 1)
    expect(claim?.headSeq).toBe(ends.get('wsp_1'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await store.claim('wsp_1', 'quick', 60_000)).toEqual(claim)
    expect(await store.claim('wsp_1', 'slow', 60_000)).toBeUndefined()
    const part = {
      ...{ workspaceId: 'wsp_1', leaseMs: 60_000, fromSeq: claim?.seq ?? 0 },
      ...{ toSeq: claim?.headSeq ?? 0, baselines: new Map([['agt_1', {}]]) },
      ...{ raised: [], goneOn: [], disabledBy: [] },
    }
    expect(await store.commit({ ...part, holder: 'slow' })).toBe(false)
    expect(await store.findBaselines('wsp_1', ['agt_1'])).toEqual(new Map([['agt_1', null]]))
    expect(await store.commit({ ...part, holder: 'quick' })).toBe(true)
    // The same part a second time.
    expect(await store.commit({ ...part, holder: 'quick' })).toBe(false)
    await store.release('wsp_1', 'slow')
    expect(await store.claim('wsp_1', 'slow', 60_000)).toBeUndefined()
    await store.release('wsp_1', 'quick')
    expect(await store.claim('wsp_1', 'slow', 60_000)).toBeDefined()
  })

  it('counts what an answer brought for the agent that asked, and reads nothing of others', async () => {
    verifies('S-09')
    await begin('wsp_1')
    const from = ends.get('wsp_1') ?? 0
    const entry = { responseBytes: 7, operation: undefined, problem: undefined }
    await write([
      { kind: 'intent', auditId: 'aud_asks', entry: { host: 'a.example', requestBytes: 3 } },
      { kind: 'outcome', auditId: 'aud_asks', agentId: null, entry },
      { kind: 'outcome', auditId: 'aud_of_an_owner', agentId: null, entry },
      { kind: 'event', agentId: 'agt_e', entry: { operation: 'enableAgent' } },
      { kind: 'refusal', agentId: null },
    ])
    const store = createAlertWatchStore(test.database)
    const records = await store.readRecords('wsp_1', from, from + 5)
    expect(records.map(({ kind, agentId }) => [kind, agentId])).toEqual([
      ['intent', 'agt_1'],
      ['outcome', 'agt_1'],
    ])
    expect(records[0]?.atMs).toBe(nowMs)
    // An outcome in the next part belongs to the same agent.
    expect(await store.readRecords('wsp_1', from + 1, from + 2)).toHaveLength(1)
    expect(await store.findBaselines('wsp_2', ['agt_1'])).toEqual(new Map())
    expect(await store.findEnabledMs('wsp_1', 'agt_e')).toBe(nowMs)
    expect(await store.findEnabledMs('wsp_2', 'agt_e')).toBeUndefined()
    expect(await store.findEnabledMs('wsp_1', 'agt_2')).toBeUndefined()
  })

  it('teaches what is long over, tells of nothing older than a day, and goes on where agents are gone', async () => {
    await begin('wsp_1')
    const { run, store, failures } = createReplica()
    await write(many(300, () => ({ atMs: nowMs - 25 * 60 * minuteMs })))
    await write(many(50, () => ({ agentId: 'agt_gone' })))
    await run()
    expect(await all()).toEqual([])
    const baselines = await store.findBaselines('wsp_1', ['agt_1', 'agt_gone'])
    expect([...baselines.keys()]).toEqual(['agt_1'])
    expect(baselines.get('agt_1')).toMatchObject({ attempts: 300 })
    expect(failures).toEqual([])
  })

  it('leaves out the oldest where it is too far behind, and records that', async () => {
    await begin('wsp_1')
    const { run, events, failures } = createReplica()
    const from = ends.get('wsp_1') ?? 0
    await write(many(10))
    // The log has holes only in this test.
    ends.set('wsp_1', from + 300_000)
    await write(many(30))
    await run()
    expect(events).toMatchObject([
      {
        ...{ operation: 'skipAlerts', workspaceId: 'wsp_1' },
        detail: { fromSeq: from, toSeq: from + 100_030 },
      },
    ])
    expect(failures).toEqual([])
    expect((await all()).map(({ observed }) => observed)).toEqual([30])
  })

  it('raises a bounded number of alerts a day', async () => {
    await begin('wsp_1')
    const { run } = createReplica()
    const entry = (n: number) => ({ problem: 'limit-exceeded', reason: 'x'.repeat(n) })
    await write(many(60, (n) => ({ entry: entry(n) })))
    await run()
    expect(await all()).toHaveLength(20)
  })

  it('disables an agent before it is written down that its log was judged, and again where that failed', async () => {
    await begin('wsp_1')
    await setUp({ freezeOn: ['many_denials'] })
    const failing = createReplica('a', {
      disableAgent: () => Promise.reject(new Error('the log cannot be written')),
    })
    await write(many(25))
    await failing.run()
    expect(failing.failures).toHaveLength(1)
    expect(await all()).toEqual([])
    const { run, disabled } = createReplica('b')
    await run()
    expect(disabled).toEqual(['agt_1'])
    expect(await all()).toMatchObject([{ kind: 'many_denials', agentDisabled: true }])
  })

  it('disables nobody for old times, nor soon after an owner enabled the agent', async () => {
    await begin('wsp_1')
    await setUp({ freezeOn: ['many_denials'] })
    const { run, disabled } = createReplica()
    await write(many(25, () => ({ atMs: nowMs - 20 * minuteMs, agentId: 'agt_2' })))
    await write(many(25, () => ({ agentId: 'agt_3' })))
    const enabled = { kind: 'event', entry: { operation: 'enableAgent' } } as const
    await write([{ ...enabled, agentId: 'agt_3', atMs: nowMs - minuteMs }])
    await run()
    expect(disabled).toEqual([])
    expect(await all()).toHaveLength(2)
    const later = createReplica('later', { now: () => nowMs + 20 * minuteMs })
    await write(many(25, () => ({ atMs: nowMs + 16 * minuteMs, agentId: 'agt_3' })))
    await later.run()
    expect(later.disabled).toEqual(['agt_3'])
    expect((await all()).find(({ agentId }) => agentId === 'agt_3')?.agentDisabled).toBe(true)
  })

  it('hands alerts to those who want to be told, once', async () => {
    await begin('wsp_1')
    const { db, sql } = test.database
    await sql`insert into owners (id, workspace_id, email, role) values ('own_1', 'wsp_1', 'a@example.com', 'owner')`
    await db.insert(notificationChannels).values({
      ...{ id: 'nch_1', workspaceId: 'wsp_1', ownerId: 'own_1', kind: 'ntfy', label: 'phone' },
      ...{ events: ['unusual_activity'], detail: 'full', enabled: true, target: 'x' },
      ...{ status: 'active', sealed: new Uint8Array(), version: 1 },
    })
    const { run } = createReplica()
    for (let round = 0; round < 3; round += 1) {
      await write(many(30))
      await run()
    }
    const outbox = await sql`select kind, subject_id from notification_outbox`
    expect(outbox).toEqual([{ kind: 'unusual_activity', subject_id: (await all())[0]?.id }])
  })
})
