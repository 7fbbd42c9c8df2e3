import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AskedRequest,
  covers,
  freeze,
  remember,
} from '../../../../test/fixtures/remembered-answers.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import { takeRequestApart } from './take-request-apart.ts'

// Pairs of requests, the second mostly a small change of the first, are looked at by means of their own: URLSearchParams and
// JSON.parse, nothing of what the product takes requests apart with.

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
/** A tree is written as JSON; a text stands as it is. */
type Body = { readonly tree: Json; readonly indent: number } | string
type Asks = Omit<AskedRequest, 'body' | 'note'> & {
  readonly note: string | undefined
  readonly query: readonly string[]
  readonly body: Body
}

const leaf = fc.constantFrom<Json>('C1', 'C2', '', 'x', 0, 1, 2, null, true, false)
const name = fc.constantFrom('to', 'To', 'channel', 'text', 'a.b', 'to[0]', 'a', '__proto__', '')
const trees = fc.letrec<{ node: Json; list: Json; object: Json }>((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('node'), { maxLength: 3 }),
  object: fc.dictionary(name, tie('node'), { maxKeys: 4 }),
}))
const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: odd })
const pair = mostly(
  fc.constantFrom('q=1', 'q=2', 'p=1', 'q=%31', 'r'),
  fc.constantFrom('q[1]=1', '%71=1', 'Q=1', 'q=1;p=2'),
)
const raw = fc.constantFrom<Body>('{"to":"C1","to":"C2"}', '{"to":1.0}', '', 'to=1&text=x', '{')
const parts = {
  method: fc.constantFrom('POST', 'POST', 'POST', 'PUT'),
  path: fc.constantFrom('/v1/send', '/v1/send', '/v1/other'),
  type: mostly(
    fc.constantFrom('application/json', 'application/vnd.x+json'),
    fc.constantFrom(
      ...['application/x-www-form-urlencoded', 'application/json; charset=utf-7', 'text/plain'],
    ),
  ),
  note: fc.constantFrom(undefined, undefined, 'a', 'b'),
  body: mostly<Body>(fc.record({ tree: trees.object, indent: fc.nat(1) }), raw),
}
const query = fc.array(pair, { maxLength: 3 })
const asks: fc.Arbitrary<Asks> = fc.record({ ...parts, query })

type Edit = (asked: Asks) => Asks
const whole = fc.oneof(
  ...Object.entries({ ...parts, query }).map(([part, of]) =>
    of.map(
      (one): Edit =>
        (asked) => ({ ...asked, [part]: one }),
    ),
  ),
)
const inQuery = fc.tuple(fc.nat(2), pair).map(
  ([at, one]): Edit =>
    (asked) => ({
      ...asked,
      query: asked.query.map((old, place) => (place === at % asked.query.length ? one : old)),
    }),
)
const turned: Edit = (asked) => ({ ...asked, query: asked.query.toReversed() })
const inBody = fc
  .record({
    at: fc.nat(30),
    put: fc.oneof({ weight: 5, arbitrary: leaf }, { weight: 1, arbitrary: trees.node }),
    how: mostly(fc.constant<How>('like'), fc.constantFrom<How>('value', 'add', 'drop', 'turn')),
    ...{ name, indent: fc.nat(1) },
  })
  .map(
    ({ indent, ...inside }): Edit =>
      (asked) => {
        if (typeof asked.body === 'string') return asked
        return { ...asked, body: { tree: editTree(asked.body.tree, inside), indent } }
      },
  )
const edits = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: inBody },
    { weight: 2, arbitrary: inQuery },
    { weight: 1, arbitrary: fc.constant(turned) },
    { weight: 1, arbitrary: whole },
  ),
  { minLength: 1, maxLength: 2 },
)

type How = 'like' | 'value' | 'add' | 'drop' | 'turn'
interface Inside {
  readonly at: number
  readonly put: Json
  readonly how: How
  readonly name: string
}

/** Does one thing to one value of all that there are in a tree. */
function editTree(tree: Json, { at, put, how, name: added }: Inside): Json {
  const visit = (value: Json): number =>
    1 +
    (isHolder(value) ? Object.values(value).reduce<number>((sum, one) => sum + visit(one), 0) : 0)
  let left = at % visit(tree)
  const edit = (value: Json): Json | undefined => {
    left -= 1
    if (left === -1 && how === 'drop') return undefined
    if (left === -1 && how === 'value') return put
    if (left === -1 && typeof value === 'string') return `${value}x`
    if (left === -1 && typeof value === 'number') return value + 1
    if (left === -1 && typeof value === 'boolean') return !value
    if (!isHolder(value)) return value
    const isHere = left === -1
    const members = Object.entries(value).flatMap(([key, one]): [string, Json][] => {
      const kept = edit(one)
      return kept === undefined ? [] : [[key, kept]]
    })
    if (isHere && how === 'add') members.push([added, put])
    if (isHere && how === 'turn') members.reverse()
    return Array.isArray(value) ? members.map(([, one]) => one) : Object.fromEntries(members)
  }
  return edit(tree) ?? {}
}

const isHolder = (value: Json): value is Json[] | { [name: string]: Json } =>
  typeof value === 'object' && value !== null

