import type { PolicyDocument, RequestRule } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from './compile-policy.ts'
import { decide, decideHistory } from './decide.ts'
import type { Decision, PolicyRequest } from './decision.ts'
import { hasHidden } from './hidden-text.ts'
import { readBody } from './read-body.ts'
import { compileSensitive } from './sensitive/compile-sensitive.ts'
import { atOnce } from './sensitive/turns.ts'

const origin = 'https://api.example.com'
const facts = factsFor(origin)
const methods = ['GET', 'POST', 'DELETE'] as const
const policyOf = (
  rules: readonly RequestRule[],
  approval: PolicyDocument['approval'] = 'never',
  limits: PolicyDocument['limits'] = {},
) => {
  const allow = [{ origin, methods: [...methods], paths: ['/**'] }]
  const document = { allow, rules: [...rules], approval, limits, windows: [] }
  return compilePolicy({ id: 'pol_1', version: 1, document })
}
const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const posting = (body: Uint8Array, type: string | undefined): PolicyRequest => ({
  method: 'POST',
  origin,
  path: '/v1/a',
  query: [],
  headers: type === undefined ? [] : [['content-type', type]],
  body,
})

/** As the request path does it: what is left after redaction is decided anew, and nothing more may be taken out. */
function settled(policy: ReturnType<typeof policyOf>, request: PolicyRequest): Decision['outcome'] {
  const { outcome, redaction } = decide(policy, request, facts)
  if (redaction === undefined) return outcome
  const again = decide(policy, { ...request, body: redaction.body }, facts)
  return again.redaction === undefined ? again.outcome : 'deny'
}

const name = fc.constantFrom('a', 'b', 'A', 'to', 'email', '__proto__')
const scalar = fc.oneof(
  fc.constantFrom('x', 'y', '', '5', 'true', '123-45-6789', 'ann@example.com', 'b\\u0040c.com'),
  fc.constantFrom(0, 5, 7.5, -1, 1e21),
  fc.boolean(),
  fc.constant(null),
)
const compared = fc.oneof(
  fc.record({
    op: fc.constantFrom('eq', 'neq', 'in', 'not_in'),
    value: fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 })),
  }),
  fc.record({
    op: fc.constantFrom(
      ...(['contains', 'not_contains', 'starts_with', 'ends_with', 'not_ends_with'] as const),
      ...(['matches', 'not_matches'] as const),
    ),
    value: fc.constantFrom('x', '@example.com', '5', 'nn'),
    ignoreCase: fc.boolean(),
  }),
  fc.record({ op: fc.constantFrom('gt', 'lt', 'count_gt'), value: fc.constantFrom(0, 1, 5) }),
  fc.record({ op: fc.constant('exists'), value: fc.boolean() }),
)
const path = fc
  .array(fc.constantFrom('.a', '.b', '.to', '.email', '[]', '[0]', '.@mime', '["__proto__"]'), {
    maxLength: 3,
  })
  .map((steps) => steps.join('').replace(/^\./, ''))
