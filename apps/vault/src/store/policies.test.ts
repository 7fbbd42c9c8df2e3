import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { StoredPolicy } from '../policies/policy-store.ts'
import { createPolicyStore, type PolicyStore } from './policies.ts'
import { agents, connections, workspaces } from './tables.ts'

const at = new Date('2026-11-21T10:00:00.000Z')
const policy = (
  id: string,
  connectionId: string,
  change: Partial<StoredPolicy> = {},
): StoredPolicy => ({
  ...{
    id,
    workspaceId: 'wsp_1',
    agentId: 'agt_1',
    connectionId,
    version: 1,
    createdAt: at,
    updatedAt: at,
  },
  document: { allow: [], approval: 'never', limits: {}, windows: [] },
  ...change,
})

describe('policies in the database', () => {
  let test: TestDatabase
  let store: PolicyStore

  beforeAll(async () => {
    test = await startTestDatabase()
    store = createPolicyStore(test.database)
    const { db } = test.database
    await db.insert(workspaces).values([
      { id: 'wsp_1', name: 'One' },
      { id: 'wsp_2', name: 'Two' },
    ])
    await db.insert(agents).values([
      { id: 'agt_1', workspaceId: 'wsp_1', name: 'one', status: 'active' },
      { id: 'agt_2', workspaceId: 'wsp_2', name: 'two', status: 'active' },
    ])
    await db.insert(connections).values(
      ['con_1', 'con_2', 'con_3'].map((id) => ({
        ...{
          id,
          workspaceId: 'wsp_1',
          provider: 'custom',
          service: 'custom',
          label: id,
          status: 'healthy' as const,
        },
        ...{
          singleton: false,
          grantedScopes: [],
          origins: ['https://a.example'],
          requestHeaders: [],
          responseHeaders: [],
        },
        ...{
          allowEncodedSlash: false,
          credentialKind: 'bearer' as const,
          credentialHint: '',
          version: 1,
        },
      })),
    )
  })
  afterAll(() => test?.stop())

  it('binds every query of an owner to the workspace', async () => {
    verifies('S-09')
    expect(await store.insert(policy('pol_x', 'con_1', { workspaceId: 'wsp_2' }))).toBe('no-agent')
    expect(
      await store.insert(policy('pol_x', 'con_1', { workspaceId: 'wsp_2', agentId: 'agt_2' })),
    ).toBe('no-connection')
    expect(await store.insert(policy('pol_1', 'con_1'))).toBe('inserted')
    expect(await store.find('wsp_2', 'pol_1')).toBeUndefined()
    expect(await store.delete('wsp_2', 'pol_1')).toBeUndefined()
    expect(
      await store.replace(
        { workspaceId: 'wsp_2', id: 'pol_1', version: 1 },
        policy('pol_1', 'con_1'),
      ),
    ).toBeUndefined()
    expect(await store.list('wsp_2', { limit: 10 })).toEqual([])
    expect(
      await store.findParties({ workspaceId: 'wsp_2', agentId: 'agt_1', connectionId: 'con_1' }),
    ).toEqual({ hasAgent: false, origins: undefined })
    expect(
      await store.findParties({ workspaceId: 'wsp_1', agentId: 'agt_1', connectionId: 'con_1' }),
    ).toEqual({ hasAgent: true, origins: ['https://a.example'] })
  })

  it('keeps one policy for a pair, whoever is first', async () => {
    const outcomes = await Promise.all(
      ['pol_a', 'pol_b', 'pol_c'].map((id) => store.insert(policy(id, 'con_2'))),
    )
    expect(outcomes.toSorted()).toEqual(['exists', 'exists', 'inserted'])
  })

  it('lets one of two replace a version', async () => {
    await store.insert(policy('pol_r', 'con_3'))
    const from = { workspaceId: 'wsp_1', id: 'pol_r', version: 1 }
    const rows = await Promise.all([1, 2].map(() => store.replace(from, policy('pol_r', 'con_3'))))
    expect(rows.map((row) => row?.version).toSorted()).toEqual([2, undefined])
    expect(await store.findForAgentAndConnection('agt_1', 'con_3')).toMatchObject({
      id: 'pol_r',
      version: 2,
    })
    expect(await store.findForAgentAndConnection('agt_2', 'con_3')).toBeUndefined()
  })

  it('pages newest first and narrows', async () => {
    const all = await store.list('wsp_1', { limit: 10 })
    expect(all).toHaveLength(3)
    const [first, second] = all
    const next = await store.list('wsp_1', {
      limit: 1,
      after: { createdAtMs: at.getTime(), id: first?.id ?? '' },
    })
    expect(next.map((row) => row.id)).toEqual([second?.id])
    expect(
      (await store.list('wsp_1', { limit: 10, connectionId: 'con_3' })).map((row) => row.id),
    ).toEqual(['pol_r'])
    expect(await store.list('wsp_1', { limit: 10, agentId: 'agt_2' })).toEqual([])
  })
})
