import { useNavigate } from '@tanstack/react-router'
import { useAction } from '../../../api.ts'
import { Card } from '../../../components/card.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ServerForm } from './server-form.tsx'
import { toCreate } from './server-typed.ts'

/** A new server, by its form. */
export function AddByForm() {
  const navigate = useNavigate()
  const toast = useToast()
  const create = useAction('createMcpServer', {
    invalidates: ['toolsets', 'connections'],
    onDone: ({ server }) => {
      toast('Server added')
      void navigate({ to: '/servers/$serverId', params: { serverId: server.id } })
    },
  })
  return (
    <Card>
      <ServerForm onSubmit={(typed) => create.mutateAsync(toCreate(typed))} />
    </Card>
  )
}
