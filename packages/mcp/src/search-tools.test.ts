import type { AgentTool } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { searchTools } from './search-tools.ts'

const tool = (name: string, description: string, more: Partial<AgentTool> = {}): AgentTool => ({
  name: `api.${name}`,
  mcpName: `api__${name}`,
  toolset: 'api',
  description,
  inputSchema: { type: 'object' },
  annotations: {},
  digest: 'd',
  ...more,
})
const taking = (...names: string[]) => ({
  inputSchema: { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) },
})
const tools = [
  tool('getIndexById', 'Read the value of a stock index', taking('symbol')),
  tool('create_order', 'Place an order of stock', taking('symbol', 'amount')),
  tool('delete_user', 'Remove a user'),
  tool('list_rates', 'Interest', { title: 'Rates of interest' }),
]
const nameOf = ({ mcpName }: AgentTool) => mcpName
const find = (query: string, more: object = {}) => {
  const found = searchTools(tools, { query, nameOf, ...more }) as {
    tools: { name: string }[]
    total: number
    next?: string
    nextOffset?: number
  }
  return { ...found, names: found.tools.map(({ name }) => name) }
}

describe('a search of tools', () => {
  it('puts first what fits best: by name, then title, description and arguments', () => {
    expect(find('stock').names).toEqual(['api__create_order', 'api__getIndexById'])
    expect(find('INDEX by id').names[0]).toBe('api__getIndexById')
    expect(find('order stock symbol').names[0]).toBe('api__create_order')
    expect(find('interest').names).toEqual(['api__list_rates'])
    expect(find('amount').names).toEqual(['api__create_order'])
  })

  it('answers what a call needs to know', () => {
    expect(find('index').tools[0]).toEqual({
      ...{ name: 'api__getIndexById', description: 'Read the value of a stock index' },
      ...{ inputSchema: tools[0]?.inputSchema, annotations: {} },
    })
  })

  it('lists all by name without words, page by page', () => {
    const first = find('', { limit: 3 })
    expect(first).toMatchObject({ total: 4, nextOffset: 3, next: expect.stringContaining('3') })
    const rest = find('', { limit: 3, offset: 3 })
    expect([...first.names, ...rest.names]).toEqual(tools.map(nameOf).toSorted())
    expect(rest).not.toHaveProperty('nextOffset')
    expect(find('', { offset: 100 })).toMatchObject({ names: [], total: 4 })
  })

  it('looks for no more words than anybody writes, however many there are', () => {
    const words = Array.from({ length: 400_000 }, (_, at) => `w${at}`).join(' ')
    expect(find(`stock ${words}`).names).toHaveLength(2)
    expect(find(`${words} stock`).names).toEqual([])
  })

  it('says so where nothing fits, whatever was asked', () => {
    for (const query of ['xyzzy', '()[]\\', '💥', '.*']) {
      const { names, next, total } = find(query)
      if (total === 0) expect(next).toContain('None of the 4 tools')
      else expect(names.length).toBe(total)
    }
  })

  it('answers no more than is good to read, and always one', () => {
    const large = Array.from({ length: 50 }, (_, n) => tool(`t${n}`, 'x'.repeat(8_000)))
    const found = searchTools(large, { query: '', limit: 50, nameOf }) as { tools: unknown[] }
    expect(found.tools.length).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(found).length).toBeLessThan(33_000)
    const huge = [tool('one', 'x', { inputSchema: { description: 'x'.repeat(100_000) } })]
    expect(searchTools(huge, { query: '', nameOf })).toMatchObject({
      tools: [{ name: 'api__one' }],
    })
  })
})
