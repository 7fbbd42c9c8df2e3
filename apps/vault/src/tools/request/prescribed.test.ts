import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Parameter,
  prescribeForm,
  prescribeHeader,
  prescribePath,
  prescribeQuery,
} from '../../../../../test/fixtures/prescribe-request.ts'
import { freezeCall } from '../../../../../test/fixtures/tool-calls.ts'
import { importOpenApi } from '../import/openapi/import-openapi.ts'

// Documents that nobody wrote: any parameters in any styles, imported, called and compared with what a second reading of the
// specification says.

const words = fc.stringMatching(/^[A-Za-z0-9][ -$&-.0-[\]-~\u00a1-\u00ff]{0,10}[A-Za-z0-9]$/)
/** Also what needs escapes, breaks out of bad encoders, or is empty. */
const anyText = fc.oneof(
  words,
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0')),
)
const scalarOf = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({ schema: fc.constant({ type: 'string' }), value: text as fc.Arbitrary<unknown> }),
    fc.record({
      schema: fc.constant({ type: 'integer' }),
      value: fc.integer() as fc.Arbitrary<unknown>,
    }),
    fc.record({
      schema: fc.constant({ type: 'boolean' }),
      value: fc.boolean() as fc.Arbitrary<unknown>,
    }),
  )
const listOf = (text: fc.Arbitrary<string>) =>
  fc.record({
    schema: fc.constant({ type: 'array', items: { type: 'string' } }),
    value: fc.array(text, { minLength: 1, maxLength: 4 }) as fc.Arbitrary<unknown>,
  })
const objectOf = (text: fc.Arbitrary<string>, at: string) =>
  fc.record({
    schema: fc.constant({ type: 'object' }),
    // Exploded objects of two parameters may not give the same name.
    value: fc
      .dictionary(fc.stringMatching(/^[a-z]{1,4}$/), text, { minKeys: 1, maxKeys: 4 })
      .map((members) =>
        Object.fromEntries(Object.entries(members).map(([key, value]) => [`${at}${key}`, value])),
      ) as fc.Arbitrary<unknown>,
  })

interface Given extends Parameter {
  readonly required?: boolean
  readonly schema?: unknown
  readonly value: unknown
}

const explode = fc.constantFrom(undefined, true, false)
const plain = (one: object) => JSON.parse(JSON.stringify(one)) as Given

const pathParameter = fc
  .record({
    style: fc.constantFrom(undefined, 'simple', 'label', 'matrix'),
    explode,
    given: fc.oneof(scalarOf(words), listOf(words), objectOf(words, 'p')),
  })
  .map(({ given, ...how }) =>
    plain({ name: 'place', in: 'path', required: true, ...how, ...given }),
  )

const queryParameter = (name: string) =>
  fc
    .oneof(
      fc.record({
        style: fc.constantFrom(undefined, 'form'),
        explode,
        given: fc.oneof(scalarOf(anyText), listOf(anyText), objectOf(anyText, name)),
      }),
      fc.record({
        style: fc.constantFrom('spaceDelimited', 'pipeDelimited'),
        explode: fc.constant(false),
        given: fc.oneof(listOf(anyText), objectOf(anyText, name)),
      }),
      fc.record({
        style: fc.constant('deepObject'),
        explode: fc.constant(true),
        given: objectOf(anyText, ''),
      }),
      fc.record({
        content: fc.constant({ 'application/json': { schema: { type: 'object' } } }),
        given: objectOf(anyText, '').map(({ value }) => ({ value })),
      }),
    )
    .map(({ given, ...how }) => plain({ name, in: 'query', ...how, ...given }))

const headerParameter = (name: string) =>
  fc
    .record({ explode, given: fc.oneof(scalarOf(words), listOf(words), objectOf(words, '')) })
    .map(({ given, ...how }) => plain({ name, in: 'header', ...how, ...given }))

const member = fc.record({
  schema: fc.constantFrom(
    { type: 'string' },
    { type: 'array', items: { type: 'string' } },
    { type: 'object' },
  ),
  text: anyText,
  isDeep: fc.boolean(),
})
const body = fc.option(
  fc.record({
    kind: fc.constantFrom('application/json', 'application/x-www-form-urlencoded'),
    members: fc.array(member, { minLength: 1, maxLength: 5 }),
  }),
  { nil: undefined },
)

