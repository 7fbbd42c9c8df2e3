import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stillWorld, toolOf } from '../../../../../test/fixtures/tool-calls.ts'
import { compileTool } from './compile-tool.ts'

type Schema = Record<string, unknown>

const objectOf = (properties: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
})

/** What is wrong with arguments: field and message; nothing where they fit. */
function faultsOf(schema: Schema, args: Record<string, unknown>): Record<string, string> {
  try {
    compileTool(toolOf({}, schema)).build(args, stillWorld)
    return {}
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Problem)
    const { type, fields = [], next, detail } = thrown as Problem
    expect(type).toBe('invalid-arguments')
    expect(next).toBeTruthy()
    expect(detail.length).toBeLessThan(1000)
    expect(fields.length).toBeGreaterThan(0)
    return Object.fromEntries(fields.map(({ field, message }) => [field, message]))
  }
}

const canonical = (schema: Schema, args: Record<string, unknown>): unknown =>
  JSON.parse(compileTool(toolOf({}, schema)).canonicalArguments(args))

describe('arguments are checked against the whole schema', () => {
  it.each<[string, Schema, unknown, string | undefined]>([
    ['text', { type: 'string' }, 5, 'must be a text'],
    ['number', { type: 'number' }, 'x', 'must be a number'],
    [
      'number in quotes',
      { type: 'integer' },
      '5',
      'must be a whole number: write it without quotes',
    ],
    [
      'flag in quotes',
      { type: 'boolean' },
      'true',
      'must be true or false: write it without quotes',
    ],
    ['list in a text', { type: 'array' }, '[1]', 'must be a list, and not JSON in a text'],
    ['whole number', { type: 'integer' }, 1.5, 'must be a whole number'],
    ['whole number as decimal', { type: 'integer' }, 2.0, undefined],
    ['types', { type: ['string', 'null'] }, 5, 'must be a text or null'],
    ['types and null', { type: ['string', 'null'] }, null, undefined],
    ['nullable', { type: 'string', nullable: true }, null, undefined],
    ['enum', { enum: ['a', 1, null, { x: [1] }] }, 'b', 'must be one of "a", 1, null, {"x":[1]}'],
    ['enum of objects', { enum: [{ x: 1, y: 2 }] }, { y: 2, x: 1 }, undefined],
    ['const', { const: { valueOf: 1 } }, { valueOf: 1 }, undefined],
    ['const other', { const: 'a' }, 'b', 'must be "a"'],
    ['minimum', { minimum: 1 }, 0, 'must be at least 1'],
    ['maximum', { exclusiveMaximum: 1 }, 1, 'must be less than 1'],
    ['multipleOf', { multipleOf: 5 }, 7, 'must be a multiple of 5'],
    ['minLength', { minLength: 2 }, '😀', 'must have at least 2 characters'],
    ['maxLength', { maxLength: 1 }, '😀', undefined],
    [
      'pattern',
      { pattern: '^[0-9]{6}\\.(SH|SZ)$' },
      '000001.XX',
      'must match the pattern ^[0-9]{6}\\.(SH|SZ)$',
    ],
    ['pattern fits', { pattern: '^[0-9]{6}\\.(SH|SZ)$' }, '000001.SH', undefined],
    ['pattern anywhere', { pattern: '\\d' }, 'a1b', undefined],
    ['pattern with escapes of ECMA 262', { pattern: '^\\u0041\\/\\p{L}$' }, 'A/ü', undefined],
    ['pattern that looks around', { pattern: '^(?!x).*$' }, 'x', undefined],
    ['pattern that looks around, denied', { not: { pattern: '^(?!x).*$' } }, 'x', undefined],
    ['maxItems', { maxItems: 1 }, [1, 2], 'must have at most 1 item'],
    [
      'uniqueItems',
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'must not hold an item twice',
    ],
    ['minProperties', { minProperties: 1 }, {}, 'must have at least 1 member'],
    ['date', { type: 'string', format: 'date' }, '2026-02-30', 'must be a date (2026-11-21)'],
    [
      'date-time',
      { format: 'date-time' },
      '2026-11-21 10:00',
      'must be a date and time with its offset (2026-11-21T18:00:00Z)',
    ],
    ['date-time fits', { format: 'date-time' }, '2026-11-21T10:00:00.5+01:00', undefined],
    ['uuid', { format: 'uuid' }, 'x', 'must be a UUID'],
    ['email', { format: 'email' }, 'a@', 'must be an e-mail address'],
    ['uri', { format: 'uri' }, 'a b', 'must be an absolute URI'],
    ['ipv4', { format: 'ipv4' }, '1.2.3.256', 'must be an IPv4 address'],
    ['ipv6', { format: 'ipv6' }, '::1', undefined],
    ['byte', { format: 'byte' }, 'a', 'must be base64'],
    ['int32', { type: 'integer', format: 'int32' }, 2 ** 31, 'must be a whole number of 32 bits'],
    [
      'int64 beyond what JSON keeps',
      { type: 'integer', format: 'int64' },
      2 ** 53,
      'must be a whole number of at most 2^53',
    ],
    [
      'a whole number that would name another thing',
      { type: 'integer' },
      Number('12345678901234567890'),
      'must be a whole number of at most 2^53',
    ],
    [
      'the same in another format, or beside texts',
      { type: ['integer', 'string'], format: 'uint64' },
      2 ** 53,
      'must be a whole number of at most 2^53, or its digits as a text',
    ],
    ['the same as a text', { type: ['integer', 'string'] }, '9007199254740993', undefined],
    ['a large number that need not be whole', { type: 'number' }, 6.02214076e23, undefined],
    ['unknown format', { format: 'money' }, 'x', undefined],
    ['password', { format: 'password' }, 'x', undefined],
    [
      'anyOf of types',
      { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      [],
      'must be a text or a whole number',
    ],
    [
      'oneOf, and more than one fits: which was meant the upstream knows',
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      undefined,
    ],
    [
      'oneOf, and none fits',
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      0,
      'must fit one of the forms that the schema gives (oneOf)',
    ],
    ['not', { not: { const: 'x' } }, 'x', 'has a form that is not allowed'],
    ['never', false as never, 1, 'must not be given'],
    ['if', { if: { type: 'string' }, else: { minimum: 3 } }, 2, 'must be at least 3'],
    [
      'propertyNames',
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      'has a member that may not be named "ab"',
    ],
    [
      'patternProperties',
      { patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false },
      { 'x-a': 'b' },
      undefined,
    ],
    [
      'constraints of the wrong shape',
      { type: 'strin', minimum: 'x', enum: 5, required: 'x', pattern: 5 },
      1,
      undefined,
    ],
  ])('%s', (...row) => {
    const [, schema, value, message] = row
    const faults = faultsOf(objectOf({ v: schema }), { v: value })
    if (message === undefined) expect(faults).toEqual({})
    else expect(faults['arguments.v'] ?? faults).toBe(message)
  })

  it('says what is missing, and where in lists and objects a fault is', () => {
    const item = objectOf({ price: { type: 'number' } }, { required: ['price'] })
    const schema = objectOf({ id: {}, items: { type: 'array', items: item } }, { required: ['id'] })
    expect(faultsOf(schema, { items: [{ price: 1 }, {}, { price: 'x' }] })).toEqual({
      'arguments.id': 'must be given',
      'arguments.items.1.price': 'must be given',
      'arguments.items.2.price': 'must be a number',
    })
  })

  it('names the argument that may be meant, or those that there are', () => {
    const schema = objectOf({ user_id: {}, symbol: {}, limit: {} })
    expect(faultsOf(schema, { userId: 1, symbl: 2, Limit: 3, zebra: 4 })).toEqual({
      'arguments.userId': 'is not known here; did you mean user_id?',
      'arguments.symbl': 'is not known here; did you mean symbol?',
      'arguments.Limit': 'is not known here; did you mean limit?',
      'arguments.zebra': 'is not known here; known are user_id, symbol, limit',
    })
    expect(faultsOf(objectOf({}), { a: 1 })).toEqual({
      'arguments.a': 'is not known here: nothing may be given',
    })
  })

  it('of branches it tells the faults of the one that was probably meant', () => {
    const card = objectOf(
      { kind: { const: 'card' }, number: { type: 'string' } },
      { required: ['kind', 'number'] },
    )
    const bank = objectOf(
      { kind: { const: 'bank' }, iban: { type: 'string' } },
      { required: ['kind', 'iban'] },
    )
    const faults = faultsOf(objectOf({ pay: { oneOf: [card, bank] } }), {
      pay: { kind: 'card', number: 5 },
    })
    expect(faults['arguments.pay.number']).toBe('must be a text')
  })

  it('tells at most ten faults of a thousand', () => {
    const schema = objectOf({ l: { type: 'array', items: { type: 'integer' } } })
    const faults = faultsOf(schema, { l: Array.from({ length: 1000 }, () => 'x') })
    expect(Object.keys(faults).length).toBe(10)
  })

  it('follows references, also those that go in circles', () => {
    const schema = {
      ...objectOf({ tree: { $ref: '#/$defs/node' }, list: { $ref: '#/properties/tree' } }),
      $defs: {
        node: objectOf({
          name: { type: 'string' },
          children: { type: 'array', items: { $ref: '#/$defs/node' } },
        }),
      },
    }
    expect(
      faultsOf(schema, { tree: { name: 'a', children: [{ name: 'b', children: [] }] } }),
    ).toEqual({})
    expect(faultsOf(schema, { list: { children: [{ children: [{ name: 5 }] }] } })).toEqual({
      'arguments.list.children.0.children.0.name': 'must be a text',
    })
  })

  it('does not mistake a member for a method or a prototype', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__', 'toJSON']
    for (const name of names) {
      const args = JSON.parse(`{"${name}":{"x":1}}`)
      expect(Object.keys(faultsOf(objectOf({ a: {} }), args))).toEqual([`arguments.${name}`])
      expect(Object.keys(faultsOf(objectOf({}, { required: [name] }), {}))).toEqual([
        `arguments.${name}`,
      ])
    }
    const known = objectOf({ constructor: { type: 'string' }, valueOf: { type: 'integer' } })
    expect(faultsOf(known, { constructor: 'a', valueOf: 1 })).toEqual({})
    expect(Object.keys(faultsOf(known, { constructor: 1 }))).toEqual(['arguments.constructor'])
    expect({}.constructor).toBe(Object)
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('does not change what it was given', () => {
    const schema = objectOf({
      a: { default: 1 },
      o: objectOf({ b: { default: 2 } }, { required: ['b'] }),
    })
    const args = Object.freeze({ o: Object.freeze({}) })
    expect(canonical(schema, args)).toEqual({ a: 1, o: { b: 2 } })
    expect(args).toEqual({ o: {} })
  })
})

describe('null', () => {
  it('of an argument that may be left out counts as left out where the schema takes none', () => {
    const schema = {
      ...objectOf({
        a: { type: 'string' },
        b: { $ref: '#/$defs/b' },
        'c/~': { anyOf: [{ type: 'integer' }, { type: 'array' }] },
        cleared: { type: ['string', 'null'] },
        any: {},
      }),
      $defs: { b: { type: 'integer', default: 5 } },
    }
    const nulls = { a: null, b: null, 'c/~': null, cleared: null, any: null }
    expect(canonical(schema, nulls)).toEqual({ b: 5, cleared: null, any: null })
    expect(faultsOf(schema, { a: null, 'c/~': 'x' })).toEqual({
      'arguments.c/~': 'must be a whole number or a list',
    })
  })

  it('is a fault where something has to be given, within an argument, and of what there is not', () => {
    const body = objectOf({ name: { type: 'string' }, tags: { items: { type: 'string' } } })
    const schema = objectOf({ id: { type: 'string' }, body }, { required: ['id'] })
    expect(faultsOf(schema, { id: null })).toEqual({ 'arguments.id': 'must be a text' })
    expect(faultsOf(schema, { id: 'x', body: { name: null, tags: [null] } })).toEqual({
      'arguments.body.name': 'must be a text',
      'arguments.body.tags.0': 'must be a text',
    })
    expect(Object.keys(faultsOf(schema, { id: 'x', other: null }))).toEqual(['arguments.other'])
  })
})

describe('defaults', () => {
  it('stand in for arguments that were left out', () => {
    const schema = {
      ...objectOf({
        a: { default: 'x' },
        b: { $ref: '#/$defs/b' },
        c: { allOf: [{ default: [1] }] },
      }),
      $defs: { b: { type: 'integer', default: 5 } },
    }
    expect(canonical(schema, {})).toEqual({ a: 'x', b: 5, c: [1] })
    expect(canonical(schema, { a: null, b: 0 })).toEqual({ a: null, b: 0, c: [1] })
  })

  it('stand in within an argument only for what is required: a partial update sets nothing back', () => {
    const repo = objectOf(
      {
        name: { type: 'string' },
        private: { type: 'boolean', default: false },
        kind: { default: 'r' },
      },
      { required: ['kind'] },
    )
    expect(canonical(objectOf({ body: repo }), { body: { name: 'n' } })).toEqual({
      body: { name: 'n', kind: 'r' },
    })
    expect(canonical(objectOf({ bodies: { items: repo } }), { bodies: [{}] })).toEqual({
      bodies: [{ kind: 'r' }],
    })
    expect(canonical(objectOf({ body: repo }), {})).toEqual({})
  })

  it('that do not fit their own schema are left out, and others stay', () => {
    const schema = objectOf({
      n: { type: 'integer', default: '10' },
      m: { type: 'integer', default: 1 },
    })
    expect(canonical(schema, {})).toEqual({ m: 1 })
    expect(
      faultsOf(objectOf({ ...(schema.properties as Schema), s: { type: 'string' } }), { s: 1 }),
    ).toEqual({
      'arguments.s': 'must be a text',
    })
  })

  it('of branches are left to the upstream', () => {
    const a = objectOf({ kind: { const: 'a' }, x: { default: 1 } })
    const b = objectOf({ kind: { const: 'b' }, y: { default: 2 } })
    const schema = {
      ...objectOf({ v: { oneOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }] } }),
      $defs: { a, b },
    }
    expect(canonical(schema, { v: { kind: 'b' } })).toEqual({ v: { kind: 'b' } })
  })
})

