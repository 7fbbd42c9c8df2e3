import { performance } from 'node:perf_hooks'
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
        const inert = `'${text.replace(/^([\r\n])/, "$1'")}`
        expect([text, read({ ...entry, [member]: text })[member]]).toEqual([text, inert])
      }
    }
  })

  it('holds none where a semicolon ends a cell, or a line end a row, in the reader’s country', () => {
    // Excel in half of Europe: no cell but the first begins with a quote there.
    const rows = (of: AuditEntry) => csvLine(of).split(/[;\r\n]/)
    for (const text of [
      "/a;=cmd|'/c calc'!A0;b",
      '/a; =1',
      'a\r\n=1',
      'a\n\u200b@x',
      ';;+1',
      'x;\t－1',
    ]) {
      for (const member of ['path', 'reason'] as const) {
        const cells = rows({ ...entry, [member]: text })
        expect(cells.length).toBeGreaterThan(3)
        for (const cell of cells) expect(cell).not.toMatch(/^[\s\p{Cc}\p{Cf}"]*[=+\-@＝＋－＠]/u)
      }
    }
    const ordinary = '/a;v=1/b-c; and more'
    expect(read({ ...entry, path: ordinary }).path).toBe(ordinary)
  })

  it('is written in linear time', () => {
    const startedMs = performance.now()
    csvLine({ ...entry, reason: '\t;'.repeat(100_000) })
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})
