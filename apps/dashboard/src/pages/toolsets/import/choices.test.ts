import { describe, expect, it } from 'vitest'
import { countTaken, filterOperations, isTaken, type Operation, toolChoices } from './choices.ts'

const operation = (key: string, more: object = {}) =>
  ({
    key,
    name: key.replaceAll(/\W+/g, '_'),
    description: '',
    outcome: 'taken',
    arguments: [],
    reads: key.startsWith('GET'),
    credential: 'connection',
    ...more,
  }) as Operation
const tools = [
  operation('GET /pets', { tags: ['pets'], description: 'All of them' }),
  operation('POST /pets', { tags: ['pets'], outcome: 'changed', reason: 'renamed' }),
  operation('DELETE /shops', { outcome: 'refused', reason: 'no URL' }),
]

describe('what is said of operations', () => {
  it('is nothing where everything is taken as it stands', () => {
    expect(toolChoices(tools, {})).toBeUndefined()
    expect(countTaken(tools, {})).toBe(2)
  })

  it('names the operations of which something was said, but those that are refused', () => {
    const edits = {
      'GET /pets': { take: false },
      'POST /pets': { name: 'add_pet' },
      'DELETE /shops': { take: true },
    }
    expect(toolChoices(tools, edits)).toEqual([
      { key: 'GET /pets', take: false },
      { key: 'POST /pets', take: true, name: 'add_pet' },
    ])
    expect(countTaken(tools, edits)).toBe(1)
  })

  it('leaves out what was left out before, until it is taken', () => {
    const before = [operation('GET /pets', { leftOut: true })]
    expect(countTaken(before, {})).toBe(0)
    expect(toolChoices(before, { 'GET /pets': { take: true } })).toEqual([
      { key: 'GET /pets', take: true },
    ])
  })

  it('takes nothing that is refused, whatever was said', () => {
    const [, , refused] = tools
    expect(refused !== undefined && isTaken(refused, { 'DELETE /shops': { take: true } })).toBe(
      false,
    )
  })

  it('leaves out what was typed and taken back', () => {
    const edits = { 'GET /pets': { name: 'GET_pets', description: 'All of them' } }
    expect(toolChoices(tools, edits)).toBeUndefined()
  })
})

describe('the operations that are shown', () => {
  const keys = (filter: Partial<Parameters<typeof filterOperations>[1]>) =>
    filterOperations(tools, { search: '', outcome: '', tag: '', ...filter }).map(({ key }) => key)

  it('hold every word that is searched for, in name, address, description or tag', () => {
    expect(keys({ search: 'PETS get' })).toEqual(['GET /pets'])
    expect(keys({ search: 'all of' })).toEqual(['GET /pets'])
    expect(keys({ search: 'nowhere' })).toEqual([])
  })

  it('are those of the outcome and of the group', () => {
    expect(keys({ outcome: 'refused' })).toEqual(['DELETE /shops'])
    expect(keys({ tag: 'pets' })).toEqual(['GET /pets', 'POST /pets'])
  })
})
