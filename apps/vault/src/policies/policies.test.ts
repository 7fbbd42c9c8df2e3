import { createPolicy, Policy, Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createPolicies, type PolicyEvent } from './policies.ts'
import type { PolicyStore, StoredPolicy } from './policy-store.ts'

const owner = { ownerId: 'own_1', workspaceId: 'wsp_1' }
const stranger = { ownerId: 'own_2', workspaceId: 'wsp_2' }
const origin = 'https://api.example.com'
const pair = { agentId: 'agt_1', connectionId: 'con_1' }
const allow = [{ origin, methods: ['GET' as const], paths: ['/v1/**'] }]

/** The queries over one workspace, in memory. */
function fakeStore(rows = new Map<string, StoredPolicy>()): PolicyStore {
  const find = (workspaceId: string, id: string) => {
    const row = rows.get(id)
    return row?.workspaceId === workspaceId ? row : undefined
  }
  return {
    async findParties({ workspaceId, agentId, connectionId }) {
      const mine = workspaceId === 'wsp_1'
      return {
        hasAgent: mine && agentId === 'agt_1',
        origins:
          mine && connectionId === 'con_1' ? [origin, 'https://api-eu.example.com'] : undefined,
      }
    },
    async insert(row) {
      const taken = [...rows.values()].some(
        (one) => one.agentId === row.agentId && one.connectionId === row.connectionId,
      )
      if (!taken) rows.set(row.id, row)
      return taken ? 'exists' : 'inserted'
    },
    find: async (workspaceId, id) => find(workspaceId, id),
    list: async (workspaceId, { limit }) =>
      [...rows.values()].filter((row) => row.workspaceId === workspaceId).slice(0, limit),
    async replace({ workspaceId, id, version }, changes) {
      const row = find(workspaceId, id)
      if (row?.version !== version) return undefined
      const next = { ...row, ...changes, version: version + 1 }
      rows.set(id, next)
      return next
    },
    async delete(workspaceId, id) {
      const row = find(workspaceId, id)
      if (row !== undefined) rows.delete(id)
      return row
    },
  }
}

function setUp(store = fakeStore()) {
  const events: PolicyEvent[] = []
  const dropped: string[] = []
  let ids = 0
  const policies = createPolicies({
    limitsUsed: async () => ({ windows: new Map(), running: 0 }),
    store,
    audit: { record: async (event) => events.push(event) },
    onChanged: (policy) => dropped.push(`${policy.agentId}.${policy.connectionId}`),
    findGrantable: async (workspaceId, ids) =>
      workspaceId === 'wsp_1' && ids.includes('tls_1')
        ? [
            {
              ...{ toolsetId: 'tls_1', name: 'stock-index' },
              connectionIds: new Set(['con_1', 'con_2']),
              tools: new Map([
                ['tol_1', { name: 'get_index', connectionId: 'con_1' }],
                ['tol_2', { name: 'get_other', connectionId: 'con_2' }],
              ]),
            },
          ]
        : [],
    tryDraft: async ({ workspaceId, draft }) =>
      workspaceId === 'wsp_1'
        ? { decision: 'allow', reason: `under ${draft.allow.length} entries` }
        : undefined,
    newId: (kind) => `${kind.slice(0, 3)}_${++ids}`,
    now: () => Date.parse('2026-11-21T10:00:00Z'),
  })
  return { policies, events, dropped }
}

const typeOf = async (work: Promise<unknown>) => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) return 'no problem'
  return thrown.type
}

