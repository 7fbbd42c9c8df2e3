import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'

const route = getRouteApi('/frame/connections/$connectionId')

export function ConnectionPage() {
  const { connectionId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getConnection', { connectionId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { connection } = data
  return (
    <>
      <PageHeader
        title={connection.label}
        up={<TextLink to="/connections">Connections</TextLink>}
        actions={<StatusBadge status={connection.status} />}
      />
      <Card title="About">
        <Facts
          items={[
            ['Service', connection.service],
            ['Goes to', connection.origins.join(', ')],
          ]}
        />
      </Card>
    </>
  )
}
