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
import { ServerForm } from './edit/server-form.tsx'
import { toChanges } from './edit/server-typed.ts'

const route = getRouteApi('/frame/servers/$serverId/edit')

/** Changes a server: the new settings are tried, and take over only once they work. */
export function EditServerPage() {
  const { serverId } = route.useParams()
  const { data, error, refetch } = useQuery({
    ...query('getMcpServer', { serverId }),
    // What is being typed is not to be compared with something else meanwhile.
    refetchOnWindowFocus: false,
  })
  const mayWrite = useMay('tools:write')
  const navigate = useNavigate()
  const toast = useToast()
  const update = useAction('updateMcpServer', {
    invalidates: ['toolsets', 'tools', 'connections'],
    onDone: () => {
      toast('Server changed')
      void navigate({ to: '/servers/$serverId', params: { serverId } })
    },
  })
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { server } = data
  return (
    <>
      <PageHeader
        title={`Edit ${server.name}`}
        heading={<span className="[overflow-wrap:anywhere]">Edit {server.name}</span>}
        description="What serves now goes on until the new settings work."
        up={
          <TextLink to="/servers/$serverId" params={{ serverId }}>
            {server.name}
          </TextLink>
        }
      />
      {mayWrite ? (
        <Card>
          <ServerForm
            server={server}
            onSubmit={(typed) => update.mutateAsync(toChanges(server, typed))}
          />
        </Card>
      ) : (
        <NotForRole what="or write servers" scope="tools:write" />
      )}
    </>
  )
}