const operation = fc.record({
  path: pathParameter,
  query: fc.tuple(queryParameter('one'), queryParameter('two[x]'), queryParameter('$three')),
  headers: fc.tuple(headerParameter('X-One'), headerParameter('x-two')),
  body,
})

type Operation = typeof operation extends fc.Arbitrary<infer One> ? One : never

/** The members of a body: their schemas, values and encodings by name. */
function membersOf({ body: given }: Operation) {
  return (given?.members ?? []).map(({ schema, text, isDeep }, at) => {
    const name = `m${at}`
    if (schema.type === 'string') return { name, schema, value: text, encoding: undefined }
    if (schema.type === 'array') return { name, schema, value: [text, 'x'], encoding: undefined }
    return {
      ...{ name, schema, value: { k: text } },
      encoding: isDeep ? { style: 'deepObject', explode: true } : undefined,
    }
  })
}

function documentOf(one: Operation): string {
  const members = membersOf(one)
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(members.map(({ name, schema: own }) => [name, own])),
  }
  const encoding = Object.fromEntries(
    members.flatMap((each) => (each.encoding === undefined ? [] : [[each.name, each.encoding]])),
  )
  const parameters = [one.path, ...one.query, ...one.headers].map(({ value: _, ...rest }) => rest)
  return JSON.stringify({
    openapi: '3.1.1',
    info: { title: 'Anything', version: '1' },
    servers: [{ url: 'https://api.example.com' }],
    paths: {
      '/before/{place}/after': {
        post: {
          operationId: 'call',
          parameters,
          ...(one.body && { requestBody: { content: { [one.body.kind]: { schema, encoding } } } }),
          responses: { 200: { description: 'ok' } },
        },
      },
    },
  })
}

describe('any operation that a document can describe', () => {
  it('is called as the document and the specification say', () => {
    fc.assert(
      fc.property(operation, (one) => {
        const { tools } = importOpenApi({ document: documentOf(one) })
        const [tool] = tools
        if (tool === undefined || tool.outcome === 'refused')
          throw new Error(`refused: ${tool?.reason}`)
        const members = membersOf(one).map(({ name, value }) => [name, value] as const)
        const { query, headers } = tool.definition.binding
        const argumentOf = (name: string) => {
          const item = [...query, ...headers].find((each) => each.name === name)
          return item !== undefined && 'argument' in item ? (item.argument[0] ?? name) : name
        }
        const given = [one.path, ...one.query, ...one.headers]
        const args = {
          ...Object.fromEntries(given.map(({ name, value }) => [argumentOf(name), value])),
          ...(one.body && { body: Object.fromEntries(members) }),
        }
        const frozen = freezeCall(tool.definition, args)
        const asked = one.query.map((each) => prescribeQuery(each, each.value as never))
        const search = asked.filter((part) => part !== undefined).join('&')
        expect(frozen.method).toBe('POST')
        expect(frozen.url).toBe(
          `https://api.example.com/before/${prescribePath(one.path, one.path.value as never)}/after?${search}`,
        )
        for (const header of one.headers) {
          const sent = frozen.headers.find(([name]) => name === header.name.toLowerCase())?.[1]
          expect(sent).toBe(prescribeHeader(header, header.value as never))
        }
        expectBody(one, members, frozen)
      }),
      { numRuns: 150 },
    )
  })
})

function expectBody(
  { body: given }: Operation,
  members: readonly (readonly [string, unknown])[],
  frozen: ReturnType<typeof freezeCall>,
): void {
  if (given === undefined) {
    expect(frozen.body).toBeUndefined()
    return
  }
  const text = Buffer.from(frozen.body ?? '').toString('utf8')
  expect(frozen.headers).toContainEqual(['content-type', given.kind])
  if (given.kind === 'application/json') {
    expect(text).toBe(JSON.stringify(Object.fromEntries(members)))
    return
  }
  const encodings = Object.fromEntries(
    given.members.flatMap(({ schema, isDeep }, at) =>
      schema.type === 'object' && isDeep ? [[`m${at}`, { style: 'deepObject' }]] : [],
    ),
  )
  expect(text).toBe(prescribeForm(members as never, encodings))
}
