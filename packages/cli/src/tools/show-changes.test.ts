import type { ToolChange } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { showChanges, turnChanges } from './show-changes.ts'

const changes: ToolChange[] = [
  { name: 'a', change: 'added', differences: [], agents: [], agentCount: 0 },
  { name: 'b', change: 'removed', differences: [], agents: [], agentCount: 0 },
  {
    ...{ name: 'c', change: 'changed', agents: [], agentCount: 0 },
    differences: [{ what: 'description', before: 'old', after: 'new' }],
  },
  { name: 'd', change: 'same', differences: [], agents: [], agentCount: 0 },
]

describe('changes turned round', () => {
  it('say what going back would do', () => {
    expect(showChanges(turnChanges(changes)).split('\n')).toEqual([
      '- a',
      '+ b',
      '~ c',
      '    description: new → old',
    ])
  })

  it('are the same again when they are turned twice', () => {
    expect(turnChanges(turnChanges(changes))).toEqual(changes)
  })
})
