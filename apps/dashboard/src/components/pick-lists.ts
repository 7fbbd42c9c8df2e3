import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { client, type Output } from '../api.ts'
import { ownerOf } from './tools/call-target.ts'

// Everything that can be chosen, for lists to choose from.

type Agent = Output<'getAgent'>['agent']
type Connection = Output<'getConnection'>['connection']

const pageLimit = 200
/** Of more than this nobody chooses from a list. */
const pagesMax = 10

const byName = (one: string, other: string) => one.localeCompare(other)

/** All agents by name, up to 2000. */
export function useAllAgents(): UseQueryResult<readonly Agent[]> {
  return useQuery({
    queryKey: ['agents', 'all'],
    queryFn: async ({ signal }) => {
      const agents: Agent[] = []
      let cursor: string | undefined
      for (let page = 0; page < pagesMax; page += 1) {
        const input = { limit: pageLimit, ...(cursor !== undefined && { cursor }) }
        const answer = await client.call('listAgents', input, { signal })
        agents.push(...answer.agents)
        cursor = answer.nextCursor
        if (cursor === undefined) break
      }
      return agents.sort((one, other) => byName(one.name, other.name))
    },
  })
}

/** All connections of APIs that can be used, by name, up to 2000. Those of servers and databases are used by their tools alone. */
export function useAllConnections(): UseQueryResult<readonly Connection[]> {
  return useQuery({
    queryKey: ['connections', 'all'],
    queryFn: async ({ signal }) => {
      const connections: Connection[] = []
      let cursor: string | undefined
      for (let page = 0; page < pagesMax; page += 1) {
        const input = { limit: pageLimit, ...(cursor !== undefined && { cursor }) }
        const answer = await client.call('listConnections', input, { signal })
        connections.push(...answer.connections)
        cursor = answer.nextCursor
        if (cursor === undefined) break
      }
      return connections
        .filter(({ status, origins }) => status !== 'revoked' && ownerOf(origins) === undefined)
        .sort((one, other) => byName(one.label, other.label))
    },
  })
}