describe('policies', () => {
  it('refuses an origin that the credential may not be sent to, and names the field', async () => {
    verifies('S-12')
    const { policies, events } = setUp()
    for (const other of [
      'https://evil.example',
      'http://api.example.com',
      'https://api.example.com:8443',
      'https://*.evil.example',
    ]) {
      const entry = { origin: other, methods: ['GET' as const], paths: ['/**'] }
      const work = policies.create(owner, { ...pair, allow: [...allow, entry] })
      await expect(work).rejects.toMatchObject({
        type: 'origin-not-allowed',
        fields: [{ field: 'allow.1.origin' }],
      })
    }
    const { policy } = await policies.create(owner, { ...pair, allow })
    const widened = policies.replace(owner, {
      policyId: policy.id,
      allow: [{ origin: 'https://evil.example', methods: ['GET'], paths: ['/**'] }],
    })
    expect(await typeOf(widened)).toBe('origin-not-allowed')
    expect(events).toHaveLength(1)
  })

  it('refuses a grant of a tool that there is not, of another connection, or twice, and keeps what stood there', async () => {
    verifies('S-09')
    const { policies, events } = setUp()
    const mine = { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true }
    for (const [wrong, field] of [
      [{ toolsetId: 'tls_2', allowed: true }, 'tools.1.toolsetId'],
      [{ ...mine, toolId: 'tol_3' }, 'tools.1.toolId'],
      [{ ...mine, toolId: 'tol_2' }, 'tools.1.toolId'],
      [{ ...mine, allowed: false }, 'tools.1'],
    ] as const) {
      const work = policies.create(owner, { ...pair, allow: [], tools: [mine, wrong] })
      await expect(work).rejects.toMatchObject({ type: 'invalid-input', fields: [{ field }] })
    }
    expect(events).toHaveLength(0)
    const row = { workspaceId: 'wsp_1', ...pair, version: 1 }
    const at = new Date(0)
    const gone = { toolsetId: 'tls_gone', toolId: 'tol_gone', allowed: true }
    const document = {
      allow: [],
      tools: [gone],
      approval: 'writes' as const,
      limits: {},
      windows: [],
    }
    const kept = { id: 'pol_1', ...row, document, createdAt: at, updatedAt: at }
    const second = setUp(fakeStore(new Map([['pol_1', kept]])))
    const saved = await second.policies.replace(owner, {
      ...{ policyId: 'pol_1', allow: [], tools: [gone, mine] },
    })
    expect(saved.policy.tools).toEqual([gone, mine])
  })

  it('treats what is of another workspace as what does not exist', async () => {
    verifies('S-09')
    const { policies } = setUp()
    const { policy } = await policies.create(owner, { ...pair, allow })
    expect(await typeOf(policies.create(stranger, { ...pair, allow }))).toBe('agent-not-found')
    expect(await typeOf(policies.create(owner, { ...pair, connectionId: 'con_2', allow }))).toBe(
      'connection-not-found',
    )
    for (const policyId of [policy.id, 'pol_none', 'pol_\0', '']) {
      expect(await typeOf(policies.get(stranger, { policyId }))).toBe('policy-not-found')
      expect(await typeOf(policies.replace(stranger, { policyId, allow }))).toBe('policy-not-found')
      expect(await typeOf(policies.delete(stranger, { policyId }))).toBe('policy-not-found')
    }
    expect((await policies.list(stranger, { limit: 10 })).policies).toEqual([])
    expect((await policies.list(owner, { limit: 10 })).policies).toHaveLength(1)
  })

  it('keeps one policy for an agent and a connection', async () => {
    const { policies } = setUp()
    await policies.create(owner, { ...pair, allow })
    expect(await typeOf(policies.create(owner, { ...pair, allow }))).toBe('policy-exists')
  })

  it('takes a policy back as it was read, and moves it to no other agent or connection', async () => {
    const { policies } = setUp()
    const { policy } = await policies.create(owner, { ...pair, allow })
    const { id, ...read } = policy
    const { policy: next } = await policies.replace(owner, { ...read, id, policyId: id, allow: [] })
    expect(next).toMatchObject({ id, allow: [], version: 2 })
    const moved = { ...read, policyId: id, version: 2, agentId: 'agt_other' }
    expect(await typeOf(policies.replace(owner, moved))).toBe('invalid-input')
  })

  it('replaces only the version that was read', async () => {
    const { policies, dropped } = setUp()
    const { policy } = await policies.create(owner, { ...pair, allow })
    expect(await typeOf(policies.replace(owner, { policyId: policy.id, allow, version: 2 }))).toBe(
      'version-conflict',
    )
    const { policy: next } = await policies.replace(owner, {
      policyId: policy.id,
      allow: [],
      version: 1,
    })
    expect(next).toMatchObject({ version: 2, allow: [] })
    expect(dropped).toEqual(['agt_1.con_1', 'agt_1.con_1'])
  })

  it('reads the older names as the newer ones', async () => {
    const { policies } = setUp()
    const input = createPolicy.input.parse({
      ...pair,
      allow: [{ baseUrl: `${origin}/`, methods: ['GET'], pathPatterns: ['/a'] }],
      stepUpApproval: 'risk_based',
      maxRequestsPerHour: 60,
    })
    const { policy } = await policies.create(owner, input)
    expect(Policy.parse(policy)).toMatchObject({
      allow: [{ origin, methods: ['GET'], paths: ['/a'] }],
      approval: 'writes',
      limits: { perHour: 60 },
      windows: [],
    })
  })

  it('tries a draft without recording anything, and only for a connection of the workspace', async () => {
    verifies('S-09')
    const { policies, events } = setUp()
    const input = {
      connectionId: 'con_1',
      draft: { allow },
      request: { method: 'GET', url: `${origin}/v1/a` },
    }
    expect(await typeOf(policies.tryOut(stranger, input))).toBe('connection-not-found')
    expect(await typeOf(policies.tryOut(owner, { ...input, connectionId: 'con_\0' }))).toBe(
      'connection-not-found',
    )
    const contradiction = { allow, approval: 'never' as const, stepUpApproval: 'always' as const }
    expect(await typeOf(policies.tryOut(owner, { ...input, draft: contradiction }))).toBe(
      'invalid-input',
    )
    expect(await policies.tryOut(owner, input)).toEqual({
      decision: 'allow',
      reason: 'under 1 entries',
    })
    expect(events).toEqual([])
  })

  it('keeps how owners are asked, by entry and for all', async () => {
    const { policies } = setUp()
    const approvalOptions = { expiresInMinutes: 5, freshSignIn: true, secondOwner: true }
    const expiresAt = '2027-03-03T00:00:00.000Z'
    const [entry] = allow
    const own = { ...entry, approval: 'always', expiresAt, actionTemplateId: 'gmail-read' }
    const input = createPolicy.input.parse({ ...pair, allow: [own], approvalOptions })
    const { policy } = await policies.create(owner, input)
    expect(policy).toMatchObject({ allow: [own], approvalOptions })
    const { policy: read } = await policies.get(owner, { policyId: policy.id })
    expect(Policy.parse(read)).toEqual(policy)
    const { policy: next } = await policies.replace(owner, { ...read, policyId: read.id })
    expect(next).toMatchObject({ allow: [own], approvalOptions, version: 2 })
  })

  it('records each change with who made it', async () => {
    verifies('S-36')
    const { policies, events } = setUp()
    const { policy } = await policies.create(owner, { ...pair, allow })
    await policies.replace(owner, { policyId: policy.id, allow })
    await policies.delete(owner, { policyId: policy.id })
    expect(events.map((event) => event.operation)).toEqual([
      'createPolicy',
      'replacePolicy',
      'deletePolicy',
    ])
    expect(events[1]).toMatchObject({
      ownerId: 'own_1',
      agentId: 'agt_1',
      connectionId: 'con_1',
      detail: { policyVersion: 2, origins: [origin] },
    })
  })
})
