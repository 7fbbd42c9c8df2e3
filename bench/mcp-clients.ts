import type { TestVault } from '../test/fixtures/vault.ts'
import type { Hub } from './mcp-hub.ts'
import { toolCall } from './mcp-messages.ts'
import type { Goal } from './results.ts'

// Whether an answer ever goes to another client: many at once, all with the same JSON-RPC ids, call one program that answers what it is
// given and out of order; each looks for its own words in what it gets.

const clients = 16
const callsOfEach = 200
const connectedPollMs = 100
const connectedPolls = 200

/** Answers what came back of a call with these words. */
type Say = (words: string, nth: number) => Promise<string>

/** Counts them through the vault's `/mcp`, an agent for each client, and through mcp-hub. */
export async function countMisdelivered(of: {
  readonly vault: TestVault
  readonly program: string
  readonly hub: Hub | { readonly missing: string }
}): Promise<{ readonly figures: Record<string, number>; readonly goal: Goal }> {
  const own = await count(await vaultClients(of))
  const hub = 'missing' in of.hub ? undefined : await count(hubClients(of.hub))
  const asked = clients * callsOfEach
  return {
    figures: {
      [`answers to ${clients} clients at once, asked of each gateway`]: asked,
      'vault, answers that went to another client': own,
      ...(hub !== undefined && { 'mcp-hub, answers that went to another client': hub }),
    },
    goal: {
      what: `answers that went to another client, of ${asked} to ${clients} clients at once`,
      figure: own,
      ...({ unit: '', bound: 0, better: 'less' } as const),
    },
  }
}

async function count(says: readonly Say[]): Promise<number> {
  const wrong = await Promise.all(
    says.map(async (say, client) => {
      let seen = 0
      for (let nth = 0; nth < callsOfEach; nth += 1) {
        const words = `client ${client} says ${nth} of ${client}-${nth}`
        if (!(await say(words, nth)).includes(`"${words}"`)) seen += 1
      }
      return seen
    }),
  )
  return wrong.reduce((sum, one) => sum + one, 0)
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

async function vaultClients({
  vault,
  program,
}: {
  readonly vault: TestVault
  readonly program: string
}): Promise<Say[]> {
  const { owner } = vault
  const { server } = await owner.call('createMcpServer', {
    ...{ name: 'echoing', transport: 'stdio', command: process.execPath, args: [program] },
  })
  await connected(vault, server.toolsetId)
  return Promise.all(
    Array.from({ length: clients }, async (_, nth): Promise<Say> => {
      const { agent } = await owner.call('createAgent', { name: `client ${nth}` })
      const { consumerToken } = await owner.call('createConsumerToken', { agentId: agent.id })
      await owner.call('setToolsetPermission', {
        ...{ toolsetId: server.toolsetId, agentId: agent.id, allowed: true, approval: 'never' },
      })
      const headers = {
        ...json,
        authorization: `Bearer ${consumerToken}`,
        'mcp-protocol-version': '2025-11-25',
      }
      return async (text, id) => {
        const call = { ...toolCall('mcp__echoing__echo'), id }
        const body = JSON.stringify({ ...call, params: { ...call.params, arguments: { text } } })
        const answer = await fetch(`${vault.url}/mcp`, { method: 'POST', headers, body })
        return unescaped(await answer.text())
      }
    }),
  )
}

async function connected({ owner, output }: TestVault, toolsetId: string): Promise<void> {
  for (let look = 0; look < connectedPolls; look += 1) {
    if ((await owner.call('listTools', { toolsetId })).tools.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, connectedPollMs))
  }
  throw new Error(`The program was not connected: ${output()}`)
}

const hubClients = ({ url }: Hub): Say[] =>
  Array.from(
    { length: clients },
    (): Say => async (text) => {
      const body = JSON.stringify({ server_name: 'program', tool: 'echo', arguments: { text } })
      const answer = await fetch(url, { method: 'POST', headers: json, body })
      return unescaped(await answer.text())
    },
  )

/** The words stand in a JSON text within a JSON text. */
const unescaped = (text: string) => text.replaceAll('\\"', '"')