describe('canonical arguments', () => {
  it('are the same text for equal calls and another for others', () => {
    const tool = compileTool(toolOf({}))
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (args) => {
        const turned = Object.fromEntries(Object.entries(args).toReversed())
        const text = tool.canonicalArguments(args)
        expect(tool.canonicalArguments(turned)).toBe(text)
        expect(tool.canonicalArguments(JSON.parse(text))).toBe(text)
        expect(tool.canonicalArguments({ ...args, 'one more\u0001': 1 })).not.toBe(text)
      }),
      { numRuns: 200 },
    )
  })
})

describe('what checking costs is bounded', () => {
  const deep = (levels: number, leaf: unknown): unknown => {
    let value = leaf
    for (let level = 0; level < levels; level += 1) value = { x: value }
    return value
  }

  it.each<[string, Schema, Record<string, unknown>]>([
    ['nesting', {}, { a: deep(100, 1) }],
    ['nesting by far', {}, { a: deep(5000, 1) }],
    ['count', {}, { a: Array.from({ length: 200_001 }, () => 1) }],
    ['long names', {}, { ['x'.repeat(1001)]: 1 }],
    ['half a character', {}, { a: 'x\ud800' }],
    ['half a character in a name', {}, { 'x\udc00': 1 }],
    ['no JSON', {}, { a: Number.NaN }],
    ['no JSON either', {}, { a: () => 1 }],
    ['a schema that is itself', { $ref: '#' }, { a: 1 }],
    [
      'branches that double with each level',
      {
        $ref: '#/$defs/a',
        $defs: {
          a: { allOf: [1, 2, 3].map(() => ({ properties: { x: { $ref: '#/$defs/a' } } })) },
        },
      },
      { x: deep(40, 1) },
    ],
    [
      'a pattern in a long text',
      objectOf({ a: { pattern: '(x+x+)+y{1,500}$' } }),
      { a: 'x'.repeat(1_000_000) },
    ],
    [
      'an e-mail address that takes long',
      objectOf({ a: { format: 'email' } }),
      { a: `a@${'a'.repeat(100_000)}` },
    ],
    [
      'a list of e-mail addresses that each take long',
      objectOf({ a: { items: { format: 'email' } } }),
      { a: Array.from({ length: 5000 }, () => `a@${'a'.repeat(1900)}`) },
    ],
    [
      'a large value compared with many',
      objectOf({ a: { anyOf: Array.from({ length: 500 }, (_, at) => ({ const: at })) } }),
      { a: Array.from({ length: 100_000 }, () => 'xxxxxxxxxx') },
    ],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema.json' }, {}],
    ['a reference to nothing', { $ref: '#/$defs/none' }, {}],
    [
      'a schema of too many parts',
      objectOf(Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`p${at}`, {}]))),
      {},
    ],
    [
      'a schema too deep',
      {
        not: deep(300, 1) as Schema,
        allOf: [JSON.parse(`${'{"items":'.repeat(300)}{}${'}'.repeat(300)}`)],
      },
      {},
    ],
  ])('%s', (_, schema, args) => {
    expect(Object.keys(faultsOf(schema, args)).length).toBeGreaterThan(0)
  })

  it('a large list of what fits is taken', () => {
    const schema = objectOf({ l: { type: 'array', uniqueItems: true, items: { type: 'integer' } } })
    expect(faultsOf(schema, { l: Array.from({ length: 100_000 }, (_, at) => at) })).toEqual({})
  })
})
