import type { AllowEntry, PolicyDocument } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from '../../policy/compile-policy.ts'
import { decide } from '../../policy/decide.ts'
import { createUseCounter, findUnused } from './find-unused.ts'
import { narrowAllowlist } from './narrow-allowlist.ts'
import type { Attempt } from './read-attempt.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const origin = 'https://api.example.com'
const rest = async () => {}

const attempt = (method: string, path: string, host = 'api.example.com'): Attempt => ({
  auditId: 'aud_x',
  at: new Date(nowMs - 1000).toISOString(),
  begunMs: nowMs - 1000,
  atMs: nowMs - 1000,
  ...{ method, host, path },
  pathIsCut: false,
  queryNames: [],
  bodyBytes: 0,
  was: 'allow',
  problem: undefined,
  reason: '',
  ruleId: undefined,
})

const document = (allow: AllowEntry[], over: Partial<PolicyDocument> = {}): PolicyDocument => ({
  ...{ allow, approval: 'never', limits: {}, windows: [] },
  ...over,
})

function usesOf(policy: PolicyDocument, attempts: readonly Attempt[]) {
  const counter = createUseCounter(policy.allow, ({ host }) => [`https://${host}`])
  for (const one of attempts) counter.count(one)
  return counter.entries()
}

const narrow = (policy: PolicyDocument, attempts: readonly Attempt[]) =>
  narrowAllowlist(policy, usesOf(policy, attempts), { nowMs, rest })

describe('what is not used of a policy', () => {
  it('is said of each entry: methods, paths, or all of it', () => {
    const policy = document([
      { origin, methods: ['GET', 'POST'], paths: ['/v1/a/*', '/v1/b'] },
      { origin, methods: ['GET'], paths: ['/v2/**'] },
      { origin, methods: ['DELETE'], paths: ['/v1/a/*'] },
    ])
    const uses = usesOf(policy, [attempt('GET', '/v1/a/7'), attempt('GET', '/v2/x')])
    expect(findUnused(uses)).toEqual([
      { at: 0, entry: policy.allow[0], unusedMethods: ['POST'], unusedPaths: ['/v1/b'] },
      { at: 2, entry: policy.allow[2], unusedMethods: ['DELETE'], unusedPaths: ['/v1/a/*'] },
    ])
  })
})

