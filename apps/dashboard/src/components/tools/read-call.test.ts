import { describe, expect, it } from 'vitest'
import { readCall } from './read-call.ts'

describe('the body of a call, read for people', () => {
  it('is a tool with its arguments', () => {
    const params = { name: 'get-weather', arguments: { city: 'Oslo', days: 3, to: ['a'] } }
    expect(readCall('mcp', { method: 'tools/call', params })).toEqual({
      kind: 'tool',
      upstreamName: 'get-weather',
      values: [
        { name: 'city', value: 'Oslo', path: 'body.params.arguments.city' },
        { name: 'days', value: '3', path: 'body.params.arguments.days' },
        { name: 'to', value: '[\n  "a"\n]', path: 'body.params.arguments.to' },
      ],
    })
  })

  it('is what else a server is asked for', () => {
    expect(readCall('mcp', { method: 'resources/read', params: { uri: 'file:///a' } })).toEqual({
      kind: 'method',
      method: 'resources/read',
      values: [{ name: 'uri', value: 'file:///a', path: 'body.params.uri' }],
    })
  })

  it('is a statement with what is bound to it, or a query of the agent’s own', () => {
    const statement = 'SELECT * FROM orders WHERE id = $1'
    const types = ['integer', 'string[]']
    expect(readCall('sql', { run: 'statement', statement, parameters: [7, null], types })).toEqual({
      kind: 'statement',
      statement,
      isFree: false,
      values: [
        { name: '$1', value: '7', path: 'body.parameters[0]', type: 'integer' },
        { name: '$2', value: 'null', path: 'body.parameters[1]', type: 'string[]' },
      ],
    })
    expect(readCall('sql', { run: 'query', statement })).toMatchObject({ isFree: true, values: [] })
    expect(readCall('sql', { run: 'describe_table', table: 'orders' })).toMatchObject({
      kind: 'schema',
      values: [{ name: 'table', value: 'orders' }],
    })
  })

  it.each([
    ['mcp', 'text'],
    ['mcp', { method: 'tools/call', params: { name: 'x', arguments: {}, _meta: {} } }],
    ['mcp', { method: 'tools/call', params: { name: 'x' }, more: 1 }],
    ['mcp', { method: 'tools/call', params: { name: 'x', arguments: [] } }],
    ['sql', { run: 'statement', statement: 'SELECT 1', parameters: [], types: [], more: 1 }],
    ['sql', { run: 'statement', statement: 'SELECT $1', parameters: [1], types: [] }],
    ['sql', { run: 'query', statement: 'SELECT 1', parameters: [] }],
    ['sql', { run: 'other', statement: 'SELECT 1' }],
    ['sql', { statement: 'SELECT 1' }],
  ] as const)('is not read where a part of it would not be shown: %s %j', (kind, body) => {
    expect(readCall(kind, body)).toBeUndefined()
  })
})
