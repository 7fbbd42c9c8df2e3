import type { PolicyDocument } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from './compile-policy.ts'
import { decide } from './decide.ts'
import type { Facts, PolicyRequest } from './decision.ts'

const origin = 'https://api.example.com'
const document: PolicyDocument = {
  allow: [
    { origin, methods: ['GET'], paths: ['/v1/**'] },
    { origin, methods: ['POST'], paths: ['/v1/messages'] },
  ],
  approval: 'never',
  limits: {},
  windows: [],
}
const policy = (over: Partial<PolicyDocument> = {}) =>
  compilePolicy({ id: 'pol_1', version: 3, document: { ...document, ...over } })
const request: PolicyRequest = { method: 'GET', origin, path: '/v1/users', query: [] }
const facts = factsFor(origin)

describe('decide', () => {
  it('denies everything while the workspace is frozen, before it looks at anything else', () => {
    verifies('S-10', 'S-27')
    const frozen = { ...facts, workspace: { isFrozen: true } }
    const others: Facts[] = [
      frozen,
      { ...frozen, agent: { status: 'disabled' } },
      { ...frozen, connection: { status: 'revoked', origins: [] } },
    ]
    for (const known of others) {
      for (const approval of ['never', 'always'] as const) {
        expect(decide(policy({ approval }), request, known)).toMatchObject({
          outcome: 'deny',
          problem: 'workspace-frozen',
        })
      }
      expect(decide(undefined, request, known).problem).toBe('workspace-frozen')
    }
  })

  it('denies whatever no policy allows', () => {
    expect(decide(undefined, request, facts)).toMatchObject({
      outcome: 'deny',
      problem: 'policy-denied',
    })
    expect(decide(policy({ allow: [] }), request, facts)).toMatchObject({
      outcome: 'deny',
      problem: 'policy-denied',
    })
  })

  it('refuses a disabled agent and a connection that is not healthy before anything else', () => {
    verifies('S-10')
    const other = { ...request, origin: 'https://evil.example' }
    expect(decide(policy(), other, { ...facts, agent: { status: 'disabled' } }).problem).toBe(
      'agent-disabled',
    )
    expect(decide(policy(), other, { ...facts, agent: { status: 'pending' } }).problem).toBe(
      'agent-disabled',
    )
    const having = (status: Facts['connection']['status']): Facts => ({
      ...facts,
      connection: { status, origins: [origin] },
    })
    expect(decide(policy(), other, having('revoked')).problem).toBe('connection-revoked')
    expect(decide(policy(), other, having('needs_reauth')).problem).toBe('connection-needs-reauth')
  })

  it('is over at the instant it expires', () => {
    const short = policy({ expiresAt: '2026-11-21T12:00:00.000Z' })
    expect(decide(short, request, facts).problem).toBe('policy-expired')
    expect(decide(short, request, { ...facts, now: facts.now - 1 }).outcome).toBe('allow')
  })

  it('sends the credential to no origin but its own, whatever the policy allows', () => {
    verifies('S-12')
    const anywhere = policy({
      allow: [{ origin: 'https://*.example.com', methods: ['GET'], paths: ['/**'] }],
    })
    expect(decide(anywhere, request, facts).outcome).toBe('allow')
    for (const other of [
      'https://evil.example.com',
      'http://api.example.com',
      'https://api.example.com:8443',
      'https://api.example.com.evil.net',
      'https://xapi.example.com',
    ]) {
      expect(decide(anywhere, { ...request, origin: other }, facts).problem).toBe(
        'origin-not-allowed',
      )
    }
  })

  it('compares scheme, host and port exactly', () => {
    verifies('S-12')
    const wide = (other: string): Facts => ({
      ...facts,
      connection: { status: 'healthy', origins: [other] },
    })
    const parts = fc
      .record({
        scheme: fc.constantFrom('https', 'http'),
        host: fc.constantFrom(
          'api.example.com',
          'example.com',
          'api.example.co',
          'a.api.example.com',
          '[::1]',
          '10.0.0.1',
        ),
        port: fc.constantFrom('', ':8443', ':8080'),
      })
      .map(({ scheme, host, port }) => `${scheme}://${host}${port}`)
    fc.assert(
      fc.property(parts, parts, (allowed, asked) => {
        const one = policy({ allow: [{ origin: allowed, methods: ['GET'], paths: ['/**'] }] })
        const { outcome } = decide(one, { ...request, origin: asked }, wide(asked))
        expect(outcome).toBe(allowed === asked ? 'allow' : 'deny')
      }),
    )
  })

  it('binds a star in a host to one label', () => {
    verifies('S-13')
    const wild = policy({
      allow: [{ origin: 'https://api-*.example.com', methods: ['GET'], paths: ['/**'] }],
    })
    const ask = (other: string) =>
      decide(
        wild,
        { ...request, origin: other },
        { ...facts, connection: { status: 'healthy', origins: [other] } },
      ).outcome
    expect(ask('https://api-eu.example.com')).toBe('allow')
    for (const other of [
      'https://api-eu.x.example.com',
      'https://api-eu.example.com:8443',
      'http://api-eu.example.com',
      'https://api-eu.exampleXcom',
      'https://api-eu.example.com.evil.net',
      'https://x.api-eu.example.com',
    ]) {
      expect(ask(other)).toBe('deny')
    }
  })

  it('names the near miss without showing the policy', () => {
    verifies('S-13')
    const ask = (over: Partial<PolicyRequest>) =>
      decide(policy(), { ...request, ...over }, facts).reason
    expect(ask({ method: 'DELETE' })).toBe('The policy allows this path, but not with DELETE.')
    expect(ask({ method: 'POST' })).toBe('The policy allows this path, but not with POST.')
    expect(ask({ path: '/v2' })).toBe(
      'The policy allows GET at https://api.example.com, but not this path.',
    )
    expect(ask({ path: '/v2', method: 'PUT' })).not.toContain('/v1')
  })

  it('needs origin, method and path of one entry, not of several', () => {
    const split = policy({
      allow: [
        { origin, methods: ['GET'], paths: ['/a'] },
        { origin, methods: ['POST'], paths: ['/b'] },
      ],
    })
    expect(decide(split, { ...request, method: 'POST', path: '/a' }, facts).outcome).toBe('deny')
    expect(decide(split, { ...request, method: 'HEAD', path: '/a' }, facts).outcome).toBe('deny')
    expect(decide(split, { ...request, method: 'POST', path: '/b' }, facts)).toMatchObject({
      outcome: 'allow',
      ruleId: 'allow[1]',
      policyId: 'pol_1',
      policyVersion: 3,
    })
  })

  it('says when the window opens next', () => {
    const office = policy({
      windows: [{ days: ['mon'], from: '09:00', to: '17:30', timezone: 'Europe/Berlin' }],
    })
    expect(decide(office, request, facts)).toMatchObject({
      outcome: 'deny',
      problem: 'outside-window',
      next: 'It opens at 2026-11-23T08:00:00.000Z (Mon 2026-11-23 09:00 Europe/Berlin); try again then.',
      retryAfterSeconds: 44 * 3600,
    })
    expect(
      decide(office, request, { ...facts, now: Date.parse('2026-11-23T08:00:00Z') }).outcome,
    ).toBe('allow')
  })

  it('asks for approval as the mode says, and not for what is refused anyway', () => {
    const ask = (approval: PolicyDocument['approval'], method: string) =>
      decide(policy({ approval }), { ...request, method, path: '/v1/messages' }, facts)
    expect(ask('always', 'GET')).toMatchObject({
      outcome: 'require_approval',
      approval: { expiresInMs: 30 * 60_000, freshSignIn: false, ownersNeeded: 1 },
    })
    expect(ask('writes', 'GET').outcome).toBe('allow')
    expect(ask('writes', 'POST').outcome).toBe('require_approval')
    expect(ask('never', 'POST').outcome).toBe('allow')
    expect(ask('always', 'DELETE')).toMatchObject({ outcome: 'deny', problem: 'policy-denied' })
  })

  it('says on what terms an owner is asked', () => {
    const approvalOptions = { expiresInMinutes: 5, freshSignIn: true, secondOwner: true }
    const strict = policy({ approval: 'always', approvalOptions })
    expect(decide(strict, request, facts).approval).toEqual({
      expiresInMs: 5 * 60_000,
      freshSignIn: true,
      ownersNeeded: 2,
    })
    expect(decide(policy({ approval: 'never', approvalOptions }), request, facts).approval).toBe(
      undefined,
    )
  })

  it('lets an expired entry allow nothing, and says when it ended', () => {
    const expiresAt = new Date(facts.now).toISOString()
    const ended = { origin, methods: ['GET' as const], paths: ['/v1/**'], expiresAt }
    const alone = policy({ allow: [ended] })
    expect(decide(alone, request, facts)).toMatchObject({
      outcome: 'deny',
      problem: 'policy-denied',
      reason: `What the policy allowed here expired at ${expiresAt}.`,
    })
    expect(decide(alone, request, { ...facts, now: facts.now - 1 }).outcome).toBe('allow')
    // What the entry never allowed is not said to have expired.
    expect(decide(alone, { ...request, method: 'PUT' }, facts).reason).toBe(
      `The policy allows nothing at ${origin}.`,
    )
    const renewed = policy({ allow: [ended, { ...ended, expiresAt: undefined as never }] })
    expect(decide(renewed, request, facts)).toMatchObject({ outcome: 'allow', ruleId: 'allow[1]' })
  })

  it('asks as the entry says, and no expired one has a say', () => {
    const entry = { origin, methods: ['GET' as const, 'POST' as const], paths: ['/v1/**'] }
    const ask = (allow: PolicyDocument['allow'], approval: PolicyDocument['approval'] = 'never') =>
      decide(policy({ allow, approval }), { ...request, method: 'POST' }, facts)
    expect(ask([{ ...entry, approval: 'always' }])).toMatchObject({
      outcome: 'require_approval',
      reason: 'The policy asks for an owner’s approval of every request of this kind.',
    })
    expect(ask([{ ...entry, approval: 'never' }], 'always').outcome).toBe('allow')
    expect(ask([{ ...entry, approval: 'never' }, entry], 'writes')).toMatchObject({
      outcome: 'require_approval',
      ruleId: 'allow[0]',
    })
    const over = { ...entry, approval: 'always' as const, expiresAt: '2026-11-21T11:59:59Z' }
    expect(ask([over, { ...entry, approval: 'never' }])).toMatchObject({
      outcome: 'allow',
      ruleId: 'allow[1]',
    })
  })

  it('is never loosened by an entry that is added, wherever it is added', () => {
    const mode = fc.constantFrom('always' as const, 'writes' as const, 'never' as const)
    const entry = fc.record(
      {
        origin: fc.constantFrom(origin, 'https://*.example.com'),
        methods: fc.subarray(['GET', 'POST'] as const, { minLength: 1 }),
        paths: fc.subarray(['/v1/**', '/v1/users', '/v2'], { minLength: 1 }),
        approval: mode,
        expiresAt: fc.constantFrom('2026-11-21T11:00:00Z', '2026-11-21T13:00:00Z'),
      },
      { requiredKeys: ['origin', 'methods', 'paths'] },
    )
    const entries = fc.array(entry, { maxLength: 5 })
    const asked = fc.record({
      method: fc.constantFrom('GET', 'POST'),
      path: fc.constantFrom('/v1/users', '/v1/a', '/v2'),
    })
    const draft = fc.record({
      before: entries,
      after: entries,
      added: entry,
      own: mode,
      over: asked,
    })
    const rank = { allow: 0, require_approval: 1, deny: -1 }
    fc.assert(
      fc.property(draft, ({ before, after, added, own, over }) => {
        const one = policy({ allow: [...before, ...after], approval: own })
        const more = policy({ allow: [...before, added, ...after], approval: own })
        const was = decide(one, { ...request, ...over }, facts)
        const is = decide(more, { ...request, ...over }, facts)
        if (was.outcome !== 'deny')
          expect(rank[is.outcome]).toBeGreaterThanOrEqual(rank[was.outcome])
        // The order of entries names the rule and changes nothing else.
        const turned = policy({ allow: [...before, added, ...after].toReversed(), approval: own })
        expect(decide(turned, { ...request, ...over }, facts).outcome).toBe(is.outcome)
      }),
      { numRuns: 1000 },
    )
  })

  it('bounds the bytes of a request', () => {
    const small = policy({ limits: { requestBytesMax: 3 } })
    const post: PolicyRequest = { ...request, method: 'POST', path: '/v1/messages' }
    expect(decide(small, { ...post, body: new Uint8Array(4) }, facts).problem).toBe(
      'request-too-large',
    )
    expect(decide(small, { ...post, body: new Uint8Array(3) }, facts).outcome).toBe('allow')
  })

  it('depends on nothing but its arguments', () => {
    const compiled = policy()
    expect(decide(compiled, request, facts)).toEqual(decide(compiled, request, facts))
    expect(Object.isFrozen(compiled)).toBe(true)
  })
})