const toAsked = ({ query: pairs, body, note, ...rest }: Asks): AskedRequest => ({
  ...rest,
  ...(note !== undefined && { note }),
  path: pairs.length === 0 ? (rest.path ?? '') : `${rest.path}?${pairs.join('&')}`,
  body: typeof body === 'string' ? body : JSON.stringify(body.tree, null, body.indent),
})

/** What of the second was not in the first, or is not as it was fixed; undefined where there is no such thing. */
function whyWider(first: FrozenRequest, next: FrozenRequest, fixed: readonly string[]) {
  const [then, now] = [first, next].map((one) => ({
    'where it goes': [one.method, one.origin, one.path],
    'what it says of itself': one.headers.filter(([header]) => header !== 'content-length'),
    'names in the query': pairsOf(one).map(([key]) => key),
    'structure of the body': skeleton(bodyOf(one)),
    'fixed values': fixed.map((field) => leavesOf(one).get(field)),
  }))
  return Object.entries(then ?? {}).find(
    ([what, said]) => canonical(said) !== canonical(now?.[what as keyof typeof now]),
  )?.[0]
}

const canonical = (value: unknown) =>
  JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? { object: Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)) }
      : one,
  )

const pairsOf = ({ url }: FrozenRequest) => [...new URL(url).searchParams]
const textOf = ({ body }: FrozenRequest) => Buffer.from(body ?? '').toString()
const isForm = ({ headers }: FrozenRequest) =>
  headers.some(([header, value]) => header === 'content-type' && value.includes('form'))

function bodyOf(request: FrozenRequest): unknown {
  if (isForm(request)) return [...new URLSearchParams(textOf(request))].map(([key]) => ({ key }))
  return JSON.parse(textOf(request))
}

/** A value with every leaf replaced by its kind. */
function skeleton(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(skeleton)
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, skeleton(one)]))
}

/** Every value by the name that people see. */
function leavesOf(request: FrozenRequest): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>()
  const takePairs = (whole: string, pairs: Iterable<readonly [string, string]>) => {
    const counts = new Map<string, number>()
    for (const [key, value] of pairs) {
      const count = counts.get(key) ?? 0
      counts.set(key, count + 1)
      leaves.set(`${whole}.${key}${count === 0 ? '' : `[${count}]`}`, value)
    }
  }
  const walk = (value: unknown, at: string) => {
    const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
    if (typeof value !== 'object' || value === null || isEmpty) leaves.set(at, value)
    else {
      for (const [key, one] of Object.entries(value)) {
        walk(one, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`)
      }
    }
  }
  takePairs('query', pairsOf(request))
  if (isForm(request)) takePairs('body', new URLSearchParams(textOf(request)))
  else walk(JSON.parse(textOf(request)), 'body')
  return leaves
}

describe('an answer that is remembered', () => {
  it('never covers a request that is wider than the one that it came from', () => {
    verifies('S-24')
    const seen = { exact: 0, sameValues: 0, otherValues: 0, refused: 0 }
    fc.assert(
      fc.property(asks, edits, fc.infiniteStream(fc.nat(2)), (asked, changes, picks) => {
        const first = freeze(toAsked(asked))
        const next = freeze(toAsked(changes.reduce((one, edit) => edit(one), asked)))
        const fields = takeRequestApart(first)?.fields.filter(() => picks.next().value === 0) ?? []
        const fixed = fields.map((field) => field.name)
        const one = remember(first, fixed.length === 0 ? undefined : fixed)
        expect(covers(one, first)).toBe(true)
        const isSame = first.digest === next.digest
        if (!covers(one, next)) {
          expect(isSame).toBe(false)
          seen.refused += 1
        } else if (fixed.length === 0) {
          expect(isSame).toBe(true)
          seen.exact += 1
        } else {
          expect(whyWider(first, next, fixed)).toBeUndefined()
          seen[isSame ? 'sameValues' : 'otherValues'] += 1
        }
      }),
      { numRuns: 1500 },
    )
    // It says something only where there was much of each.
    for (const [what, count] of Object.entries(seen)) {
      expect(count, what).toBeGreaterThan(40)
    }
  })

  it('covers what differs in open values, or in how the same is written', () => {
    const said = { to: 'C1', text: 'hi', n: 1, list: [{ is: true }, null], 'a.b': '' }
    const path = '/v1/send?q=1&p=2'
    const one = remember(freeze({ path, body: JSON.stringify(said) }), ['body.to', 'query.p'])
    const piece = fc.constantFrom('a', '1', '-', '+', '=', '%20', '%26p%3D3', '%C3%A9')
    const query = fc.array(piece).map((pieces) => pieces.join(''))
    const layout = fc.record({ isFirst: fc.boolean(), indent: fc.nat(4), q: query })
    const open = fc.record({
      text: fc.string({ unit: 'grapheme' }),
      n: fc.double({ noNaN: true, noDefaultInfinity: true }),
      list: fc.boolean().map((is) => [{ is }, null]),
      'a.b': fc.string(),
    })
    fc.assert(
      fc.property(open, layout, (texts, { isFirst, indent, q }) => {
        const write = (to: string) =>
          JSON.stringify(isFirst ? { to, ...texts } : { ...texts, to }, null, indent)
        const like = { path: `/v1/send?q=${q}&p=2` }
        expect(covers(one, freeze({ ...like, body: write('C1') }))).toBe(true)
        expect(covers(one, freeze({ ...like, body: write('C2') }))).toBe(false)
      }),
    )
  })
})
