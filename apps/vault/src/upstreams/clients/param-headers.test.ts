import { describe, expect, it } from 'vitest'
import { hasHeaderFault, paramHeadersOf, readParamHeaders } from './param-headers.ts'

const text = { type: 'string', 'x-mcp-header': 'Region' }
const schemaOf = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  ...more,
})

describe('arguments in headers', () => {
  it('are those that a tool declares, also deep inside, in a form that every header takes', () => {
    const inputSchema = schemaOf({
      region: text,
      inner: schemaOf({ count: { type: 'integer', 'x-mcp-header': 'Count' } }),
      flag: { type: 'boolean', 'x-mcp-header': 'flag' },
      other: { type: 'string' },
    })
    expect(hasHeaderFault(inputSchema)).toBe(false)
    const declared = readParamHeaders([{ name: 'tool', inputSchema }])
    const of = (args: unknown) => paramHeadersOf(declared, { name: 'tool', arguments: args })
    expect(of({ region: 'eu', inner: { count: 3 }, flag: false, other: 'x' })).toEqual({
      'Mcp-Param-Region': 'eu',
      'Mcp-Param-Count': '3',
      'Mcp-Param-flag': 'false',
    })
    expect(of({ region: 'a\r\nb: c' })).toEqual({ 'Mcp-Param-Region': '=?base64?YQ0KYjogYw==?=' })
    expect(of({ region: ' ü' })).toEqual({ 'Mcp-Param-Region': '=?base64?IMO8?=' })
    expect(of({ region: '=?base64?x?=' })['Mcp-Param-Region']).toMatch(/^=\?base64\?PT9/)
    for (const none of [
      undefined,
      null,
      'text',
      [],
      { region: null },
      { region: {} },
      { inner: [] },
    ]) {
      expect(of(none)).toEqual({})
    }
    expect(of({ inner: { count: 2 ** 60 } })).toEqual({})
    expect(of({ region: 'x'.repeat(10_000) })).toEqual({})
    expect(paramHeadersOf(declared, { name: 'another', arguments: { region: 'eu' } })).toEqual({})
  })

  it.each([
    ['no name', schemaOf({ a: { type: 'string', 'x-mcp-header': '' } })],
    ['a name that no header has', schemaOf({ a: { type: 'string', 'x-mcp-header': 'a: b\r\n' } })],
    ['a name that is no text', schemaOf({ a: { type: 'string', 'x-mcp-header': 7 } })],
    ['one name twice', schemaOf({ a: text, b: { ...text, 'x-mcp-header': 'REGION' } })],
    ['a number', schemaOf({ a: { ...text, type: 'number' } })],
    ['an object', schemaOf({ a: { ...text, type: 'object' } })],
    ['no type', schemaOf({ a: { 'x-mcp-header': 'A' } })],
    ['the whole', schemaOf({}, text)],
    ['an item of a list', schemaOf({ a: { type: 'array', items: text } })],
    ['a branch', schemaOf({}, { anyOf: [{ type: 'object' }, schemaOf({ a: text })] })],
    ['what a reference leads to', schemaOf({}, { $defs: { a: text } })],
    ['any other member', schemaOf({}, { additionalProperties: text })],
  ])('are a fault where they are declared against the rules: %s', (_what, inputSchema) => {
    expect(hasHeaderFault(inputSchema)).toBe(true)
  })

  it('are not declared by what only looks so', () => {
    expect(
      hasHeaderFault(schemaOf({ a: { type: 'string', default: { 'x-mcp-header': '' } } })),
    ).toBe(false)
    expect(hasHeaderFault(schemaOf({ 'x-mcp-header': { type: 'string' } }))).toBe(false)
  })
})
