import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'
import { StatementForm } from './edit/statement-form.tsx'

const route = getRouteApi('/frame/databases/$sourceId/statement')

/** Writes a statement of a database, or a new one. */
export function StatementPage() {
  const { sourceId } = route.useParams()
  const { name } = route.useSearch()
  const { data, error, refetch } = useQuery(query('getSource', { sourceId }))
  const mayWrite = useMay('tools:write')
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { source } = data
  const tool = source.tools.find((one) => one.run === 'statement' && one.name === name)
  const title = name === undefined ? 'Add a statement' : `Edit ${name}`
  return (
    <>
      <PageHeader
        title={title}
        heading={<span className="[overflow-wrap:anywhere]">{title}</span>}
        up={
          <TextLink to="/databases/$sourceId" params={{ sourceId }}>
            {source.name}
          </TextLink>
        }
      />
      {!mayWrite ? (
        <NotForRole what="or write statements" scope="tools:write" />
      ) : name !== undefined && tool === undefined ? (
        <EmptyState title="There is no such statement">
          It was deleted or renamed meanwhile.
        </EmptyState>
      ) : (
        <StatementForm key={tool?.digest ?? ''} source={source} tool={tool} />
      )}
    </>
  )
}