const body = fc.record({ path, compared }).map((made) => ({ path: made.path, ...made.compared }))
const query = fc.record({ name, compared }).map((made) => ({ name: made.name, ...made.compared }))
const sensitive = fc.record(
  {
    kinds: fc.subarray(['email', 'us_ssn'] as const, { minLength: 1 }),
    fields: fc.array(path, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['kinds'] },
)
const when = fc.record(
  {
    methods: fc.subarray([...methods], { minLength: 1 }),
    paths: fc.subarray(['/v1/**', '/v1/a', '/v2/*'], { minLength: 1 }),
    query: fc.array(query, { minLength: 1, maxLength: 2 }),
    body: fc.array(body, { minLength: 1, maxLength: 2 }),
    sensitive,
  },
  { requiredKeys: [] },
)
type Effect = RequestRule['then']
const rule = (...effects: readonly Effect[]) =>
  fc.record({ when, then: fc.constantFrom(...effects), sensitive }).map((made) => ({
    then: made.then,
    when: made.then === 'redact' ? { sensitive: made.sensitive, ...made.when } : made.when,
  }))
const rules = (...effects: readonly Effect[]) =>
  fc
    .array(rule(...effects), { maxLength: 4 })
    .map((made) => made.map((one, at) => ({ id: `r${at}`, ...one }) as unknown as RequestRule))
const anyRules = rules('allow', 'deny', 'require_approval', 'redact')

/** JSON as a tree whose objects keep their order, so that they can be written in another. */
interface Tree {
  readonly scalar?: unknown
  readonly list?: readonly Tree[]
  readonly members?: readonly (readonly [string, Tree])[]
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar.map((one): Tree => ({ scalar: one })),
    fc.array(tie('tree'), { maxLength: 3 }).map((list): Tree => ({ list })),
    fc
      .uniqueArray(fc.tuple(name, tie('tree')), { maxLength: 4, selector: ([own]) => own })
      .map((members): Tree => ({ members })),
  ),
}))

/** Writes a tree with its members in an order, white space and escapes that `random` chooses. */
function write({ scalar: one, list, members }: Tree, random: () => number): string {
  const space = () => ['', ' ', '\n\t'][Math.floor(random() * 3)] ?? ''
  const text = (value: string) =>
    JSON.stringify(value).replace(/[a-zA-Z@]/g, (letter, at: number, all: string) =>
      random() < 0.2 && all[at - 1] !== '\\' && !/\\u[0-9a-f]{0,3}$/.test(all.slice(0, at))
        ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
        : letter,
    )
  if (list !== undefined) {
    return `[${space()}${list.map((item) => write(item, random)).join(`${space()},`)}]`
  }
  if (members === undefined) return typeof one === 'string' ? text(one) : JSON.stringify(one)
  const shuffled = members
    .map((member) => ({ member, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ member: [own, value] }) => `${text(own)}${space()}:${space()}${write(value, random)}`)
  return `{${shuffled.join(`,${space()}`)}${space()}}`
}
const randoms = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }))
const streamOf = (stream: Iterator<number>) => () => Number(stream.next().value)

