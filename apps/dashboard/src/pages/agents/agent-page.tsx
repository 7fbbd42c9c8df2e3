import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'

const route = getRouteApi('/frame/agents/$agentId')

export function AgentPage() {
  const { agentId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getAgent', { agentId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { agent } = data
  return (
    <>
      <PageHeader
        title={agent.name}
        up={<TextLink to="/agents">Agents</TextLink>}
        actions={<StatusBadge status={agent.status} />}
      />
      <Card title="About">
        <Facts
          items={[
            ['Id', agent.id],
            ['Created', <Time key="created" at={agent.createdAt} />],
          ]}
        />
      </Card>
    </>
  )
}
