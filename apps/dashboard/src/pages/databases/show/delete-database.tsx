import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { useToast } from '../../../components/toast.tsx'

type Database = Output<'getSource'>['source']

/** Forgets the sign-in with all that belongs to it; the database itself stays as it is. */
export function DeleteDatabase({ source: { id, name, toolCount } }: { source: Database }) {
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const remove = useAction('deleteSource', {
    invalidates: ['toolsets', 'tools', 'connections', 'policies', 'agents', 'approvals'],
    onDone: () => {
      toast('Database deleted')
      void navigate({ to: '/databases' })
    },
  })
  return (
    <Card title="Delete">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          Takes it out of the vault with its password, its statements and every grant of them. The
          database itself stays as it is.
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete
        </Button>
      </div>
      <ConfirmDialog
        title="Delete this database from the vault?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ sourceId: id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{name}</p>
        <p>
          {toolCount === 0
            ? 'It has no tools.'
            : `${toolCount === 1 ? 'Its tool goes' : `Its ${toolCount.toLocaleString('en')} tools go`}, with all grants; running calls end.`}{' '}
          The password is destroyed. It cannot be taken back.
        </p>
      </ConfirmDialog>
    </Card>
  )
}
