import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from './compile-policy.ts'
import { matchResponseRules } from './compile-response-rules.ts'
import { decide, decideHistory, traceRulesOf } from './decide.ts'
import type { PolicyRequest } from './decision.ts'
import { grantOf } from './find-grant.ts'
import { compileTools, matchesTool } from './tool-pattern.ts'

const origin = 'https://api.example.com'
const facts = factsFor(origin)
const policy = (tools: readonly ToolGrant[], over: Partial<PolicyDocument> = {}) =>
  compilePolicy({
    id: 'pol_1',
    version: 3,
    document: {
      ...{ allow: [], tools: [...tools], approval: 'writes', limits: {}, windows: [] },
      ...over,
    },
  })
const tool = { toolsetId: 'tls_1', toolId: 'tol_1', name: 'stock-index.get_index' }
const call = (over: Partial<PolicyRequest> = {}): PolicyRequest => ({
  ...{ method: 'GET', origin, path: '/v1/index', query: [], tool },
  ...over,
})
const ofToolset: ToolGrant = { toolsetId: 'tls_1', allowed: true }
const ofTool: ToolGrant = { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true }
const later = new Date(facts.now + 60_000).toISOString()
const earlier = new Date(facts.now).toISOString()

describe('a call of a tool', () => {
  it.each([
    ['nothing', []],
    ['another tool', [{ ...ofTool, toolId: 'tol_2' }]],
    ['another toolset', [{ ...ofToolset, toolsetId: 'tls_2' }]],
    ['the tool under another toolset', [{ ...ofTool, toolsetId: 'tls_2' }]],
    ['a grant that says no', [{ ...ofTool, allowed: false }]],
    ['a toolset that says no', [{ ...ofToolset, allowed: false }]],
    ['a toolset, but not this tool of it', [ofToolset, { ...ofTool, allowed: false }]],
    ['a grant that is over', [{ ...ofTool, expiresAt: earlier }]],
    ['a toolset whose grant is over', [{ ...ofToolset, expiresAt: earlier }]],
    ['a toolset, and the tool no longer', [ofToolset, { ...ofTool, expiresAt: earlier }]],
  ])('is refused like one of no tool where the policy grants %s', (_, tools) => {
    verifies('S-09')
    const all = { origin, methods: ['GET' as const], paths: ['/**'] }
    const compiled = policy(tools, { allow: [all], approval: 'never' })
    expect(decide(compiled, call(), facts)).toMatchObject({
      outcome: 'deny',
      problem: 'tool-not-found',
      reason: 'You have no such tool.',
    })
    const none = decide(policy([]), call({ tool: { ...tool, toolId: 'tol_none' } }), facts)
    expect(decide(compiled, call(), facts)).toEqual(none)
  })

  it('is no way to a request of the agent’s own, nor the other way round', () => {
    const { tool: _, ...raw } = call()
    expect(decide(policy([ofTool]), raw, facts).problem).toBe('policy-denied')
  })

  it.each([
    [{}, 'GET', 'allow'],
    [{}, 'POST', 'require_approval'],
    [{ approval: 'always' }, 'GET', 'require_approval'],
    [{ approval: 'never' }, 'POST', 'allow'],
  ] as const)('asks by the grant’s mode %j, or the policy’s: %s', (over, method, outcome) => {
    for (const grant of [ofTool, ofToolset]) {
      const decided = decide(policy([{ ...grant, ...over }]), call({ method }), facts)
      expect(decided).toMatchObject({ outcome, ruleId: 'tools[0]', grantAt: 0 })
      expect(decided).not.toHaveProperty('entryAt')
    }
  })

  it('goes by the tool’s own grant before its toolset’s', () => {
    const both = policy([ofToolset, { ...ofTool, approval: 'always', expiresAt: later }])
    expect(decide(both, call(), facts)).toMatchObject({ ruleId: 'tools[1]' })
    const other = call({ tool: { ...tool, toolId: 'tol_2' } })
    expect(decide(both, other, facts)).toMatchObject({ outcome: 'allow', ruleId: 'tools[0]' })
  })

  it('is held to everything else that the policy says', () => {
    verifies('S-14')
    const nights = { days: ['sun' as const], from: '01:00', to: '02:00', timezone: 'UTC' }
    const denying = { id: 'no', when: { paths: ['/v1/**'] }, then: 'deny' as const }
    expect(decide(policy([ofTool], { windows: [nights] }), call(), facts).problem).toBe(
      'outside-window',
    )
    expect(decide(policy([ofTool], { rules: [denying] }), call(), facts)).toMatchObject({
      outcome: 'deny',
      ruleId: 'no',
      grantAt: 0,
    })
    const limits = { requestBytesMax: 1 }
    const large = call({ method: 'POST', body: new Uint8Array(2) })
    expect(decide(policy([ofTool], { limits }), large, facts).problem).toBe('request-too-large')
    const elsewhere = call({ origin: 'https://evil.example' })
    expect(decide(policy([ofTool]), elsewhere, facts).problem).toBe('origin-not-allowed')
    const over = policy([ofTool], { expiresAt: earlier })
    expect(decide(over, call(), facts).problem).toBe('policy-expired')
    const frozen = { ...facts, workspace: { isFrozen: true } }
    expect(decide(policy([ofTool]), call(), frozen).problem).toBe('workspace-frozen')
  })
})

