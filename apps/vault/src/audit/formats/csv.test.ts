import type { AuditEntry } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { csvHeader, csvLine } from './csv.ts'

const entry: AuditEntry = {
  id: 'aud_1',
  seq: 7,
  at: '2026-11-22T10:00:00.000Z',
  operation: 'execute',
  decision: 'allow',
  outcome: 'sent',
}

/** RFC 4180, read as it is written there. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]
    if (quoted && c === '"' && text[i + 1] === '"') {
      cell += '"'
      i += 1
    } else if (c === '"') quoted = !quoted
    else if (!quoted && c === ',') {
      rows.at(-1)?.push(cell)
      cell = ''
    } else if (!quoted && c === '\r' && text[i + 1] === '\n') {
      rows.at(-1)?.push(cell)
      cell = ''
      rows.push([])
      i += 1
    } else cell += c
  }
  return rows.slice(0, -1)
}

function read(of: AuditEntry): Record<string, string> {
  const [names = [], cells = []] = parse(csvHeader + csvLine(of))
  expect(cells).toHaveLength(names.length)
  return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']))
}

describe('an entry as CSV', () => {
  it('is one line of the columns that the first line names', () => {
    expect(read(entry)).toMatchObject({ id: 'aud_1', seq: '7', operation: 'execute', path: '' })
  })

  it('keeps commas, quotes and line ends inside a cell', () => {
    const reason = 'a "quoted", part\r\nand more'
    const queryNames = ['a,b', '"']
    const found = read({ ...entry, reason, queryNames, detail: { n: 1 } })
    expect(found).toMatchObject({ reason, queryNames: '["a,b","\\""]', detail: '{"n":1}' })
  })

  it('holds no formula, whatever an agent wrote', () => {
    const texts = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd|calc', '\u00a0=1', '＝1']
    for (const text of [...texts, '\n@x', '\u200b=1', '\ufeff=1']) {
      for (const member of ['path', 'tool', 'reason', 'host', 'method'] as const) {
        expect([text, read({ ...entry, [member]: text })[member]]).toEqual([text, `'${text}`])
      }
    }
  })
})
