import { Problem, type SqlParameter, ToolDefinition } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { stillWorld } from '../../../../../test/fixtures/tool-calls.ts'
import { createToolCompiler } from './compile-tool.ts'

const serverId = 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5'
const sourceId = 'src_01k8v3t5m9r2c4x6z8b0d1f3h5'
const caller = { id: 'agt_1', name: 'Ann' }

const toolOf = (binding: object, more: object = {}) =>
  ToolDefinition.parse({
    ...{
      name: 'tool',
      description: '',
      inputSchema: { type: 'object' },
      annotations: {},
      key: 'k',
    },
    binding,
    ...more,
  })
const mcp = (more: object = {}, binding: object = {}) =>
  toolOf({ kind: 'mcp', serverId, tool: 'Read file!', ...binding }, more)
const parameter = (name: string, more: object = {}): Partial<SqlParameter> => ({
  ...{ name, type: 'string' },
  ...more,
})
const sql = (binding: object, more: object = {}) =>
  toolOf({ kind: 'sql', sourceId, run: 'statement', writes: false, ...binding }, more)
const build = (definition: ToolDefinition, args: object = {}) =>
  createToolCompiler()(definition, 'd').build({ ...args }, stillWorld, { caller })
const refusal = (definition: ToolDefinition, args: object): unknown => {
  try {
    return build(definition, args)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.type
  }
}

describe('a tool of an upstream MCP server', () => {
  it('asks for the server’s own tool with the arguments as they are', () => {
    const args = { path: '/a', deep: { list: [1, null, 'é'] } }
    expect(build(mcp(), args)).toEqual({
      ...{ scheme: 'mcp', target: serverId, name: 'tool', method: 'POST', ownHeaders: [] },
      payload: { method: 'tools/call', params: { name: 'Read file!', arguments: args } },
    })
  })

  it('reads where its annotations say so, which an owner can say otherwise', () => {
    expect(build(mcp({ annotations: { readOnlyHint: true } }))).toMatchObject({ method: 'GET' })
    expect(build(mcp({ annotations: { readOnlyHint: false } }))).toMatchObject({ method: 'POST' })
  })

  it('that stands for a method takes its arguments as the parameters of that', () => {
    const reading = mcp({}, { method: 'resources/read', tool: 'resources/read' })
    expect(build(reading, { uri: 'file:///a' })).toMatchObject({
      payload: { method: 'resources/read', params: { uri: 'file:///a' } },
    })
  })

  it('is called only with what its whole schema takes, and never where the schema cannot be used', () => {
    const typed = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    expect(refusal(mcp({ inputSchema: typed }), {})).toBe('invalid-arguments')
    expect(refusal(mcp({ inputSchema: typed }), { n: 'x' })).toBe('invalid-arguments')
    expect(refusal(mcp({ inputSchema: typed }), { n: 1 })).toMatchObject({ target: serverId })
    const missing = { properties: { n: { $ref: '#/$defs/none' } } }
    const outside = { properties: { n: { $ref: 'https://evil.example/schema.json' } } }
    expect(refusal(mcp({ inputSchema: outside }), { n: 1 })).toBe('invalid-arguments')
    expect(refusal(mcp({ inputSchema: missing }), { n: 1 })).toBe('invalid-arguments')
  })
})

describe('a tool of a SQL source', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, limit: { type: ['integer', 'null'], default: 10 } },
    additionalProperties: false,
  }
  const statement = sql(
    {
      statement: 'SELECT * FROM orders WHERE owner = $2 AND city = $1 LIMIT $3',
      parameters: [
        parameter('city', { required: false }),
        parameter('owner', { agent: 'id' }),
        parameter('limit', { type: 'integer', default: 10 }),
        parameter('ids', { type: 'array', items: 'integer', required: false }),
      ],
    },
    { inputSchema: schema },
  )

  it('binds its values in the order of its places, the agent’s own by the vault, and never writes them into the statement', () => {
    const city = "'; DROP TABLE orders; --"
    expect(build(statement, { city })).toEqual({
      ...{ scheme: 'sql', target: sourceId, name: 'tool', method: 'GET', ownHeaders: [] },
      payload: {
        ...{ run: 'statement', statement: (statement.binding as { statement?: string }).statement },
        parameters: [city, 'agt_1', 10, null],
        types: ['string', 'string', 'integer', 'integer[]'],
      },
    })
    expect(build(statement, { limit: null })).toMatchObject({
      payload: { parameters: [null, 'agt_1', null, null] },
    })
  })

  it('takes nobody’s word for who calls', () => {
    for (const args of [{ owner: 'agt_2' }, { owner: null }, { owner: undefined }]) {
      expect(refusal(statement, args)).toBe('invalid-arguments')
      // Nor where its schema would take it.
      const open = { ...statement, inputSchema: { type: 'object' } }
      expect(refusal(open, args)).toBe('invalid-arguments')
    }
    const compiled = createToolCompiler()(statement, 'd')
    expect(() => compiled.canonicalArguments({ owner: 'agt_2' })).toThrow(Problem)
    // Without a caller nothing is bound in their place.
    expect(() => compiled.build({}, stillWorld)).toThrow('nobody')
  })

  it('writes only where it was made to write', () => {
    const writing = sql({ statement: 'DELETE FROM orders', parameters: [], writes: true })
    expect(build(writing)).toMatchObject({ method: 'POST' })
    const claiming = { ...writing, annotations: { readOnlyHint: true } }
    expect(build(claiming)).toMatchObject({ method: 'POST' })
  })

  it('takes a statement of the model’s, and looks at tables', () => {
    const payload = (run: string, args: object) => refusal(sql({ run, parameters: [] }), args)
    expect(payload('query', { statement: 'SELECT 1' })).toMatchObject({
      payload: { run: 'query', statement: 'SELECT 1' },
    })
    expect(payload('list_tables', {})).toMatchObject({ payload: { run: 'list_tables' } })
    expect(payload('list_tables', { schema: 'public' })).toMatchObject({
      payload: { run: 'list_tables', schema: 'public' },
    })
    expect(payload('describe_table', { table: 'a.b' })).toMatchObject({
      payload: { run: 'describe_table', table: 'a.b' },
    })
    expect(payload('query', {})).toBe('invalid-arguments')
  })
})

it('An answer of a call is not shaped by any template', () => {
  expect(createToolCompiler()(mcp(), 'd').shapeAnswer).toBeUndefined()
})
