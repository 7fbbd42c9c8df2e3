import type { PolicyDocument } from '@sallyport/contracts'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { Grant } from '../capabilities/capability-store.ts'
import { type CapabilityRequestStore, createCapabilityRequestStore } from './capability-requests.ts'
import { agents, capabilityRequests, connections, policies, workspaces } from './tables.ts'

const at = new Date('2026-11-21T10:00:00.000Z')
const document: PolicyDocument = { allow: [], approval: 'never', limits: {}, windows: [] }
const connection = {
  ...{ workspaceId: 'wsp_1', provider: 'google', service: 'google-gmail', label: 'mail' },
  ...{ status: 'healthy' as const, singleton: false, grantedScopes: [], origins: [] },
  ...{ requestHeaders: [], responseHeaders: [], allowEncodedSlash: false },
  ...{ credentialKind: 'bearer' as const, credentialHint: '', version: 1 },
}

describe('capability requests in the database', () => {
  let test: TestDatabase
  let store: CapabilityRequestStore

  beforeAll(async () => {
    test = await startTestDatabase()
    store = createCapabilityRequestStore(test.database)
  })
  afterAll(() => test?.stop())

  beforeEach(async () => {
    const { db } = test.database
    await test.owner.db.delete(workspaces)
    await db.insert(workspaces).values(['wsp_1', 'wsp_2'].map((id) => ({ id, name: id })))
    await db.insert(agents).values([
      { id: 'agt_1', workspaceId: 'wsp_1', name: 'one', status: 'active' },
      { id: 'agt_2', workspaceId: 'wsp_1', name: 'two', status: 'disabled' },
    ])
    await db.insert(connections).values([
      { ...connection, id: 'con_1', createdAt: at },
      { ...connection, id: 'con_2', createdAt: at, status: 'revoked' as const },
      { ...connection, id: 'con_3', createdAt: at, service: 'slack' },
      { ...connection, id: 'con_4', createdAt: at, workspaceId: 'wsp_2' },
    ])
  })

  const ask = (id: string, over: { agentId?: string; template?: string; createdAt?: Date } = {}) =>
    store.insert(
      {
        id,
        workspaceId: 'wsp_1',
        agentId: over.agentId ?? 'agt_1',
        actionTemplateId: over.template ?? id,
        reason: 'why',
        createdAt: over.createdAt ?? at,
      },
      20,
    )
  const grantOf = (id: string, connectionId = 'con_1'): Grant => ({
    request: { id, workspaceId: 'wsp_1', agentId: 'agt_1' },
    connectionId,
    newPolicyId: `pol_${id}`,
    answer: { ownerId: 'own_1', email: 'a@example.com', at },
  })

  it('never lets more than the bound wait, however many are sent at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(`cap_${n}`)))
    expect(outcomes.filter((one) => one === 'inserted')).toHaveLength(20)
    expect(outcomes.filter((one) => one === 'full')).toHaveLength(20)
    expect(await store.listPending('agt_1')).toHaveLength(20)
  })

  it('stores one request for a template at a time, and none of an agent that is gone or disabled', async () => {
    const same = await Promise.all(
      Array.from({ length: 8 }, (_, n) => ask(`cap_${n}`, { template: 'same' })),
    )
    expect(same.filter((one) => one === 'inserted')).toHaveLength(1)
    expect(same.filter((one) => one === 'asked')).toHaveLength(7)
    expect(await ask('cap_x', { agentId: 'agt_2' })).toBe('no-agent')
    expect(await ask('cap_x', { agentId: 'agt_none' })).toBe('no-agent')
  })

  it('lets one answer win where many come at once, and writes the policy with it or not at all', async () => {
    verifies('S-26')
    await ask('cap_1')
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => store.grant(grantOf('cap_1'), () => document)),
      ...Array.from({ length: 6 }, () =>
        store.deny(
          { id: 'cap_1', workspaceId: 'wsp_1' },
          { ownerId: 'own_2', email: 'b@example.com', at, note: 'no' },
        ),
      ),
    ])
    const won = answers.filter(
      (one) => one === true || (one !== false && one.outcome === 'granted'),
    )
    expect(won).toHaveLength(1)
    const written = await test.database.db.select().from(policies)
    const row = await store.find('wsp_1', 'cap_1')
    expect(written).toHaveLength(row?.status === 'approved' ? 1 : 0)
    expect(row).toMatchObject(
      row?.status === 'approved'
        ? { answeredBy: 'own_1', answeredByEmail: 'a@example.com', policyId: 'pol_cap_1' }
        : { answeredBy: 'own_2', note: 'no', policyId: null, connectionId: null },
    )
  })

  it('loses no grant where several are written into one policy at once', async () => {
    const ids = ['cap_1', 'cap_2', 'cap_3', 'cap_4']
    for (const id of ids) await ask(id)
    const entry = { origin: 'https://a.example', methods: ['GET' as const], paths: ['/**'] }
    const outcomes = await Promise.all(
      ids.map((id) =>
        store.grant(grantOf(id), ({ policy = document }) => ({
          ...policy,
          allow: [...policy.allow, { ...entry, actionTemplateId: id }],
        })),
      ),
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'granted'))
    const [policy, ...others] = await test.database.db.select().from(policies)
    expect(others).toEqual([])
    expect(policy?.version).toBe(4)
    expect(policy?.document.allow.map((one) => one.actionTemplateId).toSorted()).toEqual(ids)
    for (const id of ids) {
      expect((await store.find('wsp_1', id))?.policyId).toBe(policy?.id)
    }
  })

  it('undoes all where the draft refuses, and says what is not there', async () => {
    await ask('cap_1')
    const refuse = () => {
      throw new RangeError('refused')
    }
    await expect(store.grant(grantOf('cap_1'), refuse)).rejects.toThrow('refused')
    expect((await store.grant(grantOf('cap_1', 'con_4'), () => document)).outcome).toBe(
      'no-connection',
    )
    expect((await store.grant(grantOf('cap_none'), () => document)).outcome).toBe('not-pending')
    expect((await store.find('wsp_1', 'cap_1'))?.status).toBe('pending')
    await test.database.db.delete(agents).where(eq(agents.id, 'agt_1'))
    expect((await store.grant(grantOf('cap_1'), () => document)).outcome).toBe('no-agent')
    expect(await test.database.db.select().from(policies)).toEqual([])
  })

  it('shows nothing of another workspace, and candidates that can be granted on', async () => {
    verifies('S-09')
    await ask('cap_1')
    expect(await store.find('wsp_2', 'cap_1')).toBeUndefined()
    expect(await store.list('wsp_2', { limit: 10 })).toEqual([])
    const answer = { ownerId: 'own_9', email: 'c@example.com', at, note: null }
    expect(await store.deny({ id: 'cap_1', workspaceId: 'wsp_2' }, answer)).toBe(false)
    const where = { workspaceId: 'wsp_1', agentId: 'agt_1', service: 'google-gmail' }
    expect(await store.listCandidates(where)).toMatchObject([{ id: 'con_1', policyId: null }])
    await store.grant(grantOf('cap_1'), () => document)
    expect(await store.listCandidates(where)).toMatchObject([
      { id: 'con_1', policyId: 'pol_cap_1' },
    ])
  })

  it('pages newest first by time, and tells an agent of answers since a time', async () => {
    const ids = ['cap_c', 'cap_a', 'cap_b', 'cap_d']
    for (const [n, id] of ids.entries()) {
      await ask(id, { createdAt: new Date(at.getTime() + Math.floor(n / 2)) })
    }
    const all = await store.list('wsp_1', { limit: 10 })
    expect(all.map(({ id }) => id)).toEqual(['cap_d', 'cap_b', 'cap_c', 'cap_a'])
    expect(all[0]?.agentName).toBe('one')
    const after = { createdAtMs: at.getTime() + 1, id: 'cap_b' }
    const rest = await store.list('wsp_1', { limit: 10, after, status: 'pending' })
    expect(rest.map(({ id }) => id)).toEqual(['cap_c', 'cap_a'])
    const answer = { ownerId: 'own_1', email: 'a@example.com', note: null }
    for (const [n, id] of ids.entries()) {
      await store.deny(
        { id, workspaceId: 'wsp_1' },
        { ...answer, at: new Date(at.getTime() + n * 1000) },
      )
    }
    const answered = await store.listAnswered('agt_1', { since: at, limit: 2 })
    expect(answered.map(({ id }) => id)).toEqual(['cap_d', 'cap_b'])
    await test.database.db.update(capabilityRequests).set({ status: 'cancelled' })
    expect(await store.listAnswered('agt_1', { since: at, limit: 9 })).toEqual([])
  })
})
