import { updateWorkspace } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { type Output, query, useAction } from '../../api.ts'
import { Card, Facts } from '../../components/card.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { FreezeCard } from './freeze-card.tsx'

type Workspace = Output<'getWorkspace'>['workspace']

/** The workspace: its name, and stopping everything. */
export function WorkspacePage() {
  const { data, error, refetch } = useQuery(query('getWorkspace', {}))
  const mayChange = useMay('workspace:write')
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { workspace } = data
  return (
    <div className="grid gap-5">
      <Card title="Workspace">
        {mayChange ? (
          <NameForm key={workspace.name} workspace={workspace} />
        ) : (
          <Facts items={[['Name', workspace.name]]} />
        )}
      </Card>
      <FreezeCard workspace={workspace} mayChange={mayChange} />
    </div>
  )
}

function NameForm({ workspace }: { workspace: Workspace }) {
  const toast = useToast()
  const rename = useAction('updateWorkspace', {
    invalidates: ['session'],
    onDone: () => toast('Renamed'),
  })
  return (
    <div className="max-w-md">
      <Form
        schema={updateWorkspace.input}
        defaults={{ name: workspace.name }}
        onSubmit={rename.mutateAsync}
        submitLabel="Save"
      >
        <TextField name="name" label="Name" />
      </Form>
    </div>
  )
}