describe('a narrower allowlist', () => {
  it('keeps no method for paths that it was not used with, and all else of the entry', async () => {
    const entry: AllowEntry = {
      origin: 'https://*.example.com',
      methods: ['GET', 'POST', 'DELETE'],
      paths: ['/**'],
      approval: 'writes',
      expiresAt: '2027-01-01T00:00:00.000Z',
      actionTemplateId: 'mail.read',
    }
    const kept = {
      approval: entry.approval,
      expiresAt: entry.expiresAt,
      actionTemplateId: 'mail.read',
    }
    const used = [
      attempt('GET', '/v1/users/7'),
      attempt('GET', '/v1/users/8'),
      attempt('POST', '/v1/send'),
    ]
    expect(await narrow(document([entry]), used)).toEqual([
      { origin, methods: ['GET'], paths: ['/v1/users/*'], ...kept },
      { origin, methods: ['POST'], paths: ['/v1/send'], ...kept },
    ])
    // Cut in two, limits of its own would let twice as much through.
    const limited = { ...entry, limits: { perDay: 5 } }
    expect(await narrow(document([limited]), used)).toEqual([
      { ...limited, origin, methods: ['GET', 'POST'], paths: ['/v1/send', '/v1/users/*'] },
    ])
  })

  it('is not offered where there is nothing to take away, or nothing was used', async () => {
    const policy = document([{ origin, methods: ['GET'], paths: ['/v1/*'] }])
    expect(await narrow(policy, [attempt('GET', '/v1/7')])).toBeUndefined()
    expect(await narrow(policy, [])).toBeUndefined()
    expect(await narrow(policy, [attempt('GET', '/elsewhere')])).toBeUndefined()
  })

  it('keeps an entry that is not used but asks about what another one would let on', async () => {
    const open: AllowEntry = { origin, methods: ['GET'], paths: ['/**'] }
    const strict: AllowEntry = {
      origin,
      methods: ['GET'],
      paths: ['/v1/users/99'],
      approval: 'always',
    }
    const used = [attempt('GET', '/v1/users/7'), attempt('GET', '/v1/users/8')]
    expect(await narrow(document([open, strict]), used)).toEqual([
      { ...open, paths: ['/v1/users/*'] },
      strict,
    ])
    const elsewhere = { ...strict, paths: ['/admin'] }
    expect(await narrow(document([open, elsewhere]), used)).toEqual([
      { ...open, paths: ['/v1/users/*'] },
    ])
  })

  it('leaves an entry as it is where a path was not kept in full', async () => {
    const entry: AllowEntry = { origin, methods: ['GET'], paths: ['/v1/**'] }
    const cut = { ...attempt('GET', `/v1/${'x'.repeat(2042)}…`), pathIsCut: true }
    const other: AllowEntry = { origin, methods: ['GET'], paths: ['/v2/**'] }
    expect(await narrow(document([entry, other]), [cut, attempt('GET', '/v2/a')])).toEqual([
      entry,
      { ...other, paths: ['/v2/a'] },
    ])
  })

  it('never allows what is not allowed now, nor asks less, and is enough for all that was used', async () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'users', '7', '42', 'x1'), { minLength: 1, maxLength: 3 })
      .map((parts) => `/${parts.join('/')}`)
    const pattern = fc
      .tuple(
        fc.array(fc.constantFrom('a', '*', 'users', '7', 'x*'), { maxLength: 3 }),
        fc.boolean(),
      )
      .map(([parts, open]) =>
        parts.length === 0 || open ? `/${[...parts, '**'].join('/')}` : `/${parts.join('/')}`,
      )
    const method = fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const)
    const host = fc.constantFrom('api.example.com', 'www.example.com', 'example.com')
    const mode = fc.constantFrom('always' as const, 'writes' as const, 'never' as const)
    const entry = fc.record(
      {
        origin: fc.constantFrom(origin, 'https://*.example.com', 'https://example.com'),
        methods: fc.uniqueArray(method, { minLength: 1 }),
        paths: fc.array(pattern, { minLength: 1, maxLength: 3 }),
        approval: mode,
        limits: fc.constant({ perDay: 3 }),
        expiresAt: fc.constantFrom('2026-11-20T00:00:00.000Z', '2027-11-20T00:00:00.000Z'),
      },
      { requiredKeys: ['origin', 'methods', 'paths'] },
    )
    const request = fc.tuple(method, path, host)
    const strictness = { deny: 3, require_approval: 2, allow: 1 }
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          allow: fc.array(entry, { minLength: 1, maxLength: 5 }),
          approval: mode,
          tried: fc.array(request, { maxLength: 20 }),
          others: fc.array(request, { minLength: 5, maxLength: 20 }),
        }),
        async ({ allow, approval, tried, others }) => {
          const policy = document(allow, { approval })
          const say = (one: PolicyDocument, [verb, to, at]: readonly [string, string, string]) =>
            decide(
              compilePolicy({ id: 'pol_1', version: 1, document: one }),
              { method: verb, origin: `https://${at}`, path: to, query: [] },
              {
                now: nowMs - 1000,
                workspace: { isFrozen: false },
                agent: { status: 'active' },
                connection: { status: 'healthy', origins: [`https://${at}`] },
              },
            ).outcome
          const used = tried.filter((one) => say(policy, one) !== 'deny')
          const narrower = await narrow(
            policy,
            used.map(([verb, to, at]) => attempt(verb, to, at)),
          )
          if (narrower === undefined) return
          const then = document(narrower, { approval })
          for (const one of used) expect(say(then, one)).toBe(say(policy, one))
          for (const one of [...others, ...tried]) {
            expect(strictness[say(then, one)]).toBeGreaterThanOrEqual(strictness[say(policy, one)])
          }
          for (const { limits } of narrower) expect(limits ?? { perDay: 3 }).toEqual({ perDay: 3 })
          expect(narrower.filter(({ limits }) => limits).length).toBeLessThanOrEqual(
            allow.filter(({ limits }) => limits).length,
          )
        },
      ),
      { numRuns: 300 },
    )
  })
})
