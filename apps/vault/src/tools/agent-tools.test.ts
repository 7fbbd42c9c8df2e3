import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { toolOf } from '../../../../test/fixtures/tool-calls.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'
import { heldTools, prepareAgentTools, revisionOf } from './agent-tools.ts'
import { createMyTools } from './my-tools.ts'
import { toolDigest } from './tool-digest.ts'
import type { ToolRow } from './toolset-store.ts'

const origin = 'https://api.example.com'
const facts = factsFor(origin)
const at = new Date(0)

const row = (id: string, over: Partial<ToolRow> = {}): ToolRow => {
  const definition = toolOf({ origin })
  return {
    ...{ id: `tol_${id}`, workspaceId: 'wsp_1', toolsetId: 'tls_1', toolset: 'one', name: id },
    ...{ key: id, status: 'active', definition, digest: toolDigest(definition) },
    ...{ definitionDigest: null, sourceToolId: null, overrides: null, source: null },
    ...{ connectionId: 'con_1', sourceToolset: null },
    ...{ createdAt: at, updatedAt: at },
    ...over,
  }
}
const rows = [
  row('a'),
  row('b'),
  row('c', { toolsetId: 'tls_2', toolset: 'two' }),
  row('d', { toolsetId: 'tls_2', toolset: 'two', connectionId: 'con_2' }),
]
const document = (
  tools: readonly ToolGrant[],
  over: Partial<PolicyDocument> = {},
): PolicyDocument => ({
  ...{ allow: [], approval: 'never', limits: {}, windows: [], tools: [...tools] },
  ...over,
})
const granting = (connectionId: string, of: PolicyDocument) => ({
  ...{ policyId: `pol_${connectionId}`, connectionId, document: of },
})
const all = [
  { toolsetId: 'tls_1', allowed: true },
  { toolsetId: 'tls_2', allowed: true },
]

const now = new Date(facts.now).toISOString()
const later = new Date(facts.now + 1).toISOString()

it('lists exactly the tools that a call of the agent finds, whatever was granted', () => {
  verifies('S-09')
  const grant: fc.Arbitrary<ToolGrant> = fc.record(
    {
      toolsetId: fc.constantFrom('tls_1', 'tls_2', 'tls_3'),
      toolId: fc.constantFrom('tol_a', 'tol_b', 'tol_c', 'tol_d'),
      allowed: fc.boolean(),
      expiresAt: fc.constantFrom(now, later),
    },
    { requiredKeys: ['toolsetId', 'allowed'] },
  )
  const policy = fc.record({
    tools: fc.array(grant, { maxLength: 5 }),
    expiresAt: fc.constantFrom(undefined, now, later),
  })
  const status = fc.constantFrom('active' as const, 'disabled' as const, 'held' as const)
  fc.assert(
    fc.property(
      policy,
      policy,
      fc.array(status, { minLength: 4, maxLength: 4 }),
      (...[one, two, statuses]) => {
        const tools = rows.map((each, index) => ({ ...each, status: statuses[index] ?? 'active' }))
        const documents = [one, two].map(({ tools: grants, expiresAt }) =>
          document(grants, expiresAt === undefined ? {} : { expiresAt }),
        )
        const [first = document([]), second = document([])] = documents
        const known = prepareAgentTools({
          listing: 'auto',
          policies: [granting('con_1', first), granting('con_2', second)],
          tools,
        })
        const listed = heldTools(known, { isUsable: () => true, nowMs: facts.now })
        const called = tools.filter(({ id, toolsetId, connectionId, status: stands, name }) => {
          const compiled = compilePolicy({
            ...{ id: 'pol_1', version: 1, document: connectionId === 'con_1' ? first : second },
          })
          const request = { method: 'GET', origin, path: '/x', query: [] }
          const tool = { toolId: id, toolsetId, name }
          return (
            stands === 'active' && decide(compiled, { ...request, tool }, facts).outcome === 'allow'
          )
        })
        expect(listed.map(({ toolId }) => toolId).sort()).toEqual(called.map(({ id }) => id).sort())
      },
    ),
    { numRuns: 300 },
  )
})

