import type { Policy } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError } from '../terminal.ts'
import { findPolicy, type Pair } from './grant-access.ts'
import { findAgent, findConnection } from './lookup.ts'

/** An agent and a connection by what people call them. Throws CommandError where there is no such one. */
export async function findPair(
  client: Client,
  names: { agent: string; connection: string },
): Promise<Pair & { origins: readonly string[] }> {
  const agent = await findAgent(client, names.agent)
  const connection = await findConnection(client, names.connection)
  return { agentId: agent.id, connectionId: connection.id, origins: connection.origins }
}

/** One policy, by its id or by whom and what it is for. */
export async function getNamedPolicy(
  client: Client,
  wanted: string,
  connection?: string,
): Promise<Policy> {
  if (connection === undefined) {
    return (await client.call('getPolicy', { policyId: wanted })).policy
  }
  const policy = await findPolicy(client, await findPair(client, { agent: wanted, connection }))
  if (policy !== undefined) return policy
  throw new CommandError(`${wanted} has no policy for ${connection}: it may do nothing with it.`)
}
