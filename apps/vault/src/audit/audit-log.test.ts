import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newCheckpointPath,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'

const rootKey = new Uint8Array(32).fill(7)

describe('audit log', () => {
  let test: TestDatabase
  let one: TestAuditLog
  const checkpointPath = newCheckpointPath()

  beforeAll(async () => {
    test = await startTestDatabase()
    one = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
  })
  afterAll(async () => {
    await one.close()
    await test.stop()
  })

  it('has an intent in the database when begin has answered', async () => {
    verifies('S-36')
    const intent = anIntent(newId('workspace'))
    expect(await one.log.begin(intent)).toEqual({ granted: true })
    const rows = await test.database.sql`
      select kind, entry from audit_records where audit_id = ${intent.auditId}`
    expect(rows).toHaveLength(1)
    expect(JSON.parse(rows[0]?.entry)).toMatchObject({ kind: 'intent', id: intent.auditId })
  })

  it('shows an attempt as pending, and with its outcome once that is recorded', async () => {
    const workspaceId = newId('workspace')
    const intent = anIntent(workspaceId)
    await one.log.begin(intent)
    const pending = await one.log.list(workspaceId, { limit: 10 })
    expect(pending.entries[0]).toMatchObject({ id: intent.auditId, outcome: 'pending', seq: 1 })
    one.log.end({
      auditId: intent.auditId,
      workspaceId,
      outcome: 'sent',
      status: 204,
      responseBytes: 12,
      durationMs: 3.25,
      redactions: 1,
    })
    await one.log.flush()
    const { entries, nextCursor } = await one.log.list(workspaceId, { limit: 10 })
    expect(nextCursor).toBeUndefined()
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({
      id: intent.auditId,
      seq: 1,
      outcome: 'sent',
      decision: 'allow',
      status: 204,
      responseBytes: 12,
      durationMs: 3.25,
      redactions: 1,
      method: 'GET',
      host: 'api.example.com',
      path: '/v1/things',
      queryNames: ['page'],
    })
    expect(entries[0]?.endedAt).toBeDefined()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 2 })
  })

  it('records refusals and events', async () => {
    verifies('S-36')
    const workspaceId = newId('workspace')
    const { deadlineMs: _, ...request } = anIntent(workspaceId, { decision: 'deny' })
    await one.log.refuse({ ...request, problem: 'policy-denied' })
    await one.log.record({
      auditId: newId('audit'),
      workspaceId,
      operation: 'createAgent',
      ownerId: newId('owner'),
      outcome: 'done',
      detail: { name: 'crawler', scopes: ['a', 'b'] },
    })
    const { entries } = await one.log.list(workspaceId, { limit: 10 })
    expect(entries).toMatchObject([
      { operation: 'createAgent', outcome: 'done', decision: 'none', seq: 2 },
      { operation: 'execute', outcome: 'refused', decision: 'deny', problem: 'policy-denied' },
    ])
    expect(entries[0]?.detail).toEqual({ name: 'crawler', scopes: ['a', 'b'] })
    expect(await one.log.verify(workspaceId)).toEqual({ ok: true, checked: 2 })
  })

  it('keeps chains of several workspaces apart, and each whole, under many writers', async () => {
    const workspaces = Array.from({ length: 5 }, () => newId('workspace'))
    const intents = Array.from({ length: 400 }, (_, i) => anIntent(workspaces[i % 5] ?? ''))
    await Promise.all(intents.map((intent) => one.log.begin(intent)))
    for (const intent of intents) {
      one.log.end({ auditId: intent.auditId, workspaceId: intent.workspaceId, outcome: 'sent' })
    }
    await one.log.flush()
    for (const workspaceId of workspaces) {
      expect(await one.log.verify(workspaceId)).toEqual({ ok: true, checked: 160 })
    }
    const open = await test.database.sql`
      select 1 from audit_open where workspace_id = any(${workspaces}::text[])`
    expect(open).toHaveLength(0)
  })

  it('lets two replicas write one chain, which stays whole', async () => {
    const other = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    const workspaceId = newId('workspace')
    const writer = async (log: TestAuditLog, count: number) => {
      for (let i = 0; i < count; i += 1) {
        const intent = anIntent(workspaceId)
        await log.log.begin(intent)
        log.log.end({ auditId: intent.auditId, workspaceId, outcome: 'sent' })
      }
    }
    await Promise.all(Array.from({ length: 12 }, (_, i) => writer(i % 2 === 0 ? one : other, 20)))
    await Promise.all([one.log.flush(), other.log.flush()])
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 480 })
    expect(other.failures).toEqual([])
    await other.close()
  })

  it('pages through all entries without a gap or a repetition, by any filter', async () => {
    const workspaceId = newId('workspace')
    const agents = [newId('agent'), newId('agent')]
    for (let i = 0; i < 50; i += 1) {
      const intent = anIntent(workspaceId, { agentId: agents[i % 2] })
      await one.log.begin(intent)
      if (i % 3 === 0) {
        one.log.end({ auditId: intent.auditId, workspaceId, outcome: 'failed' })
      }
    }
    await one.log.flush()
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await one.log.list(workspaceId, { limit: 7, cursor, agentId: agents[1] })
      seen.push(...page.entries.map((entry) => entry.id))
      expect(page.entries.every((entry) => entry.agentId === agents[1])).toBe(true)
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(seen).toHaveLength(25)
    expect(new Set(seen).size).toBe(25)
    expect(seen).toEqual([...seen].sort().reverse())
  })

  it('finds entries by time, to the millisecond', async () => {
    let nowMs = Date.parse('2026-03-01T00:00:00.000Z')
    const log = openAuditLog({ url: test.urls.app, rootKey, checkpointPath, now: () => nowMs })
    const workspaceId = newId('workspace')
    for (let i = 0; i < 20; i += 1) {
      await log.log.begin(anIntent(workspaceId))
      nowMs += 3_600_000
    }
    const page = await log.log.list(workspaceId, {
      limit: 50,
      from: '2026-03-01T05:00:00.000Z',
      to: '2026-03-01T07:00:00.000Z',
    })
    expect(page.entries.map((entry) => entry.at)).toEqual([
      '2026-03-01T07:00:00.000Z',
      '2026-03-01T06:00:00.000Z',
      '2026-03-01T05:00:00.000Z',
    ])
    const none = await log.log.list(workspaceId, { limit: 50, from: '2027-01-01T00:00:00.000Z' })
    expect(none.entries).toEqual([])
    await log.close()
  })

  it.each(['', 'zzzzzzzzzzzzzz', '-1', '1.5', 'ÿ', '00 1'])(
    'refuses the cursor %j with a sentence',
    async (cursor) => {
      await expect(one.log.list(newId('workspace'), { limit: 5, cursor })).rejects.toMatchObject({
        type: 'invalid-input',
      })
    },
  )

  it('shows nothing of another workspace', async () => {
    verifies('S-09')
    const intent = anIntent(newId('workspace'))
    await one.log.begin(intent)
    const page = await one.log.list(newId('workspace'), { limit: 5, agentId: intent.agentId })
    expect(page.entries).toEqual([])
  })

  it('closes no intent for a replica whose clock is ahead, and none of one whose clock is behind', async () => {
    verifies('S-30', 'S-43')
    const hoursMs = 7_200_000
    const workspaceId = newId('workspace')
    const replicas = [hoursMs, -hoursMs].map((aheadMs) =>
      openAuditLog({ url: test.urls.app, rootKey, now: () => Date.now() + aheadMs }),
    )
    for (const { log } of replicas) await log.begin(anIntent(workspaceId))
    for (const { log } of [one, ...replicas]) await log.closeUnknown()
    const { entries } = await one.log.list(workspaceId, { limit: 10 })
    expect(entries.map(({ outcome }) => outcome)).toEqual(['pending', 'pending'])
    for (const replica of replicas) await replica.close()
  })

  it('closes an intent past its deadline as unknown, once, however many replicas do it', async () => {
    verifies('S-43')
    const other = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    const workspaceId = newId('workspace')
    const overdue = Array.from({ length: 30 }, () =>
      anIntent(workspaceId, { deadlineMs: Date.now() - 60_000 }),
    )
    const current = anIntent(workspaceId)
    await Promise.all([...overdue, current].map((intent) => one.log.begin(intent)))
    const closed = await Promise.all([one.log.closeUnknown(), other.log.closeUnknown()])
    expect(closed[0] + closed[1]).toBe(30)
    const { entries } = await one.log.list(workspaceId, { limit: 50 })
    expect(entries.filter((entry) => entry.outcome === 'unknown')).toHaveLength(30)
    expect(entries.find((entry) => entry.id === current.auditId)?.outcome).toBe('pending')
    expect(await other.log.verify(workspaceId)).toEqual({ ok: true, checked: 61 })
    // A call that ended after all says what really happened.
    const [late] = overdue
    one.log.end({ auditId: late?.auditId ?? '', workspaceId, outcome: 'sent', status: 200 })
    await one.log.flush()
    const after = await one.log.list(workspaceId, { limit: 50 })
    expect(after.entries.find((entry) => entry.id === late?.auditId)?.outcome).toBe('sent')
    await other.close()
  })

  it('closes the intents of others where one chain was changed from outside, and tells of that one', async () => {
    verifies('S-43', 'S-44')
    const [changed, sound] = [newId('workspace'), newId('workspace')]
    await one.log.begin(anIntent(changed, { deadlineMs: Date.now() - 90_000 }))
    await one.log.begin(anIntent(sound, { deadlineMs: Date.now() - 60_000 }))
    await test.database.sql`
      update audit_heads set mac = ${Buffer.alloc(32)} where workspace_id = ${changed}`
    const failures = one.failures.length
    expect(await one.log.closeUnknown()).toBe(1)
    expect(one.failures.slice(failures)).toMatchObject([{ type: 'audit-unavailable' }])
    const { entries } = await one.log.list(sound, { limit: 10 })
    expect(entries.map(({ outcome }) => outcome)).toEqual(['unknown'])
    await test.database.sql`delete from audit_open where workspace_id = ${changed}`
  })

  it('takes nothing more once it is closed', async () => {
    const log = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    await log.close()
    await expect(log.log.begin(anIntent(newId('workspace')))).rejects.toMatchObject({
      type: 'audit-unavailable',
    })
  })
})
