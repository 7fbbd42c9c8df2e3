import { describe, expect, it } from 'vitest'
import { fieldsOf, shapeOf } from './schema-shape.ts'

const kindOf = (schema: object, root: object = schema) =>
  shapeOf(schema as never, root as never).kind

describe('the field for a schema', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: ['string', 'null'] }, 'text'],
    [{ type: 'integer' }, 'number'],
    [{ type: 'boolean' }, 'boolean'],
    [{ enum: ['a', 1, null] }, 'choice'],
    [{ const: 'a' }, 'choice'],
    [{ type: 'array', items: { type: 'integer' } }, 'list'],
    [{ type: 'array', items: { type: 'object' } }, 'json'],
    [{ type: 'object', properties: { a: { type: 'string' } } }, 'group'],
    [{ type: 'object' }, 'json'],
    [{ oneOf: [{ type: 'string' }, { type: 'object' }] }, 'json'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'text'],
    [{}, 'json'],
    [true, 'json'],
  ])('of %j is one for %s', (schema, kind) => {
    expect(kindOf(schema as object)).toBe(kind)
  })

  it('is found by way of references, and one that leads back to itself ends', () => {
    const root = {
      $defs: {
        name: { type: 'string' },
        round: { $ref: '#/$defs/round' },
        tree: { type: 'object', properties: { child: { $ref: '#/$defs/tree' } } },
      },
    }
    expect(kindOf({ $ref: '#/$defs/name' }, root)).toBe('text')
    expect(kindOf({ $ref: '#/$defs/round' }, root)).toBe('json')
    expect(kindOf({ $ref: 'https://elsewhere.example/' }, root)).toBe('json')
    const tree = shapeOf({ $ref: '#/$defs/tree' }, root)
    const child = tree.kind === 'group' ? tree.fields[0]?.shape : undefined
    expect(child?.kind).toBe('group')
    const inner = child?.kind === 'group' ? child.fields[0]?.shape : undefined
    expect(inner?.kind).toBe('group')
    const innermost = inner?.kind === 'group' ? inner.fields[0]?.shape : undefined
    expect(innermost?.kind).toBe('json')
  })

  it('takes members that are named like those of every object for what they are', () => {
    const schema = JSON.parse(
      '{"properties": {"__proto__": {"type": "string"}, "constructor": {"type": "string"}}, "required": ["constructor"]}',
    )
    const fields = fieldsOf(schema, schema)
    expect(fields.map(({ path, required }) => [path, required])).toEqual([
      [['constructor'], true],
      [['__proto__'], false],
    ])
  })
})
