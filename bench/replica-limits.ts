import type { Replicas } from '../test/fixtures/replicas.ts'
import type { TestAgent } from '../test/fixtures/vault.ts'
import type { Goal } from './results.ts'

// Whether two replicas let through exactly what a limit allows, however hard both are asked at once.

const limit = 500
const askedCount = 1_500
const atOnce = 64

/** Asks both replicas, 64 requests at a time, three times as often as the limit of an hour allows, and counts the answers. */
export async function countAdmitted(
  replicas: Replicas,
  origin: string,
): Promise<{ readonly figures: Record<string, number>; readonly goal: Goal }> {
  const { first, second } = replicas
  const agent = await first.createAgentWithKey('limited')
  const connectionId = await first.addConnection({ origins: [origin] })
  await first.addPolicy({ agentId: agent.agentId, connectionId, limits: { perHour: limit } })
  const clients = [agent.client, second.clientOf(agent)]
  const counted = { sent: 0, refused: 0, other: 0 }
  let asked = 0
  const keepAsking = async (client: TestAgent['client']) => {
    while (asked < askedCount) {
      asked += 1
      await client.call('execute', { connectionId, method: 'GET', url: `${origin}/items` }).then(
        (answer) => {
          counted['status' in answer && answer.status === 200 ? 'sent' : 'other'] += 1
        },
        (problem: { type?: string }) => {
          counted[problem.type?.includes('limit') ? 'refused' : 'other'] += 1
        },
      )
    }
  }
  await Promise.all(
    Array.from({ length: atOnce }, (_, nth) => keepAsking(clients[nth % 2] ?? agent.client)),
  )
  return {
    figures: {
      'limit of an hour at two replicas, asked': askedCount,
      'limit of an hour at two replicas, let through': counted.sent,
      'limit of an hour at two replicas, refused by the limit': counted.refused,
      'limit of an hour at two replicas, anything else': counted.other,
    },
    goal: {
      what: `requests off a limit of ${limit}, asked for at two replicas with 64 at once`,
      figure: Math.abs(counted.sent - limit) + counted.other,
      ...({ unit: '', bound: 0, better: 'less' } as const),
    },
  }
}
