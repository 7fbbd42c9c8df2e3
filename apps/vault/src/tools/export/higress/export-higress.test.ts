import { readFileSync } from 'node:fs'
import { HttpToolDefinition } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { importHigress } from '../../import/higress/import-higress.ts'
import type { ImportedToolset } from '../../import/imported-toolset.ts'
import { compileTool } from '../../request/compile-tool.ts'
import { exportHigress } from './export-higress.ts'

const world = { now: () => 0, randomBytes: (size: number) => new Uint8Array(size) }
const corpus = (name: string): string =>
  readFileSync(new URL(`../../../../../../test/corpus/higress/${name}`, import.meta.url), 'utf8')
const taken = ({ tools }: ImportedToolset): HttpToolDefinition[] =>
  tools.flatMap((tool) => (tool.outcome === 'refused' ? [] : [tool.definition]))
const load = (document: string) => importHigress({ document, server: 'https://api.example.com' })

/** What a call sends; parameters in any order. */
function sent(definition: HttpToolDefinition, args: Record<string, unknown>) {
  const { url, body, ...request } = compileTool(definition).build(args, world)
  const { origin, pathname, searchParams } = new URL(url)
  const isForm = String(request.headers?.['content-type']).includes('urlencoded')
  return {
    ...{ method: request.method, origin, pathname, headers: request.headers },
    query: [...searchParams].toSorted(),
    body: isForm
      ? [...new URLSearchParams(String(body))].toSorted()
      : body === undefined
        ? undefined
        : json(String(body)),
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const outcomeOf = (definition: HttpToolDefinition, args: Record<string, unknown>) => {
  try {
    return sent(definition, args)
  } catch (thrown) {
    return (thrown as Error).name
  }
}

const written = (
  binding: unknown,
  properties: Record<string, unknown>,
  required: string[] = [],
): HttpToolDefinition =>
  HttpToolDefinition.parse({
    ...{
      name: 't',
      description: 'd',
      key: 't',
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    binding: {
      kind: 'http',
      method: 'POST',
      origin: 'https://api.example.com',
      path: [{ text: '/x' }],
      ...(binding as object),
    },
  })

/** Exported and imported again. */
function again(definition: HttpToolDefinition): HttpToolDefinition {
  const { document, notes } = exportHigress({ name: 'again', tools: [definition] })
  const [found] = taken(importHigress({ document }))
  if (found === undefined)
    throw new Error(
      `nothing came back: ${notes.join(' ')}\n${document}\n${JSON.stringify(importHigress({ document }).tools)}`,
    )
  return found
}

describe('a toolset written as a document of Higress', () => {
  it.each(['stock-index.yaml', 'billing.yaml', 'pets.yaml', 'relative.json'])(
    'sends the same after import: %s',
    (name) => {
      const before = taken(load(corpus(name)))
      const { document } = exportHigress({ name: 'again', tools: before })
      const after = taken(importHigress({ document }))
      expect(after.map((tool) => tool.name)).toEqual(before.map((tool) => tool.name))
      const values = fc.record(
        {
          ...{
            symbol: fc.string({ minLength: 1 }),
            period: fc.integer(),
            fields: fc.subarray(['price', 'change']),
            price: fc.double({ noNaN: true, noDefaultInfinity: true }),
          },
          ...{
            customer_id: fc.string(),
            customer: fc.string(),
            since: fc.string(),
            invoice: fc.string(),
            amount: fc.integer(),
            note: fc.string(),
          },
          ...{
            channels: fc.array(fc.string()),
            petId: fc.integer(),
            limit: fc.integer(),
            filter: fc.record({ kind: fc.string() }),
          },
          ...{
            'X-Trace': fc.string(),
            session: fc.string(),
            name: fc.string(),
            tags: fc.array(fc.string()),
            dry: fc.boolean(),
            city: fc.string(),
          },
        },
        { requiredKeys: [] },
      )
      fc.assert(
        fc.property(values, (all) => {
          for (const [at, definition] of before.entries()) {
            const known = Object.keys(definition.inputSchema.properties as object)
            const args = Object.fromEntries(
              Object.entries(all).filter(([key]) => known.includes(key)),
            )
            const copy = after[at]
            if (copy !== undefined)
              expect(outcomeOf(copy, args)).toEqual(outcomeOf(definition, args))
          }
        }),
        { numRuns: 25 },
      )
    },
  )

  it('keeps schemas, answers and hints', () => {
    const before = taken(load(corpus('stock-index.yaml')))
    const after = taken(
      importHigress({ document: exportHigress({ name: 'x', tools: before }).document }),
    )
    for (const [at, { inputSchema, binding, annotations, description }] of before.entries()) {
      const { binding: again, ...rest } = after[at] ?? {}
      expect(rest).toMatchObject({ inputSchema, annotations, description })
      expect(again?.response).toEqual(binding.response)
    }
  })

  it('holds no secret, and says that it holds none', () => {
    const { document, notes } = exportHigress({
      name: 'b',
      tools: taken(load(corpus('billing.yaml'))),
    })
    expect(document).not.toContain('tok-4f8e')
    expect(notes.join(' ')).toContain('No credential is written')
  })

  it.each([
    [
      'exploded lists',
      { query: [{ name: 'tag', argument: ['tags'], explode: true }] },
      { tags: { type: 'array', items: { type: 'string' } } },
      { tags: ['a&b', 'c'] },
    ],
    [
      'lists with commas',
      { query: [{ name: 'ids', argument: ['ids'] }] },
      { ids: { type: 'array', items: { type: 'integer' } } },
      { ids: [1, 2] },
    ],
    [
      'lists with pipes',
      { query: [{ name: 'ids', argument: ['ids'], style: 'pipeDelimited' }] },
      { ids: { type: 'array' } },
      { ids: ['a', 'b'] },
    ],
    [
      'JSON in the query',
      { query: [{ name: 'q', argument: ['q'], contentType: 'application/json' }] },
      { q: { type: 'object' } },
      { q: { a: [1] } },
    ],
    [
      'another name',
      { query: [{ name: 'page[size]', argument: ['size'] }] },
      { size: { type: 'integer' } },
      { size: 5 },
    ],
    ['constants', { query: [{ name: 'a b', value: 'c&d {{x}}' }] }, {}, {}],
    [
      'lists in the path',
      { path: [{ text: '/x/' }, { argument: ['ids'] }, { text: '/y' }] },
      { ids: { type: 'array' } },
      { ids: ['a b', 'c'] },
    ],
    [
      'headers',
      {
        headers: [
          { name: 'X-A', argument: ['a'] },
          { name: 'X-B', argument: ['list'] },
          { name: 'X-C', value: 'c' },
        ],
      },
      { a: { type: 'string' }, list: { type: 'array' } },
      { a: 'v', list: ['1', '2'] },
    ],
    [
      'cookies',
      {
        cookies: [
          { name: 'a', argument: ['other'] },
          { name: 'b', value: 'c' },
        ],
      },
      { other: { type: 'string' } },
      { other: 'v' },
    ],
    [
      'a whole body',
      { body: { kind: 'json', from: { argument: ['body'] } } },
      { body: { type: 'object' } },
      { body: { a: 'x"y', b: [1] } },
    ],
    [
      'members of other names',
      {
        body: {
          kind: 'json',
          from: {
            members: [
              { name: 'v', value: { '{{a}}': 1 } },
              { name: 'n', argument: ['name'] },
            ],
          },
        },
      },
      { name: { type: 'string' } },
      { name: 'a"b' },
    ],
    [
      'forms',
      {
        body: {
          kind: 'form',
          fields: [
            { name: 'a', argument: ['a'] },
            { name: 'b', argument: ['list'], explode: true },
          ],
        },
      },
      { a: { type: 'string' }, list: { type: 'array' } },
      { a: 'x&y', list: ['1', '2'] },
    ],
    [
      'text',
      { body: { kind: 'raw', contentType: 'text/plain', argument: ['text'] } },
      { text: { type: 'string' } },
      { text: 'a {{b}}' },
    ],
  ])('says %s', (...[, binding, properties, args]) => {
    const definition = written(binding, properties)
    expect(sent(again(definition), args)).toEqual(sent(definition, args))
    expect(outcomeOf(again(definition), {})).toEqual(outcomeOf(definition, {}))
  })

  it('leaves the place of a token in the path free', () => {
    const definition = written({ path: [{ text: '/bot{token}/send' }] }, {})
    expect(again(definition).binding.path).toEqual([{ text: '/bot{token}/send' }])
  })

  it('names what Higress cannot say, and leaves it out', () => {
    const { notes, document } = exportHigress({
      name: 'x',
      tools: [
        written(
          { query: [{ name: 'f', argument: ['f'], style: 'deepObject', explode: true }] },
          { f: { type: 'object' } },
        ),
        written({ body: { kind: 'multipart', fields: [] } }, {}),
      ],
    })
    expect(notes).toEqual([
      expect.stringContaining('deepObject'),
      expect.stringContaining('several parts'),
    ])
    expect(document).toContain('tools: []')
  })

  it('follows the references of schemas', () => {
    const definition = HttpToolDefinition.parse({
      ...written(
        { method: 'GET', query: [{ name: 'q', argument: ['q'], contentType: 'application/json' }] },
        {},
      ),
      inputSchema: {
        type: 'object',
        properties: { q: { $ref: '#/$defs/Node' } },
        $defs: {
          Node: {
            type: 'object',
            properties: { name: { type: 'string' }, next: { $ref: '#/$defs/Node' } },
          },
        },
      },
    })
    expect(again(definition).inputSchema).toMatchObject({
      properties: {
        q: { type: 'object', properties: { name: { type: 'string' }, next: { type: 'object' } } },
      },
    })
  })

  it('writes schemas that all refer to each other, as far as somebody could read them', () => {
    verifies('S-41')
    const names = Array.from({ length: 15 }, (_, at) => `S${at}`)
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]))
    const definition = HttpToolDefinition.parse({
      ...written({ body: { kind: 'json', from: { argument: ['body'] } } }, {}),
      inputSchema: {
        type: 'object',
        properties: { body: { $ref: '#/$defs/S0' } },
        $defs: Object.fromEntries(names.map((name) => [name, { type: 'object', properties }])),
      },
    })
    const { document } = exportHigress({ name: 'x', tools: [definition] })
    expect(document.length).toBeLessThan(2_000_000)
    expect(importHigress({ document }).tools[0]?.outcome).not.toBe('refused')
  })

  it('says which tools sign in, and which schemas it writes in part', () => {
    const named = { ...written({ query: [], credential: 'none' }, {}), name: 'open', key: 'open' }
    const signed = {
      ...written({ query: [], credential: 'connection' }, { node: { $ref: '#/$defs/N' } }),
      ...{ name: 'signed', key: 'signed' },
    }
    const { inputSchema } = signed
    const $defs = { N: { type: 'object', properties: { next: { $ref: '#/$defs/N' } } } }
    const { document, notes } = exportHigress({
      name: 'x',
      tools: [named, { ...signed, inputSchema: { ...inputSchema, $defs } }],
    })
    const found = taken(importHigress({ document }))
    expect(found.map(({ binding }) => binding.credential)).toEqual(['none', 'connection'])
    expect(notes.join(' ')).toMatch(/signed: The deeper parts.*bearer token/)
  })

  it.each([
    ['bearer', { kind: 'bearer' }],
    ['oauth2', { kind: 'bearer' }],
    ['basic', { kind: 'basic' }],
    ['header', { kind: 'header', known: { name: 'X-API-Key' } }],
    ['query', { kind: 'query', known: { name: 'api_key' } }],
    ['cookie', { kind: 'cookie', known: { name: 'session' } }],
    ['caller', { kind: 'caller', known: { place: 'header', name: 'Authorization' } }],
    [undefined, { kind: 'bearer' }],
  ] as const)('says how its tools sign in, and no key: %s', (credentialKind, scheme) => {
    const signed = written({ query: [], credential: 'connection' }, {})
    const { document, notes } = exportHigress({ name: 'x', tools: [signed], credentialKind })
    const again = importHigress({ document })
    expect(again.schemes).toMatchObject([scheme])
    expect(again.secrets).toEqual([])
    expect(again.tools).toMatchObject([{ definition: { binding: { credential: 'connection' } } }])
    expect(notes.join(' ')).toMatch(/No credential is written/)
  })

  it('asks for a key that stands in the URL there alone', () => {
    const path = [{ text: '/bot{botToken}/send' }]
    const signed = written({ path, query: [], credential: 'connection' }, {})
    const { document } = exportHigress({ name: 'x', tools: [signed], credentialKind: 'path' })
    const { schemes, tools } = importHigress({ document })
    expect(schemes).toMatchObject([{ kind: 'path', known: { placeholder: 'botToken' } }])
    expect(taken({ tools } as ImportedToolset)[0]?.binding.path).toEqual(path)
  })
})
