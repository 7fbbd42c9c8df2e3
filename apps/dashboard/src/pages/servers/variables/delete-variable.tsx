import type { Variable } from '@sallyport/contracts'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { useToast } from '../../../components/toast.tsx'

/** Forgets a variable that no server refers to any more. */
export function DeleteVariable({ variable: { name, usedBy } }: { variable: Variable }) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const remove = useAction('deleteVariable', {
    onDone: () => {
      setOpen(false)
      toast('Variable deleted')
    },
  })
  const isUsed = usedBy.length > 0
  return (
    <>
      <Button
        size="sm"
        variant="quiet"
        aria-label={`Delete ${name}`}
        disabled={isUsed}
        title={isUsed ? 'Servers refer to it' : undefined}
        onClick={() => setOpen(true)}
      >
        Delete
      </Button>
      <ConfirmDialog
        title="Delete this variable?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ name })}
        onClose={() => setOpen(false)}
      >
        <p className="font-mono font-medium text-ink [overflow-wrap:anywhere]">{name}</p>
        <p>Its value is destroyed. It cannot be taken back.</p>
      </ConfirmDialog>
    </>
  )
}
