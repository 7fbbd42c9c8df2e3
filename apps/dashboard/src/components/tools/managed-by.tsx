import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { TextLink } from '../button.tsx'
import { type CallTarget, ownerOf } from './call-target.ts'

/** The MCP server or the database that a connection belongs to; undefined while it is not known, and for one of an API. */
export function useOwner(connectionId: string | undefined): CallTarget | undefined {
  const { data } = useQuery({
    ...query('getConnection', { connectionId: connectionId ?? '' }),
    enabled: connectionId !== undefined,
  })
  return ownerOf(data?.connection.origins ?? [])
}

/** The page where a server or a database is looked after. */
export function OwnerLink({ owner: { kind, id } }: { owner: CallTarget }) {
  return kind === 'mcp' ? (
    <TextLink to="/servers/$serverId" params={{ serverId: id }}>
      the server’s page
    </TextLink>
  ) : (
    <TextLink to="/databases/$sourceId" params={{ sourceId: id }}>
      the database’s page
    </TextLink>
  )
}
