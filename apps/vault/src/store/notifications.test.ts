import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { StoredChannel } from '../notify/notify-store.ts'
import { readersOf } from '../notify/write-message.ts'
import { createNotificationChannelStore } from './notification-channels.ts'
import { createNotificationDeliveryStore } from './notification-deliveries.ts'
import { createNotificationOutboxStore } from './notification-outbox.ts'
import { createNotificationSettlingStore } from './notification-settling.ts'
import {
  notificationChannels,
  notificationDeliveries,
  notificationOutbox,
} from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { agents, approvals, connections, workspaces } from './tables.ts'

const bounds = {
  ...{ by: 'a', leaseMs: 30_000, channelsMax: 20, atOnceMax: 5 },
  ...{ perMinuteMax: 30, gatheredMax: 200, gatherMs: 10_000 },
}
const channel = (id: string, over: Partial<StoredChannel> = {}): StoredChannel => ({
  ...{ id, workspaceId: 'wsp_1', ownerId: 'own_owner', kind: 'webhook', label: id },
  ...{ events: ['approval', 'unusual_activity'], detail: 'full', enabled: true, target: 'x' },
  ...{ status: 'active', sealed: new Uint8Array([1]), version: 1 },
  ...{ lastDeliveredAt: null, lastError: null, createdAt: new Date() },
  ...over,
})

