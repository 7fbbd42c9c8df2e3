import { createHash } from 'node:crypto'
import type { PolicyDocument, RequestRule } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { type FrozenRequest, freezeRequest } from '../execute/freeze-request.ts'
import { compilePolicy } from '../policy/compile-policy.ts'
import { createCovers } from './find-remembered.ts'
import { rulesThatAsk } from './remember.ts'
import { takeRequestApart } from './take-request-apart.ts'

const origin = 'https://api.example.com'
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const print = (name: string, text: string) =>
  createHash('sha256')
    .update(JSON.stringify([name, text]))
    .digest('hex')
const terms = { expiresInMs: 60_000, freshSignIn: false, ownersNeeded: 1 as const }

const policyOf = (rules: readonly RequestRule[] = []) =>
  compilePolicy({
    ...{ id: 'pol_1', version: 1 },
    document: {
      allow: [{ origin, methods: ['POST', 'PUT'], paths: ['/**'] }],
      rules: [...rules],
      ...{ approval: 'always', limits: {}, windows: [] },
    } satisfies PolicyDocument,
  })

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly note?: string
  readonly type?: string
}

const freeze = ({ method = 'POST', path = '/v1/send', body, note, type }: Asked): FrozenRequest =>
  freezeRequest(
    {
      ...{ method, url: `${origin}${path}` },
      ...(body !== undefined && { body }),
      headers: {
        'content-type': type ?? 'application/json',
        ...(note !== undefined && { 'x-note': note }),
      },
    },
    { extraHeaders: ['x-note'] },
  )

/** What is remembered of a request, as `drawUpRemembered` writes it. */
function remember(request: FrozenRequest, fields?: readonly string[], policy = policyOf()) {
  const apart = takeRequestApart(request)
  const texts = new Map(apart?.fields.map(({ name, text }) => [name, text]))
  return {
    scope: fields === undefined ? ('exact' as const) : ('fields' as const),
    digest: request.digest,
    fields: fields ?? [],
    fingerprints: Object.fromEntries([
      ...(fields === undefined ? [] : [['shape', print('shape', apart?.shape ?? '')]]),
      ...(fields ?? []).map((name) => [`field.${name}`, print(name, texts.get(name) ?? '')]),
      ...(rulesThatAsk(policy, request, nowMs) ?? []).map(({ id, text }) => [
        `rule.${id}`,
        print('rule', text),
      ]),
    ]),
    freshSignIn: false,
    ownersNeeded: 1,
  }
}

const covers = (
  one: ReturnType<typeof remember>,
  frozen: FrozenRequest,
  {
    policy = policyOf(),
    ...over
  }: { policy?: ReturnType<typeof policyOf> } & Partial<typeof terms> = {},
) =>
  createCovers({
    ...{ frozen, print, terms: { ...terms, ...over } },
    asking: rulesThatAsk(policy, frozen, nowMs) ?? [],
  })(one)

const message = (to: string, text: string) => JSON.stringify({ channel: to, text })