describe('request rules', () => {
  it('let no order of deny rules change a decision', () => {
    fc.assert(
      fc.property(
        anyRules.chain((made) =>
          fc.record({
            made: fc.constant(made),
            order: fc.shuffledSubarray(
              made.filter(({ then }) => then === 'deny'),
              { minLength: made.filter(({ then }) => then === 'deny').length },
            ),
          }),
        ),
        tree,
        randoms,
        ({ made, order }, value, stream) => {
          const denials = [...order]
          const reordered = made.map((one) =>
            one.then === 'deny' ? (denials.shift() ?? one) : one,
          )
          const atTheEnd = [...made.filter(({ then }) => then !== 'deny'), ...order]
          const request = posting(encode(write(value, streamOf(stream))), 'application/json')
          const outcome = settled(policyOf(made), request)
          expect(settled(policyOf(reordered), request)).toBe(outcome)
          expect(settled(policyOf(atTheEnd), request)).toBe(outcome)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('let no order of JSON members, no white space and no escape change a decision', () => {
    verifies('S-14')
    fc.assert(
      fc.property(fc.tuple(anyRules, tree, randoms, randoms), ([made, value, one, other]) => {
        const policy = policyOf(made, 'writes')
        const decided = [one, other].map((stream) => {
          const request = posting(encode(write(value, streamOf(stream))), 'application/json')
          const { redaction, ...decision } = decide(policy, request, facts)
          return { decision, count: redaction?.count, outcome: settled(policy, request) }
        })
        expect(decided[0]).toEqual(decided[1])
      }),
      { numRuns: 500 },
    )
  })

  it('never allow more for a deny rule that is added', () => {
    const strictness = { allow: 0, require_approval: 1, deny: 2 }
    fc.assert(
      fc.property(
        fc.tuple(anyRules, rules('deny'), tree, randoms),
        ([made, denials, value, stream]) => {
          const added = denials.map((one, at) => ({ ...one, id: `d${at}` }))
          const request = posting(encode(write(value, streamOf(stream))), 'application/json')
          const before = settled(policyOf(made), request)
          const after = settled(policyOf([...made, ...added]), request)
          expect(strictness[after]).toBeGreaterThanOrEqual(strictness[before])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('allow nothing for a body that cannot be read, and deny, ask and redact as if it held what they look for', () => {
    const about = fc.record({ body: fc.array(body, { minLength: 1, maxLength: 2 }) })
    const types = fc.constantFrom(undefined, 'application/json', 'application/xml', 'text/plain')
    fc.assert(
      fc.property(
        about,
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        types,
        (said, bytes, type) => {
          const request = posting(bytes, type)
          const { kind } = readBody(request)
          fc.pre(kind === 'unreadable' || kind === 'text')
          const one = (then: Effect) => [{ id: 'r', when: said, then }] as unknown as RequestRule[]
          expect(decide(policyOf(one('allow'), 'always'), request, facts).outcome).toBe(
            'require_approval',
          )
          expect(decide(policyOf(one('deny')), request, facts).outcome).toBe('deny')
          expect(decide(policyOf(one('require_approval')), request, facts).outcome).toBe(
            'require_approval',
          )
          if (kind === 'text') return
          const redact = [{ ...one('redact')[0], when: { sensitive: { kinds: ['email'] } } }]
          expect(decide(policyOf(redact as RequestRule[]), request, facts).outcome).toBe('deny')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('leave nothing of what they redact, and every other byte as it was', () => {
    verifies('S-21')
    const kinds = ['email', 'us_ssn'] as const
    const finder = compileSensitive(kinds)
    const redact = policyOf([
      { id: 'r', when: { sensitive: { kinds: [...kinds] } }, then: 'redact' },
    ])
    fc.assert(
      fc.property(tree, randoms, (value, stream) => {
        const text = write(value, streamOf(stream))
        const { redaction } = decide(redact, posting(encode(text), 'application/json'), facts)
        if (redaction === undefined) {
          expect(
            stringsOf(JSON.parse(text)).filter((one) => atOnce(hasHidden(finder, one, undefined))),
          ).toEqual([])
          return
        }
        const left = decode(redaction.body)
        expect(
          stringsOf(readWithTwins(left)).filter((one) => atOnce(hasHidden(finder, one, undefined))),
        ).toEqual([])
        const pieces = left.split(/\[redacted:[a-z_]+\]/)
        expect(pieces.length).toBe(redaction.count + 1)
        let at = 0
        for (const piece of pieces) {
          const found = text.indexOf(piece, at)
          expect(found).toBeGreaterThanOrEqual(at)
          at = found + piece.length
        }
        expect(text.startsWith(pieces[0] ?? '')).toBe(true)
        expect(text.endsWith(pieces.at(-1) ?? '')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never throw, whatever the bytes, the path and the policy', () => {
    const types = fc.oneof(
      fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=b',
        'text/plain',
        'message/rfc822',
      ),
      fc.string(),
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60 }).map(encode),
      fc.string({ maxLength: 30 }).map((text) => encode(`{"a":"${text}"`)),
      fc.string({ maxLength: 30 }).map((text) => encode(`--b\r\n${text}\r\n--b--`)),
      fc.string({ maxLength: 40 }).map((text) => encode(`To: ${text}\r\n\r\n${text}`)),
    )
    const anything = fc.array(
      fc.record({
        id: fc.string(),
        then: fc.constantFrom('allow', 'deny', 'require_approval', 'redact'),
        when: fc.record(
          {
            body: fc.array(
              fc.record({ path: fc.string(), op: fc.string(), value: fc.jsonValue() }),
              { maxLength: 2 },
            ),
            query: fc.array(
              fc.record({ name: fc.string(), op: fc.constant('matches'), value: fc.string() }),
              { maxLength: 1 },
            ),
            sensitive: fc.record({
              kinds: fc.constant(['email']),
              custom: fc.array(fc.record({ name: fc.string(), pattern: fc.string() }), {
                maxLength: 1,
              }),
            }),
          },
          { requiredKeys: [] },
        ),
      }),
      { maxLength: 3 },
    )
    fc.assert(
      fc.property(
        fc.tuple(fc.oneof(anyRules, anything), bytes, types, fc.string()),
        ([made, given, type, at]) => {
          const policy = policyOf(made as RequestRule[])
          const request = { ...posting(given, type), path: `/${at}`, query: [[at, at]] as const }
          decide(policy, request, facts)
          const past = { ...request, queryNames: [at], bodyBytes: given.length }
          decideHistory(policy, past, facts)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('decideHistory', () => {
  it('says nothing that some body or some value of the query would have made otherwise', () => {
    const names = fc.array(name, { maxLength: 2 })
    const modes = fc.constantFrom('never', 'writes', 'always')
    fc.assert(
      fc.property(
        fc.tuple(
          anyRules,
          modes,
          names,
          fc.array(fc.tuple(tree, randoms), { maxLength: 4 }),
          fc.array(scalar, { minLength: 6, maxLength: 6 }),
        ),
        ([made, mode, queryNames, bodies, values]) => {
          const policy = policyOf(made, mode)
          for (const bodyBytes of [0, 9]) {
            const asked = { method: 'POST', origin, path: '/v1/a', queryNames, bodyBytes }
            const past = decideHistory(policy, asked, facts).outcome
            if (past === 'unknown') continue
            const sent =
              bodyBytes === 0
                ? [undefined]
                : [
                    encode('{'),
                    ...bodies.map(([value, stream]) => encode(write(value, streamOf(stream)))),
                  ]
            for (const [at, one] of sent.entries()) {
              const queries = queryNames.map((own, n) => [own, String(values[at + n])] as const)
              const { body: _, ...head } = posting(encode(''), 'application/json')
              const request = { ...head, query: queries, ...(one && { body: one }) }
              expect(settled(policy, request)).toBe(past)
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('knows what depends on no body: that there was none, and names of the query', () => {
    const denyFor = (said: RequestRule['when']) => policyOf([{ id: 'r', when: said, then: 'deny' }])
    const past = { method: 'POST', origin, path: '/v1/a', queryNames: ['q'], bodyBytes: 0 }
    const outcomeOf = (said: RequestRule['when'], over: Partial<typeof past> = {}) =>
      decideHistory(denyFor(said), { ...past, ...over }, facts).outcome
    expect(outcomeOf({ body: [{ path: 'a', op: 'eq', value: 1 }] })).toBe('allow')
    expect(outcomeOf({ body: [{ path: 'a', op: 'eq', value: 1 }] }, { bodyBytes: 2 })).toBe(
      'unknown',
    )
    expect(outcomeOf({ query: [{ name: 'q', op: 'exists' }] })).toBe('deny')
    expect(outcomeOf({ query: [{ name: 'p', op: 'eq', value: 'x' }] })).toBe('allow')
    expect(outcomeOf({ query: [{ name: 'q', op: 'eq', value: 'x' }] })).toBe('unknown')
    expect(outcomeOf({ methods: ['GET'], query: [{ name: 'q', op: 'eq', value: 'x' }] })).toBe(
      'allow',
    )
    expect(outcomeOf({ sensitive: { kinds: ['email'] } }, { queryNames: [] })).toBe('allow')
  })
})

/** All strings of a value, names of members included. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([own, member]) => [own, ...stringsOf(member)])
}

/** Members that were redacted alike get their number, so that JSON.parse keeps them all. */
const readWithTwins = (text: string): unknown => {
  let at = 0
  return JSON.parse(text.replace(/\](?="\s*:)/g, () => `]${at++}`))
}
