import type { ToolGrant } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GrantingPolicy } from '../toolset-store.ts'
import { countAgents, createWhoHas } from './who-has.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const before = '2026-11-21T11:00:00.000Z'
const after = '2026-11-21T13:00:00.000Z'
const tools = ['tol_1', 'tol_2', 'tol_3']

const grants = fc.uniqueArray(
  fc.record({
    toolsetId: fc.constant('tls_1'),
    toolId: fc.option(fc.constantFrom(...tools), { nil: undefined }),
    allowed: fc.boolean(),
    expiresAt: fc.option(fc.constantFrom(before, after), { nil: undefined }),
  }),
  { selector: ({ toolId }) => toolId, maxLength: 4 },
)
const policies = fc.array(
  fc.record({
    agentId: fc.constantFrom('agt_1', 'agt_2', 'agt_3'),
    connectionId: fc.constantFrom('con_1', 'con_2'),
    expiresAt: fc.option(fc.constantFrom(before, after), { nil: null }),
    tools: grants,
  }),
  { maxLength: 6 },
)

describe('how many agents have tools of a toolset', () => {
  it('is how many have at least one of them, however that is found out', () => {
    fc.assert(
      fc.property(policies, (given) => {
        const granting = given.map(
          (policy): GrantingPolicy => ({
            ...policy,
            agentName: policy.agentId,
            approval: 'writes',
            tools: policy.tools.map((grant) => JSON.parse(JSON.stringify(grant)) as ToolGrant),
          }),
        )
        const places = tools.map((toolId) => ({
          ...{ toolId, toolsetId: 'tls_1', connectionId: 'con_1' },
        }))
        const whoHas = createWhoHas(granting, nowMs)
        const having = new Set(places.flatMap((place) => whoHas(place).map(({ id }) => id)))
        const own = { id: 'tls_1', connectionId: 'con_1', toolCount: tools.length }
        expect(countAgents(own, granting, { nowMs, places: [] })).toBe(having.size)
        const assembled = { ...own, connectionId: null }
        expect(countAgents(assembled, granting, { nowMs, places })).toBe(having.size)
      }),
    )
  })
})
