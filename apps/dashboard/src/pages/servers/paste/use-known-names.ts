import { useQuery } from '@tanstack/react-query'
import { client, query } from '../../../api.ts'
import { useMay } from '../../../session.ts'

const pageLimit = 200
/** Of more than this nobody keeps servers. */
const pagesMax = 10
const none: ReadonlySet<string> = new Set()

/** Names that are taken: of servers, and of variables that files may refer to. */
export function useKnownNames() {
  const servers = useQuery({
    queryKey: ['mcp', 'names'],
    queryFn: async ({ signal }) => {
      const names = new Set<string>()
      let cursor: string | undefined
      for (let page = 0; page < pagesMax; page += 1) {
        const input = { limit: pageLimit, ...(cursor !== undefined && { cursor }) }
        const answer = await client.call('listMcpServers', input, { signal })
        for (const { name } of answer.servers) names.add(name)
        cursor = answer.nextCursor
        if (cursor === undefined) break
      }
      return names
    },
  })
  const variables = useQuery({
    ...query('listVariables', { limit: pageLimit }),
    enabled: useMay('connections:read'),
  })
  return {
    servers: servers.data ?? none,
    variables: new Set(variables.data?.variables.map(({ name }) => name)),
  }
}
