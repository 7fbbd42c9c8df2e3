import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeAll } from '../../../../../../test/fixtures/prescribe-request.ts'
import { freezeCall } from '../../../../../../test/fixtures/tool-calls.ts'
import { importHigress } from './import-higress.ts'

// Tools that nobody wrote: arguments of any type in any position and with any of argsTo…, called and compared with what Higress says of
// them: a value as it is, lists and objects as JSON.

const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((one) => !one.includes('\0'))
const shown = fc.stringMatching(/^[A-Za-z0-9][ -$&-.0-[\]-~\u00a1-\u00ff]{0,8}[A-Za-z0-9]$/)
const anyOf = (texts: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({ type: fc.constant('string'), value: texts as fc.Arbitrary<unknown> }),
    fc.record({ type: fc.constant('integer'), value: fc.integer() as fc.Arbitrary<unknown> }),
    fc.record({ type: fc.constant('boolean'), value: fc.boolean() as fc.Arbitrary<unknown> }),
    fc.record({
      type: fc.constant('number'),
      value: fc.integer().map((one) => one / 8) as fc.Arbitrary<unknown>,
    }),
    fc.record({
      type: fc.constant('array'),
      value: fc.array(texts, { maxLength: 3 }) as fc.Arbitrary<unknown>,
    }),
    fc.record({
      type: fc.constant('object'),
      value: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), texts, {
        maxKeys: 3,
      }) as fc.Arbitrary<unknown>,
    }),
  )

type Position = 'query' | 'header' | 'cookie' | 'body' | undefined
const argument = fc
  .constantFrom<Position[]>('query', 'header', 'cookie', 'body', undefined)
  .chain((position) =>
    fc.record({
      position: fc.constant(position),
      isGiven: fc.boolean(),
      given: anyOf(position === 'header' ? shown : text),
    }),
  )
const tool = fc.record({
  path: fc.oneof(
    shown.map((value) => ({ type: 'string', value: value as unknown })),
    fc.integer().map((value) => ({ type: 'integer', value: value as unknown })),
  ),
  args: fc.array(argument, { maxLength: 6 }),
  to: fc.constantFrom(undefined, 'argsToJsonBody', 'argsToUrlParam', 'argsToFormBody'),
  isForm: fc.boolean(),
})
type Tool = typeof tool extends fc.Arbitrary<infer One> ? One : never

/** Names of headers have no capitals on their way. */
const nameOf = (at: number): string => `arg-${at}`
const formType = 'application/x-www-form-urlencoded'

function documentOf({ path, args, to, isForm }: Tool): string {
  return JSON.stringify({
    server: { name: 'any' },
    tools: [
      {
        name: 'call',
        description: 'Calls',
        args: [
          { name: 'place', type: path.type, position: 'path', required: true },
          ...args.map(({ position, given }, at) => ({
            name: nameOf(at),
            type: given.type,
            position,
          })),
        ],
        requestTemplate: {
          url: 'https://api.example.com/before/{place}/after?fixed=a%20b',
          method: 'POST',
          ...(to !== undefined && { [to]: true }),
          ...(isForm && { headers: [{ key: 'Content-Type', value: formType }] }),
        },
      },
    ],
  })
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

describe('any tool that a document of Higress can describe', () => {
  it('is called as its positions and argsTo… say', () => {
    fc.assert(
      fc.property(tool, (one) => {
        const { path, args, to, isForm } = one
        const [made] = importHigress({ document: documentOf(one) }).tools
        if (made === undefined || made.outcome === 'refused') throw new Error(JSON.stringify(made))
        const given = args.flatMap(({ position, isGiven, given: { value } }, at) =>
          isGiven ? [{ name: nameOf(at), position, value }] : [],
        )
        const frozen = freezeCall(made.definition, {
          place: path.value,
          ...Object.fromEntries(given.map(({ name, value }) => [name, value])),
        })
        const rest = to === 'argsToUrlParam' ? 'query' : to === undefined ? 'nowhere' : 'body'
        const at = (place: string) => given.filter(({ position }) => (position ?? rest) === place)
        const query = at('query').map(({ name, value }) => `${name}=${escapeAll(asText(value))}`)
        expect(frozen.url).toBe(
          `https://api.example.com/before/${escapeAll(asText(path.value))}/after?${['fixed=a%20b', ...query].join('&')}`,
        )
        const headers = new Map(frozen.headers)
        for (const { name, value } of at('header')) expect(headers.get(name)).toBe(asText(value))
        expect(headers.get('cookie')).toBe(
          at('cookie').length === 0
            ? undefined
            : at('cookie')
                .map(({ name, value }) => `${name}=${escapeAll(asText(value))}`)
                .join('; '),
        )
        const sent = Buffer.from(frozen.body ?? []).toString('utf8')
        const members = at('body')
        if (to === 'argsToFormBody' || (isForm && to !== 'argsToJsonBody')) {
          const pairs = members.map(({ name, value }) => [name, asText(value)])
          expect([...new URLSearchParams(sent)]).toEqual(pairs)
        } else if (frozen.body !== undefined) {
          expect(headers.get('content-type')).toMatch(/^application\/json/)
          expect(JSON.parse(sent)).toEqual(
            Object.fromEntries(members.map(({ name, value }) => [name, value])),
          )
        } else expect(members).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})
