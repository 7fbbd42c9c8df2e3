import type { McpServer } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { useToast } from '../../../components/toast.tsx'

/** Ends it with all that belongs to it. */
export function DeleteServer({ server: { id, name, toolCount } }: { server: McpServer }) {
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const remove = useAction('deleteMcpServer', {
    invalidates: ['toolsets', 'tools', 'connections', 'policies', 'agents', 'approvals'],
    onDone: () => {
      toast('Server deleted')
      void navigate({ to: '/servers' })
    },
  })
  return (
    <Card title="Delete">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          Ends it with its secrets, its tools and every grant of them. To stop it for now, turn it
          off.
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete
        </Button>
      </div>
      <ConfirmDialog
        title="Delete this server?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ serverId: id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{name}</p>
        <p>
          {toolCount === 0
            ? 'It has no tools now.'
            : `${toolCount === 1 ? 'Its tool goes' : `Its ${toolCount.toLocaleString('en')} tools go`}, with all grants; running calls end.`}{' '}
          Its keys are destroyed. It cannot be taken back.
        </p>
      </ConfirmDialog>
    </Card>
  )
}
