import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeAll } from '../../../../../../test/fixtures/prescribe-request.ts'
import { freezeCall } from '../../../../../../test/fixtures/tool-calls.ts'
import { importGenaiToolbox } from './import-genai-toolbox.ts'

// HTTP tools that nobody wrote: parameters of any type in the path, the query, headers and the body, beside what their source sends with
// each request, called and compared with what genai-toolbox says of them.

const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((one) => !one.includes('\0'))
const shown = fc.stringMatching(/^[A-Za-z0-9][ -$&-.0-[\]-~\u00a1-\u00ff]{0,8}[A-Za-z0-9]$/)
const anyOf = (texts: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({ type: fc.constant('string'), value: texts as fc.Arbitrary<unknown> }),
    fc.record({ type: fc.constant('integer'), value: fc.integer() as fc.Arbitrary<unknown> }),
    fc.record({ type: fc.constant('boolean'), value: fc.boolean() as fc.Arbitrary<unknown> }),
    fc.record({
      type: fc.constant('float'),
      value: fc.integer().map((one) => one / 8) as fc.Arbitrary<unknown>,
    }),
  )
const listOf = fc.record({
  type: fc.constant('array'),
  value: fc.array(text, { maxLength: 3 }) as fc.Arbitrary<unknown>,
})
const many = (values: ReturnType<typeof anyOf>) =>
  fc.array(fc.record({ isGiven: fc.boolean(), given: values }), { maxLength: 4 })
const tool = fc.record({
  path: anyOf(shown),
  query: many(anyOf(text)),
  headers: many(anyOf(shown)),
  body: fc.array(fc.oneof(anyOf(text), listOf), { maxLength: 4 }),
})
type Tool = typeof tool extends fc.Arbitrary<infer One> ? One : never

interface Param {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly value: unknown
  readonly isGiven: boolean
}

/** The parameters of a place; those of the path and of the body are always given. */
function paramsOf({ path, query, headers, body }: Tool) {
  const open = (prefix: string, all: Tool['query']): Param[] =>
    all.map(({ isGiven, given }, at) => ({
      name: `${prefix}${at}`,
      required: false,
      isGiven,
      ...given,
    }))
  return {
    path: [{ name: 'place', required: true, isGiven: true, ...path }] as Param[],
    query: open('q', query),
    headers: open('x-h', headers),
    body: body.map((one, at): Param => ({ name: `b${at}`, required: true, isGiven: true, ...one })),
  }
}

function documentOf(one: Tool): string {
  const { path, query, headers, body } = paramsOf(one)
  const said = (params: readonly Param[]) =>
    params.map(({ name, type, required }) => ({
      ...{ name, type, required, description: name },
      ...(type === 'array' && { items: { name: 'item', type: 'string', description: 'one' } }),
    }))
  const members = body.map(({ name }) => `"${name}": {{json .${name}}}`).join(', ')
  return JSON.stringify({
    sources: {
      api: {
        kind: 'http',
        baseUrl: 'https://api.example.com/v1',
        headers: { 'X-Source': 'all', 'X-Both': 'source' },
        queryParams: { locale: 'de CH' },
      },
    },
    tools: {
      call: {
        ...{ kind: 'http', source: 'api', method: 'POST', description: 'Calls' },
        path: '/before/{{.place}}/after?fixed=1',
        headers: { 'X-Both': 'tool', 'Content-Type': 'application/json' },
        requestBody: `{${members}}`,
        pathParams: said(path),
        queryParams: said(query),
        headerParams: said(headers),
        bodyParams: said(body),
      },
    },
  })
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : String(value))

describe('any HTTP tool that a document of genai-toolbox can describe', () => {
  it('is called as its parameters and its source say', () => {
    fc.assert(
      fc.property(tool, (one) => {
        const [made] = importGenaiToolbox({ document: documentOf(one) }).tools
        if (made === undefined || made.outcome === 'refused') throw new Error(JSON.stringify(made))
        const { path, query, headers, body } = paramsOf(one)
        const given = [...path, ...query, ...headers, ...body].filter(({ isGiven }) => isGiven)
        const args = Object.fromEntries(given.map(({ name, value }) => [name, value]))
        const frozen = freezeCall(made.definition, args)
        const url = new URL(frozen.url)
        expect(`${url.origin}${url.pathname}`).toBe(
          `https://api.example.com/v1/before/${escapeAll(asText(path[0]?.value))}/after`,
        )
        const asked = query
          .filter(({ isGiven }) => isGiven)
          .map(({ name, value }) => `${name}=${escapeAll(asText(value))}`)
        expect(url.search.slice(1).split('&')).toEqual(['fixed=1', 'locale=de%20CH', ...asked])
        const sent = new Map(frozen.headers)
        for (const { name, value, isGiven } of headers) {
          expect(sent.get(name)).toBe(isGiven ? asText(value) : undefined)
        }
        expect([sent.get('x-source'), sent.get('x-both')]).toEqual(['all', 'tool'])
        expect(JSON.parse(Buffer.from(frozen.body ?? []).toString('utf8'))).toEqual(
          Object.fromEntries(body.map(({ name, value }) => [name, value])),
        )
      }),
      { numRuns: 100 },
    )
  })
})
