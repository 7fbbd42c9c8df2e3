import { describe, expect, it } from 'vitest'
import { cleanSchema } from './argument-schemas.ts'
import { ToolRefused } from './tool-refused.ts'

describe('the schema of an argument', () => {
  it.each([
    [
      { type: 'int', default: '5', enum: ['5', 10] },
      { type: 'integer', default: 5, enum: [5, 10] },
    ],
    [
      { type: 'string', default: 5 },
      { type: 'string', default: '5' },
    ],
    [
      { type: 'Bool', default: 'false' },
      { type: 'boolean', default: false },
    ],
    [
      { type: 'list', items: { type: 'float' } },
      { type: 'array', items: { type: 'number' } },
    ],
    [
      { type: 'array', items: { type: 'string' }, enum: ['a', 'b'] },
      { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
    ],
    [
      { type: 'array', default: '["a"]' },
      { type: 'array', default: ['a'] },
    ],
    [
      { type: 'string', nullable: true, example: 'x' },
      { type: ['string', 'null'], examples: ['x'] },
    ],
    [
      {
        type: 'object',
        properties: { a: { type: 'string', required: true }, b: { type: 'string' } },
      },
      {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
        required: ['a'],
      },
    ],
    [
      {
        oneOf: [{ type: 'str' }, { type: 'object', properties: { a: { type: 'int' } } }],
        minimum: 1,
      },
      {
        oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'integer' } } }],
        minimum: 1,
      },
    ],
    [{ description: ' what it is ', unknown: 1 }, { description: 'what it is' }],
  ])('is what %o means', (written, meant) => {
    expect(cleanSchema(written as never, 'a')).toEqual(meant)
  })

  it('show no agent what stands under the name of a secret', () => {
    const key = '0f1e2d3c4b5a69788796'
    const schema = cleanSchema(
      {
        type: 'object',
        properties: {
          apiKey: { type: 'string', default: key, examples: [key] },
          open: { type: 'object', default: { password: key, user: 'ann', list: [{ token: key }] } },
        },
        example: { headers: [{ name: 'X-Api-Key', value: key }], user: 'ann' },
      } as never,
      'a',
    )
    expect(JSON.stringify(schema)).not.toContain(key)
    // Half of a default would be another one.
    expect(schema).toMatchObject({ properties: { open: { type: 'object' } } })
    expect(JSON.stringify(schema)).not.toContain('default')
  })

  it('has no type that there is not', () => {
    expect(() => cleanSchema({ type: 'file' }, 'a')).toThrow(ToolRefused)
  })
})