describe('the tools of an agent', () => {
  const agent = {
    ...{ workspaceId: 'wsp_1', agentId: 'agt_1', name: 'one' },
    ...{ via: 'token' as const, tokenHash: new Uint8Array() },
  }
  const gone = () => new AbortController().signal
  const setUp = (tools: readonly ToolRow[] = rows) => {
    const state = {
      tools,
      grants: all as readonly ToolGrant[],
      status: 'healthy',
      workspaceId: 'wsp_1',
      isLetIn: true,
    }
    const bells: ((agentId: string | undefined) => void)[] = []
    const mine = createMyTools({
      findAgentTools: async (workspaceId, agentId) =>
        workspaceId === 'wsp_1' && agentId === 'agt_1'
          ? prepareAgentTools({
              listing: 'auto',
              policies: ['con_1', 'con_2'].map((id) => granting(id, document(state.grants))),
              tools: state.tools,
            })
          : undefined,
      findConnection: async () => ({ workspaceId: state.workspaceId, status: state.status }),
      isNotEnded: async () => state.isLetIn,
      subscribeAgents: () => {},
      subscribe: (listener) => void bells.push(listener),
      now: () => facts.now,
      monotonicMs: () => performance.now(),
    })
    const list = (input: object = {}) => mine.list(agent, { limit: 1000, ...input }, gone)
    return { mine, state, list, ring: () => bells.forEach((bell) => void bell('agt_1')) }
  }

  it('are none through a connection that was revoked, or is another workspace’s', async () => {
    verifies('S-09', 'S-10')
    const { list, state, mine } = setUp()
    expect((await list()).tools).toHaveLength(4)
    state.status = 'revoked'
    expect((await list()).tools).toEqual([])
    state.status = 'needs_reauth'
    expect((await list()).tools).toHaveLength(4)
    state.workspaceId = 'wsp_2'
    expect((await list()).tools).toEqual([])
    expect((await mine.now({ workspaceId: 'wsp_2', agentId: 'agt_1' })).tools).toEqual([])
  })

  it('are told to nobody whose token is taken away while the question is held', async () => {
    verifies('S-10')
    const { list, state, ring } = setUp()
    const { revision: since } = await list()
    const held = list({ since, waitSeconds: 30 })
    state.isLetIn = false
    state.tools = rows.slice(1)
    ring()
    await expect(held).rejects.toMatchObject({ type: 'unauthenticated' })
  })

  it('come in pages by their full names, and by toolset', async () => {
    const { list } = setUp()
    const names: string[] = []
    let cursor: string | undefined
    do {
      const page = await list({ limit: 1, ...(cursor !== undefined && { cursor }) })
      names.push(...page.tools.map(({ name }) => name))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(names).toEqual(['one.a', 'one.b', 'two.c', 'two.d'])
    expect((await list({ toolset: 'two' })).tools.map(({ name }) => name)).toEqual([
      'two.c',
      'two.d',
    ])
    await expect(list({ cursor: 'nothing of ours' })).rejects.toMatchObject({
      type: 'invalid-input',
    })
  })

  it('have another revision as soon as any of them is another one', () => {
    const held = (tools: readonly ToolRow[]) =>
      heldTools(
        prepareAgentTools({ listing: 'auto', policies: [granting('con_1', document(all))], tools }),
        { isUsable: () => true, nowMs: facts.now },
      )
    const revisions = [
      revisionOf('auto', held(rows)),
      revisionOf('all', held(rows)),
      revisionOf('auto', held(rows.slice(1))),
      revisionOf('auto', held([row('a', { name: 'z' }), ...rows.slice(1)])),
      revisionOf('auto', held([row('a', { digest: 'another' }), ...rows.slice(1)])),
    ]
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(revisionOf('auto', held(rows.toReversed()))).toBe(revisions[0])
    // Edited and back as it was: the same. What lists a server's resources is another when those are.
    const at = new Date(facts.now + 5_000)
    expect(revisionOf('auto', held([row('a', { updatedAt: at }), ...rows.slice(1)]))).toBe(
      revisions[0],
    )
    const kinds = { kind: 'mcp', method: 'resources/list' } as const
    const binding = { ...kinds, serverId: 'ups_1', tool: 'resources/list' }
    const reading = row('a')
    const definition = reading.definition && { ...reading.definition, binding }
    const listing = (updatedAt: Date) =>
      revisionOf('auto', held([row('a', { definition, updatedAt })]))
    expect(listing(at)).not.toBe(listing(new Date(facts.now)))
  })

  it('are waited for until they change, and no longer than was asked for', async () => {
    const { list, state, ring } = setUp()
    const { revision } = await list()
    const waiting = list({ since: revision, waitSeconds: 20 })
    ring() // Nothing has changed for this agent.
    state.grants = [{ toolsetId: 'tls_1', allowed: true }]
    ring()
    const changed = await waiting
    expect(changed.tools.map(({ name }) => name)).toEqual(['one.a', 'one.b'])
    expect(changed.revision).not.toBe(revision)
    expect(await list({ since: changed.revision, waitSeconds: 0.05 })).toEqual({
      ...{ tools: [], revision: changed.revision, unchanged: true, listing: 'auto' },
    })
    expect((await list({ since: 'another one' })).tools).toHaveLength(2)
  })

  it('are waited for no more once the vault stops', async () => {
    const { list, mine } = setUp()
    const { revision } = await list()
    const waiting = list({ since: revision, waitSeconds: 60 })
    mine.endWaits()
    expect(await waiting).toMatchObject({ unchanged: true })
  })
})
