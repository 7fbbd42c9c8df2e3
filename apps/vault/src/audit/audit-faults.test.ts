import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  aPolicy,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { startDatabaseProxy } from '../../../../test/fixtures/database-proxy.ts'
import { verifies } from '../../../../test/verifies.ts'
import { connect, type Sql } from '../store/connect.ts'

const rootKey = new Uint8Array(32).fill(4)
const name = 'audit-under-fault'
const farName = 'audit-far-away'
/** To the database, or back. */
const wayMs = 250

/** Of limits that nobody here reaches. */
const reservationOf = (policyId: string) => ({
  policyId,
  windows: [{ name: 'perDay', limit: 100_000, windowMs: 86_400_000 }],
  concurrent: 1000,
  leaseMs: 60_000,
})

/** Looks again and again whether somebody holds the head of a chain. */
function watchHeld(sql: Sql, workspaceId: string): { stop(): Promise<{ longestMs: number }> } {
  let going = true
  let longestMs = 0
  const watching = (async () => {
    let sinceMs: number | undefined
    while (going) {
      const free = await sql`
        select from audit_heads where workspace_id = ${workspaceId} for update skip locked`
      const nowMs = performance.now()
      sinceMs = free.length > 0 ? undefined : (sinceMs ?? nowMs)
      longestMs = Math.max(longestMs, nowMs - (sinceMs ?? nowMs))
      await sleep(5)
    }
  })()
  return {
    async stop() {
      going = false
      await watching
      return { longestMs }
    },
  }
}

