import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { query, useAction } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { DatabaseForm } from './edit/database-form.tsx'
import { toChanges } from './edit/database-typed.ts'

const route = getRouteApi('/frame/databases/$sourceId/edit')

/** Another place, another sign-in or other bounds for a database. */
export function EditDatabasePage() {
  const { sourceId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getSource', { sourceId }))
  const mayWriteTools = useMay('tools:write')
  const mayWrite = useMay('connections:write') && mayWriteTools
  const navigate = useNavigate()
  const toast = useToast()
  const update = useAction('updateSource', {
    invalidates: ['toolsets', 'tools', 'connections', 'approvals'],
    onDone: ({ notes }) => {
      toast(notes[0] ?? 'Database changed', notes.length === 0 ? 'good' : 'bad')
      void navigate({ to: '/databases/$sourceId', params: { sourceId } })
    },
  })
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { source } = data
  return (
    <>
      <PageHeader
        title={`Edit ${source.name}`}
        heading={<span className="[overflow-wrap:anywhere]">Edit {source.name}</span>}
        description="Another host, database, user or password asks you to sign in afresh, if that is long ago."
        up={
          <TextLink to="/databases/$sourceId" params={{ sourceId }}>
            {source.name}
          </TextLink>
        }
      />
      {mayWrite ? (
        <Card>
          <DatabaseForm
            source={source}
            onSubmit={(typed) => update.mutateAsync(toChanges(source, typed))}
          />
        </Card>
      ) : (
        <NotForRole what="or write databases" scope="connections:write" />
      )}
    </>
  )
}
