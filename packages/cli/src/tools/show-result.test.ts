import { describe, expect, it } from 'vitest'
import { outcomeOf } from './show-result.ts'

const mcp = { binding: { kind: 'mcp' as const } }
const sql = { binding: { kind: 'sql' as const } }

describe('what came of a call', () => {
  it('is the texts of an MCP server, with what is no text named', () => {
    const body = {
      content: [
        { type: 'text', text: 'One.' },
        { type: 'image', mimeType: 'image/png', data: 'aGk=' },
        { type: 'resource_link', uri: 'file:///a' },
      ],
    }
    expect(outcomeOf(mcp, { status: 200, body })).toEqual({
      text: 'One.\n[image of image/png, 4 characters of base64]\n{\n  "type": "resource_link",\n  "uri": "file:///a"\n}',
    })
    const structured = { content: [], structuredContent: { sum: 3 } }
    expect(outcomeOf(mcp, { status: 200, body: structured }).text).toBe('{\n  "sum": 3\n}')
  })

  it('is a failure where the server says so, though the call went well', () => {
    const body = { isError: true, content: [{ type: 'text', text: 'No such city.' }] }
    expect(outcomeOf(mcp, { status: 200, body })).toEqual({
      ...{ text: 'No such city.', failure: 'The server answered with an error.' },
    })
    expect(outcomeOf(sql, { status: 400, body: { error: { code: '42P01' } } }).failure).toBe(
      'The database refused it with status 400.',
    )
    expect(outcomeOf(sql, { status: 200, body: { rows: [] } }).failure).toBeUndefined()
  })
})
