import { describe, expect, it } from 'vitest'
import { argumentsOf, keyOf } from './arguments-draft.ts'
import { fieldsOf } from './schema-shape.ts'

const schema = {
  type: 'object',
  required: ['id', 'body'],
  properties: {
    id: { type: 'string' },
    count: { type: 'integer' },
    deep: { type: 'boolean' },
    kind: { enum: ['a', 2, null] },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'number' } },
    extra: {},
    body: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, age: { type: 'number' } },
    },
  },
}
const fields = fieldsOf(schema, schema)
const read = (typed: Readonly<Record<string, string>>) => argumentsOf(fields, typed)

describe('the arguments of a form', () => {
  it('are of the types that the schema says, and leave out what is empty', () => {
    const { value, faults } = read({
      id: 'x',
      count: '-3',
      deep: 'false',
      kind: '1',
      tags: 'one\n two \n\n',
      sizes: '1\n2.5',
      extra: '{"a": [1]}',
      [keyOf(['body', 'name'])]: 'Bob',
      [keyOf(['body', 'age'])]: '',
    })
    expect(faults).toEqual({})
    expect(value).toEqual({
      id: 'x',
      count: -3,
      deep: false,
      kind: 2,
      tags: ['one', 'two'],
      sizes: [1, 2.5],
      extra: { a: [1] },
      body: { name: 'Bob' },
    })
  })

  it('say what is missing or is not of its type, each at its field', () => {
    const { faults } = read({ count: '1.5', sizes: '1\nx', extra: '{' })
    expect(faults).toEqual({
      id: 'It must be given.',
      count: 'It must be a whole number.',
      sizes: 'Line 2 must be a number.',
      extra: 'It must be JSON.',
      [keyOf(['body', 'name'])]: 'It must be given.',
    })
  })

  it('have no object of which nothing was given, unless it has to be there', () => {
    const optional = fieldsOf({ ...schema, required: [] }, schema)
    expect(argumentsOf(optional, {})).toEqual({ value: {}, faults: {} })
  })

  it('hold names that every object has, without becoming one', () => {
    const odd = JSON.parse('{"properties": {"__proto__": {"type": "string"}}}')
    const { value } = argumentsOf(fieldsOf(odd, odd), { [keyOf(['__proto__'])]: 'x' })
    expect(JSON.stringify(value)).toBe('{"__proto__":"x"}')
  })

  it('keep the digits of an id that is larger than a number can hold', () => {
    const root = {
      properties: {
        id: { type: ['integer', 'string'], format: 'int64', pattern: '^[0-9]+$' },
        size: { type: 'integer' },
      },
    }
    const of = (id: string) => argumentsOf(fieldsOf(root, root), { id, size: '2' })
    expect(of('12').value).toEqual({ id: 12, size: 2 })
    expect(of(' 9007199254740993 ').value).toEqual({ id: '9007199254740993', size: 2 })
    expect(of('x').faults).toEqual({ id: 'It must be a whole number.' })
  })
})
