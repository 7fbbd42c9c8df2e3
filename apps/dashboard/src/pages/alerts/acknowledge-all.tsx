import { useState } from 'react'
import { useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'

interface AcknowledgeAllProps {
  /** Of the workspace; counted to 1 000. */
  readonly openCount: number
  /** Of this agent alone. */
  readonly agentId: string | undefined
}

const counted = 1_000

/** Says that all alerts up to now were looked at. */
export function AcknowledgeAll({ openCount, agentId }: AcknowledgeAllProps) {
  const [isOpen, setOpen] = useState(false)
  const toast = useToast()
  const mayWrite = useMay('approvals:write')
  const acknowledge = useAction('acknowledgeAlerts', {
    onDone: ({ acknowledged }) => {
      toast(`${acknowledged.toLocaleString('en')} acknowledged`)
      setOpen(false)
    },
  })
  if (!mayWrite || openCount === 0) return null
  const count =
    openCount >= counted
      ? `All of ${counted.toLocaleString('en')} and more open alerts`
      : openCount === 1
        ? 'The one open alert'
        : `All ${openCount} open alerts`
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        {agentId === undefined ? 'Acknowledge all' : 'Acknowledge all of this agent'}
      </Button>
      <ConfirmDialog
        title="Acknowledge all?"
        confirmLabel="Acknowledge all"
        open={isOpen}
        busy={acknowledge.isPending}
        error={acknowledge.error}
        onConfirm={() => acknowledge.mutate(agentId === undefined ? {} : { agentId })}
        onClose={() => setOpen(false)}
      >
        <p>
          {agentId === undefined ? `${count} of the workspace` : 'Every open alert of this agent'}{' '}
          will count as looked at, whatever the filters show. They stay in the list.
        </p>
      </ConfirmDialog>
    </>
  )
}