describe('an answer that is remembered', () => {
  it('covers other texts to the same channel, and nothing else', () => {
    verifies('S-24')
    const one = remember(freeze({ body: message('C1', 'hi') }), ['body.channel'])
    expect(covers(one, freeze({ body: message('C1', 'something else') }))).toBe(true)
    expect(covers(one, freeze({ body: '{"text":"a","channel":"C1"}' }))).toBe(true)
    for (const other of [
      { body: message('C2', 'hi') },
      { body: '{"channel":"C1","text":"hi","thread":"1"}' },
      { body: '{"channel":"C1"}' },
      { body: '{"channel":["C1"],"text":"hi"}' },
      { body: '{"channel":"C1","channel":"C2","text":"hi"}' },
      { body: '{"channel":"C1","text":["a","b"]}' },
      { body: message('C1', 'hi'), method: 'PUT' },
      { body: message('C1', 'hi'), path: '/v1/send/all' },
      { body: message('C1', 'hi'), path: '/v1/send?to=everyone' },
      { body: message('C1', 'hi'), note: 'urgent' },
      { body: message('C1', 'hi'), type: 'application/vnd.other+json' },
      { body: 'channel=C1&text=hi', type: 'application/x-www-form-urlencoded' },
      { body: `${message('C1', 'hi')}{`, type: 'text/plain' },
      {},
    ]) {
      expect(covers(one, freeze(other)), JSON.stringify(other)).toBe(false)
    }
  })

  it('covers the very same bytes alone where it is exact', () => {
    verifies('S-24')
    const one = remember(freeze({ body: message('C1', 'hi') }))
    expect(covers(one, freeze({ body: message('C1', 'hi') }))).toBe(true)
    expect(covers(one, freeze({ body: `${message('C1', 'hi')} ` }))).toBe(false)
    expect(covers(one, freeze({ body: message('C1', 'hi'), note: 'x' }))).toBe(false)
  })

  it('ends where the policy asks for more than was answered', () => {
    verifies('S-27')
    const request = freeze({ body: message('C1', 'hi') })
    for (const fields of [undefined, ['body.channel']]) {
      const one = remember(request, fields)
      expect(covers(one, request)).toBe(true)
      expect(covers(one, request, { freshSignIn: true })).toBe(false)
      expect(covers({ ...one, freshSignIn: true }, request, { freshSignIn: true })).toBe(true)
      expect(covers(one, request, { ownersNeeded: 2 as never })).toBe(false)
    }
  })

  it('covers nothing that a rule asks about which did not ask then, or asked otherwise', () => {
    verifies('S-27')
    const asks = (id: string, text: string): RequestRule => ({
      ...{ id, when: { body: [{ path: 'text', op: 'contains', value: text }] } },
      then: 'require_approval',
    })
    const policy = policyOf([asks('offers', 'offer'), asks('prices', 'price')])
    const one = remember(freeze({ body: message('C1', 'an offer') }), ['body.channel'], policy)
    const to = (text: string) => freeze({ body: message('C1', text) })
    expect(covers(one, to('another offer'), { policy })).toBe(true)
    expect(covers(one, to('nothing'), { policy })).toBe(true)
    expect(covers(one, to('an offer with a price'), { policy })).toBe(false)
    expect(covers(one, to('a price'), { policy })).toBe(false)
    const changed = policyOf([asks('offers', 'o')])
    expect(covers(one, to('another offer'), { policy: changed })).toBe(false)
    const added = policyOf([asks('offers', 'offer'), asks('new', 'a')])
    expect(covers(one, to('another offer'), { policy: added })).toBe(false)
    expect(
      covers(remember(to('an offer'), undefined, policy), to('an offer'), { policy: added }),
    ).toBe(false)
  })

  it('never covers a request that is wider than the one that it came from', () => {
    verifies('S-24')
    const value = fc.oneof(
      fc.constantFrom('C1', 'C2', '', 'x'),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(null, true, false),
    )
    const name = fc.constantFrom('to', 'channel', 'text', 'a.b', 'to[0]', 'a')
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        value,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(name, tie('node'), { maxKeys: 4 }),
      ),
    })).node
    const body = fc.oneof(
      fc.dictionary(name, tree, { minKeys: 1, maxKeys: 4 }).map((one) => JSON.stringify(one)),
      fc.constantFrom('{"to":"C1","to":"C2"}', '{"to":1.0}', '{"to":1}', '', 'plain'),
    )
    const query = fc.array(fc.constantFrom('q=1', 'q=2', 'p=1', 'q[1]=1', 'q=%31'), {
      maxLength: 3,
    })
    const request = fc.record({
      method: fc.constantFrom('POST', 'PUT'),
      path: fc
        .tuple(fc.constantFrom('/v1/send', '/v1/other'), query)
        .map(([path, pairs]) => (pairs.length === 0 ? path : `${path}?${pairs.join('&')}`)),
      body,
      note: fc.constantFrom(undefined, 'a', 'b'),
    })
    const seen = { covered: 0, exact: 0 }
    fc.assert(
      fc.property(
        request,
        fc.oneof(
          request.map((other) => ({ other })),
          fc.record({ body }),
          fc.record({ body, note: request.map(({ note }) => note) }),
        ),
        fc.infiniteStream(fc.boolean()),
        (asked, change, picks) => {
          const first = freeze(asked as Asked)
          const next = freeze({ ...asked, ...('other' in change ? change.other : change) } as Asked)
          const apart = takeRequestApart(first)
          const fields = apart?.fields.map((field) => field.name).filter(() => picks.next().value)
          const isExact = fields === undefined || fields.length === 0
          const one = remember(first, isExact ? undefined : fields)
          if (!covers(one, next)) return
          seen.covered += 1
          expect([next.method, next.origin, next.path]).toEqual([
            first.method,
            first.origin,
            first.path,
          ])
          expect(next.headers).toEqual(first.headers)
          if (isExact) {
            seen.exact += 1
            expect(next.digest).toBe(first.digest)
            return
          }
          const then = new Map(apart?.fields.map((field) => [field.name, field.text]))
          const now = new Map(
            takeRequestApart(next)?.fields.map((field) => [field.name, field.text]),
          )
          expect([...now.keys()].sort()).toEqual([...then.keys()].sort())
          for (const field of fields) expect(now.get(field)).toBe(then.get(field))
          // The structure is that of the parsed text as well, whatever the names are.
          if (asked.body.startsWith('{')) {
            const said = Buffer.from(next.body ?? '').toString()
            expect(skeleton(JSON.parse(said))).toEqual(skeleton(JSON.parse(asked.body)))
          }
        },
      ),
      { numRuns: 1500 },
    )
    expect(seen.covered).toBeGreaterThan(50)
    expect(seen.exact).toBeLessThan(seen.covered)
  })
})

/** A value with every leaf replaced by its kind. */
function skeleton(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(skeleton)
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, skeleton(one)]))
}
