import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createAlertWatchStore } from './alert-watch.ts'
import { createAlertStore } from './alerts.ts'
import { alerts } from './notify-tables.ts'
import { agents, connections, workspaces } from './tables.ts'

const nowMs = Date.now()
const minuteMs = 60_000
const by = { ownerId: 'own_1', email: 'a@example.com', at: new Date(nowMs) }

describe('alerts in the database', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
    const { db } = test.database
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    await db.insert(agents).values([
      { id: 'agt_1', workspaceId: 'wsp_1', name: 'one', status: 'active' },
      { id: 'agt_2', workspaceId: 'wsp_2', name: 'two', status: 'active' },
    ])
    await db.insert(connections).values({
      ...{
        id: 'con_1',
        workspaceId: 'wsp_1',
        provider: 'custom',
        service: 'custom',
        label: 'mail',
      },
      ...{ status: 'healthy', singleton: false, grantedScopes: [], origins: [] },
      ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false },
      ...{ credentialKind: 'bearer', credentialHint: '', version: 1 },
    })
    await db.insert(alerts).values(
      Array.from({ length: 5 }, (_, n) => ({
        ...{
          id: `alr_${n}`,
          workspaceId: 'wsp_1',
          agentId: 'agt_1',
          sentence: 'x',
          subject: `${n}`,
        },
        kind: n % 2 === 0 ? ('burst' as const) : ('volume' as const),
        connectionId: n === 0 ? 'con_gone' : 'con_1',
        createdAt: new Date(nowMs - n * minuteMs),
        lastAt: new Date(nowMs),
      })),
    )
  })
  afterAll(() => test?.stop())

  it('are listed newest first, narrowed and paged, and bound to their workspace', async () => {
    verifies('S-09')
    const store = createAlertStore(test.database)
    const listed = await store.list('wsp_1', { limit: 3 })
    expect(listed.map(({ id, connectionLabel }) => [id, connectionLabel])).toEqual([
      ['alr_0', null],
      ['alr_1', 'mail'],
      ['alr_2', 'mail'],
    ])
    const after = { createdAtMs: listed[2]?.createdAt.getTime() ?? 0, id: 'alr_2' }
    expect(await store.list('wsp_1', { limit: 9, after })).toHaveLength(2)
    expect(await store.list('wsp_1', { limit: 9, kind: 'volume' })).toHaveLength(2)
    expect(await store.list('wsp_1', { limit: 9, agentId: 'agt_2' })).toEqual([])
    expect(await store.list('wsp_2', { limit: 9 })).toEqual([])
    expect(await store.find('wsp_2', 'alr_0')).toBeUndefined()
    expect(await store.acknowledge('wsp_2', 'alr_0', by)).toBe(false)
    expect(await store.acknowledgeAll('wsp_2', by, undefined)).toBe(0)
    expect(await store.countOpen('wsp_1', 1_000)).toBe(5)
    expect(await store.countOpen('wsp_1', 3)).toBe(3)
    expect(await store.countOpen('wsp_2', 3)).toBe(0)
  })

  it('are acknowledged by whoever is first', async () => {
    const store = createAlertStore(test.database)
    const both = ['own_1', 'own_2'].map((ownerId) =>
      store.acknowledge('wsp_1', 'alr_0', { ...by, ownerId }),
    )
    expect((await Promise.all(both)).toSorted()).toEqual([false, true])
    expect(await store.list('wsp_1', { limit: 9, status: 'acknowledged' })).toHaveLength(1)
    expect(await store.acknowledgeAll('wsp_1', by, 'agt_none')).toBe(0)
    expect(await store.acknowledgeAll('wsp_1', by, 'agt_1')).toBe(4)
    expect(await store.list('wsp_1', { limit: 9, status: 'open' })).toEqual([])
  })

  it('go when they are long over', async () => {
    const { removeOld } = createAlertWatchStore(test.database)
    expect(await removeOld(nowMs - 1, 10)).toBe(0)
    expect(await removeOld(nowMs + 1, 3)).toBe(3)
    expect(await removeOld(nowMs + 1, 3)).toBe(2)
  })
})
