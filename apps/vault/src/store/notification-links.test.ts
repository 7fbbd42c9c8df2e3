import { Buffer } from 'node:buffer'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { StoredChannel } from '../notify/notify-store.ts'
import { createExpiredStore } from './expired.ts'
import { createNotificationChannelStore } from './notification-channels.ts'
import {
  createNotificationLinkStore,
  createNotificationPollStore,
  createNotificationPressStore,
} from './notification-links.ts'
import {
  notificationChannels,
  notificationDeliveries,
  notificationPresses,
} from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { workspaces } from './tables.ts'

const channel = (id: string, over: Partial<StoredChannel> = {}): StoredChannel => ({
  ...{ id, workspaceId: 'wsp_1', ownerId: 'own_1', kind: 'telegram', label: id, events: [] },
  ...{ detail: 'full', enabled: true, target: 'bot 1', status: 'unlinked' },
  ...{ sealed: new Uint8Array([1]), version: 1 },
  ...{ lastDeliveredAt: null, lastError: null, createdAt: new Date() },
  ...over,
})
const ref = { workspaceId: 'wsp_1', ownerId: 'own_1', id: 'ntc_1' }
const hash = Buffer.alloc(32, 1)
const link = { hash, lastsMs: 600_000, everyMs: 30_000 }
const linked = { id: 'ntc_1', sealed: new Uint8Array([2]), version: 2, target: 'bot 1 → me', hash }

