import { useNavigate } from '@tanstack/react-router'
import { useAction } from '../../../api.ts'
import { Card } from '../../../components/card.tsx'
import { useToast } from '../../../components/toast.tsx'
import { DatabaseForm } from './database-form.tsx'
import { toCreate } from './database-typed.ts'

/** A new database, by its form. */
export function AddByForm() {
  const navigate = useNavigate()
  const toast = useToast()
  const create = useAction('createSource', {
    invalidates: ['toolsets', 'connections'],
    onDone: ({ source, notes }) => {
      toast(notes[0] ?? 'Database added', notes.length === 0 ? 'good' : 'bad')
      void navigate({ to: '/databases/$sourceId', params: { sourceId: source.id } })
    },
  })
  return (
    <Card>
      <DatabaseForm onSubmit={(typed) => create.mutateAsync(toCreate(typed))} />
    </Card>
  )
}
