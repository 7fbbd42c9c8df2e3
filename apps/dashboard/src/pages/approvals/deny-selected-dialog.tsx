import type { Approval, Problem } from '@sallyport/contracts'
import { useState } from 'react'
import { asProblem, useAction } from '../../api.ts'
import { DenyDialog } from '../../components/deny-dialog.tsx'
import { useToast } from '../../components/toast.tsx'

interface DenySelectedDialogProps {
  readonly selected: readonly Approval[]
  readonly onClose: () => void
}

/** Denies every selected request, one after the other, with one note for all. What is denied can be asked for again. */
export function DenySelectedDialog({ selected, onClose }: DenySelectedDialogProps) {
  const toast = useToast()
  const denying = useAction('denyRequest')
  const [isRunning, setRunning] = useState(false)
  const [failed, setFailed] = useState<Problem>()
  const denyAll = async (note: string | undefined) => {
    setRunning(true)
    setFailed(undefined)
    const problems: Problem[] = []
    for (const { id } of selected) {
      const input = { approvalId: id, ...(note !== undefined && { note }) }
      await denying.mutateAsync(input).catch((thrown: unknown) => problems.push(asProblem(thrown)))
    }
    setRunning(false)
    // Whatever somebody else decided meanwhile needs no second answer.
    const left = problems.filter(({ type }) => type !== 'approval-not-pending')
    if (left[0] !== undefined) return setFailed(left[0])
    const count = selected.length - problems.length
    toast(count === 1 ? 'One request denied' : `${count} requests denied`)
    onClose()
  }
  return (
    <DenyDialog
      title={selected.length === 1 ? 'Deny one request?' : `Deny ${selected.length} requests?`}
      description="None of them is sent. The agents are told, with your note if you write one."
      confirmLabel={`Deny ${selected.length}`}
      open
      busy={isRunning}
      error={failed}
      onDeny={(note) => void denyAll(note)}
      onClose={onClose}
    />
  )
}
