import type { EffectiveGrant } from '@sallyport/contracts'
import type { Output } from '../../../api.ts'

// The matrix of agents and tools: pure parts.

/** An agent with what it may do with a toolset, and where a tool differs. */
export type AgentRow = Output<'listToolsetPermissions'>['permissions'][number]

/** What stands in a cell, and whether it is said there or only holds there. Without a tool: the toolset as a whole. */
export function cellOf(
  { toolset, tools }: AgentRow,
  toolId: string | undefined,
): { permission: EffectiveGrant; isOwn: boolean } {
  if (toolId === undefined) return { permission: toolset, isOwn: toolset.from !== 'none' }
  const own = tools.find((one) => one.toolId === toolId)
  return own === undefined
    ? { permission: toolset, isOwn: false }
    : { permission: own.permission, isOwn: true }
}

/** Whether an agent has anything of the toolset, or something of it was taken from it. */
export const hasAny = ({ toolset, tools }: AgentRow): boolean =>
  toolset.from !== 'none' || tools.length > 0

export type Place = readonly [row: number, column: number]

const pageRows = 10

/** Where a key leads in a grid of that size; undefined for keys that lead nowhere. */
export function moveIn(
  { rows, columns }: { rows: number; columns: number },
  [row, column]: Place,
  key: string,
): Place | undefined {
  const to = (nextRow: number, nextColumn: number): Place => [
    Math.max(0, Math.min(rows - 1, nextRow)),
    Math.max(0, Math.min(columns - 1, nextColumn)),
  ]
  switch (key) {
    case 'ArrowDown':
      return to(row + 1, column)
    case 'ArrowUp':
      return to(row - 1, column)
    case 'ArrowRight':
      return to(row, column + 1)
    case 'ArrowLeft':
      return to(row, column - 1)
    case 'Home':
      return to(row, 0)
    case 'End':
      return to(row, columns - 1)
    case 'PageDown':
      return to(row + pageRows, column)
    case 'PageUp':
      return to(row - pageRows, column)
    default:
      return undefined
  }
}
