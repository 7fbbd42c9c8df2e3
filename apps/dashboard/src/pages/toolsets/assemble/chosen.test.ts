import { describe, expect, it } from 'vitest'
import { assembledTools, type Chosen, chosenFaults } from './chosen.ts'

const one = (toolId: string, more: Partial<Chosen> = {}): Chosen => ({
  toolId,
  from: `stock.${toolId}`,
  sourceName: toolId,
  ...more,
})

describe('chosen tools', () => {
  it('are told with the names and descriptions that are their own, and without those that are not', () => {
    const chosen = [one('a', { name: 'a' }), one('b', { name: 'other', description: ' Better ' })]
    expect(assembledTools(chosen)).toEqual([
      { toolId: 'a' },
      { toolId: 'b', name: 'other', description: 'Better' },
    ])
  })

  it('must each have a name of their own that can be one', () => {
    const chosen = [one('a'), one('b', { name: 'a' }), one('c', { name: '9' }), one('d')]
    expect(chosenFaults(chosen)).toEqual({
      a: 'Two tools have this name.',
      b: 'Two tools have this name.',
      c: 'It must begin with a letter and hold letters, digits, _ and -, at most 48.',
    })
  })
})