describe('rules about tools', () => {
  const ruled = (patterns: string[], then: 'deny' | 'allow' | 'require_approval' = 'deny') =>
    policy([ofTool], {
      allow: [{ origin, methods: ['GET', 'POST'], paths: ['/**'] }],
      rules: [{ id: 'r', when: { tools: patterns }, then }],
    })

  it('match calls of these tools and nothing else', () => {
    for (const pattern of ['stock-index.get_index', 'stock-index.*', 'stock-index.get*', '*']) {
      expect(decide(ruled([pattern]), call(), facts)).toMatchObject({ ruleId: 'r' })
    }
    for (const pattern of [
      'stock-index.get_inde',
      'stock-index',
      'other.*',
      'stock-index.get_index2',
    ]) {
      expect(decide(ruled([pattern]), call(), facts)).toMatchObject({ outcome: 'allow' })
    }
    const { tool: _, ...raw } = call()
    expect(decide(ruled(['*']), raw, facts)).toMatchObject({ ruleId: 'allow[0]' })
    expect(traceRulesOf(ruled(['*']), raw, facts)).toEqual([
      {
        ...{ id: 'r', matched: false },
        why: 'It does not match: it is about calls of other tools alone.',
      },
    ])
  })

  it('allow what would be asked about, where the tool is granted and only there', () => {
    const post = call({ method: 'POST' })
    expect(decide(ruled(['*'], 'allow'), post, facts).outcome).toBe('allow')
    const other = call({ method: 'POST', tool: { ...tool, toolId: 'tol_9' } })
    expect(decide(ruled(['*'], 'allow'), other, facts).problem).toBe('tool-not-found')
  })

  const alias = { ...tool, name: 'safe.look', sourceName: tool.name }

  it('that keep something back find a tool under the name of the tool that it is', () => {
    verifies('S-24')
    const called = call({ tool: alias })
    for (const pattern of ['safe.look', 'safe.*', 'stock-index.get_index', 'stock-index.get*']) {
      expect(decide(ruled([pattern]), called, facts)).toMatchObject({ outcome: 'deny' })
      expect(decide(ruled([pattern], 'require_approval'), called, facts)).toMatchObject({
        outcome: 'require_approval',
      })
      const { response } = policy([], {
        response: [{ id: 'a', when: { tools: [pattern] }, drop: ['x'] }],
      })
      const answered = { method: 'GET', origin, path: '/v1/index', tool: alias }
      expect(matchResponseRules(response, answered)).toHaveLength(1)
    }
    // The name that another tool has for it says nothing of the tool itself.
    expect(decide(ruled(['safe.*']), call(), facts).outcome).toBe('allow')
  })

  it('that allow go by the name under which it is called alone', () => {
    const called = call({ method: 'POST', tool: alias })
    expect(decide(ruled(['stock-index.*'], 'allow'), called, facts).outcome).toBe(
      'require_approval',
    )
    expect(decide(ruled(['safe.*'], 'allow'), called, facts).outcome).toBe('allow')
  })

  it('on answers apply to answers of these tools alone', () => {
    const { response } = policy([], {
      response: [{ id: 'a', when: { tools: ['stock-index.*'] }, drop: ['x'] }],
    })
    const request = { method: 'GET', origin, path: '/v1/index' }
    expect(matchResponseRules(response, { ...request, tool })).toHaveLength(1)
    expect(matchResponseRules(response, { ...request, tool: { name: 'b.c' } })).toHaveLength(0)
    expect(matchResponseRules(response, request)).toHaveLength(0)
  })

  it('compare a name as it is written: only a last * is special', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, pattern) => {
        const matches = matchesTool(compileTools([pattern], { byAnyName: true }), { name })
        expect(matches).toBe(
          pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
        )
        expect(matchesTool(compileTools([pattern], { byAnyName: true }), undefined)).toBe(false)
      }),
    )
  })
})

describe('a call of the past', () => {
  const past = { method: 'GET', origin, path: '/v1/index', queryNames: [], bodyBytes: 0 }

  it('is decided as a call of its tool', () => {
    expect(decideHistory(policy([ofTool]), { ...past, tool }, facts).outcome).toBe('allow')
    expect(decideHistory(policy([]), { ...past, tool }, facts).problem).toBe('tool-not-found')
    expect(decideHistory(policy([ofTool]), past, facts).problem).toBe('policy-denied')
  })

  it('is unknown where its tool is not', () => {
    const asked = { ...past, tool: 'unknown' as const }
    expect(decideHistory(policy([ofTool]), asked, facts).outcome).toBe('unknown')
    expect(decideHistory(policy([], { expiresAt: earlier }), asked, facts).outcome).toBe('deny')
  })
})

it('says the same of a tool in the list and in the call, whatever the grants', () => {
  const grant = fc.record(
    {
      toolsetId: fc.constantFrom('tls_1', 'tls_2'),
      toolId: fc.constantFrom('tol_1', 'tol_2', 'tol_3'),
      allowed: fc.boolean(),
      approval: fc.constantFrom('always' as const, 'writes' as const, 'never' as const),
      expiresAt: fc.constantFrom(earlier, later),
    },
    { requiredKeys: ['toolsetId', 'allowed'] },
  )
  const ref = fc.constantFrom(
    { toolsetId: 'tls_1', toolId: 'tol_1' },
    { toolsetId: 'tls_1', toolId: 'tol_2' },
    { toolsetId: 'tls_2', toolId: 'tol_3' },
  )
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 6 }), ref, (tools, one) => {
      const compiled = policy(tools)
      const listed = grantOf(compiled, one, facts.now)
      const decided = decide(compiled, call({ tool: { ...one, name: 'a.b' } }), facts)
      expect(decided.problem === 'tool-not-found').toBe(listed === undefined)
      expect(decided.grantAt).toBe(listed?.at)
    }),
    { numRuns: 300 },
  )
})
