import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { readPage, writePage } from './page-cursor.ts'

describe('a cursor', () => {
  it.each([
    '',
    'x',
    '1',
    '1.',
    '.con_1',
    '99999999999999.con_1',
    '-1.con_1',
    "1.con_1' or 1=1",
    '1e3.con_1',
    '1.con\0_1',
  ])('that no list has answered is refused: %s', (cursor) => {
    expect(() => readPage({ limit: 10, cursor })).toThrow(Problem)
  })

  it('leads back to the place that it was made from', () => {
    const rows = [3, 2, 1].map((n) => ({
      id: `con_${n}`,
      createdAt: new Date(1_763_690_000_000 + n),
    }))
    const { page, nextCursor } = writePage(rows, { limit: 2 })
    expect(page.map(({ id }) => id)).toEqual(['con_3', 'con_2'])
    expect(readPage({ limit: 2, cursor: nextCursor })).toEqual({
      limit: 3,
      after: { createdAtMs: 1_763_690_000_002, id: 'con_2' },
    })
    expect(writePage(rows, { limit: 3 }).nextCursor).toBeUndefined()
  })
})
