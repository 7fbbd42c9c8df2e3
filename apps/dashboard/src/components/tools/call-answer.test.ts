import { describe, expect, it } from 'vitest'
import { partsOf } from './mcp-parts.ts'
import { rowsOf } from './sql-rows.ts'

describe('the result of a tool', () => {
  it('is its parts: text as it is, pictures and sounds by kind and size alone', () => {
    const content = [
      { type: 'text', text: 'Sunny' },
      { type: 'image', mimeType: 'image/png', data: 'A'.repeat(2048) },
      { type: 'audio', data: 'AAAA' },
      { type: 'resource_link', name: 'Log', uri: 'file:///log' },
      { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
      {
        type: 'resource',
        resource: { uri: 'file:///b', mimeType: 'application/pdf', blob: 'AAA=' },
      },
      { type: 'other', of: 1 },
      'stray',
    ]
    expect(partsOf({ content, isError: true })).toMatchObject({
      isError: true,
      parts: [
        { title: 'Text', text: 'Sunny' },
        { title: 'Image, image/png, 1.5 KB' },
        { title: 'Audio, of unknown kind, 3 bytes' },
        { title: 'Link to a resource', text: 'Log, file:///log' },
        { title: 'Resource file:///a', text: 'inside' },
        { title: 'Resource file:///b, application/pdf, 2 bytes' },
        { title: 'A part of unknown kind' },
        { title: 'A part of unknown kind', text: '"stray"' },
      ],
    })
  })

  it('may be structured content alone, and is nothing else', () => {
    expect(partsOf({ structuredContent: { a: 1 } })).toEqual({
      parts: [],
      structured: { a: 1 },
      isError: false,
    })
    expect(partsOf({ contents: [] })).toBeUndefined()
    expect(partsOf([])).toBeUndefined()
  })
})

describe('the rows of a statement', () => {
  it('are cells by column, NULL among them', () => {
    const rows = [
      { id: 1, name: 'a' },
      { id: 2, name: null },
    ]
    expect(rowsOf({ columns: ['id', 'name'], rows, rowCount: 2, truncated: true })).toEqual({
      columns: ['id', 'name'],
      rows: [
        ['1', 'a'],
        ['2', undefined],
      ],
      rowCount: 2,
      isTruncated: true,
    })
    expect(rowsOf({ error: { message: 'no' } })).toBeUndefined()
  })
})
