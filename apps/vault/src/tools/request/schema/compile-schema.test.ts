import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyArguments } from '../argument-value.ts'
import { compileSchema } from './compile-schema.ts'
import { explainFaults } from './explain-faults.ts'
import { SchemaFault } from './prepare-schema.ts'

const name = fc.constantFrom('a', 'b', 'c', 'x y', '$ref')
const scalar = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.boolean(), fc.constant(null), name)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
  ),
})).any
const types = fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 'null')
const small = fc.integer({ min: 0, max: 3 })

/** Schemas that say something, of all keywords that are enforced. */
const schema: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const inner = tie('schema')
  const map = fc.dictionary(name, inner, { maxKeys: 3 })
  const list = fc.array(inner, { minLength: 1, maxLength: 3 })
  return {
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.boolean(),
      fc.record({ type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1 })) }),
      fc.record(
        {
          enum: fc.uniqueArray(value, {
            minLength: 1,
            maxLength: 3,
            comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
          }),
          const: value,
          minimum: small,
          exclusiveMaximum: small,
          multipleOf: fc.integer({ min: 1, max: 3 }),
          minLength: small,
          maxItems: small,
          uniqueItems: fc.boolean(),
          minProperties: small,
          required: fc.uniqueArray(name),
          pattern: fc.constantFrom('^a', 'b$', '[0-9]'),
        },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          properties: map,
          additionalProperties: inner,
          patternProperties: fc.dictionary(fc.constantFrom('^a', 'o'), inner, { maxKeys: 2 }),
          propertyNames: inner,
          unevaluatedProperties: inner,
          dependentRequired: fc.dictionary(name, fc.uniqueArray(name), { maxKeys: 2 }),
          dependentSchemas: map,
        },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          items: inner,
          prefixItems: list,
          contains: inner,
          minContains: small,
          unevaluatedItems: inner,
        },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          ...{ allOf: list, anyOf: list, not: inner, if: inner },
          ...{ then: inner, else: inner, $ref: fc.constantFrom('#/$defs/a', '#/$defs/b') },
        },
        { requiredKeys: [] },
      ),
    ),
  }
}).schema

const plain = (one: unknown): unknown => JSON.parse(JSON.stringify(one))

describe('a compiled schema', () => {
  it('says of every value what ajv says', () => {
    let compared = 0
    fc.assert(
      fc.property(
        schema,
        schema,
        fc.array(value, { minLength: 5, maxLength: 5 }),
        (one, def, values) => {
          const root = { properties: { v: one }, $defs: { a: def, b: true } }
          const ours = compileSchema(root)
          const theirs = new Ajv2020({
            strict: false,
            allErrors: true,
            validateSchema: false,
            logger: false,
          }).compile(plain(root) as object)
          for (const v of values) {
            const { outcome } = ours(copyArguments({ v }))
            if (outcome === 'too-much') continue
            compared += 1
            try {
              // With prototypes: without them ajv holds equal objects for different.
              expect(outcome).toBe(theirs(plain({ v })) ? 'fits' : 'faults')
            } catch (thrown) {
              // A schema that refers to itself without end.
              if (!(thrown instanceof RangeError)) throw thrown
            }
          }
        },
      ),
      { numRuns: 50 },
    )
    expect(compared).toBeGreaterThan(50)
  })

  it('stops where very much is wrong, also behind a reference and in a branch, and lets much pass that fits', () => {
    const texts = { type: 'array', items: { type: 'string' } }
    const behind = { type: 'array', items: { $ref: '#/$defs/text' } }
    const either = { anyOf: [texts, { type: 'array', items: { type: 'boolean' } }] }
    const many = Array.from({ length: 100_000 }, () => 1)
    for (const v of [texts, behind, either]) {
      const root = { properties: { v }, $defs: { text: { type: 'string' } } }
      const check = compileSchema(root)
      expect(check(copyArguments({ v: many })).outcome).toBe('too-much')
      const some = many.slice(0, 5_000)
      expect(check(copyArguments({ v: some })).outcome).toBe('faults')
      expect(check(copyArguments({ v: some.map(String) })).outcome).toBe('fits')
    }
  })

  it('is made of anything, or refused as a schema is, and so are its faults told', () => {
    const anything = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(
          fc.constantFrom(
            ...[
              'type',
              'properties',
              'items',
              'required',
              'enum',
              '$ref',
              '$id',
              '$schema',
              '$anchor',
              'not',
            ],
            ...[
              'oneOf',
              'minimum',
              'format',
              'pattern',
              'nullable',
              'default',
              '$dynamicRef',
              '$defs',
              '__proto__',
            ],
          ),
          fc.oneof(
            tie('any'),
            fc.constantFrom<unknown>('#', '#/$defs/a', '#a', 'string', 'date', '(', 'x:y', '#/%'),
          ),
          { maxKeys: 5 },
        ),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any
    fc.assert(
      fc.property(anything, value, (root, v) => {
        try {
          const checked = compileSchema(root)(copyArguments({ v, a: v }))
          if (checked.outcome !== 'faults') return
          expect(explainFaults(checked.faults, checked.root).length).toBeGreaterThan(0)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SchemaFault)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('sees nothing of another', () => {
    compileSchema({ $id: 'https://example.com/secret', $defs: { a: { const: 'secret' } } })
    expect(() => compileSchema({ $ref: 'https://example.com/secret#/$defs/a' })).toThrow(
      SchemaFault,
    )
    // What refers to itself by a name of its own is not another document's, but nothing needs it.
    expect(
      compileSchema({ $id: 'https://example.com/secret', type: 'object' })(copyArguments({}))
        .outcome,
    ).toBe('fits')
  })
})
