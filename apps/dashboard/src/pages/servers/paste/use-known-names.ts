import { useQuery } from '@tanstack/react-query'
import { client } from '../../../api.ts'
import { useMay } from '../../../session.ts'

const pageLimit = 200
/** Of more than this nobody pastes servers beside. */
const pagesMax = 10
const none: ReadonlySet<string> = new Set()

/** Names that are taken: of servers, and of variables that files may refer to. */
export function useKnownNames() {
  const servers = useQuery({
    queryKey: ['mcp', 'names'],
    queryFn: ({ signal }) =>
      everyName(async (page) => {
        const { servers: named, nextCursor } = await client.call('listMcpServers', page, { signal })
        return { named, nextCursor }
      }),
  })
  const variables = useQuery({
    queryKey: ['variables', 'names'],
    queryFn: ({ signal }) =>
      everyName(async (page) => {
        const { variables: named, nextCursor } = await client.call('listVariables', page, {
          signal,
        })
        return { named, nextCursor }
      }),
    enabled: useMay('connections:read'),
  })
  return { servers: servers.data ?? none, variables: variables.data ?? none }
}

interface NamedPage {
  readonly named: readonly { readonly name: string }[]
  readonly nextCursor?: string | undefined
}

/** The names of a list, page by page. */
async function everyName(
  read: (page: { limit: number; cursor?: string }) => Promise<NamedPage>,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page += 1) {
    const { named, nextCursor } = await read({
      limit: pageLimit,
      ...(cursor !== undefined && { cursor }),
    })
    for (const { name } of named) names.add(name)
    cursor = nextCursor
    if (cursor === undefined) break
  }
  return names
}
