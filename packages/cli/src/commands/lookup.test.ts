import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { everyPage, findAgent, findConnection } from './lookup.ts'

const agents = ['one', 'twin', 'last', 'twin'].map((name, n) => ({ id: `agt_${n}`, name }))
const connections = [
  { id: 'con_1', label: 'mail', status: 'revoked' },
  { id: 'con_2', label: 'mail', status: 'healthy' },
]

/** Answers the lists one row a page, and a get by id. */
const client = {
  call: async (operation: string, input: { cursor?: string; agentId?: string }) => {
    if (operation === 'getAgent') return { agent: { id: input.agentId, name: 'by id' } }
    if (operation === 'listConnections') return { connections }
    const at = Number(input.cursor ?? 0)
    const nextCursor = at + 1 < agents.length ? String(at + 1) : undefined
    return { agents: agents.slice(at, at + 1), nextCursor }
  },
} as unknown as Client

describe('an agent', () => {
  it('is found by its id, and by its name on any page', async () => {
    expect(await findAgent(client, 'agt_9')).toMatchObject({ id: 'agt_9' })
    expect(await findAgent(client, 'last')).toMatchObject({ id: 'agt_2' })
  })

  it('is never guessed: no such name and a name of two are refused, the two with their ids', async () => {
    await expect(findAgent(client, 'las')).rejects.toThrow('There is no agent "las"')
    await expect(findAgent(client, 'twin')).rejects.toThrow('agt_1, agt_3')
  })
})

describe('a connection', () => {
  it('is found by its label among those that are not revoked', async () => {
    expect(await findConnection(client, 'mail')).toMatchObject({ id: 'con_2' })
  })
})

describe('reading every page', () => {
  it('ends, where the vault never does', async () => {
    const endless = everyPage(async () => ({ rows: [1], nextCursor: 'again' }))
    await expect(endless).rejects.toThrow('give the id')
  })
})
