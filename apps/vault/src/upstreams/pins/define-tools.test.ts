import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { defineTools } from './define-tools.ts'

type Schema = Record<string, unknown>

/** What becomes of tools with these schemas of their input, by their names. */
function define(schemas: Record<string, Schema>, output?: Schema) {
  const tools = Object.entries(schemas).map(([name, inputSchema]) => ({
    ...{ name, inputSchema },
    ...(output !== undefined && { outputSchema: output }),
  }))
  const { definitions, refused } = defineTools({
    ...{ serverId: 'ups_1', capabilities: {}, listed: { tools, leftOut: [] } },
  })
  return {
    definitions,
    names: definitions.map(({ name }) => name),
    refused: Object.fromEntries(refused.map(({ name = '', reason }) => [name, reason])),
  }
}
const having = (property: unknown): Schema => ({ type: 'object', properties: { a: property } })
const members = (count: number, value: (at: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, value(at)]))
const list = (count: number, value: (at: number) => unknown) =>
  Array.from({ length: count }, (_, at) => value(at))

describe('the schema of a stranger’s tool', () => {
  // Each of these takes from one second to forty to compile.
  it.each<readonly [string, Schema]>([
    ['branches', having({ anyOf: list(6_000, (at) => ({ const: at })) })],
    ['members', { type: 'object', properties: members(3_000, () => ({ type: 'string' })) }],
    ['patterns', having({ allOf: list(500, (at) => ({ pattern: `(a|b)*c{1,200}${at}` })) })],
    ['names', { type: 'object', patternProperties: members(500, () => ({ type: 'string' })) }],
    ['lists', { type: 'object', dependentRequired: members(9_000, () => ['a']) }],
    ['parts', { type: 'object', not: { allOf: list(9_000, () => ({})) } }],
    [
      'references',
      {
        type: 'object',
        // One part within the other: each reference brings all that is in it along.
        $defs: { a: { not: { not: { not: { properties: members(700, () => ({})) } } } } },
        allOf: list(3, (at) => ({ $ref: `#/$defs/a${'/not'.repeat(at)}` })),
      },
    ],
  ])('is not used where it would hold everybody else up: %s', (name, schema) => {
    verifies('S-22', 'S-44')
    const { names, refused } = define({ [name]: schema, fine: having({ type: 'string' }) })
    expect(names).toEqual(['fine'])
    expect(refused[name]).toMatch(/more parts than can be checked/)
  })

  it('is used where it is as long as real ones are', () => {
    const { names } = define({
      long: { type: 'object', properties: members(400, () => ({ type: 'string', pattern: '^a' })) },
      choice: having({ oneOf: list(100, (at) => ({ const: at })), enum: list(5_000, (at) => at) }),
    })
    expect(names).toEqual(['long', 'choice'])
  })

  it('is left out alone where nothing could keep it, and the others of its server stay', () => {
    const { names, refused } = define({
      value: having({ description: 'half \ud800 of one' }),
      member: { type: 'object', properties: { 'x\udc00': {} } },
      fine: having({ description: '🦊' }),
    })
    expect(names).toEqual(['fine'])
    expect(refused.value).toMatch(/half of a character/)
    expect(Object.keys(refused)).toEqual(['value', 'member'])
  })

  it('of its answers is left out where it is none that could be used', () => {
    const costly = having({ anyOf: list(6_000, (at) => ({ const: at })) })
    const { definitions } = define({ a: having({}) }, costly)
    expect(definitions).toMatchObject([{ name: 'a' }])
    expect(definitions[0]).not.toHaveProperty('outputSchema')
  })

  it('is refused where it refers to another document, as it always was', () => {
    const { refused } = define({ far: having({ $ref: 'https://example.com/schema' }) })
    expect(refused.far).toMatch(/refers to another document/)
  })
})
