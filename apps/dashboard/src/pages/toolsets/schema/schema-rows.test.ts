import { describe, expect, it } from 'vitest'
import { rowsMax, schemaRows, typeWords } from './schema-rows.ts'

describe('a schema as rows', () => {
  it('has a row for each member, those of objects and of lists below theirs', () => {
    const schema = {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string', description: 'Which' },
        lines: {
          type: 'array',
          items: { type: 'object', properties: { sku: { type: 'string' } } },
        },
      },
    }
    expect(schemaRows(schema).map(({ name, depth, type }) => [name, depth, type])).toEqual([
      ['id', 0, 'string'],
      ['lines', 0, 'object[]'],
      ['sku', 1, 'string'],
    ])
    expect(schemaRows(schema)[0]).toMatchObject({ required: true, description: 'Which' })
  })

  it('ends where a schema is part of itself, and at its bound', () => {
    const tree = {
      $defs: { tree: { type: 'object', properties: { child: { $ref: '#/$defs/tree' } } } },
      $ref: '#/$defs/tree',
    }
    expect(schemaRows(tree).length).toBeLessThan(10)
    const wide = {
      properties: Object.fromEntries(
        Array.from({ length: 2000 }, (_, index) => [`p${index}`, { type: 'string' }]),
      ),
    }
    expect(schemaRows(wide)).toHaveLength(rowsMax)
  })
})

describe('a type in words', () => {
  it.each([
    [{ type: 'string', format: 'date' }, 'string (date)'],
    [{ type: ['integer', 'null'] }, 'integer or null'],
    [{ type: 'array', items: { type: 'number' } }, 'number[]'],
    [{ enum: ['a', 'b'] }, 'one of "a", "b"'],
    [{ oneOf: [{ type: 'string' }, { type: 'number' }] }, 'string or number'],
    [{ properties: {} }, 'object'],
    [{}, 'anything'],
  ])('of %j is %s', (schema, words) => {
    expect(typeWords(schema, schema)).toBe(words)
  })
})