describe('linked accounts in the database', () => {
  let test: TestDatabase
  let links: ReturnType<typeof createNotificationLinkStore>
  let polls: ReturnType<typeof createNotificationPollStore>
  let presses: ReturnType<typeof createNotificationPressStore>
  const add = (...one: Parameters<typeof channel>) =>
    createNotificationChannelStore(test.database).insert(channel(...one), { channelsMax: 20 })
  const change = (values: object) => test.database.db.update(notificationChannels).set(values)

  beforeAll(async () => {
    test = await startTestDatabase()
    links = createNotificationLinkStore(test.database)
    polls = createNotificationPollStore(test.database)
    presses = createNotificationPressStore(test.database)
  })
  afterAll(() => test?.stop())
  beforeEach(async () => {
    const { db } = test.database
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    const person = { email: 'me@example.com', role: 'approver' } as const
    await db.insert(owners).values({ id: 'own_1', workspaceId: 'wsp_1', ...person })
    await add('ntc_1')
  })

  it('link once of many at a time, and begin anew no sooner than they may', async () => {
    const begun = await Promise.all([1, 2, 3].map(() => links.beginLink(ref, link)))
    expect(begun.filter(Boolean)).toHaveLength(1)
    for (const wrong of [{ ownerId: 'own_2' }, { workspaceId: 'wsp_2' }, { id: 'ntc_2' }]) {
      expect(await links.beginLink({ ...ref, ...wrong }, { ...link, everyMs: 0 })).toBe(false)
    }
    expect(await links.finishLink({ ...linked, hash: Buffer.alloc(32, 2) })).toBeUndefined()
    expect(await links.finishLink({ ...linked, version: 3 })).toBeUndefined()
    const done = await Promise.all([1, 2, 3].map(() => links.finishLink(linked)))
    expect(done.filter((one) => one !== undefined)).toMatchObject([
      { status: 'active', version: 2, target: 'bot 1 → me' },
    ])
    expect(await links.finishLink({ ...linked, version: 3 })).toBeUndefined()
    await change({ linkExpiresAt: sql`now() + interval '569 seconds'` })
    expect(await links.beginLink(ref, link)).toBe(true)
  })

  it('count tries over all replicas, and end in time', async () => {
    expect(await links.takeLinkTry('ntc_1', 5)).toBeUndefined()
    await links.beginLink(ref, link)
    const tries = await Promise.all(Array.from({ length: 12 }, () => links.takeLinkTry('ntc_1', 5)))
    expect(tries.filter((one) => one !== undefined)).toHaveLength(5)
    await change({ linkTries: 0, linkExpiresAt: sql`now() - interval '1 second'` })
    expect(await links.takeLinkTry('ntc_1', 5)).toBeUndefined()
    expect(await links.finishLink(linked)).toBeUndefined()
  })

  it('take a press once over all replicas, and forget it when it cannot be sent again', async () => {
    verifies('S-26')
    const press = { channelId: 'ntc_1', hash, lastsMs: 900_000 }
    const used = await Promise.all(Array.from({ length: 8 }, () => presses.usePress(press)))
    expect(used.filter(Boolean)).toHaveLength(1)
    await add('ntc_2')
    expect(await presses.usePress({ ...press, channelId: 'ntc_2' })).toBe(true)
    const { db } = test.database
    await db
      .update(notificationPresses)
      .set({ expiresAt: sql`now() - interval '1 hour'` })
      .where(eq(notificationPresses.channelId, 'ntc_2'))
    const times = { sessionIdleMs: 1, attemptsForgottenAfterMs: 1 }
    await createExpiredStore(test.database).removeExpired({ nowMs: Date.now(), ...times })
    expect(await db.select().from(notificationPresses)).toMatchObject([{ channelId: 'ntc_1' }])
    await db.delete(notificationChannels)
    expect(await db.select().from(notificationPresses)).toEqual([])
  })

  it('say whose channel it is as they are now, in its own workspace', async () => {
    const of = { workspaceId: 'wsp_1', ownerId: 'own_1' }
    expect(await presses.findOwner(of)).toEqual({ email: 'me@example.com', role: 'approver' })
    expect(await presses.findOwner({ ...of, workspaceId: 'wsp_2' })).toBeUndefined()
    await test.database.db.delete(owners)
    expect(await presses.findOwner(of)).toBeUndefined()
  })

  const tell = (id: string, over: object = {}) =>
    test.database.db.insert(notificationDeliveries).values({
      ...{ id, workspaceId: 'wsp_1', channelId: 'ntc_1', ownerId: 'own_1', kind: 'approval' },
      ...{ subjectId: 'apr_1', status: 'delivered', reference: { sealed: 'AQ==' } },
      ...{ createdAt: sql`now()`, nextAttemptAt: sql`now()` },
      ...over,
    })

  it('know by which messages with buttons a channel was told', async () => {
    await tell('ntd_1')
    await tell('ntd_2', { subjectId: 'apr_2' })
    await tell('ntd_3', { reference: null })
    await tell('ntd_4', { status: 'waiting' })
    await tell('ntd_5', { kind: 'capability' })
    expect(await presses.findTold('ntc_1', 'apr_1')).toEqual([
      { id: 'ntd_1', reference: { sealed: 'AQ==' } },
    ])
    expect(await presses.findTold('ntc_2', 'apr_1')).toEqual([])
  })

  const claim = (by: string, channelsMax = 10) =>
    polls.claimPolls({ by, leaseMs: 30_000, channelsMax })

  it('are asked for by one replica at a time, and while something may have come', async () => {
    expect(await claim('a')).toEqual([])
    await tell('ntd_1')
    const both = await Promise.all([claim('a'), claim('b'), claim('c')])
    expect(both.flat()).toMatchObject([{ channel: { id: 'ntc_1' }, offset: 0 }])
    const by = ['a', 'b', 'c'].find((_, n) => both[n]?.length === 1) ?? ''
    await polls.endPoll({ channelId: 'ntc_1', by: 'x', offset: 99, againMs: 0 })
    expect(await claim('d')).toEqual([])
    await polls.endPoll({ channelId: 'ntc_1', by, offset: 43, againMs: 0 })
    expect(await claim('d')).toMatchObject([{ offset: 43 }])
    // Who lost the lease says nothing any more.
    await change({ polledUntil: sql`now() - interval '1 second'` })
    await claim('e')
    await polls.endPoll({ channelId: 'ntc_1', by: 'd', offset: 1, againMs: 0 })
    await polls.endPoll({ channelId: 'ntc_1', by: 'e', offset: 50, againMs: 0 })
    expect(await claim('f')).toMatchObject([{ offset: 50 }])
    await polls.endPoll({ channelId: 'ntc_1', by: 'f', offset: 50, againMs: 0 })
    // After a quiet day Telegram counts from any number.
    await change({ polledUntil: sql`now() - interval '26 hours'` })
    expect(await claim('g')).toMatchObject([{ offset: 0 }])
  })

  it('are asked for no more when nothing waits, or the channel is turned off', async () => {
    await tell('ntd_1')
    await change({ enabled: false })
    expect(await claim('a')).toEqual([])
    await links.beginLink(ref, link)
    expect(await claim('a')).toHaveLength(1)
    await change({ enabled: true, polledUntil: null, linkExpiresAt: null, kind: 'slack-app' })
    expect(await claim('a')).toEqual([])
    await change({ kind: 'telegram' })
    await test.database.db.update(notificationDeliveries).set({ settledAt: sql`now()` })
    expect(await claim('a')).toEqual([])
  })

  it('take their turns, the longest unasked first', async () => {
    await add('ntc_2')
    await add('ntc_3')
    const ids = ['ntc_1', 'ntc_2', 'ntc_3']
    for (const id of ids) await tell(`ntd_${id}`, { channelId: id })
    const asked: string[] = []
    for (let n = 0; n < 6; n += 1) {
      const [one] = await claim('a', 1)
      asked.push(one?.channel.id ?? '')
      await polls.endPoll({ channelId: asked.at(-1) ?? '', by: 'a', offset: 1, againMs: 0 })
    }
    expect(asked).toEqual([...ids, ...ids])
  })
})
