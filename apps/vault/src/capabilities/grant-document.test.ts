import { type ActionTemplate, type PolicyDocument, Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'
import { draftGrant } from './grant-document.ts'

const nowMs = Date.parse('2026-11-21T10:00:00Z')
const origins = ['https://api.example.com', 'https://*.example.com', 'https://x.example.com']
/** Those of the connection. */
const service = { category: 'other' } as const
const hosts = ['https://api.example.com', 'https://x.example.com']
const methods = ['GET', 'POST', 'DELETE'] as const
const modes = ['always', 'writes', 'never'] as const

const pattern = fc
  .array(fc.constantFrom('a', 'b', '*', 'a*', '*b', 'a*b'), { minLength: 1, maxLength: 3 })
  .chain((segments) =>
    fc.constantFrom(`/${segments.join('/')}`, `/${segments.join('/')}/**`, '/**'),
  )
const entry = fc.record({
  origin: fc.constantFrom(...origins),
  methods: fc.uniqueArray(fc.constantFrom(...methods), { minLength: 1 }),
  paths: fc.array(pattern, { minLength: 1, maxLength: 3 }),
})
const wished = fc.tuple(entry, fc.option(fc.constantFrom(...modes))).map(([one, approval]) => ({
  ...one,
  ...(approval !== null && { approval }),
}))
const mode = fc.constantFrom(...modes)
const policyOf = (allow: PolicyDocument['allow'], approval: PolicyDocument['approval']) =>
  ({ allow, approval, limits: {}, windows: [] }) satisfies PolicyDocument
const request = fc.record({
  method: fc.constantFrom(...methods),
  origin: fc.constantFrom(...hosts, 'https://other.example.com'),
  path: fc
    .array(fc.constantFrom('a', 'b', 'ab', 'aab', 'c'), { maxLength: 4 })
    .map((segments) => `/${segments.join('/')}`),
})
type Asked = { method: string; origin: string; path: string }

const strictness = { allow: 0, require_approval: 1, deny: 2 }
const outcomeOf = (document: PolicyDocument, { method, origin, path }: Asked) => {
  const facts = {
    now: nowMs,
    workspace: { isFrozen: false },
    agent: { status: 'active' as const },
    connection: { status: 'healthy' as const, origins: [origin] },
  }
  const policy = compilePolicy({ id: 'pol_1', version: 1, document })
  return decide(policy, { method, origin, path, query: [] }, facts).outcome
}

describe('a grant', () => {
  it('allows nothing that neither the action nor the policy allowed, and loosens nothing that the policy says', () => {
    verifies('S-14')
    let granted = 0
    fc.assert(
      fc.property(
        fc.tuple(fc.array(entry, { minLength: 1, maxLength: 2 }), mode),
        fc.tuple(fc.option(fc.array(wished, { minLength: 1, maxLength: 2 })), fc.option(mode)),
        fc.tuple(
          fc.option(fc.tuple(fc.array(wished, { maxLength: 2 }), mode)),
          fc.array(request, { minLength: 20 }),
        ),
        ([asked, approval], [allow, chosen], [existing, requests]) => {
          const action = { id: 'act', allow: asked, approval } as unknown as ActionTemplate
          const before = existing === null ? undefined : policyOf(...existing)
          let after: PolicyDocument
          try {
            const wish = {
              ...(allow !== null && { allow }),
              ...(chosen !== null && { approval: chosen }),
            }
            after = draftGrant({ service, action, wish, origins: hosts, policy: before, nowMs })
          } catch (thrown) {
            if (thrown instanceof Problem) return
            throw thrown
          }
          granted += 1
          const whole = policyOf(asked, 'never')
          for (const one of requests) {
            const now = outcomeOf(after, one)
            const was = before === undefined ? 'deny' : outcomeOf(before, one)
            if (was === 'deny') {
              // What is new is the action's.
              if (now !== 'deny') expect(outcomeOf(whole, one)).toBe('allow')
            } else expect(strictness[now]).toBeGreaterThanOrEqual(strictness[was])
            if (before !== undefined && was === 'deny' && before.approval === 'always') {
              expect(now).not.toBe('allow')
            }
          }
        },
      ),
      { numRuns: 1500 },
    )
    expect(granted).toBeGreaterThan(100)
  })

  it('names the connection’s own hosts where the action names a pattern, and no other', () => {
    verifies('S-13')
    const action = {
      ...{ id: 'act', label: 'Act', description: 'Acts.', approval: 'never' as const },
      allow: [
        { origin: 'https://*.example.com', methods: ['GET' as const], paths: ['/a/**'] },
        { origin: 'https://global.example', methods: ['GET' as const], paths: ['/b'] },
      ],
    }
    const granted = (origins: string[], allow?: PolicyDocument['allow']) => {
      const wish = allow === undefined ? {} : { allow }
      const document = draftGrant({ service, action, wish, origins, policy: undefined, nowMs })
      return document.allow.map(({ origin, paths }) => [origin, ...paths])
    }
    expect(granted(['https://a.example.com', 'https://b.example.com', 'https://c.test'])).toEqual([
      ['https://a.example.com', '/a/**'],
      ['https://b.example.com', '/a/**'],
    ])
    expect(granted(['https://a.example.com', 'https://global.example'])).toEqual([
      ['https://a.example.com', '/a/**'],
      ['https://global.example', '/b'],
    ])
    // A part of it may be named by the pattern or by the host.
    for (const origin of ['https://*.example.com', 'https://a.example.com']) {
      expect(
        granted(['https://a.example.com'], [{ origin, methods: ['GET'], paths: ['/a/x'] }]),
      ).toEqual([['https://a.example.com', '/a/x']])
    }
    for (const origin of ['https://*.other.example', 'https://a.b.example.com', 'https://*']) {
      expect(() =>
        granted(['https://a.example.com'], [{ origin, methods: ['GET'], paths: ['/a/x'] }]),
      ).toThrow(Problem)
    }
  })
})
