import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outputSchemaOf } from './output-schema.ts'

/** As clients of the SDK do when they are listed a tool, and at each result. */
function compile(schema: object) {
  const validate = new AjvJsonSchemaValidator().getValidator(schema)
  return (result: unknown) => validate(result).valid
}
const documented = {
  type: 'object',
  required: ['price'],
  additionalProperties: false,
  properties: {
    price: { type: 'number', minimum: 0, description: 'In euros' },
    next: { $ref: '#/$defs/node' },
  },
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
}

describe('the schema of a granted tool’s result', () => {
  it('tells what the document says of the body', () => {
    const schema = outputSchemaOf(documented)
    expect(schema).toMatchObject({
      type: 'object',
      properties: {
        status: { type: 'integer' },
        body: {
          anyOf: expect.arrayContaining([
            {
              type: 'object',
              properties: {
                price: { type: 'number', description: 'In euros' },
                next: { $ref: '#/$defs/node' },
              },
              additionalProperties: false,
            },
            { type: 'string' },
          ]),
        },
      },
      $defs: { node: { type: 'object' } },
    })
  })

  it('lets pass whatever an API answers, and what waits or fails', () => {
    const fits = compile(outputSchemaOf(documented) ?? {})
    for (const result of [
      { status: 200, headers: {}, body: { price: 1 }, auditId: 'aud_1' },
      { status: 200, headers: {}, body: 'text', truncated: true, totalBytes: 1, next: 'x' },
      { status: 500, headers: {}, body: { price: 'none', other: [] }, auditId: 'aud_1' },
      { approvalRequired: true, approvalRequestId: 'apr_1', approvalUrl: 'x', next: 'x' },
      { error: 'x', type: 'y', next: 'z' },
    ]) {
      expect([result, fits(result)]).toEqual([result, true])
    }
  })

  it('holds nothing that a client which compiles it could trip over', () => {
    const wild = {
      type: ['object', 'thing', 'null'],
      pattern: '(?<!x)[',
      format: 'no-such-format',
      $id: 'https://elsewhere.example/',
      $anchor: 'a b',
      $dynamicRef: '#x',
      if: 1,
      minimum: 'x',
      required: 'price',
      enum: [],
      items: [1, 2],
      anyOf: [],
      allOf: [{ enum: ['a', 'a'] }, 'x'],
      properties: { a: { pattern: '[' }, b: null, __proto__: { type: 'x' } },
    }
    expect(() => compile(outputSchemaOf(wild) ?? {})).not.toThrow()
  })

  it.each<[string, object | undefined]>([
    ['nothing', undefined],
    ['too much', { description: 'x'.repeat(5_000) }],
    ['of what is not there', { $ref: '#/$defs/gone' }],
    ['of elsewhere', { properties: { a: { $ref: 'https://elsewhere.example/a' } } }],
    ['of itself', { properties: { a: { $ref: '#' } } }],
  ])('is left out where the document says %s', (_, schema) => {
    expect(outputSchemaOf(schema as Record<string, unknown> | undefined)).toBeUndefined()
  })

  it('compiles and lets everything pass, whatever a document holds', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.jsonValue(), (schema, body) => {
        const made = outputSchemaOf(schema as Record<string, unknown>)
        if (made === undefined) return
        expect(compile(made)({ status: 200, body })).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})