describe('audit log under faults', () => {
  let test: TestDatabase
  let owner: Sql
  let one: TestAuditLog

  beforeAll(async () => {
    test = await startTestDatabase()
    owner = connect({
      url: test.urls.owner,
      maxConnections: 2,
      applicationName: 'operator',
      idleMsMax: 60_000,
      silenceMsMax: 60_000,
    })
    one = openAuditLog({ url: test.urls.app, rootKey, applicationName: name })
  })
  afterAll(async () => {
    await one.close()
    await owner.end()
    await test.stop()
  })

  const terminate = (whose = name) => owner`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${whose} and datname = current_database()`
  const settle = (work: Promise<unknown>[]) => Promise.allSettled(work)

  it('has durable what it said yes to, and nothing doubled, when its connections are killed', async () => {
    verifies('S-36', 'S-43', 'S-44')
    const { workspaceId, policyId } = await aPolicy(owner)
    const reservation = reservationOf(policyId)
    const granted: string[] = []
    let refused = 0
    let going = true
    const writer = async (limited: boolean) => {
      while (going) {
        const intent = anIntent(workspaceId, { policyId })
        try {
          await one.log.begin(intent, limited ? reservation : undefined)
          granted.push(intent.auditId)
          one.log.end({ auditId: intent.auditId, workspaceId, outcome: 'sent' })
        } catch (error) {
          expect(error).toMatchObject({ type: 'audit-unavailable', status: 503 })
          refused += 1
          await sleep(5)
        }
      }
    }
    const writers = Array.from({ length: 16 }, (_, i) => writer(i % 4 === 0))
    for (let round = 0; round < 12; round += 1) {
      await sleep(60)
      await terminate()
    }
    going = false
    await Promise.all(writers)
    await one.log.flush()
    expect(refused).toBeGreaterThan(0)
    const rows = await owner<{ audit_id: string; kind: string; count: number }[]>`
      select audit_id, kind, count(*)::int as count from audit_records
      where workspace_id = ${workspaceId} group by audit_id, kind`
    expect(rows.filter((row) => row.count !== 1)).toEqual([])
    const intents = new Set(rows.filter((row) => row.kind === 'intent').map((row) => row.audit_id))
    const outcomes = rows.filter((row) => row.kind === 'outcome').map((row) => row.audit_id)
    expect(granted.filter((id) => !intents.has(id))).toEqual([])
    expect(new Set(outcomes)).toEqual(new Set(granted))
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    // What landed although its caller was told no stays open, and is closed as unknown.
    const open = await owner`select 1 from audit_open where workspace_id = ${workspaceId}`
    expect(open).toHaveLength(intents.size - granted.length)
  })

  it('does not make one workspace wait for another whose chain is stuck, and then says no', async () => {
    verifies('S-44')
    const stuck = newId('workspace')
    const free = newId('workspace')
    await one.log.begin(anIntent(stuck))
    const lock = await owner.reserve()
    await lock`begin`
    await lock`select 1 from audit_heads where workspace_id = ${stuck} for update`
    const waiting = settle(Array.from({ length: 5 }, () => one.log.begin(anIntent(stuck))))
    for (let i = 0; i < 20; i += 1) {
      expect(await one.log.begin(anIntent(free))).toEqual({ granted: true })
    }
    const answers = await waiting
    expect(answers.every((answer) => answer.status === 'rejected')).toBe(true)
    await lock`rollback`
    lock.release()
    expect(await one.log.begin(anIntent(stuck))).toEqual({ granted: true })
    expect(await one.log.verify(stuck)).toMatchObject({ ok: true })
  })

  it('lets the others write while a replica that holds the chain says nothing more', async () => {
    verifies('S-44')
    const workspaceId = newId('workspace')
    await one.log.begin(anIntent(workspaceId))
    const proxy = await startDatabaseProxy(test.urls.app)
    const far = openAuditLog({ url: proxy.url, rootKey, applicationName: 'far' })
    const waiters = () => owner`
      select 1 from pg_stat_activity where application_name = 'far' and wait_event_type = 'Lock'`
    const lock = await owner.reserve()
    await lock`begin`
    await lock`select 1 from audit_heads where workspace_id = ${workspaceId} for update`
    const silent = settle([far.log.begin(anIntent(workspaceId))])
    await expect.poll(waiters, { interval: 20 }).toHaveLength(1)
    proxy.set({ kind: 'blackhole' })
    await lock`rollback`
    lock.release()
    expect(await one.log.begin(anIntent(workspaceId))).toEqual({ granted: true })
    proxy.set({ kind: 'pass' })
    await silent
    await far.close()
    await proxy.close()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
  })

  it.each([
    { connections: 'that have been used', meanwhile: () => {} },
    { connections: 'that are new, as after a restart', meanwhile: () => terminate(farName) },
  ])(
    'keeps the others for two ways to the database from the chain, and no more, on connections $connections',
    async ({ meanwhile }) => {
      verifies('S-44')
      const { workspaceId, policyId } = await aPolicy(owner)
      const begin = ({ log }: TestAuditLog) =>
        log.begin(anIntent(workspaceId, { policyId }), reservationOf(policyId))
      const proxy = await startDatabaseProxy(test.urls.app)
      const far = openAuditLog({ url: proxy.url, rootKey, applicationName: farName })
      // From the second on it knows that somebody else writes the chain, and locks it.
      for (const log of [far, one, far, one]) expect(await begin(log)).toEqual({ granted: true })
      await meanwhile()
      proxy.set({ kind: 'delay', delayMs: wayMs })
      const held = watchHeld(owner, workspaceId)
      // The first may meet a connection that is gone, and with a new one it may take longer than it is waited for.
      for (let tries = 0; tries < 3; tries += 1) await settle([begin(far)])
      const { longestMs } = await held.stop()
      expect(longestMs).toBeGreaterThan(wayMs)
      expect(longestMs).toBeLessThan(3.5 * wayMs)
      proxy.set({ kind: 'pass' })
      expect(await begin(far)).toEqual({ granted: true })
      await far.close()
      await proxy.close()
      expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    },
    40_000,
  )

  const faults = ['cut', 'blackhole', 'garbage'] as const
  it.each(faults)(
    'says no while the network does %s, keeps outcomes, and recovers by itself',
    async (kind) => {
      verifies('S-36', 'S-44')
      const proxy = await startDatabaseProxy(test.urls.app)
      const far = openAuditLog({ url: proxy.url, rootKey })
      const workspaceId = newId('workspace')
      const intent = anIntent(workspaceId)
      await far.log.begin(intent)
      proxy.set({ kind })
      far.log.end({ auditId: intent.auditId, workspaceId, outcome: 'sent', status: 200 })
      const answers = await settle(
        Array.from({ length: 5 }, () => far.log.begin(anIntent(workspaceId))),
      )
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 'rejected', reason: { type: 'audit-unavailable' } })
      }
      proxy.set({ kind: 'pass' })
      await expect
        .poll(
          () =>
            far.log.begin(anIntent(workspaceId)).then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true)
      await far.log.flush()
      const { entries } = await far.log.list(workspaceId, { limit: 10 })
      expect(entries.find((entry) => entry.id === intent.auditId)?.outcome).toBe('sent')
      expect(await far.log.verify(workspaceId)).toMatchObject({ ok: true })
      await far.close()
      await proxy.close()
    },
    40_000,
  )

  it('takes a bounded number of waiting entries and refuses the rest at once', async () => {
    verifies('S-44')
    const workspaceId = newId('workspace')
    const answers = await settle(
      Array.from({ length: 9_000 }, () => one.log.begin(anIntent(workspaceId))),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused).toHaveLength(9_000 - 8_192)
    expect(refused[0]).toMatchObject({ reason: { type: 'overloaded' } })
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 8_192 })
  })
})
