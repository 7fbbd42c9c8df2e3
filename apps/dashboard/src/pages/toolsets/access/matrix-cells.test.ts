import { describe, expect, it } from 'vitest'
import { type AgentRow, cellOf, moveIn } from './matrix-cells.ts'

const row: AgentRow = {
  agent: { id: 'agt_1', name: 'Alice', status: 'active' },
  toolset: { allowed: true, from: 'toolset', approval: 'writes' },
  tools: [{ toolId: 'tol_2', permission: { allowed: false, from: 'tool' } }],
}
const nobody: AgentRow = { ...row, toolset: { allowed: false, from: 'none' }, tools: [] }

describe('a cell of the matrix', () => {
  it('says what the toolset says, unless the tool has a grant of its own', () => {
    expect(cellOf(row, 'tol_1')).toEqual({ permission: row.toolset, isOwn: false })
    expect(cellOf(row, 'tol_2')).toEqual({ permission: row.tools[0]?.permission, isOwn: true })
    expect(cellOf(row, undefined)).toEqual({ permission: row.toolset, isOwn: true })
    expect(cellOf(nobody, undefined).isOwn).toBe(false)
  })
})

describe('the arrow keys', () => {
  const size = { rows: 3, columns: 2 }

  it('move by one and stay inside', () => {
    expect(moveIn(size, [0, 0], 'ArrowDown')).toEqual([1, 0])
    expect(moveIn(size, [0, 0], 'ArrowUp')).toEqual([0, 0])
    expect(moveIn(size, [2, 1], 'ArrowRight')).toEqual([2, 1])
    expect(moveIn(size, [2, 1], 'ArrowLeft')).toEqual([2, 0])
  })

  it('go to the ends of a row, and with the page keys ten rows on', () => {
    expect(moveIn(size, [1, 0], 'End')).toEqual([1, 1])
    expect(moveIn(size, [1, 1], 'Home')).toEqual([1, 0])
    expect(moveIn(size, [0, 0], 'PageDown')).toEqual([2, 0])
    expect(moveIn(size, [2, 0], 'PageUp')).toEqual([0, 0])
    expect(moveIn(size, [2, 0], 'Enter')).toBeUndefined()
  })
})
