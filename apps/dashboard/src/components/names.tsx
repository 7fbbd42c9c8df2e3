import { useQuery } from '@tanstack/react-query'
import { type Output, query } from '../api.ts'
import { TextLink } from './button.tsx'

// Names in place of ids. One page of each list serves nearly every row; what is not on it is asked for by itself.

type Agent = Output<'getAgent'>['agent']
type Connection = Output<'getConnection'>['connection']

/** The most that one answer lists. */
const listed = 200

/** An agent by its id; undefined while it is not known, and where it is gone. */
export function useAgent(agentId: string | undefined): Agent | undefined {
  const list = useQuery({
    ...query('listAgents', { limit: listed }),
    enabled: agentId !== undefined,
  })
  const found = list.data?.agents.find(({ id }) => id === agentId)
  const one = useQuery({
    ...query('getAgent', { agentId: agentId ?? '' }),
    enabled: agentId !== undefined && list.isFetched && found === undefined,
  })
  return found ?? one.data?.agent
}

/** A connection by its id; undefined while it is not known, and where it is gone. */
function useConnection(connectionId: string | undefined): Connection | undefined {
  const list = useQuery({
    ...query('listConnections', { limit: listed }),
    enabled: connectionId !== undefined,
  })
  const found = list.data?.connections.find(({ id }) => id === connectionId)
  const one = useQuery({
    ...query('getConnection', { connectionId: connectionId ?? '' }),
    enabled: connectionId !== undefined && list.isFetched && found === undefined,
  })
  return found ?? one.data?.connection
}

interface NameProps {
  /** Whether it leads to the page of what it names; it does unless said otherwise. */
  readonly link?: boolean
}

/** What an agent is called, as a link to it; its id where it is gone. */
export function AgentName({ agentId, link = true }: NameProps & { agentId: string }) {
  const agent = useAgent(agentId)
  if (agent === undefined) return <Gone id={agentId} />
  if (!link) return agent.name
  return (
    <TextLink to="/agents/$agentId" params={{ agentId }}>
      {agent.name}
    </TextLink>
  )
}

/** What a connection is called, as a link to it; its id where it is gone. */
export function ConnectionName({
  connectionId,
  link = true,
}: NameProps & { connectionId: string }) {
  const connection = useConnection(connectionId)
  if (connection === undefined) return <Gone id={connectionId} />
  if (!link) return connection.label
  return (
    <TextLink to="/connections/$connectionId" params={{ connectionId }}>
      {connection.label}
    </TextLink>
  )
}

function Gone({ id }: { id: string }) {
  return <span className="font-mono text-[0.87em] text-ink-soft">{id}</span>
}