describe('notifications in the database', () => {
  let test: TestDatabase
  let channels: ReturnType<typeof createNotificationChannelStore>
  let outbox: ReturnType<typeof createNotificationOutboxStore>
  let deliveries: ReturnType<typeof createNotificationDeliveryStore>
  let ids = 0

  beforeAll(async () => {
    test = await startTestDatabase()
    channels = createNotificationChannelStore(test.database)
    outbox = createNotificationOutboxStore(test.database)
    deliveries = createNotificationDeliveryStore(test.database)
  })
  afterAll(() => test?.stop())

  beforeEach(async () => {
    const { db } = test.database
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    const people = (['owner', 'approver', 'auditor'] as const).map((role) => ({
      ...{ id: `own_${role}`, workspaceId: 'wsp_1', email: `${role}@example.com`, role },
    }))
    const other = { id: 'own_2', workspaceId: 'wsp_2', email: 'two@example.com' }
    await db.insert(owners).values([...people, { ...other, role: 'owner' }])
  })

  const happen = (kind: 'approval' | 'unusual_activity' | 'freeze', subjectId: string) =>
    test.database.db.insert(notificationOutbox).values({ workspaceId: 'wsp_1', kind, subjectId })
  const fanOut = () =>
    outbox.fanOut({
      ...{ eventsMax: 100, readers: readersOf },
      newId: () => `ntd_${String(ids++).padStart(6, '0')}`,
    })
  const rows = () => test.database.db.select().from(notificationDeliveries)

  it('enters each event once for each channel that wants it, of whoever may read it', async () => {
    const made = [
      channel('ntc_all'),
      channel('ntc_off', { enabled: false }),
      channel('ntc_gone', { status: 'gone' }),
      channel('ntc_none', { events: [] }),
      channel('ntc_approver', { ownerId: 'own_approver' }),
      channel('ntc_auditor', { ownerId: 'own_auditor' }),
      channel('ntc_other', { workspaceId: 'wsp_2', ownerId: 'own_2' }),
      // A row that claims to be of a workspace that its owner is not in.
      channel('ntc_strange', { workspaceId: 'wsp_1', ownerId: 'own_2' }),
    ]
    for (const one of made) await channels.insert(one, { channelsMax: 20 })
    await happen('approval', 'apr_1')
    await happen('unusual_activity', 'alr_1')
    await happen('freeze', 'wsp_1')
    const taken = await Promise.all([fanOut(), fanOut(), fanOut()])
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(3)
    const entered = (await rows()).map(({ channelId, kind }) => `${channelId} ${kind}`).toSorted()
    expect(entered).toEqual([
      'ntc_all approval',
      'ntc_all unusual_activity',
      'ntc_approver approval',
      'ntc_auditor approval',
      'ntc_auditor unusual_activity',
    ])
    expect(await fanOut()).toBe(0)
  })

  it('keeps twenty channels of a person, also of thirty that are made at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        channels.insert(channel(`ntc_${n}`), { channelsMax: 20 }),
      ),
    )
    expect(made.filter(Boolean)).toHaveLength(20)
  })

  async function due(count: number, channelId = 'ntc_1'): Promise<void> {
    await channels.insert(channel(channelId), { channelsMax: 20 })
    for (let n = 0; n < count; n += 1) await happen('approval', `apr_${n}`)
    await fanOut()
  }

  it('leases a delivery to one replica, and five of a channel at a time', async () => {
    verifies('S-43')
    await due(12)
    const claims = await Promise.all(
      ['a', 'b', 'c', 'd'].map((by) => deliveries.claim({ ...bounds, by })),
    )
    const taken = claims.flat().flatMap((one) => one.deliveries.map(({ id }) => id))
    expect(taken).toHaveLength(5)
    expect(new Set(taken).size).toBe(5)
    expect(await deliveries.claim(bounds)).toEqual([])
  })

  it('takes no word of who has lost the lease', async () => {
    verifies('S-43')
    await due(1)
    const [first] = await deliveries.claim({ ...bounds, by: 'slow', leaseMs: 1 })
    const id = first?.deliveries[0]?.id ?? ''
    await new Promise((resolve) => setTimeout(resolve, 20))
    const [second] = await deliveries.claim({ ...bounds, by: 'fast' })
    expect(second?.deliveries).toMatchObject([{ id, attempts: 2 }])
    const end = { outcome: 'failed', message: 'late', gone: true } as const
    await deliveries.end({ ids: [id], by: 'slow', end })
    expect((await rows())[0]).toMatchObject({ status: 'waiting', message: null })
    const delivered = { outcome: 'delivered', message: 'ok', channelStatus: 'active' } as const
    await deliveries.end({ ids: [id], by: 'fast', end: delivered })
    expect((await rows())[0]).toMatchObject({ status: 'delivered', message: 'ok', leasedBy: null })
  })

  it('gathers what is more than a channel is told in a minute, and then waits', async () => {
    await due(40)
    const [claimed] = await deliveries.claim(bounds)
    expect(claimed).toMatchObject({ gathered: true })
    expect(claimed?.deliveries).toHaveLength(40)
    await deliveries.end({
      ids: claimed?.deliveries.map(({ id }) => id) ?? [],
      by: 'a',
      end: { outcome: 'delivered', message: 'ok', channelStatus: 'active' },
    })
    for (let n = 0; n < 31; n += 1) await happen('approval', `apr_later_${n}`)
    await fanOut()
    expect(await deliveries.claim(bounds)).toEqual([])
    expect(await deliveries.claim({ ...bounds, gatherMs: 0 })).toMatchObject([{ gathered: true }])
  })

  it('waits as long as it is told to, and shows what came of it on the channel', async () => {
    await due(1)
    const [claimed] = await deliveries.claim(bounds)
    const ids = claimed?.deliveries.map(({ id }) => id) ?? []
    const end = { outcome: 'retry', message: 'HTTP 503', afterMs: 60_000 } as const
    await deliveries.end({ ids, by: 'a', end })
    expect(await deliveries.claim(bounds)).toEqual([])
    const ref = { workspaceId: 'wsp_1', ownerId: 'own_owner', id: 'ntc_1' }
    expect(await channels.find(ref)).toMatchObject({ status: 'failing', lastError: 'HTTP 503' })
    await test.database.db.update(notificationDeliveries).set({ nextAttemptAt: sql`now()` })
    await deliveries.claim(bounds)
    const delivered = { outcome: 'delivered', message: 'ok', channelStatus: 'active' } as const
    await deliveries.end({ ids, by: 'a', end: delivered })
    expect(await channels.find(ref)).toMatchObject({ status: 'active', lastError: null })
  })

  it('removes what ended long ago, and nothing that waits', async () => {
    await due(3)
    const [claimed] = await deliveries.claim({ ...bounds, atOnceMax: 2 })
    const ids = claimed?.deliveries.map(({ id }) => id) ?? []
    await deliveries.end({ ids, by: 'a', end: { outcome: 'dropped', message: 'over' } })
    const { db } = test.database
    await db.update(notificationDeliveries).set({ createdAt: sql`now() - interval '100 days'` })
    const old = { keptMs: 90 * 86_400_000, rowsMax: 1 }
    expect(await deliveries.removeOld(old)).toBe(1)
    expect(await deliveries.removeOld({ ...old, rowsMax: 10 })).toBe(1)
    expect((await rows()).map(({ status }) => status)).toEqual(['waiting'])
  })

  it('hands out messages with buttons once their approval is over, to one replica', async () => {
    const { db } = test.database
    await channels.insert(channel('ntc_1', { kind: 'slack-app' }), { channelsMax: 20 })
    await db
      .insert(agents)
      .values({ id: 'agt_1', workspaceId: 'wsp_1', name: 'a', status: 'active' })
    await db.insert(connections).values({
      ...{ id: 'con_1', workspaceId: 'wsp_1', provider: 'x', service: 'x', label: 'x' },
      ...{ status: 'healthy', singleton: false, grantedScopes: [], origins: [], version: 1 },
      ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false },
      ...{ credentialKind: 'bearer', credentialHint: '' },
    })
    await db.insert(approvals).values({
      ...{ id: 'apr_1', workspaceId: 'wsp_1', agentId: 'agt_1', connectionId: 'con_1' },
      ...{ policyId: 'pol_1', policyVersion: 1, connectionVersion: 1, status: 'pending' },
      ...{ method: 'GET', origin: 'https://a.example', host: 'a.example', path: '/', digest: 'd' },
      ...{ requestBytes: 0, reason: 'r', freshSignIn: false, ownersNeeded: 1, fingerprints: {} },
      expiresAt: sql`now() + interval '5 minutes'`,
    })
    await fanOut()
    const [claimed] = await deliveries.claim(bounds)
    await deliveries.end({
      ids: claimed?.deliveries.map(({ id }) => id) ?? [],
      by: 'a',
      end: {
        outcome: 'delivered',
        message: 'ok',
        channelStatus: 'active',
        reference: { sealed: 'AQ==' },
      },
    })
    const store = createNotificationSettlingStore(test.database)
    const given = { by: 'a', readers: readersOf.approval, leaseMs: 30_000, rowsMax: 10 }
    expect(await store.claimUnsettled(given)).toEqual([])
    await db
      .update(approvals)
      .set({ status: 'denied', deniedBy: 'own_owner', decidedAt: sql`now()`, sealed: null })
      .where(eq(approvals.id, 'apr_1'))
    const both = await Promise.all(['a', 'b'].map((by) => store.claimUnsettled({ ...given, by })))
    expect(both.flat()).toMatchObject([
      {
        reference: { sealed: 'AQ==' },
        settled: { approvalId: 'apr_1', status: 'denied', by: 'owner@example.com' },
      },
    ])
    // Whoever may not read of it any more, or wants no details outside, is not told who it was.
    const again = async () => {
      await db.update(notificationDeliveries).set({ leasedUntil: null })
      return store.claimUnsettled({ ...given, by: both[0]?.length === 1 ? 'a' : 'b' })
    }
    await db.update(notificationChannels).set({ detail: 'minimal' })
    expect((await again())[0]?.settled).toEqual({ approvalId: 'apr_1', status: 'denied' })
    await db.update(notificationChannels).set({ detail: 'full' })
    const nobody = { ...given, readers: [], by: both[0]?.length === 1 ? 'a' : 'b' }
    await db.update(notificationDeliveries).set({ leasedUntil: null })
    expect((await store.claimUnsettled(nobody))[0]?.settled).not.toHaveProperty('by')
    const [one] = both.flat()
    const by = both[0]?.length === 1 ? 'a' : 'b'
    await store.endSettling({ id: one?.id ?? '', by })
    await db.update(notificationDeliveries).set({ leasedUntil: null })
    expect(await store.claimUnsettled(given)).toEqual([])
    expect(await db.select().from(notificationChannels)).toHaveLength(1)
  })
})
